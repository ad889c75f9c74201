"""The loop of one consumer group over the real queue: leases, redelivery, outages of the store, an ordered end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from proxy.queue.protocol import Claimed, QueueError
from proxy.queue.sqlite import SqliteQueue
from scorers.store.records import StoreUnavailable
from scorers.worker.consumer import Consumer, Lane, OpenLane
from support.scoring import item, sample, until


class Handler:
    """Notes what it is given; ``errors`` are raised first, one a call, and ``hold`` keeps it busy."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls: list[list[str]] = []
        self.items: list[Claimed] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, items: list[Claimed]) -> None:
        self.calls.append([each.id for each in items])
        await self.hold.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.items += items

    @property
    def done(self) -> list[str]:
        return [each.id for each in self.items]


@asynccontextmanager
async def running(consumer: Consumer) -> AsyncIterator[asyncio.Task[None]]:
    """The consumer's loop; stopped at the end, in order."""
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


def make(queue: SqliteQueue, handle: Handler, owner: str = "w1", batch: int = 32, lane: Lane | None = None) -> Consumer:
    """A consumer of the group ``refusal`` with short times."""
    return Consumer(queue, "refusal", owner, handle, lane or OpenLane(batch), (0.3, 0.05))


async def test_everything_is_handled_once_and_acknowledged(queue: SqliteQueue) -> None:
    """In batches no larger than asked for, in the order of publishing; then nothing is left."""
    handler = Handler()
    names = [f"r{number}" for number in range(25)]
    await queue.publish([item(sample(name)) for name in names])
    async with running(make(queue, handler, batch=10)):
        await until(lambda: len(handler.items) == 25)
    assert handler.done == names
    assert [len(call) for call in handler.calls] == [10, 10, 5]
    assert (await queue.backlog("refusal")).depth == 0


async def test_what_comes_later_is_found(queue: SqliteQueue) -> None:
    """An idle consumer sees new items within a second."""
    handler = Handler()
    async with running(make(queue, handler)):
        await asyncio.sleep(0.5)
        await queue.publish([item(sample("r1"))])
        await until(lambda: handler.done == ["r1"], 1.0)


async def test_a_lease_is_renewed_while_the_batch_is_worked_on(queue: SqliteQueue) -> None:
    """Work that takes several leases stays with its owner; nobody else gets it, and the delivery counts once."""
    slow, other = Handler(), Handler()
    slow.hold.clear()
    await queue.publish([item(sample("r1"))])
    async with running(make(queue, slow)):
        await until(lambda: bool(slow.calls))
        async with running(make(queue, other, "w2")):
            await asyncio.sleep(1.0)
            assert other.calls == []
            slow.hold.set()
            await until(lambda: slow.done == ["r1"])
    assert [each.deliveries for each in slow.items] == [1]


async def test_what_a_dead_worker_held_goes_to_another(queue: SqliteQueue) -> None:
    """Nobody renews it; after the lease it is delivered again, and counted."""
    await queue.publish([item(sample("r1"))])
    assert await queue.claim("refusal", "killed", 10, 0.2)
    handler = Handler()
    async with running(make(queue, handler)):
        await until(lambda: bool(handler.items))
    assert [(each.id, each.deliveries) for each in handler.items] == [("r1", 2)]


async def test_an_outage_of_the_store_is_waited_for(queue: SqliteQueue, caplog: pytest.LogCaptureFixture) -> None:
    """The batch stays in hand and is tried until the store takes it; it was delivered once; two lines in the log."""
    handler = Handler(*[StoreUnavailable("locked")] * 12)
    await queue.publish([item(sample("r1")), item(sample("r2"))])
    with caplog.at_level(logging.WARNING):
        async with running(make(queue, handler)):
            await until(lambda: handler.done == ["r1", "r2"])
    assert [each.deliveries for each in handler.items] == [1, 1]
    assert handler.calls == [["r1", "r2"]] * 13
    assert (await queue.backlog("refusal")).depth == 0
    assert [record.getMessage() for record in caplog.records] == [
        "group refusal waits: locked",
        "group refusal goes on",
    ]


async def test_a_stop_during_an_outage_leaves_the_batch_to_the_next_worker(queue: SqliteQueue) -> None:
    """The end does not wait for the store; what was not kept is delivered again."""
    failing = Handler(*[StoreUnavailable("down")] * 1000)
    await queue.publish([item(sample("r1"))])
    async with running(make(queue, failing)):
        await until(lambda: len(failing.calls) > 2)
    handler = Handler()
    async with running(make(queue, handler, "w2")):
        await until(lambda: handler.done == ["r1"])
    assert [each.deliveries for each in handler.items] == [2]


class Failing(SqliteQueue):
    """The real queue, whose file can not be reached while ``broken``."""

    broken = False

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        if self.broken:
            raise QueueError("queue file: disk I/O error")
        return await super().claim(group, owner, limit, lease)


async def test_an_outage_of_the_queue_is_waited_for(queue: SqliteQueue) -> None:
    """The consumer backs off and goes on when the queue works again."""
    failing = Failing(queue._path, 1_000_000)
    failing.broken = True
    handler = Handler()
    await queue.publish([item(sample("r1"))])
    async with running(make(failing, handler)) as task:
        await asyncio.sleep(0.2)
        assert not task.done()
        failing.broken = False
        await until(lambda: handler.done == ["r1"])
    await failing.close()


async def test_an_error_that_nobody_foresaw_ends_the_consumer_and_loses_nothing(queue: SqliteQueue) -> None:
    """The worker process ends and is started again; the batch was not acknowledged and is delivered again."""
    await queue.publish([item(sample("r1"))])
    consumer = make(queue, Handler(RuntimeError("a defect")))
    with pytest.raises(RuntimeError, match="a defect"):
        await asyncio.wait_for(consumer.run(asyncio.Event()), 5)
    handler = Handler()
    async with running(make(queue, handler, "w2")):
        await until(lambda: handler.done == ["r1"])


async def test_a_stop_finishes_the_batch_in_hand(queue: SqliteQueue) -> None:
    """No new claim, but what was begun is handled and acknowledged."""
    handler = Handler()
    handler.hold.clear()
    await queue.publish([item(sample("r1")), item(sample("r2"))])
    stop = asyncio.Event()
    task = asyncio.create_task(make(queue, handler, batch=1).run(stop))
    await until(lambda: bool(handler.calls))
    stop.set()
    await asyncio.sleep(0.05)
    assert not task.done()
    handler.hold.set()
    await asyncio.wait_for(task, 5)
    assert handler.calls == [["r1"]]
    assert (await queue.backlog("refusal")).depth == 1


async def test_a_stop_does_not_wait_for_ever(
    queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A batch that takes too long is left to the next worker, and the log says how many."""
    monkeypatch.setattr("scorers.worker.consumer._STOP_SECONDS", 0.2)
    handler = Handler()
    handler.hold.clear()
    await queue.publish([item(sample("r1")), item(sample("r2"))])
    async with running(make(queue, handler)):
        await until(lambda: bool(handler.calls))
    assert handler.done == []
    assert "group refusal leaves 2 items to be delivered again" in caplog.text
    second = Handler()
    async with running(make(queue, second, "w2")):
        await until(lambda: second.done == ["r1", "r2"])


class Slow(Handler):
    """Takes a fifth of a second for a batch."""

    async def __call__(self, items: list[Claimed]) -> None:
        await asyncio.sleep(0.2)
        await super().__call__(items)


async def test_one_behind_another_takes_what_that_one_cannot_do(
    queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing while the first keeps up; all that comes while a batch of the first takes long. Then it waits for
    less: here for nothing."""
    monkeypatch.setattr("scorers.worker.consumer._LATE", 2.0)
    monkeypatch.setattr("scorers.worker.consumer._LATE_AGAIN", 0.0)
    first, second = Handler(), Handler()
    ahead, behind = make(queue, first), make(queue, second, "w2")
    behind.ahead = ahead

    async def one(name: str) -> None:
        await queue.publish([item(sample(name))])
        await until(lambda: name in first.done + second.done)

    async with running(behind), running(ahead):
        for number in range(20):
            await one(f"r{number}")
        assert second.calls == []
        first.hold.clear()
        await queue.publish([item(sample("held"))])
        await until(lambda: len(first.calls) == 21)
        await queue.publish([item(sample("r21")), item(sample("r22"))])
        await until(lambda: second.done == ["r21", "r22"], 10)
        first.hold.set()
        for number in range(23, 60):
            await one(f"r{number}")
            if len(second.done) > 2:
                break
    assert len(second.done) > 2


@pytest.mark.parametrize(("limit", "many"), [(2, 2_000_000), (1000, 1)])
async def test_one_behind_another_helps_with_what_has_piled_up(
    queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch, limit: int, many: int
) -> None:
    """Also where each batch of the first is short: as many items, or as many bytes, as it may claim at once."""
    monkeypatch.setattr("scorers.worker.consumer._MANY_BYTES", many)
    monkeypatch.setattr("scorers.worker.consumer._LATE", 2.0)
    first, second = Slow(), Handler()
    ahead, behind = make(queue, first, batch=limit), make(queue, second, "w2")
    behind.ahead = ahead
    names = [f"r{number}" for number in range(120)]
    async with running(behind), running(ahead):
        for place in range(0, 120, 3):
            await queue.publish([item(sample(name)) for name in names[place : place + 3]])
            await asyncio.sleep(0.1)
            if second.done:
                break
        await until(lambda: bool(second.done), 10)


class OneAtATime:
    """A lane with one place, which others may hold."""

    def __init__(self) -> None:
        self.place = asyncio.Semaphore(1)
        self.held = False
        self.limit = 3

    async def ready(self) -> None:
        if not self.held:
            await self.place.acquire()
            self.held = True

    def release(self) -> None:
        if self.held:
            self.held = False
            self.place.release()


async def test_nothing_is_claimed_that_can_not_start(queue: SqliteQueue) -> None:
    """While there is no place nothing is claimed; then as much as fits, and the place is free again afterwards."""
    handler, lane = Handler(), OneAtATime()
    await lane.place.acquire()
    await queue.publish([item(sample(f"r{number}")) for number in range(5)])
    async with running(make(queue, handler, lane=lane)):
        await asyncio.sleep(0.2)
        other = await queue.claim("refusal", "w2", 1, 30)
        assert [each.deliveries for each in other] == [1]
        lane.place.release()
        await until(lambda: len(handler.items) == 4)
    assert [len(call) for call in handler.calls] == [3, 1]
    assert not lane.place.locked()


async def test_a_stop_ends_the_wait_for_a_place(queue: SqliteQueue) -> None:
    """A worker that is told to stop while others hold the places stops at once, and keeps none."""
    lane = OneAtATime()
    await lane.place.acquire()
    async with running(make(queue, Handler(), lane=lane)):
        await asyncio.sleep(0.1)
    lane.place.release()
    assert not lane.place.locked()


async def test_progress_can_be_watched(queue: SqliteQueue) -> None:
    """Its age stays small while idle, and grows while a handler hangs."""
    handler = Handler()
    consumer = make(queue, handler)
    async with running(consumer):
        await asyncio.sleep(0.7)
        assert consumer.progress.age < 0.6
        handler.hold.clear()
        await queue.publish([item(sample("r1"))])
        await until(lambda: bool(handler.calls))
        await asyncio.sleep(0.7)
        assert consumer.progress.age > 0.65
        handler.hold.set()
        await until(lambda: consumer.progress.age < 0.5)


async def test_an_outage_is_told_from_a_wedge(queue: SqliteQueue) -> None:
    """A consumer that waits for the store says so."""
    handler = Handler(*[StoreUnavailable("locked")] * 3)
    consumer = make(queue, handler)
    await queue.publish([item(sample("r1"))])
    async with running(consumer):
        await until(lambda: consumer.waiting)
        await until(lambda: handler.done == ["r1"])
        await until(lambda: not consumer.waiting)
