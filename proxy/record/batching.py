"""Finished requests that are not recorded yet. They wait a few milliseconds and are recorded in a batch.

Recording runs as much code as forwarding. Done request by request, the two evict each other from the CPU caches. Done
in batches, and step by step within a batch (``Finisher.finish``), recording costs a third. No client waits for it: the
response has been sent, and its timing was taken before.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from operator import itemgetter
from time import perf_counter

from proxy.record.finish import Finisher
from proxy.record.progress import Progress

_SECONDS = 0.02
#: So many requests wait at most, and so many bytes of their bodies.
_MANY, _HEAVY = 128, 2_000_000


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
        for finisher, ended in groupby(waiting, key=itemgetter(0)):
            finisher.finish([progress for _, progress in ended])

    def _tick(self) -> None:
        self._timer = None
        self.settle()
