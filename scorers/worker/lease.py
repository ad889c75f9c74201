"""One of several workers computes what is computed over all samples. It holds a lease in the store and renews it.

When it dies another one has the lease after ``LEASE_SECONDS`` and one interval of asking at most: well within 30 s. A
holder that cannot renew in time stops before the lease ends: two are never at it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from scorers.store.records import StoreError
from scorers.store.store import Store

log = logging.getLogger("sightglass.worker")

LEASE_SECONDS = 15.0
_NAME = "exporter"


class Lease:
    """One worker's claim to be the one. ``seconds``: how long the store reserves it after each renewal."""

    def __init__(self, store: Store, holder: str, seconds: float = LEASE_SECONDS) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._until = 0.0
        self._said = False

    @property
    def held(self) -> bool:
        """Whether it is ours now, with something to spare for what has just begun."""
        return time.monotonic() < self._until

    async def run(self, stop: asyncio.Event) -> None:
        """Take and renew the lease until ``stop``, then let go of it."""
        while not stop.is_set():
            await asyncio.to_thread(self.ask)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._seconds / 3)
        if self.held:
            self._until = 0.0
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._store.drop_lease, _NAME, self._holder)

    def ask(self) -> None:
        """Take or renew it once, blocking."""
        begun = time.monotonic()
        try:
            ours = self._store.hold_lease(_NAME, self._holder, self._seconds)
        except StoreError:
            return  # what is held runs out by itself
        # Counted from before we asked, and short of the end: our clock and the store's need not agree on more.
        self._until = begun + self._seconds * 0.9 if ours else 0.0
        if ours != self._said:
            log.info("this worker %s what is computed over all samples", "computes" if ours else "no longer computes")
        self._said = ours
