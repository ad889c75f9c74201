"""The judge's money: a budget in USD a day (UTC), kept in the store, so that restarts and other workers count too.

What a call may cost at most is reserved before it, and what it did not need is given back. Each listed application
may spend its equal part, so that one that floods the judge, or attacks its budget, spends nobody else's. While an
application spends faster than the day passes its pace falls, and with it the probability of being asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from proxy.config.settings import Judge
from scorers.store.judging import JudgeStore

#: How long what was read of the spending is believed, in seconds.
_FRESH = 5.0
_DAY = 86_400.0
#: An application may be ahead of the clock by this part of its day's money before it is slowed.
_AHEAD = 0.05


class JudgeBudget:
    """Asks the store before it spends. ``clock`` gives Unix seconds."""

    def __init__(self, store: JudgeStore, settings: Judge, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._budget = settings.budget_usd_per_day
        self._share = None if self._budget is None else self._budget / max(1, len(settings.apps))
        self._clock = clock
        self._spent: dict[str, float] = {}
        self._read_at = -1e9
        self._day = -1

    async def reserve(self, app: str, usd: float) -> bool:
        """Set ``usd`` aside; False when the day's budget or the app's part of it does not hold them. ``StoreError``."""
        return await asyncio.to_thread(self._store.spend, app, usd, self._budget, self._share)

    async def settle(self, app: str, reserved: float, cost: float) -> None:
        """Give back what was reserved and not needed; a call that cost more is charged all the same. ``StoreError``."""
        if cost != reserved:
            await asyncio.to_thread(self._store.spend, app, cost - reserved, None, None)

    async def pace(self, app: str) -> float:
        """At most 1: the share of its money that ``app`` has left, over the share of the day that is left."""
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
