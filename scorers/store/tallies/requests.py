"""Requests as sums: how many could be observed, how many opted out, how many have a known cost, and that cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, insert, select

from proxy.exchange import Decision
from proxy.telemetry.label_values import OTHER
from scorers.store.records import OptOut, Spending
from scorers.store.sql import chunks
from scorers.store.tables import exchanges
from scorers.store.tallies.marks import Kind, read_marks
from scorers.store.tallies.rows import between, minute_of
from scorers.store.tallies.spans import MINUTE, Part, Whole, begin, cover, following, ranges
from scorers.store.tallies.stored import stored
from scorers.store.tallies.tables import REQUESTS, tally_requests

_NEWEST = select(func.max(exchanges.c.started_at))
#: (app, model) -> numbers in the order of ``REQUESTS``
Requests = dict[tuple[str, str], list[float]]


def _columns() -> tuple[ColumnElement[Any], ...]:
    c = exchanges.c
    observable = c.decision != Decision.NOT_OBSERVED.value
    return (
        func.sum(case((observable, 1), else_=0)),
        func.sum(case((c.decision == Decision.OPTED_OUT.value, 1), else_=0)),
        func.count(c.cost_usd),
        func.coalesce(func.sum(c.cost_usd), 0.0),
    )


@lru_cache
def _wanted(dialect: str) -> Select[Any]:
    c, model = exchanges.c, func.coalesce(exchanges.c.model, OTHER).label("model")
    start = minute_of(dialect, c.started_at).label("start")
    return select(start, c.app, model, *_columns()).where(between(c.started_at)).group_by(start, c.app, model)


def _rows(connection: Connection, parts: Iterable[tuple[float, float]]) -> Iterator[Sequence[Any]]:
    """Sums by minute over requests that started in one of [since, until), computed from their rows."""
    wanted = _wanted(connection.dialect.name)
    for since, until in parts:
        yield from connection.execute(wanted, {"since": since, "until": until})


def _add(into: Requests, more: Iterable[tuple[tuple[str, str], Iterable[float]]], sign: int = 1) -> None:
    for key, numbers in more:
        own = into.setdefault(key, [0.0] * len(REQUESTS))
        for index, number in enumerate(numbers):
            own[index] += sign * float(number)


def made_anew(connection: Connection, minutes: set[int]) -> None:
    """Recompute these minutes of ``tally_requests``. The caller updates the hours and days above them."""
    for part in chunks(sorted(minutes), 50):
        stale = (tally_requests.c.span == MINUTE, tally_requests.c.start.in_(part))
        connection.execute(delete(tally_requests).where(*stale))
        rows = [
            {"span": MINUTE, **dict(zip(("start", "app", "model", *REQUESTS), row, strict=True))}
            for row in _rows(connection, ranges(part))
        ]
        if rows:
            connection.execute(insert(tally_requests), rows)


def requests_between(connection: Connection, since: float, until: float, settled: bool = False) -> Requests:
    """The sums of requests that started in [since, until), Unix s. ``settled``: as the tallies have them."""
    first = following(since, MINUTE)
    newest = connection.execute(_NEWEST).scalar()
    end = None if newest is None or newest < until else begin(until, MINUTE)
    found: Requests = {}
    if end is not None and end <= first:
        _add(found, (((row[1], row[2]), row[3:]) for row in _rows(connection, [(since, until)])))
        return found
    whole, names = Whole(first, end), ("app", "model")
    for part in cover(*whole):
        _add(found, stored(connection, tally_requests, names, part).items())
    marked = set() if settled else read_marks(connection, Kind.REQUESTS).requests
    stale = ranges(minute for minute in marked if whole.holds(minute))
    for start, stop in stale:
        _add(found, stored(connection, tally_requests, names, Part(MINUTE, start, stop)).items(), -1)
    edges = [(since, first)] if end is None else [(since, first), (end, until)]
    _add(found, (((row[1], row[2]), row[3:]) for row in _rows(connection, [*stale, *edges])))
    return found


def opt_outs(connection: Connection, since: float, until: float, settled: bool = False) -> list[OptOut]:
    """Per (app, model): requests in the window that could have been observed, and those that opted out."""
    found = requests_between(connection, since, until, settled)
    return [OptOut(*key, round(n[0]), round(n[1])) for key, n in sorted(found.items()) if n[0] > 0.5]


def spending(connection: Connection, since: float, until: float) -> list[Spending]:
    """Per (app, model): requests in the window whose cost is known, and their total cost."""
    found = requests_between(connection, since, until)
    return [Spending(*key, round(n[2]), n[3]) for key, n in sorted(found.items()) if n[2] > 0.5]
