"""Requests as sums: how many could be observed, how many opted out, how many have a known cost, and which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, or_, select

from proxy.exchange import Decision
from proxy.telemetry.label_values import OTHER
from scorers.store.records import OptOut, Spending
from scorers.store.sql import chunks
from scorers.store.tables import exchanges
from scorers.store.tallies.marks import Kind, read_marks
from scorers.store.tallies.rows import minute_of
from scorers.store.tallies.spans import MINUTE, begin, cover, following, ranges
from scorers.store.tallies.tables import REQUESTS, tally_requests

#: (app, model) -> numbers in the order of ``REQUESTS``
Requests = dict[tuple[str, str], list[float]]


def _within(parts: Iterable[tuple[float, float]]) -> ColumnElement[bool]:
    at = exchanges.c.started_at
    return or_(*(and_(at >= since, at < until) for since, until in parts))


def _columns() -> tuple[ColumnElement[Any], ...]:
    c = exchanges.c
    observable = c.decision != Decision.NOT_OBSERVED.value
    return (
        func.sum(case((observable, 1), else_=0)),
        func.sum(case((c.decision == Decision.OPTED_OUT.value, 1), else_=0)),
        func.count(c.cost_usd),
        func.coalesce(func.sum(c.cost_usd), 0.0),
    )


def _rows(connection: Connection, parts: Sequence[tuple[float, float]]) -> Requests:
    """The sums of requests that started in one of [since, until), made from their rows."""
    model = func.coalesce(exchanges.c.model, OTHER).label("model")
    found: Requests = {}
    for chunk in chunks(parts, 50):
        wanted = select(exchanges.c.app, model, *_columns()).where(_within(chunk)).group_by(exchanges.c.app, model)
        for row in connection.execute(wanted):
            _add(found, (row[0], row[1]), row[2:])
    return found


def _add(into: Requests, key: tuple[str, str], numbers: Iterable[float], sign: int = 1) -> None:
    own = into.setdefault(key, [0.0] * len(REQUESTS))
    for index, number in enumerate(numbers):
        own[index] += sign * float(number)


def made_anew(connection: Connection, minutes: set[int]) -> None:
    """Make these minutes of ``tally_requests`` again; the hours and days above them are the caller's."""
    at, model = exchanges.c.started_at, func.coalesce(exchanges.c.model, OTHER).label("model")
    for part in chunks(sorted(minutes), 50):
        connection.execute(
            delete(tally_requests).where(tally_requests.c.span == MINUTE, tally_requests.c.start.in_(part))
        )
        start = minute_of(connection, at).label("start")
        wanted = select(start, exchanges.c.app, model, *_columns()).where(_within(ranges(part)))
        rows = [
            {"span": MINUTE, **dict(zip(("start", "app", "model", *REQUESTS), row, strict=True))}
            for row in connection.execute(wanted.group_by(start, exchanges.c.app, model))
        ]
        if rows:
            connection.execute(insert(tally_requests), rows)


def requests_between(connection: Connection, since: float, until: float) -> Requests:
    """The sums of requests that started in [since, until), Unix s."""
    first = following(since, MINUTE)
    newest = connection.execute(select(func.max(exchanges.c.started_at))).scalar()
    end = None if newest is None or newest < until else begin(until, MINUTE)
    if end is not None and end <= first:
        return _rows(connection, [(since, until)])
    found = _rows(connection, [(since, first)] if end is None else [(since, first), (end, until)])
    sums = tuple(func.sum(tally_requests.c[name]) for name in REQUESTS)
    names = (tally_requests.c.app, tally_requests.c.model)
    for part in cover(first, end):
        wanted = select(*names, *sums).where(*part.rows(tally_requests)).group_by(*names)
        for row in connection.execute(wanted):
            _add(found, (row[0], row[1]), row[2:])
    marked = {at for at in read_marks(connection, Kind.REQUESTS).requests if at >= first and (end is None or at < end)}
    for minutes in chunks(sorted(marked)):
        stale = select(*names, *sums).where(tally_requests.c.span == MINUTE, tally_requests.c.start.in_(minutes))
        for row in connection.execute(stale.group_by(*names)):
            _add(found, (row[0], row[1]), row[2:], -1)
    for key, numbers in _rows(connection, ranges(marked)).items():
        _add(found, key, numbers)
    return found


def opt_outs(connection: Connection, since: float, until: float) -> list[OptOut]:
    """Per (app, model), the requests in the window that could have been observed, and those that opted out."""
    found = requests_between(connection, since, until)
    return [OptOut(*key, round(n[0]), round(n[1])) for key, n in sorted(found.items()) if n[0] > 0.5]


def spending(connection: Connection, since: float, until: float) -> list[Spending]:
    """Per (app, model), the requests in the window whose cost is known, and what they cost together."""
    found = requests_between(connection, since, until)
    return [Spending(*key, round(n[2]), n[3]) for key, n in sorted(found.items()) if n[2] > 0.5]
