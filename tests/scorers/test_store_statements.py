"""The statements of the hot path: what they write, on both databases, and that a batch does not change their text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import Sample
from scorers.score import Result, Score, Verdict
from scorers.store.engine import open_database
from scorers.store.records import ScoredSample
from scorers.store.statements import among, over, write, write_new
from scorers.store.store import Store
from scorers.store.tables import groups, proxy_counts, results

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


@pytest.mark.parametrize("sizes", [(2, 90)])
def test_a_larger_batch_is_the_same_statements(
    sqlite_store: Store, make_sample: Callable[..., Sample], sizes: tuple[int, int]
) -> None:
    """Neither their number nor their text depends on how many rows there are: nothing is compiled for each length."""
    engine = sqlite_store._database.engine  # its events are the only witness of what the driver is given
    seen: list[list[str]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        seen[-1].append(statement)

    for turn, size in enumerate(sizes):
        samples = [make_sample(f"{turn}-{number}") for number in range(size)]
        rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample in samples]
        scored = [ScoredSample.of(sample, "format", Result.NOT_APPLICABLE, [], "no_occasion") for sample in samples]
        seen.append([])
        sqlite_store.save_rows(RowBatch(f"b{turn}", "p", turn + 1, {"published": 100 + turn}, rows))
        sqlite_store.save_samples(samples, content=True)
        sqlite_store.save_scores(scored)
    assert seen[0] == seen[1]
