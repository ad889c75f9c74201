"""The worker's part in drift: gauges while the lease is held, taken back with it, and degraded without a store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import event

from proxy.config.settings import Settings, parse
from proxy.sample import Sample
from proxy.telemetry.instruments import Bounded, Instruments
from scorers.drift.monitor import Chosen, accept_baseline
from scorers.store.records import ScoredSample, StoreUnavailable
from scorers.store.store import Store
from scorers.worker.drift import DriftMonitor
from scorers.worker.lease import Lease

_LABELS = 'app="support",model="gpt-x",signal="refusal.refused"'


def settings() -> Settings:
    """A baseline of 60 samples and no days."""
    document = {
        "upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}],
        "drift": {"baseline": {"min_days": 0, "min_samples": 60}},
    }
    return parse(document, {})


class Desk:
    """A monitor with its metrics."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        instruments = Instruments(self.registry, "worker")
        self.lease = Lease(store, "me")
        self.monitor = DriftMonitor(store, settings(), instruments, Bounded("model", (), 5, instruments), self.lease)
        self.stop = asyncio.Event()

    def page(self) -> str:
        return generate_latest(self.registry).decode()

    def value(self, name: str, labels: str = _LABELS) -> float | None:
        for line in self.page().splitlines():
            if line.startswith(f"sightglass_{name}{{{labels}}}"):
                return float(line.rsplit(" ", 1)[1])
        return None

    async def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.page()
            await asyncio.sleep(0.05)


@pytest.fixture
def send(
    sqlite_store: Store, make_sample: Callable[..., Sample], make_scored: Callable[..., ScoredSample]
) -> Callable[[int, int], None]:
    """``send(count, every)``: conversations of which every so-manieth is refused."""
    sent = 0

    def write(count: int, every: int) -> None:
        nonlocal sent
        for number in range(sent, sent + count):
            sample = make_sample(f"s{number}", started_at=time.time(), conversation=f"c{number}")
            sqlite_store.save_samples([sample], content=False)
            sqlite_store.save_scores([make_scored(sample, 0.9 if number % every == 0 else 0.1)])
        sent += count

    return write


@contextmanager
def failing(store: Store) -> Iterator[list[str]]:
    """The database is out of reach. Yields what was tried."""
    real = store._database
    tries: list[str] = []

    class Gone:
        def __getattr__(self, name: str) -> Any:
            tries.append(name)
            raise StoreUnavailable("gone")

    store._database = Gone()  # type: ignore[assignment]
    try:
        yield tries
    finally:
        store._database = real


async def test_an_outage_is_one_line(sqlite_store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """However many rounds it lasts; the next outage is another one."""
    desk = Desk(sqlite_store)
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    for outage in (1, 2):
        with failing(sqlite_store) as tries:
            await desk.until(lambda seen=tries: len(seen) >= 2)  # type: ignore[misc]
        assert len([line for line in caplog.messages if line.startswith("drift signals are stale: ")]) == outage
        await desk.until(lambda: desk.value("degraded", 'component="drift"') == 0)
    desk.stop.set()
    await running


async def test_an_outage_that_outlasts_the_lease_stays_visible(sqlite_store: Store) -> None:
    """Without a store nobody can renew the lease; degraded stays 1 until the store answers, whoever holds it then."""
    desk = Desk(sqlite_store)
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    with failing(sqlite_store):
        desk.lease._until = 0.0
        desk.lease.ask()
        assert not desk.lease.held
        await desk.until(lambda: desk.value("degraded", 'component="drift"') == 1)
        await asyncio.sleep(0.5)  # rounds without the lease
        assert desk.value("degraded", 'component="drift"') == 1
    sqlite_store.hold_lease("exporter", "another", 60.0)
    desk.lease.ask()
    await desk.until(lambda: desk.value("degraded", 'component="drift"') == 0)
    desk.stop.set()
    await running


async def test_gauges_follow_the_signal(sqlite_store: Store, send: Callable[[int, int], None]) -> None:
    """Learning, watching, drifted; the lease is lost: nothing is shown; the store is gone: degraded, and back."""
    desk = Desk(sqlite_store)
    send(40, 20)
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    await desk.until(lambda: desk.value("drift_samples") == 40)
    assert (desk.value("drift_state"), desk.value("drift_active")) == (0, 0)
    assert desk.value("drift_threshold") is None
    send(60, 20)
    await desk.until(lambda: desk.value("drift_state") == 1)
    assert desk.value("drift_baseline_ratio") == pytest.approx(0.05, abs=0.02)
    send(100, 2)
    await desk.until(lambda: desk.value("drift_active") == 1)
    statistic, threshold = desk.value("drift_statistic"), desk.value("drift_threshold")
    assert statistic is not None
    assert threshold is not None
    assert statistic >= threshold
    assert desk.value("drift_state") == 2
    evaluated = desk.value("drift_evaluated_timestamp_seconds")
    assert evaluated is not None
    assert abs(evaluated - time.time()) < 10
    with failing(sqlite_store):
        await desk.until(lambda: desk.value("degraded", 'component="drift"') == 1)
    await desk.until(lambda: desk.value("degraded", 'component="drift"') == 0)
    desk.lease._until = 0.0
    await desk.until(lambda: desk.value("drift_state") is None)
    assert "sightglass_drift_samples{" not in desk.page()
    desk.stop.set()
    await running


async def test_a_monitor_that_hangs_shows_nothing_that_another_one_shows(
    sqlite_store: Store, send: Callable[[int, int], None]
) -> None:
    """While the store keeps it waiting it shows what it has until its lease ends: then another one may show it."""
    desk = Desk(sqlite_store)
    send(40, 20)
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    await desk.until(lambda: desk.value("drift_samples") == 40)
    desk.stop.set()
    await running
    desk.monitor.store_hangs()
    assert desk.value("drift_samples") == 40
    desk.lease._until = 0.0
    desk.monitor.store_hangs()
    assert "sightglass_drift_samples{" not in desk.page()


async def test_at_rest_nothing_is_written_and_no_signal_is_worked_out(
    sqlite_store: Store, send: Callable[[int, int], None]
) -> None:
    """The signals are looked at all the same; what the console accepts is shown, and so is everything by a worker that
    gets the lease again."""
    desk = Desk(sqlite_store)
    send(70, 20)
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    await desk.until(lambda: desk.value("drift_state") == 1)
    told: list[str] = []

    @event.listens_for(sqlite_store._database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        told.append(statement)

    def evaluated() -> float:
        return desk.value("drift_evaluated_timestamp_seconds") or 0.0

    before = evaluated()
    await desk.until(lambda: evaluated() > before + 3)
    assert told
    assert not [text for text in told if text.startswith(("BEGIN IMMEDIATE", "INSERT", "DELETE"))]
    accept_baseline(sqlite_store, settings(), Chosen(signal="refusal.refused"), time.time())
    await desk.until(lambda: desk.value("drift_state") == 0)
    desk.lease._until = 0.0
    await desk.until(lambda: desk.value("drift_state") is None)
    desk.lease.ask()
    await desk.until(lambda: desk.value("drift_state") == 0)
    desk.stop.set()
    await running


async def test_a_model_without_a_label_is_not_shown(
    sqlite_store: Store, make_sample: Callable[..., Sample], make_scored: Callable[..., ScoredSample]
) -> None:
    """Signals of models that have no label value of their own can not share ``other``."""
    desk = Desk(sqlite_store)
    for number in range(8):
        sample = make_sample(f"m{number}", model_asked=f"model-{number}", conversation=f"c{number}")
        sqlite_store.save_samples([sample], content=False)
        sqlite_store.save_scores([make_scored(sample)])
    desk.lease.ask()
    running = asyncio.create_task(desk.monitor.run(desk.stop))
    await desk.until(lambda: desk.value("drift_samples", 'app="all",model="all",signal="mix.app"') == 8)
    shown = [line for line in desk.page().splitlines() if line.startswith("sightglass_drift_samples{")]
    assert sum('signal="refusal.refused"' in line for line in shown) == 5
    desk.stop.set()
    await running
