"""The statements of the hot path: what they write, on both databases, and that a batch does not change their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import Sample, encode
from scorers.score import Result, Score, Verdict
from scorers.store.engine import open_database
from scorers.store.facts import sample_facts
from scorers.store.records import ScoredSample
from scorers.store.statements import among, among_keys, over, remove, write, write_new
from scorers.store.store import Store
from scorers.store.tables import drift_feed, drift_states, groups, proxy_counts, results

RESULT = ("sample_id", "scorer", "result", "reason", "stored_at")


def test_only_what_was_not_there_is_new(store_url: str, tmp_path: Path) -> None:
    """By the whole key, whole numbers beside reals, a thousand and more at once, and odd characters in names."""
    database = open_database(store_url, tmp_path)
    rows = [(f"id-{number:05d}", "refusal", "scored", None, number if number % 2 else 0.5) for number in range(2_300)]
    odd = ('quote"brace{},\\ \u00e9\U0001f600', "refusal", "scored", "a,b", 1.0)
    with database.write() as connection:
        assert write_new(connection, results, RESULT, rows[:2]) == {("id-00000", "refusal"), ("id-00001", "refusal")}
    with database.write() as connection:
        assert len(write_new(connection, results, RESULT, [*rows, odd])) == 2_299
        assert write_new(connection, results, RESULT, [("id-00000", "format", "scored", None, 1.0)])
        assert write_new(connection, results, RESULT, []) == set()
    with database.read() as connection:
        found = among(connection, results, ("sample_id", "reason"), "sample_id", ["id-00007", odd[0], "absent"])
        assert sorted(tuple(row) for row in found) == [("id-00007", None), (odd[0], "a,b")]
        assert among(connection, results, ("sample_id",), "sample_id", ["id-00000"], "scorer = 'format'")
        assert among(connection, results, ("sample_id",), "sample_id", []) == ()
    database.close()


def test_what_has_the_key_is_written_over(store_url: str, tmp_path: Path) -> None:
    """All columns that were named, and none of the key."""
    database = open_database(store_url, tmp_path)
    columns = ("instance", "decision", "n", "sequence")
    with database.write() as connection:
        write(connection, proxy_counts, columns, [("p", "published", 1, 1), ("p", "opted_out", 2, 1)])
        write(connection, proxy_counts, columns, [("p", "published", 2**40, 2)], over(proxy_counts, columns))
        write(connection, groups, ("scorer", "began_at"), [("refusal", 1)])
        found = {row[0]: row[1] for row in among(connection, proxy_counts, ("decision", "n"), "instance", ["p"])}
    assert found == {"published": 2**40, "opted_out": 2}
    database.close()


def test_two_scores_of_one_key_are_one(store: Store, make_sample: Callable[..., Sample]) -> None:
    """The later one counts, whatever a scorer says twice."""
    sample = make_sample("r1")
    both = [
        Score(sample_id="r1", scorer="refusal", output="refused", version="1", value=value, verdict=Verdict.YES)
        for value in (0.6, 0.9)
    ]
    store.save_scores([ScoredSample.of(sample, "refusal", Result.SCORED, both)])
    detail = store.sample("r1")
    assert detail is not None
    assert [score.value for score in detail.record.scores] == [0.9]


@pytest.mark.parametrize("number", [1, 7, 8, 9, 127, 128, 137, 400])
def test_every_row_of_a_batch_is_written_once(store_url: str, tmp_path: Path, number: int) -> None:
    """Also where it fills some statements and part of another; of rows that are there already none is written."""
    database = open_database(store_url, tmp_path)
    rows = [(f"id-{place:05d}", "refusal", "scored", str(place), float(place)) for place in range(number)]
    with database.write() as connection:
        assert len(write_new(connection, results, RESULT, rows)) == number
        write(connection, results, RESULT, rows, "ON CONFLICT (sample_id, scorer) DO NOTHING")
        found = among(connection, results, RESULT, "scorer", ["refusal"])
    assert sorted(map(tuple, found)) == rows
    database.close()


def test_a_batch_of_any_size_is_few_statements_of_known_text(
    sqlite_store: Store, make_sample: Callable[..., Sample]
) -> None:
    """A table has three texts at most: nothing is compiled for each length."""
    engine = sqlite_store._database.engine  # its events are the only witness of what the driver is given
    seen: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    most, texts = 0, set()
    for turn, size in enumerate((2, 11, 90, 250)):
        samples = [make_sample(f"{turn}-{number}") for number in range(size)]
        rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample in samples]
        scored = [ScoredSample.of(sample, "format", Result.NOT_APPLICABLE, [], "no_occasion") for sample in samples]
        seen.clear()
        sqlite_store.save_rows(RowBatch(f"b{turn}", "p", turn + 1, {"published": 100 + turn}, rows))
        sqlite_store.save_samples(samples, content=True)
        sqlite_store.save_scores(scored)
        most = max(most, *Counter(text.partition("(")[0] for text in seen if text.startswith("INSERT")).values())
        texts.update(seen)
    of_table = Counter(text.partition("(")[0] for text in texts if text.startswith("INSERT"))
    assert set(of_table.values()) <= {1, 2, 3}
    assert most <= 3
    assert len(texts) <= 45


def test_samples_with_much_text_are_given_to_the_database_one_by_one(
    sqlite_store: Store, make_sample: Callable[..., Sample]
) -> None:
    """SQLite copies what a statement is given: a hundred large samples would be held twice."""
    given: list[int] = []

    @event.listens_for(sqlite_store._database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, parameters: list[tuple[object, ...]], *_rest: object) -> None:
        if " INTO samples " in statement:
            given.extend(sum(len(value) for value in row if isinstance(value, str)) for row in parameters)

    samples = [make_sample(f"s{number}", answer="sail " * 20_000) for number in range(12)]
    sqlite_store.save_samples(samples[:4], True)
    sqlite_store.keep([(sample_facts(sample), encode(sample).decode()) for sample in samples[4:]], [])
    assert len(given) == 12
    assert min(given) > 100_000
    assert max(given) < 200_000


@pytest.mark.real_servers
def test_arrays_travel_in_binary(postgres_url: str, tmp_path: Path) -> None:
    """Whatever a text contains, it is not searched for what a text of arrays would have to escape. Also columns that
    are empty in all rows."""
    database = open_database(postgres_url, tmp_path)
    given: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        given.append(statement)

    rows = [(f"id-{number}", '{"a": "\\"\\\\"}', "scored", None, 2**33 + number / 2) for number in range(3)]
    with database.write() as connection:
        assert len(write_new(connection, results, RESULT, rows)) == 3
        found = among_keys(connection, results, RESULT, RESULT[:2], [rows[1][:2], ("id-2", "other")])
        assert [tuple(row) for row in found] == [rows[1]]
    arrays = [statement for statement in given if "[]" in statement]
    assert len(arrays) == 2
    assert all("%b" in statement and "%s" not in statement for statement in arrays)
    database.close()


def test_rows_are_found_by_several_columns_and_removed_by_number(store_url: str, tmp_path: Path) -> None:
    """Only those whose columns are all as given; of whole numbers, those that are named."""
    database = open_database(store_url, tmp_path)
    odd = 'quote"brace{},\\ \u00e9'
    with database.write() as connection:
        keys = ("signal", "app", "model")
        states = [
            ("cost", "notes", "m", True, "{}"),
            ("cost", odd, "m", False, "{}"),
            ("cost", "notes", "n", True, "{}"),
        ]
        write(connection, drift_states, (*keys, "watched", "state"), states)
        wanted = [("cost", odd, "m"), ("cost", "notes", "n"), ("cost", odd, "n")]
        found = among_keys(connection, drift_states, keys, keys, wanted, "ORDER BY signal, app, model")
        assert sorted(map(tuple, found)) == sorted(wanted[:2])
        assert among_keys(connection, drift_states, keys, keys, []) == ()
        lines = [(float(number), f"s{number}", "facts") for number in range(300)]
        write(connection, drift_feed, ("at", "sample_id", "source"), lines)
        ids = {row[1]: row[0] for row in among(connection, drift_feed, ("id", "sample_id"), "source", ["facts"])}
        remove(connection, drift_feed, "id", [number for sample, number in ids.items() if sample != "s7"])
        remove(connection, drift_feed, "id", [])
        left = among(connection, drift_feed, ("sample_id",), "source", ["facts"])
    assert [row[0] for row in left] == ["s7"]
    database.close()
