"""How requests ended: for showing and filtering samples, and for counting failures among all requests of a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, literal_column, select

from proxy.exchange import ExchangeRow, Outcome
from scorers.store.records import Ending, Failure, Failures
from scorers.store.statements import among
from scorers.store.tables import exchanges, samples

#: Most pairs of outcome and upstream that are listed. Further pairs are counted only.
_MOST = 20
#: Literals, as in the indexes: with a parameter the planner could not match the partial index.
_OK: ColumnElement[str] = literal_column(f"'{Outcome.OK.value}'")


def endings_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Ending]:
    """How the request of each sample ended, by sample id. ``rows``: rows of ``samples`` with ``id``, ``request_id``,
    ``outcome`` and ``ending``. Where an older program stored the sample, the ending is read from the request's row
    while that row is kept."""
    found = {row.id: msgspec.json.decode(row.ending, type=Ending) for row in rows if row.ending is not None}
    missing = {row.request_id or row.id: row.id for row in rows if row.id not in found}
    for request_id, text in among(connection, exchanges, ("request_id", "row"), "request_id", missing):
        found[missing[request_id]] = Ending.of(msgspec.json.decode(text, type=ExchangeRow).exchange)
    return {row.id: found.get(row.id) or Ending(outcome=row.outcome) for row in rows}


def ended_as(outcome: Outcome) -> ColumnElement[bool]:
    """The samples whose request ended this way. Failed ones are few and have an index, which does not contain
    ``ok``."""
    same = samples.c.outcome == outcome.value
    return same if outcome is Outcome.OK else and_(same, samples.c.outcome != _OK)


def failures(connection: Connection, since: float, until: float) -> Failures:
    """The requests that started in [since, until), and how many of them failed, by outcome and upstream.

    Both sums use an index only. At most ``_MOST`` pairs are listed, with one row each.
    """
    c = exchanges.c
    inside = (c.started_at >= since, c.started_at < until)
    total = connection.execute(select(func.count()).select_from(exchanges).where(*inside)).scalar_one()
    number, latest = func.count().label("number"), func.max(c.started_at).label("latest")
    # Not by the index of times, whose every row would be read and sorted: by the one of failures, in its own order.
    at = c.started_at + 0.0
    pairs = select(c.outcome, c.upstream, number, latest).where(c.outcome != _OK, at >= since, at < until)
    rows = connection.execute(pairs.group_by(c.outcome, c.upstream)).all()
    rows = sorted(rows, key=lambda row: (-row.number, row.outcome, row.upstream or ""))
    listed = [_failure(connection, row) for row in rows[:_MOST]]
    left = sum(row.number for row in rows if row.outcome == Outcome.CLIENT_DISCONNECTED.value)
    return Failures(total, sum(row.number for row in rows), left, listed)


def _failure(connection: Connection, pair: Row[Any]) -> Failure:
    """One pair with its latest request."""
    c = exchanges.c
    same = c.upstream.is_(None) if pair.upstream is None else c.upstream == pair.upstream
    wanted = select(c.request_id, c.row).where(
        c.outcome != _OK, c.outcome == pair.outcome, same, c.started_at == pair.latest
    )
    request_id, text = connection.execute(wanted.limit(1)).one()
    exchange = msgspec.json.decode(text, type=ExchangeRow).exchange
    return Failure(
        outcome=pair.outcome,
        upstream=pair.upstream,
        requests=pair.number,
        latest_at=pair.latest,
        latest_request=request_id,
        latest_status=exchange.status,
        latest_error=exchange.error,
    )
