"""What all experiments of a worker share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from proxy.config.settings import Settings
from proxy.sample import Sample
from scorers.asking.manners import Clients, ProductionFirst
from scorers.store.runs import Ask
from scorers.store.store import Store

#: The events in answers, by local scorers: for each sample output -> 1, 0, 0.5 or ``None`` for not applicable.
Score = Callable[[Sequence[Sample]], Awaitable[list[dict[str, float | None]]]]


class Places:
    """Bounds what is asked at once: by all experiments together, and by one of them, so that one whose candidate hangs
    leaves room for the others."""

    def __init__(self, shared: asyncio.Semaphore, own: asyncio.Semaphore) -> None:
        self._shared, self._own = shared, own

    async def __aenter__(self) -> None:
        """Wait for a place."""
        await self._own.acquire()
        try:
            await self._shared.acquire()
        except asyncio.CancelledError:
            self._own.release()
            raise

    async def __aexit__(self, *error: object) -> None:
        """Leave it."""
        self._shared.release()
        self._own.release()


@dataclass(frozen=True, slots=True)
class Parts:
    """``places`` bounds what is asked at once. ``told(app, ask)`` is called with each ask that has ended. ``clock``
    returns Unix seconds."""

    store: Store
    settings: Settings
    clients: Clients
    first: ProductionFirst
    score: Score
    secret: bytes
    places: Places
    told: Callable[[str, Ask], None] = lambda app, ask: None
    clock: Callable[[], float] = time.time
