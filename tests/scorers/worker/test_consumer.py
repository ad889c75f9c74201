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
from scorers.worker.consumer import Consumer
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


def make(queue: SqliteQueue, handle: Handler, owner: str = "w1", **changes: object) -> Consumer:
    """A consumer of the group ``refusal`` with short times."""
    return Consumer(queue, "refusal", owner, handle, **{"times": (0.3, 0.05), **changes})  # type: ignore[arg-type]


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


async def test_progress_can_be_watched(queue: SqliteQueue) -> None:
    """The time of the last finished round moves on while idle, and stands still while a handler hangs."""
    handler = Handler()
    consumer = make(queue, handler)
    async with running(consumer):
        before = consumer.progressed_at
        await until(lambda: consumer.progressed_at > before)
        handler.hold.clear()
        await queue.publish([item(sample("r1"))])
        await until(lambda: bool(handler.calls))
        stuck = consumer.progressed_at
        await asyncio.sleep(0.5)
        assert consumer.progressed_at == stuck
        handler.hold.set()
        await until(lambda: consumer.progressed_at > stuck)
