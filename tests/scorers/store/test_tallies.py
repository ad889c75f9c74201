"""Tallies say what the rows say, whatever happens to the rows, in any window and at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from proxy.config.settings import Retention
from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import IMPORTED, Sample
from scorers.score import JUDGE, Reason, Result, Score, Verdict
from scorers.statistics.weighted_share import Moments, estimate
from scorers.store.facts import sample_facts
from scorers.store.records import ScoredSample, Tally
from scorers.store.store import Store
from scorers.store.tables import metadata
from scorers.store.tallies.keep import VoiceTexts
from tests.support.tallying import counted

DAY = 1_800_000_000.0 // 86400 * 86400
MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]

#: Moments that fall into few minutes, on their edges and around hours and days.
moments = st.one_of(
    st.integers(0, 200).map(lambda n: DAY - 100 + n),
    st.integers(-30, 30).map(lambda n: DAY + 3600 * n + 0.25),
    st.integers(-4, 4).map(lambda n: DAY + 86400 * n),
)
windows = st.tuples(moments, moments).map(sorted)
scores = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.45, 0.5, 0.9, 1.0, None]), min_size=1, max_size=2)
facts = st.fixed_dictionaries(
    {
        "conversation": st.sampled_from([None, "long", "short", "other"]),
        "app": st.sampled_from(["mill", "barn"]),
        "model_asked": st.sampled_from(["m1", None]),
        "probability": st.sampled_from([1.0, 0.5, 0.1]),
        "stratum": st.sampled_from(["uniform", "error", IMPORTED]),
    }
)
names = st.integers(0, 11).map("s{}".format)
batches = st.lists(st.tuples(names, moments, facts, scores), min_size=1, max_size=4, unique_by=lambda it: it[0])
scored_step = st.tuples(st.just("score"), names, moments, facts, scores, st.sampled_from(["1", "2", "judge-1"]))
steps = st.one_of(
    *[scored_step] * 6,
    *[st.tuples(st.sampled_from(["batch", "together"]), batches)]
    * 4,  # what deletes is seldom, or little would be left to look at
    st.tuples(st.just("sample"), names, moments, facts),
    st.tuples(st.just("keep"), st.integers(1, 5)),
    st.tuples(st.just("expire"), moments),
    st.tuples(st.just("forget"), st.sampled_from(["u0", "u1"])),
    st.tuples(st.just("old program"), names, st.sampled_from(["yes", "no"])),
)


def emptied(store: Store) -> Store:
    """The store without its rows; the tallies last, as what is deleted is marked."""
    tables = sorted(metadata.sorted_tables, key=lambda table: table.name.startswith("tall"))
    with store._database.write() as connection:
        for table in tables:
            connection.execute(table.delete())
    return store


def made(identity: str, at: float, **known: object) -> Sample:
    probability, stratum = known.pop("probability"), known.pop("stratum")
    exchange = Exchange(
        request_id=identity,
        instance="p1",
        started_at=at,
        operation=Operation.CHAT,
        upstream="local",
        outcome=Outcome.OK,
        duration=0.5,
        user_hash=f"u{int(identity[1:]) % 2}",
        **known,
    )
    return Sample(id=identity, exchange=exchange, probability=probability, stratum=stratum)


def scored(sample: Sample, values: list[float | None], version: str) -> ScoredSample:
    found = [
        Score(
            sample_id=sample.id,
            scorer="refusal",
            output="refused",
            version=version,
            choice=choice,
            weight=1 / len(values),
            value=value,
            verdict=None if value is None else Verdict.YES if value >= 0.5 else Verdict.NO,
            unscored_reason=Reason.NO_CLAIMS if value is None and choice else Reason.NO_TEXT if value is None else None,
        )
        for choice, value in enumerate(values)
    ]
    scorer = JUDGE if version.startswith(JUDGE) else "refusal"
    result = Result.SCORED if any(value is not None for value in values) else Result.NOT_APPLICABLE
    return ScoredSample.of(sample, scorer, result, found)


def run(store: Store, step: tuple) -> None:
    """Do one step to the store."""
    match step:
        case ("score", name, at, known, values, version):
            store.save_scores([scored(made(name, at, **known), values, version)])
        case ("batch", together):
            store.save_scores([scored(made(name, at, **known), values, "1") for name, at, known, values in together])
        case ("together", together):
            made_ = [(made(name, at, **known), values) for name, at, known, values in together]
            kept = [(sample_facts(sample), None) for sample, _ in made_]
            store.keep(kept, [scored(sample, values, "1") for sample, values in made_])
        case ("sample", name, at, known):
            store.save_samples([made(name, at, **known)], content=False)
        case ("keep", times):
            for _ in range(times):
                store.keep_tallies(2)
        case ("expire", at):
            store._clock = lambda: at + 1000.0
            store.expire(Retention(samples=1000.0, exchanges=1000.0))
        case ("forget", user):
            store.forget_user(user)
        case ("old program", name, verdict):  # it knows of no tallies
            with store._database.write() as connection:
                known = {"name": name, "verdict": verdict}
                changed = "UPDATE scores SET verdict = :verdict WHERE sample_id = :name AND value IS NOT NULL"
                connection.execute(text(changed), known)
                connection.execute(text("UPDATE samples SET app = 'loft' WHERE id = :name"), known)


def check(store: Store, since: float, until: float) -> None:
    """The window's tallies, and the intervals made of them, are those of the rows."""
    for imported in (False, True):
        found = store.tallies(since, until, imported)
        with store._database.read() as connection:
            expected = counted(connection, since, until, imported)
        assert [fields(it) for it in found] == [pytest.approx(fields(it), abs=1e-6) for it in expected]
        for mine, theirs in zip(found, expected, strict=True):
            ours, true = interval(mine), interval(theirs)
            assert (ours is None) == (true is None)
            assert ours is None or ours == pytest.approx(true, abs=1e-6)


def fields(tally: Tally) -> dict[str, object]:
    known = msgspec.structs.asdict(tally)
    return {**known, "cells": None, **{f"cell{i}": weight for i, weight in enumerate(tally.cells)}} | {"cells": 0}


def interval(it: Tally) -> tuple[float, float, float] | None:
    found = estimate(Moments(it.clusters, it.w, it.y, it.ww, it.wy, it.yy, squares=it.squares))
    return (found.ratio, found.lower, found.upper) if found else None


def follow(store: Store, history: list[tuple], asked: list[list[float]]) -> None:
    """Run a history and check every window, before and after all tallies are kept."""
    for step in history:
        run(store, step)
    for since, until in asked:
        check(store, since, until)
    while store.keep_tallies():
        pass
    for since, until in asked:
        check(store, since, until)
        check(store, since, DAY + 10 * 86400)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=1, max_size=25), st.lists(windows, min_size=1, max_size=4))
def test_any_window_is_what_the_rows_say(sqlite_store: Store, history: list[tuple], asked: list[list[float]]) -> None:
    """Scores that come, come again, change and go; tallies that are kept now and then: every window stays exact."""
    follow(emptied(sqlite_store), history, asked)


def test_a_conversation_that_reaches_across_an_end_says_what_it_says_inside(store: Store) -> None:
    """As one voice, whichever end it reaches across; and it counts whole where it is inside."""
    known = {"app": "mill", "model_asked": "m1", "probability": 0.5, "stratum": "uniform"}
    for number in range(24):
        at = DAY - 400 + 1800 * number
        sample = made(f"s{number}", at, conversation=("long", "late", None)[number % 3 if number > 8 else 0], **known)
        store.save_scores([scored(sample, [0.9 if number % 4 else 0.2], "1")])
    while store.keep_tallies():
        pass
    for since in range(0, 24, 5):
        for until in range(since, 26, 4):
            check(store, DAY - 410 + 1800 * since, DAY - 390 + 1800 * until)


def test_what_is_settled_leaves_out_what_came_since(sqlite_store: Store) -> None:
    """Who asks for settled tallies gets those of the last time they were kept, without a look at the rows."""
    known = {"app": "mill", "model_asked": "m1", "probability": 0.5, "stratum": "uniform"}

    def add(*numbers: int) -> None:
        for number in numbers:
            sample = made(f"s{number}", DAY + number, conversation=("long", None)[number % 2], **known)
            sqlite_store.save_scores([scored(sample, [0.9], "1")])

    add(*range(4))
    while sqlite_store.keep_tallies():
        pass
    add(*range(4, 7))
    (settled,), (exact,) = (sqlite_store.tallies(DAY, DAY + 60, settled=it) for it in (True, False))
    assert (settled.samples, settled.clusters, exact.samples, exact.clusters) == (4, 3, 7, 4)
    check(sqlite_store, DAY, DAY + 60)
    while sqlite_store.keep_tallies():
        pass
    assert sqlite_store.tallies(DAY, DAY + 60, settled=True) == sqlite_store.tallies(DAY, DAY + 60) != [settled]


def test_a_minute_waits_for_the_last_of_its_marks(sqlite_store: Store) -> None:
    """A minute with many changes is added up once, at the last of them; until then it is read from the rows."""
    known = {"app": "mill", "model_asked": "m1", "probability": 1.0, "stratum": "uniform"}
    for number in range(9):
        sample = made(f"s{number}", DAY + number, conversation=f"c{number}", **known)
        sqlite_store.save_scores([scored(sample, [0.9], "2")])
        sqlite_store.save_scores([scored(sample, [0.9], "1")])  # which makes it a change, not something new
    sums: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO tallies "):
            sums.append(statement)

    event.listen(sqlite_store._database.engine, "before_cursor_execute", seen)
    while sqlite_store.keep_tallies(2):
        check(sqlite_store, DAY, DAY + 60)
    assert sum("VALUES" in statement and "ON CONFLICT" not in statement for statement in sums) == 1
    check(sqlite_store, DAY, DAY + 60)


def test_what_is_written_meanwhile_is_added_once(store: Store) -> None:
    """Two writers and one who keeps the tallies, at once: nothing is added twice, and nothing is left out."""
    known = {"app": "mill", "model_asked": "m1", "probability": 0.5, "stratum": "uniform"}

    def write(first: int) -> None:
        for number in range(first, 60, 2):
            sample = made(
                f"s{number}", DAY + number, conversation=("long", None, f"c{number % 5}")[number % 3], **known
            )
            store.save_scores([scored(sample, [0.9], "1")])
            if number % 7 == 0:
                store.save_scores([scored(sample, [0.1], "2")])  # a change: its minute is recomputed meanwhile

    with ThreadPoolExecutor(2) as writers:
        working = [writers.submit(write, first) for first in (0, 1)]
        while not all(each.done() for each in working):
            store.keep_tallies(2)
        for each in working:
            each.result()
    while store.keep_tallies(2):
        pass
    (found,) = store.tallies(DAY, DAY + 60, settled=True)
    assert found.samples == 60
    check(store, DAY, DAY + 60)


@pytest.mark.real_servers
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(steps, min_size=15, max_size=25), st.lists(windows, min_size=2, max_size=2))
def test_postgresql_says_the_same(postgres_store: Store, history: list[tuple], asked: list[list[float]]) -> None:
    """The same on a real server, whose triggers and roundings are others."""
    follow(emptied(postgres_store), history, asked)


@pytest.fixture
def postgres_store(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store in a PostgreSQL database of its own."""
    opened = Store.open(postgres_url, tmp_path)
    yield opened
    opened.close()


def test_the_sums_of_a_voice_are_kept_beside_their_text_within_a_bound() -> None:
    """A text says the same whether its sums are still kept or are read from it; the oldest are let go."""
    texts = VoiceTexts(2)
    sums = [{("refusal", "refused"): [1.0, 0.0, 0.25 * n], ("format", "invalid"): [0.5, 0.5, 0.4]} for n in range(4)]
    written = [texts.text(each) for each in sums]
    assert len(texts) == 2
    assert [texts.sums(each) for each in written] == sums
    assert len(texts) == 0  # what was read is about to be replaced
    assert texts.sums(written[0]) == sums[0]


@pytest.mark.parametrize("together", [False, True])
def test_a_conversation_that_goes_on_stays_one_voice(sqlite_store: Store, together: bool) -> None:
    """Whenever the tallies are kept: its further answers change its moments, and an earlier one moves it as a whole."""
    store, times = sqlite_store, [130.0, 190.0, 200.0, 195.0, 10.0, 4000.0, -70.0, 90000.0]
    for number, at in enumerate(times):
        known = {"app": "mill", "model_asked": "m1", "probability": (1.0, 0.5)[number % 2], "stratum": "uniform"}
        sample = made(f"s{number}", DAY + at, conversation="long", **known)
        other = made(f"t{number}", DAY + at, conversation=f"c{number // 3}", **known)
        values = ([0.9, 0.3], [None], [0.1], [0.7, None])[number % 4]
        for each in (sample, other):
            if together:
                store.keep([(sample_facts(each), None)], [scored(each, values, "1")])
            else:
                store.save_scores([scored(each, values, "1")])
        while number % 3 != 2 and store.keep_tallies():
            pass
        for since, until in ((-86400.0, 10 * 86400.0), (0.0, 180.0), (120.0, 4000.0), (-120.0, 0.0)):
            check(store, DAY + since, DAY + until)
    while store.keep_tallies():
        pass
    with store._database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM tally_clusters WHERE clusters < 0.5")).scalar() == 0
    store._clock = lambda: DAY + 20 * 86400
    store.expire(Retention(samples=86400.0, exchanges=86400.0))
    while store.keep_tallies():
        pass
    with store._database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM tally_clusters")).scalar() == 0
