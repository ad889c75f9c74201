"""What a worker does beside scoring: a defect in one of these loops ends neither scoring nor the console.

The loop rests and is begun again; meanwhile ``sightglass_degraded`` of its component is 1. The log names the error's
type and place, not its words, which may quote a sample.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable

from proxy.errors import Contained
from proxy.telemetry.instruments import Instruments

log = logging.getLogger("sightglass.worker")

#: Seconds that a loop rests after a defect, and runs without one before it counts as in order.
_REST = 60.0
Loop = Callable[[asyncio.Event], Awaitable[None]]


class Beside:
    """One loop. ``component``: its label in ``sightglass_degraded``. ``take_back``: called after a defect, to remove
    figures that nobody keeps up to date now."""

    def __init__(
        self, component: str, loop: Loop, instruments: Instruments, take_back: Callable[[], None] = lambda: None
    ) -> None:
        self._component = component
        self._loop = loop
        self._degraded = instruments.gauge("sightglass_degraded", component)
        self._take_back = take_back
        #: Seconds.
        self.rest = _REST
        self._broken = False

    async def run(self, stop: asyncio.Event) -> None:
        """Run the loop until ``stop``; begin it again after each defect."""
        while not stop.is_set():
            healing = asyncio.create_task(self._heal())
            defects: list[Exception] = []
            try:
                with Contained(defects.append):
                    await self._loop(stop)
            finally:
                healing.cancel()
            if not defects:
                return
            self._tell(defects[0])
            self._take_back()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.rest)

    async def _heal(self) -> None:
        await asyncio.sleep(self.rest)
        if self._broken:
            self._mark(broken=False)

    def _mark(self, broken: bool) -> None:
        self._broken = broken
        self._degraded.set(broken)

    def _tell(self, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        log.error("%s rests for %.0f s: %s at %s", self._component, self.rest, type(error).__name__, where)
        self._mark(broken=True)
