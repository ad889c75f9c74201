"""The rows of requests, which carry no content, and each proxy's counts of its decisions."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from proxy.exchange import ExchangeRow, RowBatch
from scorers.store.labels_and_erasure import forgotten_among
from scorers.store.records import TaskChange
from scorers.store.statements import Values, over, write, write_absent, write_new
from scorers.store.tables import clean, exchanges, name_of, proxy_counts
from scorers.store.tallies.additions import add_requests
from scorers.store.tasks import IDS, note_rows

_json = msgspec.json.Encoder()
_EXCHANGE = (
    *("request_id", "instance", "started_at", "app", "model", "outcome", "decision", "probability", "stratum"),
    *("response_id", "session_id", "task_id", "user_hash", "trace_id", "cost_usd", "unpriced", "unpriced_model", "row"),
    *("tallied", "upstream", "quota_left"),
)
_COUNT = ("instance", "decision", "n", "sequence")
_COUNT_OVER = over(proxy_counts, _COUNT) + " WHERE proxy_counts.sequence < excluded.sequence"


def _exchange_values(row: ExchangeRow) -> Values:
    exchange = row.exchange
    model, response, session, task = exchange.model, exchange.response_id, exchange.session_id, exchange.task_id
    user, trace, unpriced = exchange.user_hash, exchange.trace_id, exchange.unpriced
    return (
        clean(exchange.request_id),
        name_of(exchange.instance),
        exchange.started_at,
        name_of(exchange.app),
        model and name_of(model),
        exchange.outcome._value_,
        row.decision._value_,
        row.probability,
        name_of(row.stratum),
        response and clean(response),
        session and clean(session),
        task and clean(task),
        user and clean(user),
        trace and clean(trace),
        exchange.cost_usd,
        unpriced and name_of(unpriced),
        clean(exchange.model_served or exchange.model_asked) if unpriced else None,
        _json.encode(row).decode(),
        True,
        clean(exchange.upstream),
        exchange.quota_left,
    )


def _new_rows(
    connection: Connection, rows: Sequence[ExchangeRow], now: float, first: bool
) -> list[tuple[ExchangeRow, Values]]:
    """Insert the rows that do not exist yet, and return them. Rows of users who were erased since are left out."""
    is_forgotten = forgotten_among(connection, (row.exchange.user_hash for row in rows), now)
    known: dict[str, tuple[ExchangeRow, Values]] = {}
    for row in rows:
        if not is_forgotten(row.exchange.user_hash, row.exchange.started_at):
            values = _exchange_values(row)
            known[values[0]] = row, values
    fresh = [known[key] for key in sorted(known)]
    if first and connection.dialect.name == "sqlite":
        write_absent(connection, exchanges, _EXCHANGE, [values for _, values in fresh])
    else:
        new = write_new(connection, exchanges, _EXCHANGE, [values for _, values in fresh])
        fresh = [pair for pair in fresh if (pair[1][0],) in new]
    add_requests(connection, [row for row, _ in fresh])
    return fresh


def write_batches(
    connection: Connection, batches: Sequence[RowBatch], now: float, first: bool = False
) -> list[TaskChange]:
    """Insert the new rows and apply them to their tasks. Counts replace only those with an older sequence.

    ``first``: none of the rows is expected to be stored. On SQLite this takes no look back. Raises ``AlreadyStored``.
    """
    fresh = _new_rows(connection, [row for batch in batches for row in batch.rows], now, first)
    ids = {
        name: {values[place] for _, values in fresh if values[place] is not None}
        for name, place in ((name, _EXCHANGE.index(name)) for name in IDS)
    }
    changes = note_rows(connection, [row for row, _ in fresh], ids, now)
    newest: dict[tuple[str, str], Values] = {}
    for batch in sorted(batches, key=lambda one: one.sequence):
        for decision, n in batch.counts.items():
            key = clean(batch.instance) or "", clean(decision) or ""
            newest[key] = (*key, n, batch.sequence)
    write(connection, proxy_counts, _COUNT, [newest[key] for key in sorted(newest)], _COUNT_OVER)
    return changes
