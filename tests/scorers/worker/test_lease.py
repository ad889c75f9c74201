"""One worker at a time computes what is computed over all samples; when it dies another one does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from proxy.config.settings import Retention
from proxy.queue.sqlite import SqliteQueue
from scorers.estimates.model_names import ModelNames
from scorers.score import Result
from scorers.store.engine import open_database
from scorers.store.records import ScoredSample, StoreUnavailable
from scorers.store.store import Store
from scorers.store.tables import leases
from scorers.worker import lease as lease_module
from scorers.worker.exporter import Exporter
from scorers.worker.lease import LEASE_SECONDS, Lease
from support.full_disk import full_at
from support.processes import wait_until
from support.scoring import Metrics, sample, score, until

#: Takes the lease and holds it for as long as it lives.
HOLDER = """
import asyncio, sys
from pathlib import Path
from scorers.store.store import Store
from scorers.store.tables import leases
from scorers.worker import lease as lease_module
from scorers.worker.lease import Lease

async def main():
    lease = Lease(Store.open(sys.argv[1], Path(sys.argv[2])), "dies", float(sys.argv[3]))
    running = asyncio.create_task(lease.run(asyncio.Event()))
    while not lease.held:
        await asyncio.sleep(0.01)
    print("held", flush=True)
    await running

asyncio.run(main())
"""


def test_one_holder_at_a_time(store: Store) -> None:
    """The second gets it when the first has let go, or when its time is over; renewing keeps it."""
    assert store.hold_lease("x", "a", 30)
    assert not store.hold_lease("x", "b", 30)
    assert store.hold_lease("x", "a", 30)
    assert store.lease_holder("x") == "a"
    store.drop_lease("x", "b")
    assert not store.hold_lease("x", "b", 30)
    store.drop_lease("x", "a")
    assert store.hold_lease("x", "b", 0.2)
    assert store.hold_lease("y", "a", 30)
    time.sleep(0.3)
    assert store.hold_lease("x", "a", 30)


def test_a_lease_ends_well_within_half_a_minute() -> None:
    """Its own time and one interval of asking."""
    assert LEASE_SECONDS * 4 / 3 < 25


def test_a_holder_that_is_killed_is_followed_by_another(store_url: str, tmp_path: Path) -> None:
    """Two processes on one store: after SIGKILL the other one has the lease when the time is over, and not before."""
    seconds = 1.5
    command = [sys.executable, "-c", HOLDER, store_url, str(tmp_path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        store = Store.open(store_url, tmp_path)
        lease = Lease(store, "lives", seconds)
        end = time.monotonic() + 2 * seconds
        while time.monotonic() < end:
            lease.ask()
            assert not lease.held
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
        killed = time.monotonic()
        while not lease.held:
            assert time.monotonic() - killed < 3 * seconds + 5
            lease.ask()
            time.sleep(0.05)
    assert store.lease_holder("exporter") == "lives"
    store.close()


async def test_a_stop_lets_go_at_once(sqlite_store: Store) -> None:
    """The next worker need not wait for the end of the lease."""
    stop = asyncio.Event()
    first, second = Lease(sqlite_store, "a"), Lease(sqlite_store, "b")
    running = asyncio.create_task(first.run(stop))
    await until(lambda: first.held)
    second.ask()
    assert not second.held
    stop.set()
    await running
    assert not first.held
    second.ask()
    assert second.held


class Unreachable(Store):
    """The real store, which can not be reached when ``broken``."""

    broken = False

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        if self.broken:
            raise StoreUnavailable("gone")
        return super().hold_lease(name, holder, seconds)


async def test_an_answer_that_took_as_long_as_the_lease_is_asked_for_again(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store hung: what it says then is of the past, and nobody would compute anything until the next question."""
    late = [0.0]

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + late[0]

    class Late(Store):
        def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
            late[0] = 2000.0
            return super().hold_lease(name, holder, seconds)

    monkeypatch.setattr(lease_module, "time", Clock)
    stop, lease = asyncio.Event(), Lease(Late(sqlite_store._database), "a", 1200.0)
    running = asyncio.create_task(lease.run(stop))
    await until(lambda: lease.held, 15)  # not only after a third of 1200 s
    stop.set()
    await running


def test_who_can_not_renew_stops_before_the_lease_ends(tmp_path: Path) -> None:
    """It can not know whether another one has begun, so it ends by its own clock."""
    store = Unreachable.open("sqlite", tmp_path)
    assert isinstance(store, Unreachable)
    lease = Lease(store, "a", 0.5)
    lease.ask()
    assert lease.held
    store.broken = True
    lease.ask()
    assert lease.held
    time.sleep(0.46)
    assert not lease.held
    store.close()


def test_a_clock_that_is_set_back_keeps_no_lease_of_the_dead(tmp_path: Path) -> None:
    """A worker died while the clock was an hour ahead: another takes over after a lease, not after an hour."""
    clock = [time.time() + 3600.0]
    store = Store(open_database("sqlite", tmp_path), clock=lambda: clock[0])
    assert store.hold_lease("exporter", "dead", 15.0)
    clock[0] -= 3600.0
    assert not store.hold_lease("exporter", "other", 15.0)
    clock[0] += 14.0
    assert not store.hold_lease("exporter", "other", 15.0)
    clock[0] += 2.0
    assert store.hold_lease("exporter", "other", 15.0)
    store.close()


def test_a_lease_far_ahead_ends_like_one_of_now(store: Store) -> None:
    """On a server whose clock was set back, too, where the time of the server counts."""
    with store._database.write() as connection:
        connection.execute(leases.insert().values(name="exporter", holder="dead", expires_at=time.time() + 3600.0))
    assert not store.hold_lease("exporter", "other", 0.5)
    wait_until(lambda: store.hold_lease("exporter", "other", 0.5), 10, "the lease to be taken over")


async def test_only_the_holder_shows_what_is_computed_over_all(sqlite_store: Store, queue: SqliteQueue) -> None:
    """Two workers: rates, backlogs and the ledger stand on one page; when the lease moves they move with it."""
    of = sample("r1", started_at=time.time() - 10)
    sqlite_store.save_scores([ScoredSample.of(of, "refusal", Result.SCORED, [score(of)])])
    pages = [Metrics(), Metrics()]
    leases = [Lease(sqlite_store, "a", 1.0), Lease(sqlite_store, "b", 1.0)]
    stops = [asyncio.Event(), asyncio.Event()]
    tasks = []
    for page, lease, stop in zip(pages, leases, stops, strict=True):
        exporter = Exporter(sqlite_store, queue, page.instruments, page.models, page.counters, lease, ModelNames())
        tasks.append(asyncio.create_task(exporter.run(["refusal"], ["store"], Retention(), stop)))
        tasks.append(asyncio.create_task(lease.run(stop)))
        await asyncio.sleep(0.2)
    ratio = {"scorer": "refusal", "output": "refused", "app": "all", "model": "gpt-x", "window": "1h"}
    scored = {"scorer": "refusal", "result": "scored", "reason": ""}
    try:
        await until(lambda: pages[0].value("verdict_ratio", **ratio) == 1)
        await until(lambda: pages[0].value("ledger_samples", **scored) == 1)
        assert pages[0].value("exporting") == 1
        assert pages[0].value("dead_letters", group="refusal") == 0
        assert pages[1].value("exporting") == 0
        for name, labels in (
            ("verdict_ratio", ratio),
            ("ledger_samples", scored),
            ("queue_depth", {"scorer": "refusal"}),
        ):
            assert pages[1].value(name, **labels) is None
        stops[0].set()
        await until(lambda: pages[1].value("verdict_ratio", **ratio) == 1, 10)
        assert pages[1].value("exporting") == 1
        await until(lambda: pages[0].value("verdict_ratio", **ratio) is None, 10)
        assert pages[0].value("queue_depth", scorer="refusal") is None
    finally:
        for stop in stops:
            stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


class Paused(Lease):
    """Its thread stands still between what it learned and being done, until ``go``."""

    def __init__(self, store: Store, holder: str, seconds: float) -> None:
        super().__init__(store, holder, seconds)
        self.learned, self.go = threading.Event(), threading.Event()

    def ask(self) -> bool:
        answered = super().ask()
        self.learned.set()
        self.go.wait(20)
        return answered


async def test_an_answer_in_the_moment_in_which_patience_ends_counts(sqlite_store: Store) -> None:
    """The thread has the answer, and the loop does not know of it yet and calls the store away: that is put right as
    soon as it knows, and those who wait for the store are told."""
    lease, stop, told = Paused(sqlite_store, "a", 0.5), asyncio.Event(), []
    lease.answers = lambda: told.append("answers")
    lease.waiting = lease.go.set
    running = asyncio.create_task(lease._asked(stop))
    await asyncio.wait_for(running, 20)
    assert lease.learned.is_set()
    assert told == ["answers"]
    assert not lease.cut_off


class Held(Store):
    """The real store, which takes the lease only when it may."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._database)
        self.may, self.asked = threading.Event(), threading.Event()
        self.may.set()

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        self.asked.set()
        self.may.wait(20)
        return super().hold_lease(name, holder, seconds)


@pytest.mark.parametrize("held", [True, False])
async def test_a_stop_while_the_store_is_asked_lets_go_too(sqlite_store: Store, held: bool) -> None:
    """The question was under way and is answered after the end: the lease is let go of again, and does not stand for
    its whole time in the name of a worker that has ended."""
    store, stop = Held(sqlite_store), asyncio.Event()
    lease, second = Lease(store, "a", 600.0), Lease(sqlite_store, "b")
    if held:
        lease.ask()
    store.asked.clear()
    store.may.clear()
    running = asyncio.create_task(lease.run(stop))
    await until(store.asked.is_set)
    stop.set()
    await running
    store.may.set()
    await until(lambda: not lease.asking)
    assert not lease.held
    second.ask()
    assert second.held


def test_a_store_that_takes_no_write_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that is full or read-only under an idle worker: one line for the outage, with the reason, and the worker
    takes up the lease again by itself."""
    store = Store.open("sqlite", tmp_path)
    lease = Lease(store, "a", 30)
    assert lease.ask()
    for _ in range(2):
        caplog.clear()
        with full_at(1):
            assert [lease.ask() for _ in range(3)] == [False] * 3
        assert lease.cut_off
        (line,) = caplog.records
        assert (line.levelname, line.getMessage().startswith("the lease waits, and with it")) == ("ERROR", True)
        assert "disk" in line.getMessage()
        assert lease.ask()
        assert lease.held
        assert not lease.cut_off
    store.close()
