"""What stands against asking now: production's own use of a quota, and what the judge has spent of the day's budget."""

from __future__ import annotations

import math

import msgspec
from sqlalchemy import Connection, func, select, text

from proxy.exchange import Outcome
from scorers.store.asking_tables import offpath_spending
from scorers.store.tables import clean, exchanges, judge_spending

#: How long a 429 and what was said of a quota are of interest, in seconds.
LIMITED_SECONDS, TOLD_SECONDS = 300.0, 60.0
#: By so much the clocks of hosts may differ, in seconds.
AHEAD_SECONDS = 60.0
#: More requests a minute than any quota that is shared has.
_MOST_RECENT = 20_000
#: Any constant of our own; it names the lock that spenders of one day's budget share on PostgreSQL.
_SPENDING_LOCK = 0x5167_6875
_MICRO = 1_000_000


class Pressure(msgspec.Struct, frozen=True):
    """``limited_at``: when production last got a 429 from the upstream, within ``LIMITED_SECONDS``; ``quota_left``: the
    share of its quota that was last said to be left, within ``TOLD_SECONDS``, and ``told_at``. Unix s."""

    limited_at: float | None = None
    quota_left: float | None = None
    told_at: float | None = None


def read_pressure(connection: Connection, upstream: str, now: float) -> Pressure:
    """What production's rows say about an upstream. Rows from far ahead of ``now`` are from before the clock was set
    back, and say nothing of the present."""
    c, name = exchanges.c, clean(upstream)
    there = (c.upstream == name, c.started_at <= now + AHEAD_SECONDS)
    limited = select(func.max(c.started_at)).where(
        c.outcome == Outcome.RATE_LIMITED.value, c.started_at > now - LIMITED_SECONDS, *there
    )
    told = select(c.quota_left, c.started_at).where(
        c.quota_left.is_not(None), c.started_at > now - TOLD_SECONDS, *there
    )
    at = connection.execute(limited).scalar()
    row = connection.execute(told.order_by(c.started_at.desc()).limit(1)).one_or_none()
    return Pressure(at, *(row or (None, None)))


def read_recent(connection: Connection, upstream: str, since: float, now: float) -> list[float]:
    """When production's requests to an upstream began, since a time (Unix s); of very many the newest. Those from far
    ahead of ``now`` are from before the clock was set back."""
    c = exchanges.c
    wanted = select(c.started_at).where(
        c.started_at > since, c.started_at <= now + AHEAD_SECONDS, c.upstream == clean(upstream)
    )
    return [row[0] for row in connection.execute(wanted.order_by(c.started_at.desc()).limit(_MOST_RECENT))]


def alone(connection: Connection) -> None:
    """From here to the end of the transaction nobody else spends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SPENDING_LOCK})


def judged_today(connection: Connection, day: str) -> int:
    """Micro-dollars that the judge has spent or reserved on a day."""
    alone(connection)
    c = judge_spending.c
    usd = connection.execute(select(c.usd).where(c.day == day, c.app == "")).scalar()
    return math.ceil((usd or 0.0) * _MICRO - 1e-6)


def asked_today(connection: Connection, day: str) -> float:
    """USD that requests of our own have cost on a day, what is reserved included."""
    alone(connection)
    c = offpath_spending.c
    wanted = select(c.micro_usd).where(c.day == day, c.account == "")
    return float(connection.execute(wanted).scalar() or 0) / _MICRO
