"""The judge's budget in USD per day (UTC). It is kept in the store, so restarts and other workers count too.

The largest possible cost of a call is reserved before it, and what it did not need is released. Each listed application
may spend an equal part. So an application that floods the judge, or attacks its budget, cannot spend another's part.
While an application spends faster than the day passes, its pace falls, and with it the probability of being asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from proxy.config.settings import Judge
from scorers.store.judging import JudgeStore

#: How long a reading of the spending is cached, in seconds.
_FRESH = 5.0
_DAY = 86_400.0
#: An application may be ahead of the clock by this part of its day's money before it is slowed.
_AHEAD = 0.05


class JudgeBudget:
    """Asks the store before it spends. ``clock`` returns Unix seconds."""

    def __init__(
        self, store: JudgeStore, settings: Judge, clock: Callable[[], float] = time.time, cap: float | None = None
    ) -> None:
        """``cap``: USD a day that the judge and all other requests of our own may spend together."""
        self._store = store
        self._cap = cap
        self._budget = settings.budget_usd_per_day
        self._share = None if self._budget is None else self._budget / max(1, len(settings.apps))
        self._clock = clock
        self._spent: dict[str, float] = {}
        self._read_at = -1e9
        self._day = -1

    async def reserve(self, app: str, usd: float) -> str | None:
        """Reserve ``usd``; the day to which it counts. ``None`` when the day's budget or the app's part of it is not
        sufficient. Raises ``StoreError``."""
        day = self._store.today()
        held = await asyncio.to_thread(self._store.spend, app, usd, self._budget, self._share, self._cap, day)
        return day if held else None

    async def settle(self, app: str, reserved: float, cost: float, day: str) -> None:
        """Release what was reserved on ``day`` and not needed. A call that cost more is charged in full. Raises
        ``StoreError``."""
        if cost != reserved:
            await asyncio.to_thread(self._store.spend, app, cost - reserved, None, None, None, day)

    async def pace(self, app: str) -> float:
        """At most 1: the share of its money that ``app`` has left, divided by the share of the day that is left."""
        if self._share is None:
            return 1.0
        await self._refresh()
        gone = self._clock() % _DAY / _DAY
        left = 1.0 - self._spent.get(app, 0.0) / self._share
        return max(0.0, min(1.0, (left + _AHEAD) / max(1.0 - gone, 1e-3)))

    async def remaining(self) -> float:
        """USD left today; infinite without a budget."""
        if self._budget is None:
            return float("inf")
        await self._refresh()
        return max(0.0, self._budget - self._spent.get("", 0.0))

    async def _refresh(self) -> None:
        now = self._clock()
        if now - self._read_at > _FRESH or int(now // _DAY) != self._day:
            self._spent = await asyncio.to_thread(self._store.spent)
            self._read_at, self._day = now, int(now // _DAY)
