"""Production keeps its requests of a quota: many who ask at once, rows that come late, a pace that pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from scorers.asking.client import QuotaTold
from scorers.asking.manners import ProductionFirst, pace_of
from scorers.store.store import Store
from support.conducting import settings_for

NOW = 1_700_000_000.0
#: Production makes 85 requests a minute.
EVEN = [NOW - 59.9 + at * 60 / 85 for at in range(85)]


def _store(folder: Path, times: Iterable[float]) -> Store:
    store = Store.open("sqlite", folder)
    rows = [
        Exchange(
            request_id=f"r{at}",
            instance="p",
            started_at=time,
            app="guide",
            operation=Operation.CHAT,
            upstream="served",
            outcome=Outcome.OK,
            duration=0.1,
            model_asked="m-prod",
        )
        for at, time in enumerate(times)
    ]
    store.save_rows(RowBatch("b", "p", 1, {}, [ExchangeRow(row, Decision.SAMPLED_OUT) for row in rows]))
    return store


async def _let_through(store: Store, told: QuotaTold, number: int = 16) -> int:
    settings = settings_for(("http://127.0.0.1:1", "http://127.0.0.1:2"))
    first = ProductionFirst(store.asking, settings, lambda: NOW)
    said = await asyncio.gather(*(first.waits("served", told) for _ in range(number)))
    assert all(why is None or "of the quota of served are left" in why for why in said), said
    return said.count(None)


async def test_who_asks_at_once_shares_what_is_left(tmp_path: Path) -> None:
    """Of sixteen who ask in one moment only as many are let through as production can spare."""
    store = _store(tmp_path, EVEN)
    spare = 6
    told = QuotaTold(0.95, 85 + spare + 4, NOW)  # four more are left aside
    assert await _let_through(store, told) == spare
    assert await _let_through(store, QuotaTold(0.95, 89, NOW)) == 0
    store.close()


async def test_rows_that_come_late_do_not_free_the_quota(tmp_path: Path) -> None:
    """The newest row is half a minute old: production's pace is still that of the rows."""
    store = _store(tmp_path, [time for time in EVEN if time < NOW - 30])
    assert await _let_through(store, QuotaTold(0.8, 80, NOW)) == 0
    store.close()


async def test_what_was_told_before_the_clock_was_set_back_is_not_known(tmp_path: Path) -> None:
    """An answer from an hour ahead holds nobody up."""
    store = _store(tmp_path, [])
    assert await _let_through(store, QuotaTold(0.1, 5, NOW + 3_600)) == 16
    store.close()


@pytest.mark.parametrize(
    ("times", "pace"),
    [
        ([], 0),
        ([NOW - 3], 1),  # one request tells no pace but itself
        (EVEN, 85),
        ([time for time in EVEN if not -20 < time - NOW < -5], 84),  # it paused for 15 s
        ([NOW - 50 + at for at in range(10)], 60),  # a burst that ended 40 s ago
        ([NOW - 130 + at for at in range(60)], 0),  # its end is 70 s ago
    ],
)
def test_the_pace_is_the_highest_of_the_last_minute(times: list[float], pace: float) -> None:
    """Requests a minute; what is older than a minute no longer counts by itself."""
    assert pace_of(times, NOW) == pytest.approx(pace, abs=1)
