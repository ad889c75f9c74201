"""One consumer of one group: claims items that can be started, renews their leases, and acknowledges finished ones.

Shutdown is ordered. No new items are claimed. The current batch is finished and acknowledged; if it takes too long, it
is left for redelivery. Items of a killed worker are redelivered when their leases expire. Poison items become dead
letters.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from proxy.queue.protocol import Claimed, QueueError, SampleQueue
from scorers.store.records import StoreError
from scorers.worker.pool import PoolError
from scorers.worker.progress import Progress
from scorers.worker.runner import pause

log = logging.getLogger("sightglass.worker")

LEASE_SECONDS = 15.0
_SHORTEST = 0.05
#: A batch that the store does not take is kept in hand for so long before it is left to be delivered again: an outage
#: costs one delivery in this time, and no sample is called dead because of it.
_PATIENCE = 600.0
#: More waits than a consumer claims at once when it got so many bytes.
_MANY_BYTES = 2_000_000
#: A consumer behind another one begins when that one could not keep up for so long (seconds): a scorer process takes
#: two seconds of CPU to start, what 1,500 samples cost. The one ahead works off a burst of some thousand samples in
#: less, and a score that comes some seconds later is worth no less. Once it has a process, it waits for less.
_LATE, _LATE_AGAIN = 8.0, 1.0
#: At shutdown the current batch has this long (seconds). The supervisor waits a little longer for the whole worker.
_STOP_SECONDS = 8.0

#: Handles a batch. The result names dead letters: sequence -> reason. All other items are done.
Handler = Callable[[list[Claimed]], Awaitable[Mapping[int, str] | None]]


class Times(NamedTuple):
    """Durations in seconds: the lease; the back-off; the pause between two batches when the first was small (items
    that arrive meanwhile are claimed, decoded and written together); and the longest pause of an idle group."""

    lease: float = LEASE_SECONDS
    back_off: float = 2.0
    gather: float = 0.0
    rest: float = 0.4


_USUAL = Times()


class Lane(Protocol):
    """Where work waits for its turn before it is claimed."""

    @property
    def limit(self) -> int:
        """How many items to claim."""

    async def ready(self) -> None:
        """Wait until work can start, and reserve the slot for it."""

    def release(self) -> None:
        """Give the slot back. Does nothing when none is held."""


class OpenLane:
    """A lane without waiting, for ``limit`` items at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    async def ready(self) -> None:
        """Returns at once."""

    def release(self) -> None:
        """Does nothing: no slot is held."""


class Consumer:
    """Passes batches of ``group`` to ``handle``. A batch that the store or the pool did not accept is retried. A
    batch that failed otherwise is redelivered when its lease expires."""

    def __init__(
        self,
        queue: SampleQueue,
        group: str,
        owner: str,
        handle: Handler,
        lane: Lane,
        times: Times | tuple[float, float] = _USUAL,
        progress: Progress | None = None,
    ) -> None:
        self._queue = queue
        self._group = group
        self._owner = owner
        self._handle = handle
        self._lane = lane
        self._lease, self._back_off, self._gather, self._rest = Times(*times)
        self._failures = 0
        self._kept_up = time.monotonic()
        self._bears = _LATE
        self.progress = progress or Progress()
        #: A consumer of the same group. This one claims only while that one cannot keep up; ``None``: always.
        self.ahead: Consumer | None = None

    @property
    def waiting(self) -> bool:
        """Whether the last attempt met an outage of the queue, the store or the pool."""
        return self._failures > 0

    @property
    def late(self) -> float:
        """Seconds since it last claimed all that was there."""
        return time.monotonic() - self._kept_up

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop``."""
        stopping = asyncio.create_task(stop.wait())
        try:
            await self._until(stopping)
        finally:
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)

    async def _until(self, stopping: asyncio.Task[bool]) -> None:
        idle = _SHORTEST
        while not stopping.done():
            try:
                claimed = await self._round(stopping)
                self._note(None)
            except (QueueError, StoreError, PoolError) as error:
                self._note(error)
                await _wait(stopping, pause(self._failures, self._back_off / 4, self._back_off))
                continue
            self.progress.note()
            idle = _SHORTEST if claimed else min(idle * 1.5, self._rest)
            if not claimed:
                await _wait(stopping, idle)
            elif self._gather and claimed < self._lane.limit / 2:
                await _wait(stopping, self._gather)

    async def _round(self, stopping: asyncio.Task[bool]) -> int:
        """Claim and process one batch; returns the number of its items. Items that cannot be started are not
        claimed."""
        if self.ahead is not None and self.ahead.late < self._bears:
            return 0
        if not await _unless(stopping, self._lane.ready()):
            return 0
        try:
            limit = self._lane.limit
            claimed = await self._queue.claim(self._group, self._owner, limit, self._lease)
            if len(claimed) < limit and sum(len(item.payload) for item in claimed) < _MANY_BYTES:
                self._kept_up = time.monotonic()
            if claimed:
                self._bears = _LATE_AGAIN
                await self._work(claimed, stopping)
            return len(claimed)
        finally:
            self._lane.release()

    async def _work(self, claimed: list[Claimed], stopping: asyncio.Task[bool]) -> None:
        sequences = [item.sequence for item in claimed]
        renewing = asyncio.create_task(self._renew(sequences))
        try:
            dead = await self._until_done(claimed, stopping)
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing
        if dead is None:
            log.warning("group %s leaves %d items to be delivered again", self._group, len(claimed))
            return
        reasons: dict[str, list[int]] = defaultdict(list)
        for sequence, reason in dead.items():
            reasons[reason].append(sequence)
        for reason, buried in reasons.items():
            log.error("group %s: %d dead letters (%s)", self._group, len(buried), reason)
            await self._queue.bury(self._group, self._owner, buried, reason)
        await self._queue.acknowledge(self._group, self._owner, [each for each in sequences if each not in dead])

    async def _until_done(self, claimed: list[Claimed], stopping: asyncio.Task[bool]) -> Mapping[int, str] | None:
        """The handler's result; ``None`` when shutdown began and the batch took too long."""
        working = asyncio.create_task(self._until_taken(claimed, stopping))
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await asyncio.wait({working}, timeout=_STOP_SECONDS)
            if working.done():
                return working.result()
            return None
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _until_taken(self, claimed: list[Claimed], stopping: asyncio.Task[bool]) -> Mapping[int, str]:
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                return await self._handle(claimed) or {}
            except (StoreError, PoolError) as error:
                if stopping.done() or time.monotonic() > give_up:
                    raise
                self._note(error)
                self._lane.release()  # another consumer may work in the meantime
                await _wait(stopping, pause(self._failures, self._back_off / 4, self._back_off))

    async def _renew(self, sequences: list[int]) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(QueueError):
                await self._queue.renew(self._group, self._owner, sequences, self._lease)

    def _note(self, error: Exception | None) -> None:
        """Log one line when an outage begins and one when it ends, not one per attempt."""
        if error is None:
            if self._failures:
                log.warning("group %s goes on", self._group)
            self._failures = 0
            return
        if not self._failures:
            log.error("group %s waits: %s", self._group, error)
        self._failures += 1


async def _wait(stopping: asyncio.Task[bool], seconds: float) -> None:
    await asyncio.wait({stopping}, timeout=seconds)


async def _unless(stopping: asyncio.Task[bool], waiting: Awaitable[None]) -> bool:
    """Await ``waiting``. False when the stop came first; ``waiting`` is then cancelled."""
    task = asyncio.ensure_future(waiting)
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
            return True
        return False
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
