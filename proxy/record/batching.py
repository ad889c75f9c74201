"""Finished requests that are not recorded yet. They wait a few milliseconds and are recorded in a batch.

Recording runs as much code as forwarding. Done request by request, the two evict each other from the CPU caches. Done
in batches, recording costs half. No client waits for it: the response has been sent, and its timing was taken before.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter

from proxy.errors import Contained
from proxy.record.finish import Finisher, Progress

log = logging.getLogger("sightglass.forward")

_SECONDS = 0.005
#: So many requests wait at most, and so many bytes of their bodies.
_MANY, _HEAVY = 64, 1_000_000


def _unrecorded(error: Exception) -> None:
    log.error("a request could not be recorded (%s)", type(error).__name__)


_CONTAINED = Contained(_unrecorded)


class Settling:
    """The requests of one process between their end and their record. Each is recorded exactly once, in order."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Finisher, Progress]] = []
        self._weight = 0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, finisher: Finisher, progress: Progress, ended: float | None = None) -> None:
        """Add a request that ended now, or at ``ended`` (``perf_counter``)."""
        progress.duration = (perf_counter() if ended is None else ended) - progress.started
        self._waiting.append((finisher, progress))
        self._weight += progress.request_bytes + progress.response_bytes
        if len(self._waiting) >= _MANY or self._weight > _HEAVY:
            self.settle()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._tick)

    def settle(self) -> None:
        """Record all waiting requests."""
        waiting, self._waiting, self._weight = self._waiting, [], 0
        for finisher, progress in waiting:
            with _CONTAINED:
                finisher.finish(progress)

    def _tick(self) -> None:
        self._timer = None
        self.settle()
