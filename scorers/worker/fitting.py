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

log = logging.getLogger("sightglass.worker")

_EVERY = 60.0


class Fitter:
    """Fits what is due while ``lease`` is held. ``every``: seconds between two checks."""

    def __init__(self, store: Store, lease: Lease, every: float = _EVERY) -> None:
        self._store = store
        self._lease = lease
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``."""
        while not stop.is_set():
            if self._lease.held:
                try:
                    for scorer, output, model in await asyncio.to_thread(refit, self._store, time.time()):
                        log.info("calibration of %s.%s on %s was fitted", scorer, output, model)
                except StoreError as error:
                    log.warning("calibrations are stale: %s", error)
            wait = self._every if self._lease.held else min(1.0, self._every)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
