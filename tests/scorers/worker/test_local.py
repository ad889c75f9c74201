"""One delivery for all scorers that compute: what each of them gets, whatever another one does to a sample."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import ScorerSettings
from proxy.queue.protocol import Item, Kind
from proxy.queue.sqlite import SqliteQueue
from scorers.registry import targets
from scorers.score import Result
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.store import Store
from scorers.worker.consumer import Consumer, OpenLane, Times
from scorers.worker.local import LOCAL, Batch, LocalRunner, LocalSink
from scorers.worker.pool import Pool, PoolRunner
from scorers.worker.progress import Progress
from scorers.worker.scoring import ScoreSink
from scorers.worker.sinks import Keeper
from scorers.worker.tasks import TaskCounters
from support.scoring import Metrics, item, parsed, sample, score, until

MB = 1 << 20
NAMES = ("refusal", "abstention", "format")
QUICK = Times(1.0, 0.1)


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[SqliteQueue]:
    """An empty queue."""
    made = SqliteQueue(tmp_path / "queue.db", 400 * MB)
    yield made
    await made.close()


@asynccontextmanager
async def together(
    queue: SqliteQueue,
    store: Store,
    names: tuple[str, ...] = NAMES,
    timeout: float = 5.0,
    metrics: Metrics | None = None,
    **settings: Any,
) -> AsyncIterator[None]:
    """A worker's consumers, with short leases; ``refusal`` does what the answer says."""
    factories = targets() | {"refusal": "support.hostile:hostile", "clarification": "support.hostile:absent"}
    pool = Pool(factories, dict.fromkeys(names, ScorerSettings().model_dump_json()), 2, 200 * MB)
    counters, own = (metrics or Metrics()).counters, parsed(**settings)
    progress, stop = Progress(), asyncio.Event()
    runner = LocalRunner(pool, dict.fromkeys(names, timeout), progress)
    sink = LocalSink(runner, queue, "w1", store, own, counters, "store")
    keeper = Keeper(store, own, TaskCounters((metrics or Metrics()).instruments, own))
    consumers = [
        Consumer(queue, LOCAL, "w1", sink.handle, runner, QUICK, progress),
        Consumer(queue, "store", "w1", keeper.handle, OpenLane(10), QUICK),
    ]
    await queue.ensure_group("store", (Kind.ROWS, Kind.SAMPLE))
    for name in names:
        alone = PoolRunner(pool, name, timeout, Progress())
        consumers.append(Consumer(queue, name, "w1", ScoreSink(name, alone, store, own, counters).handle, alone, QUICK))
        await asyncio.to_thread(store.ensure_group, name)
    await sink.begin()
    tasks = [asyncio.create_task(consumer.run(stop)) for consumer in consumers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await pool.close()


def results(store: Store, scorer: str) -> dict[str, int]:
    """The ledger's line of a scorer, without zeros."""
    return {result: n for result, n in store.ledger()["scorers"].get(scorer, {}).items() if n}


def done(store: Store, scorer: str) -> int:
    """How many samples it has finished."""
    return sum(n for result, n in results(store, scorer).items() if result != "pending")


def count(folder: Path, statement: str) -> int:
    """One number of the store's file."""
    with contextlib.closing(sqlite3.connect(folder / "data" / "store.db", timeout=10)) as connection:
        return int(connection.execute(statement).fetchone()[0])


async def test_what_evaluation_costs_is_counted_by_scorer(queue: SqliteQueue, sqlite_store: Store) -> None:
    """Seconds of CPU, not of waiting, in the scorers' processes, by whose they were; of failed samples as well."""
    metrics = Metrics()
    texts = ["work 0.2", "work 0.3", "sleep 0.4", "raise"]
    await queue.publish([item(sample(f"r{number}", text)) for number, text in enumerate(texts)])
    async with together(queue, sqlite_store, metrics=metrics):
        await until(lambda: done(sqlite_store, "refusal") == done(sqlite_store, "abstention") == 4, 20)
        await until(lambda: metrics.value("evaluation_cpu_seconds_total", scorer="refusal") != 0)
    costs = {name: metrics.value("evaluation_cpu_seconds_total", scorer=name) for name in NAMES}
    assert 0.5 <= costs["refusal"] < 0.85
    assert 0 < costs["abstention"] < 0.2


async def test_what_samples_take_is_known_after_one_batch(queue: SqliteQueue) -> None:
    """So that the next one holds as many as a second has room for; a single sample tells less."""
    pool = Pool(targets(), dict.fromkeys(NAMES, ScorerSettings().model_dump_json()), 1, 200 * MB)
    limits = []
    await queue.ensure_group("refusal", (Kind.SAMPLE,))
    try:
        for number in (1, 40):
            await queue.publish([item(sample(f"r{number}-{each}", "All is well.")) for each in range(number)])
            runner = LocalRunner(pool, dict.fromkeys(NAMES, 60.0), Progress())
            claimed = await queue.claim("refusal", "w1", 100, 60.0)
            await runner.run(Batch(claimed, [7] * len(claimed)))
            runner.release()
            limits.append(runner.limit)
    finally:
        await pool.close()
    assert limits[0] < 100 < limits[1]


async def test_all_scorers_have_one_delivery(queue: SqliteQueue, sqlite_store: Store) -> None:
    """The samples with their text, and each scorer's results, without any group of its own having had them."""
    metrics = Metrics()
    await queue.publish([item(sample(f"r{number}", "All is well.")) for number in range(40)])
    async with together(queue, sqlite_store, metrics=metrics):
        await until(lambda: results(sqlite_store, "format") == {"not_applicable": 40}, 20)
    assert results(sqlite_store, "refusal") == results(sqlite_store, "abstention") == {"scored": 40}
    page = sqlite_store.samples(SampleQuery())
    assert all(record.has_content for record in page.samples)
    assert len(page.samples) == 40
    detail = sqlite_store.sample("r7")
    assert detail is not None
    assert detail.content == sample("r7", "All is well.")
    for name in NAMES:
        result = Result.NOT_APPLICABLE if name == "format" else Result.SCORED
        assert metrics.results(name) == {result: 40}
        assert (await queue.backlog(name)).depth == 0
    assert await queue.fill() == 0.0


async def test_what_was_stored_before_is_not_counted_again(queue: SqliteQueue, sqlite_store: Store) -> None:
    """A worker that died between its transaction and the queue's has counted what it stored; the rest is counted."""
    metrics, samples = Metrics(), [sample(f"r{number}", "All is well.") for number in range(4)]
    sqlite_store.save_scores([ScoredSample.of(samples[1], "refusal", Result.SCORED, [score(samples[1], 0.1)])])
    await queue.publish([item(each) for each in samples])
    async with together(queue, sqlite_store, metrics=metrics):
        await until(lambda: results(sqlite_store, "format") == {"not_applicable": 4}, 20)
        await until(lambda: metrics.results("abstention") == {Result.SCORED: 4})
    assert metrics.results("refusal") == {Result.SCORED: 3}


@pytest.mark.parametrize(
    ("answer", "result"),
    [("raise", "crashed"), ("segfault", "crashed"), ("loop", "timeout"), ("exit", "crashed"), ("memory", "crashed")],
)
async def test_a_failure_costs_one_scorers_result(
    answer: str, result: str, queue: SqliteQueue, sqlite_store: Store
) -> None:
    """The other scorers keep theirs of the same sample, and the scorer itself those of the neighbours."""
    answers = ["Fine.", answer, "Fine.", "Fine."]
    await queue.publish([item(sample(f"r{number}", text)) for number, text in enumerate(answers)])
    async with together(queue, sqlite_store, timeout=1.0):
        await until(lambda: done(sqlite_store, "refusal") == 4, 40)
    assert results(sqlite_store, "refusal") == {"scored": 3, result: 1}
    assert results(sqlite_store, "abstention") == {"scored": 4}
    assert results(sqlite_store, "format") == {"not_applicable": 4}
    assert count(Path(queue._path).parent, "SELECT COUNT(*) FROM samples WHERE content IS NOT NULL") == 4


async def test_a_scorer_that_cannot_be_built_holds_nobody_up(queue: SqliteQueue, sqlite_store: Store) -> None:
    """Its samples wait in its own group; the others go on."""
    await queue.publish([item(sample(f"r{number}", "Fine.")) for number in range(5)])
    async with together(queue, sqlite_store, (*NAMES, "clarification")):
        await until(lambda: results(sqlite_store, "format") == {"not_applicable": 5}, 20)
        assert results(sqlite_store, "refusal") == results(sqlite_store, "abstention") == {"scored": 5}
        assert results(sqlite_store, "clarification") == {"pending": 5}
        assert (await queue.backlog("clarification")).depth == 5


async def test_poison_becomes_a_dead_letter_of_every_scorer(queue: SqliteQueue, sqlite_store: Store) -> None:
    """Each may be replayed to one scorer; what comes after it is scored."""
    bad = Item("bad", Kind.SAMPLE, b'{"id": "bad", "exchange": ')
    await queue.publish([bad, item(sample("good", "Fine."))])
    async with together(queue, sqlite_store):
        await until(lambda: results(sqlite_store, "refusal") == {"scored": 1, "dead": 1}, 20)
        await until(lambda: results(sqlite_store, "format") == {"not_applicable": 1, "dead": 1}, 20)
        for name in (*NAMES, "store"):
            letters: list[Any] = []
            for _ in range(100):
                letters = await queue.dead(name, 10)
                if letters:
                    break
                await asyncio.sleep(0.1)
            assert [(letter.id, letter.reason) for letter in letters] == [("bad", "not_a_sample")]


@pytest.mark.parametrize(("content", "texts"), [("none", 0), ("flagged", 1), ("sampled", 2)])
async def test_whose_text_is_kept(content: str, texts: int, queue: SqliteQueue, sqlite_store: Store) -> None:
    """As the settings say; ``refusal`` flags the one and not the other."""
    await queue.publish([item(sample("r1", "fine")), item(sample("r2", "sleep 0"))])
    async with together(queue, sqlite_store, ("refusal", "format"), content=content):
        await until(lambda: results(sqlite_store, "refusal") == {"scored": 2}, 20)
    folder = Path(queue._path).parent
    assert count(folder, "SELECT COUNT(*) FROM samples WHERE content IS NOT NULL") == texts
    assert count(folder, "SELECT COUNT(*) FROM samples WHERE facts IS NOT NULL") == 2


async def test_it_takes_the_place_of_groups_of_their_own(queue: SqliteQueue, sqlite_store: Store) -> None:
    """What a group had is not scored again, what it had not is, and what a dead worker held comes back to it alone."""
    await queue.ensure_group("store", (Kind.ROWS, Kind.SAMPLE))
    for name in NAMES:
        await queue.ensure_group(name, (Kind.SAMPLE,))
    await queue.publish([item(sample(f"r{number}", "Fine.")) for number in range(6)])
    had = await queue.claim("refusal", "old", 4, 60.0)
    await queue.acknowledge("refusal", "old", [one.sequence for one in had])
    await queue.claim("refusal", "gone", 1, 0.1)
    async with together(queue, sqlite_store):
        await until(lambda: results(sqlite_store, "abstention") == {"scored": 6}, 20)
        await until(lambda: results(sqlite_store, "refusal") == {"scored": 2, "pending": 4}, 20)
    assert await queue.give_back(LOCAL)
    await queue.publish([item(sample("r9", "Fine."))])
    assert [one.id for one in await queue.claim("abstention", "old", 10, 60.0)] == ["r9"]


async def test_scorers_of_another_worker_get_theirs(queue: SqliteQueue, sqlite_store: Store) -> None:
    """A worker that runs fewer scorers hands the others' samples to their own groups."""
    await queue.take_over(LOCAL, {"groundedness": (), "store": (Kind.ROWS,)})
    await queue.publish([item(sample("r1", "Fine."))])
    async with together(queue, sqlite_store, ("refusal", "format")):
        await until(lambda: results(sqlite_store, "refusal") == {"scored": 1}, 20)
    assert [one.id for one in await queue.claim("groundedness", "other", 10, 60.0)] == ["r1"]
