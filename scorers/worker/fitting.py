"""Refits calibrations once a minute. Only the holder of the lease does this."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from scorers.estimates.calibration_fits import refit
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.lease import Lease
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

_EVERY = 60.0


class Fitter:
    """Fits what is due while ``lease`` is held. ``every``: seconds between two checks."""

    def __init__(self, store: Store, lease: Lease, every: float = _EVERY) -> None:
        self._store = store
        self._lease = lease
        self._every = every
        self._outage = Outage(log, logging.WARNING, "calibrations are stale")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``."""
        while not stop.is_set():
            if self._lease.held:
                try:
                    for scorer, output, model in await asyncio.to_thread(refit, self._store, time.time()):
                        log.info("calibration of %s.%s on %s was fitted", scorer, output, model)
                    self._outage.over()
                except StoreError as error:
                    self._outage.told(error)
            wait = self._every if self._lease.held else min(1.0, self._every)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
