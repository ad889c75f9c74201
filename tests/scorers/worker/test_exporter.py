"""What is computed from store and queue on a clock: backlogs, trimmed samples, rates that come and go, retention."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from proxy.config.settings import Retention
from proxy.exchange import RowBatch
from proxy.queue.protocol import Kind
from proxy.queue.sqlite import SqliteQueue
from proxy.sample import IMPORTED
from scorers.estimates.model_names import ModelNames
from scorers.score import Result, Verdict
from scorers.store.engine import open_database
from scorers.store.ledger import StoreState
from scorers.store.records import ScoredSample, StoreUnavailable
from scorers.store.store import Store
from scorers.store.tallies.marks import count_marks
from scorers.worker import exporter as exporter_module
from scorers.worker.exporter import Exporter
from scorers.worker.lease import Lease
from support.big_store import fill
from support.scoring import FailingStore, Metrics, item, sample, score, until

RATIO = {"scorer": "refusal", "output": "refused", "app": "support", "model": "gpt-x", "window": "1h"}


def make(store: Store, queue: SqliteQueue, metrics: Metrics) -> Exporter:
    """The exporter of the worker that holds the lease."""
    lease = Lease(store, "w1", 120.0)
    lease.ask()
    return Exporter(store, queue, metrics.instruments, metrics.models, metrics.counters, lease, ModelNames())


@pytest.fixture
def exporter(sqlite_store: Store, queue: SqliteQueue, metrics: Metrics) -> Exporter:
    """Over a real queue and store."""
    return make(sqlite_store, queue, metrics)


async def one_round(exporter: Exporter, condition: object, retention: Retention | None = None) -> None:
    """Run until ``condition`` holds."""
    stop = asyncio.Event()
    task = asyncio.create_task(exporter.run(["refusal"], ["store"], retention or Retention(), stop))
    try:
        await until(condition)  # type: ignore[arg-type]
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


def keep(store: Store, name: str, value: float, age: float = 10.0) -> None:
    """A scored sample that started ``age`` seconds ago."""
    of = sample(name, started_at=time.time() - age)
    store.save_scores([ScoredSample.of(of, "refusal", Result.SCORED, [score(of, value)])])


async def test_backlogs_are_shown(exporter: Exporter, queue: SqliteQueue, metrics: Metrics) -> None:
    """Depth and age of what a scorer has not finished; zero when it has."""
    await queue.publish([item(sample("r1")), item(sample("r2"))])
    await asyncio.sleep(0.05)
    await one_round(exporter, lambda: metrics.value("queue_depth", scorer="refusal") == 2)
    age = metrics.value("queue_oldest_age_seconds", scorer="refusal")
    assert age is not None
    assert 0 < age < 10
    claimed = await queue.claim("refusal", "w1", 10, 15)
    await queue.acknowledge("refusal", "w1", [each.sequence for each in claimed])
    await one_round(exporter, lambda: metrics.value("queue_depth", scorer="refusal") == 0)
    assert metrics.value("queue_oldest_age_seconds", scorer="refusal") == 0


async def test_rates_are_shown_for_each_application_and_for_all(
    exporter: Exporter, sqlite_store: Store, metrics: Metrics
) -> None:
    """Ratio with its interval for every window that holds a scored answer; not calibrated is 0, not absent."""
    for number in range(8):
        keep(sqlite_store, f"r{number}", 0.9 if number < 2 else 0.1)
    await one_round(exporter, lambda: metrics.value("verdict_ratio", **RATIO) is not None)
    for app in ("support", "all"):
        for window in ("1h", "24h", "7d"):
            labels = RATIO | {"app": app, "window": window}
            assert metrics.value("verdict_ratio", **labels) == 0.25
            lower, upper = (metrics.value(f"verdict_ratio_{end}", **labels) for end in ("lower", "upper"))
            assert lower is not None
            assert upper is not None
            assert 0 < lower < 0.25 < upper < 1
            assert metrics.value("verdict_ratio_calibrated", **labels) == 0
            assert metrics.value("verdict_ratio_labels", **labels) == 0


async def test_a_rate_that_vanishes_is_no_longer_shown(
    exporter: Exporter, sqlite_store: Store, metrics: Metrics
) -> None:
    """When the last answer leaves the window its gauges go, all five, instead of standing still for ever."""
    keep(sqlite_store, "r1", 0.9, age=3598.0)
    await one_round(exporter, lambda: metrics.value("verdict_ratio", **RATIO) == 1)
    await asyncio.sleep(2.1)
    await one_round(exporter, lambda: metrics.value("verdict_ratio", **RATIO) is None)
    for end in ("lower", "upper", "calibrated", "labels"):
        assert metrics.value(f"verdict_ratio_{end}", **RATIO) is None
    assert metrics.value("verdict_ratio", **RATIO | {"window": "24h"}) == 1


async def small_queue(tmp_path: Path) -> SqliteQueue:
    """A queue that holds about two samples, and has let some go."""
    names = [f"r{number}" for number in range(6)]
    made = SqliteQueue(tmp_path / "small.db", 2 * len(item(sample("r0")).payload))
    await made.ensure_group("refusal", (Kind.SAMPLE,))
    await made.publish([item(sample(name)) for name in names])
    return made


async def test_trimmed_samples_are_counted(sqlite_store: Store, metrics: Metrics, tmp_path: Path) -> None:
    """What the bound of the queue removed is in the ledger and in the counter, once."""
    queue = await small_queue(tmp_path)
    exporter = make(sqlite_store, queue, metrics)
    for _ in range(2):
        await one_round(exporter, lambda: metrics.results() == {"trimmed": 4})
    assert sqlite_store.ledger()["scorers"]["refusal"] == {"trimmed": 4}
    await queue.close()


async def test_a_sample_scored_before_it_was_trimmed_is_not_counted_again(
    sqlite_store: Store, metrics: Metrics, tmp_path: Path
) -> None:
    """Scored, not yet acknowledged, trimmed: it has its result, and keeps that one."""
    keep(sqlite_store, "r0", 0.9)
    queue = await small_queue(tmp_path)
    exporter = make(sqlite_store, queue, metrics)
    await one_round(exporter, lambda: metrics.results() == {"trimmed": 3})
    assert sqlite_store.ledger()["scorers"]["refusal"] == {"scored": 1, "trimmed": 3}
    await queue.close()


async def test_an_outage_of_the_store_loses_no_trimmed_sample(
    failing_store: FailingStore, metrics: Metrics, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The queue names each once; what the store did not take is recorded when it works again."""
    queue = await small_queue(tmp_path)
    exporter = make(failing_store, queue, metrics)
    failing_store.broken = True
    with caplog.at_level(logging.ERROR):
        await one_round(exporter, lambda: metrics.value("degraded", component="store") == 1)
    assert "rates and backlogs are stale: locked" in caplog.text
    failing_store.broken = False
    await one_round(exporter, lambda: metrics.results() == {"trimmed": 4})
    assert metrics.value("degraded", component="store") == 0
    assert failing_store.ledger()["scorers"]["refusal"] == {"trimmed": 4}
    await queue.close()


async def test_a_worker_that_lost_the_lease_records_what_the_queue_told_it(
    failing_store: FailingStore, metrics: Metrics, tmp_path: Path
) -> None:
    """The queue names each trimmed sample once: the new holder is not told, so they would be pending for ever."""
    queue = await small_queue(tmp_path)
    exporter = make(failing_store, queue, metrics)
    failing_store.broken = True
    await one_round(exporter, lambda: metrics.value("degraded", component="store") == 1)
    exporter._lease._until = 0.0
    await one_round(exporter, lambda: metrics.value("exporting") == 0)
    assert metrics.results() == {}
    failing_store.broken = False
    await one_round(exporter, lambda: metrics.results() == {"trimmed": 4})
    assert failing_store.ledger()["scorers"]["refusal"] == {"trimmed": 4}
    await queue.close()


async def test_an_outage_that_outlasts_the_lease_stays_visible(
    failing_store: FailingStore, metrics: Metrics, queue: SqliteQueue
) -> None:
    """A worker that could not renew its lease says that the store is away, until the store answers."""
    lease = Lease(failing_store, "w1", 120.0)
    parts = (metrics.instruments, metrics.models, metrics.counters)
    exporter = Exporter(failing_store, queue, *parts, lease, ModelNames())
    failing_store.broken = True
    lease.ask()
    assert not lease.held
    await one_round(exporter, lambda: metrics.value("degraded", component="store") == 1)
    failing_store.broken = False
    failing_store.hold_lease("exporter", "another", 60.0)
    lease.ask()
    assert not lease.held
    await one_round(exporter, lambda: metrics.value("degraded", component="store") == 0)


class HangingStore(Store):
    """The real store, which keeps everybody waiting while a gate is closed: one for the lease, one for the rest."""

    #: Another worker holds the lease; a round waits.
    taken = waits = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.for_lease, self.for_rounds = threading.Event(), threading.Event()
        self.for_lease.set()
        self.for_rounds.set()

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        assert self.for_lease.wait(60)
        return not self.taken and super().hold_lease(name, holder, seconds)

    def state(self) -> StoreState:
        self.waits = not self.for_rounds.is_set()
        assert self.for_rounds.wait(60)
        return super().state()


@pytest.mark.parametrize("first", ["rounds", "lease"])
async def test_after_a_store_that_hung_no_pause_is_measured_by_the_waiting(
    first: str, metrics: Metrics, queue: SqliteQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that waited for seconds was no work: the next one follows when the store answers, not minutes later."""
    monkeypatch.setattr(exporter_module, "_AT_EASE", 1000)  # such a round is followed by the longest pause, 300 s
    store = HangingStore(open_database("sqlite", tmp_path / "hangs"))
    lease = Lease(store, "w1", 3.0)
    exporter = Exporter(store, queue, metrics.instruments, metrics.models, metrics.counters, lease, ModelNames())
    lease.waiting, lease.answers = exporter.store_hangs, exporter.store_answers
    gates = [store.for_rounds, store.for_lease]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(lease.run(stop))]
    try:
        await until(lambda: lease.held)
        tasks.append(asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop)))
        await until(lambda: metrics.value("degraded", component="store") == 0)
        for gate in gates:
            gate.clear()
        await until(lambda: metrics.value("degraded", component="store") == 1)
        keep(store, "r1", 1.0)
        for gate in gates if first == "rounds" else reversed(gates):
            gate.set()
            await asyncio.sleep(0.3)  # the one that was let go goes on, the other one does not yet
        shown = {"verdict_ratio": RATIO, "degraded": {"component": "store"}}
        await until(lambda: [metrics.value(name, **labels) for name, labels in shown.items()] == [1, 0], 15)
    finally:
        stop.set()
        for gate in gates:
            gate.set()
        await asyncio.gather(*tasks)
    store.close()


class Watched(Exporter):
    """Notes what was shown each time that it is taken back."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.taken: list[int] = []

    def take_back(self) -> None:
        self.taken.append(sum(len(children) for children in self._shown.values()))
        super().take_back()


async def test_a_worker_that_hangs_shows_nothing_that_another_one_shows(
    metrics: Metrics, queue: SqliteQueue, tmp_path: Path
) -> None:
    """Its round waits for the store, and another worker takes over: the gauges go, and the round brings none back."""
    store = HangingStore(open_database("sqlite", tmp_path / "hangs"))
    lease = Lease(store, "w1", 1.0)
    exporter = Watched(store, queue, metrics.instruments, metrics.models, metrics.counters, lease, ModelNames())
    lease.waiting, lease.answers = exporter.store_hangs, exporter.store_answers
    keep(store, "r1", 1.0)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(lease.run(stop))]
    try:
        await until(lambda: lease.held)
        tasks.append(asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop)))
        await until(lambda: metrics.value("verdict_ratio", **RATIO) == 1)
        store.for_rounds.clear()
        await until(lambda: store.waits, 15)
        store.for_lease.clear()
        store.taken = True
        await until(lambda: metrics.value("verdict_ratio", **RATIO) is None, 15)
        assert (metrics.value("exporting"), metrics.value("degraded", component="store")) == (0, 1)
        exporter.taken.clear()
        store.for_rounds.set()
        store.for_lease.set()
        await until(lambda: metrics.value("degraded", component="store") == 0 and len(exporter.taken) > 2, 15)
        assert set(exporter.taken) == {0}
    finally:
        stop.set()
        store.for_rounds.set()
        store.for_lease.set()
        await asyncio.gather(*tasks)
    store.close()


async def test_imported_samples_are_in_no_count_of_requests(
    exporter: Exporter, sqlite_store: Store, metrics: Metrics
) -> None:
    """``sightglass_ledger_requests`` counts requests; samples that a person imported are in ``_ledger_samples``."""
    sqlite_store.ensure_group("refusal")
    sqlite_store.save_samples([sample("i1", stratum=IMPORTED), sample("i2", stratum=IMPORTED)], content=False)
    sqlite_store.save_rows(RowBatch("b", "p1", 1, {"published": 3}, []))
    await one_round(exporter, lambda: metrics.value("ledger_requests", decision="published") is not None)
    assert metrics.value("ledger_requests", decision="published") == 3
    assert metrics.value("ledger_samples", scorer="refusal", result="pending", reason="") == 2


async def test_what_is_too_old_is_deleted(exporter: Exporter, sqlite_store: Store) -> None:
    """Samples beyond their retention go at the first round, and stay in the ledger as counts."""
    keep(sqlite_store, "old", 0.9, age=7200.0)
    keep(sqlite_store, "new", 0.9)
    await one_round(exporter, lambda: sqlite_store.sample("old") is None, Retention(samples=3600.0))
    assert sqlite_store.sample("new") is not None
    assert sqlite_store.ledger()["scorers"]["refusal"] == {"scored": 2}


async def test_a_short_retention_is_kept_to(exporter: Exporter, sqlite_store: Store) -> None:
    """What becomes too old while the worker runs goes soon after."""
    keep(sqlite_store, "young", 0.9, age=0.0)
    begun = time.monotonic()
    await one_round(exporter, lambda: sqlite_store.sample("young") is None, Retention(samples=1.5))
    assert time.monotonic() - begun > 1


async def test_at_rest_nothing_is_added_up(exporter: Exporter, sqlite_store: Store, metrics: Metrics) -> None:
    """While nothing changes no rate is computed, round after round; what comes then is seen at once."""
    keep(sqlite_store, "one", 0.9)
    sums: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM tallies" in statement and statement.startswith("SELECT"):
            sums.append(statement)

    event.listen(sqlite_store._database.engine, "before_cursor_execute", seen)
    stop = asyncio.Event()
    task = asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop))
    await until(lambda: metrics.value("verdict_ratio", **RATIO) == 1)
    await asyncio.sleep(0.5)
    sums.clear()
    await asyncio.sleep(4.5)
    assert sums == []
    keep(sqlite_store, "two", 0.1)
    await until(lambda: metrics.value("verdict_ratio", **RATIO) == 0.5, 10)
    assert sums
    # A label changes the rates, and neither a sample nor a result.
    sqlite_store.save_label(("two", "refusal", "refused", "ann"), Verdict.NO, "")
    await until(lambda: metrics.value("verdict_ratio_labels", **RATIO) == 1, 10)
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_what_an_older_version_left_is_tallied_without_long_pauses(
    queue: SqliteQueue, metrics: Metrics, tmp_path: Path
) -> None:
    """A store that was never tallied is brought into the tallies within few rounds; rates are shown meanwhile.

    A pause is about as long as the work before it, so that of all the time a good part is the database's. On a busy
    machine both take longer.
    """
    fill("sqlite", tmp_path / "old", 16_000, 1_600, time.time(), seconds=3 * 3600.0)
    store = Store.open("sqlite", tmp_path / "old")
    exporter = make(store, queue, metrics)
    stop = asyncio.Event()
    began: list[float] = []
    ended: list[float] = []

    def noted(moments: list[float]) -> None:
        if threading.current_thread() is not threading.main_thread():  # where this test only looks
            moments.append(time.monotonic())

    event.listen(store._database.engine, "before_cursor_execute", lambda *_: noted(began))
    event.listen(store._database.engine, "after_cursor_execute", lambda *_: noted(ended))
    task = asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop))

    def waiting() -> int:
        with store._database.read() as connection:
            return count_marks(connection, 1)

    assert waiting()
    await until(lambda: not waiting(), 60)
    stop.set()
    busy = sum(later - earlier for earlier, later in zip(began, ended, strict=False))
    assert ended[-1] - began[0] < 10 * busy
    await asyncio.wait_for(task, 10)
    store.close()


async def test_after_a_round_that_failed_the_next_one_follows_soon(
    metrics: Metrics, queue: SqliteQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that timed out took its seconds, and they were no work; the lease had an answer all the while."""

    class Slow(Store):
        broken = False

        def state(self) -> StoreState:
            if self.broken:
                time.sleep(0.5)
                raise StoreUnavailable("connection timeout expired")
            return super().state()

    monkeypatch.setattr(exporter_module, "_AT_EASE", 1000)
    store = Slow(open_database("sqlite", tmp_path / "slow"))
    store.broken = True
    exporter, stop = make(store, queue, metrics), asyncio.Event()
    running = asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop))
    await until(lambda: metrics.value("degraded", component="store") == 1)
    store.broken = False
    try:
        await until(lambda: metrics.value("degraded", component="store") == 0, 15)
    finally:
        stop.set()
        await asyncio.wait_for(running, 5)
    store.close()
