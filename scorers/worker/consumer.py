"""One consumer of one group: claims what can be started, renews what it holds, acknowledges what is done.

Shutdown is ordered: no new claims, the batch in hand is finished and acknowledged. What a killed worker held is handed
out again when its lease ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from proxy.queue.protocol import Claimed, QueueError, SampleQueue
from scorers.store.records import StoreError

log = logging.getLogger("sightglass.worker")

LEASE_SECONDS = 15.0
_SHORTEST, _LONGEST = 0.05, 0.4
_BACK_OFF = 2.0
#: A batch that the store does not take is kept in hand for so long before it is left to be delivered again: an outage
#: costs one delivery in this time, and no sample is called dead because of it.
_PATIENCE = 600.0

Handler = Callable[[list[Claimed]], Awaitable[None]]


class Consumer:
    """Feeds ``handle`` with batches of ``group``. A batch that the store did not take is tried again; one whose
    handling failed otherwise is delivered again when its lease ends. ``times``: seconds of lease and of back-off."""

    def __init__(
        self,
        queue: SampleQueue,
        group: str,
        owner: str,
        handle: Handler,
        batch: int = 32,
        times: tuple[float, float] = (LEASE_SECONDS, _BACK_OFF),
    ) -> None:
        self._queue = queue
        self._group = group
        self._owner = owner
        self._handle = handle
        self._batch = batch
        self._lease, self._back_off = times
        self._in_order = True
        self.progressed_at = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop``."""
        pause = _SHORTEST
        while not stop.is_set():
            try:
                claimed = await self._queue.claim(self._group, self._owner, self._batch, self._lease)
                if claimed:
                    await self._work(claimed, stop)
                self._note(None)
            except (QueueError, StoreError) as error:
                self._note(error)
                await _wait(stop, self._back_off)
                continue
            self.progressed_at = time.monotonic()
            pause = _SHORTEST if claimed else min(pause * 1.5, _LONGEST)
            if not claimed:
                await _wait(stop, pause)

    async def _work(self, claimed: list[Claimed], stop: asyncio.Event) -> None:
        sequences = [item.sequence for item in claimed]
        renewing = asyncio.create_task(self._renew(sequences))
        try:
            await self._handle_until_taken(claimed, stop)
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing
        await self._queue.acknowledge(self._group, self._owner, sequences)

    async def _handle_until_taken(self, claimed: list[Claimed], stop: asyncio.Event) -> None:
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                await self._handle(claimed)
                return
            except StoreError as error:
                if stop.is_set() or time.monotonic() > give_up:
                    raise
                self._note(error)
                await _wait(stop, self._back_off)

    async def _renew(self, sequences: list[int]) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(QueueError):
                await self._queue.renew(self._group, self._owner, sequences, self._lease)

    def _note(self, error: Exception | None) -> None:
        """One line when it breaks and one when it works again, not one a try."""
        if error is not None and self._in_order:
            log.error("group %s waits: %s", self._group, error)
        elif error is None and not self._in_order:
            log.warning("group %s goes on", self._group)
        self._in_order = error is None


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
