"""Elects the one worker that computes figures over all samples. It holds a lease in the store and renews it.

If it dies, another worker gets the lease after at most ``LEASE_SECONDS`` plus one polling interval: well within 30 s. A
holder that cannot renew in time stops before the lease expires, so two workers are never active at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.ending import Threads
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

LEASE_SECONDS = 15.0
_NAME = "exporter"
#: The part of its seconds after which a store that has not answered counts as away.
_PATIENT = 0.6
#: Seconds before it is asked again at the earliest.
_SHORTEST = 0.2


class Lease:
    """One worker's claim to the lease. ``seconds``: how long the store reserves it after each renewal."""

    def __init__(self, store: Store, holder: str, seconds: float = LEASE_SECONDS) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._until = 0.0
        self._said = False
        self._outage = Outage(log, logging.ERROR, "the lease waits, and with it what is computed over all samples")
        #: Whether the store did not answer when it was asked last: then nobody here knows who holds the lease.
        self.cut_off = False
        #: Called about once a second while the store keeps us waiting: other loops may hang in it themselves.
        self.waiting: Callable[[], None] = lambda: None
        #: Called on the event loop when a store that was away answers again.
        self.answers: Callable[[], None] = lambda: None
        # A thread of its own: the others may all be waiting for the store.
        self._thread = Threads(1, "lease")
        #: Whether this worker has ended, so that it must not hold what a question under way is given; with its lock.
        self._over = False
        self._ending = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether this worker holds it now, with a margin for work that has just begun."""
        return time.monotonic() < self._until

    @property
    def asking(self) -> bool:
        """Whether the store has not answered yet, also when nobody waits for it any more."""
        return self._thread.busy

    async def run(self, stop: asyncio.Event) -> None:
        """Take and renew the lease until ``stop``, then release it."""
        while not stop.is_set():
            begun = time.monotonic()
            await self._asked(stop)
            # Asked at intervals: an answer that took as long as the lease says nothing about now.
            rest = self._seconds / 3 - (time.monotonic() - begun)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(_SHORTEST, rest))
        with self._ending:
            held, self._over, self._until = self.held, True, 0.0
        if held:
            await asyncio.to_thread(self._drop)

    def _drop(self) -> None:
        with contextlib.suppress(StoreError):
            self._store.drop_lease(_NAME, self._holder)

    async def _asked(self, stop: asyncio.Event) -> None:
        """Ask once, for as long as it takes or until ``stop``. A store that takes too long is away."""
        begun, away = time.monotonic(), self.cut_off
        asking = asyncio.get_running_loop().run_in_executor(self._thread, self.ask)
        stopping = asyncio.create_task(stop.wait())
        either: set[asyncio.Future[Any]] = {asking, stopping}
        try:
            while not asking.done() and not stop.is_set():
                await asyncio.wait(either, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done() and time.monotonic() - begun > self._seconds * _PATIENT:
                    self.cut_off = away = True
                    self.waiting()
        finally:
            stopping.cancel()
        if asking.done():
            # It may have been called away in the moment in which its answer was on its way here.
            self.cut_off = not asking.result()
            if away and not self.cut_off:
                self.answers()

    def ask(self) -> bool:
        """Take or renew the lease once; whether the store answered. Blocking."""
        begun = time.monotonic()
        try:
            ours = self._store.hold_lease(_NAME, self._holder, self._seconds)
        except StoreError as error:
            self.cut_off = True
            self._outage.told(error)
            return False  # a lease that we hold expires by itself
        self.cut_off = False
        self._outage.over()
        with self._ending:
            late = ours and self._over
            # Counted from before we asked, and short of the end: our clock and the store's need not agree on more.
            self._until = begun + self._seconds * 0.9 if ours and not late else 0.0
        if late:
            self._drop()
            return True
        if ours != self._said:
            log.info("this worker %s what is computed over all samples", "computes" if ours else "no longer computes")
        self._said = ours
        return True
