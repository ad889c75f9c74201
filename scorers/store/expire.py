"""Retention: expired data is deleted in small transactions, and the ledger keeps its counts."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, delete, select

from scorers.score import Result
from scorers.store.sql import insert
from scorers.store.tables import exchanges, expired, feedback, groups, labels, results, samples, scores

#: Rows deleted in one transaction: other writers wait for milliseconds, not for the whole purge.
BATCH = 500


def expire_exchanges(connection: Connection, before: float) -> int:
    """Delete up to ``BATCH`` rows of requests that started before ``before`` (Unix s); returns how many."""
    oldest = select(exchanges.c.request_id).where(exchanges.c.started_at < before).limit(BATCH)
    return connection.execute(delete(exchanges).where(exchanges.c.request_id.in_(oldest.scalar_subquery()))).rowcount


def expire_feedback(connection: Connection, before: float) -> int:
    """Delete feedback older than ``before``."""
    return connection.execute(delete(feedback).where(feedback.c.at < before)).rowcount


def expire_samples(connection: Connection, before: float) -> int:
    """Delete up to ``BATCH`` samples that started before ``before`` with scores and results; returns how many.

    Their results move into ``expired``; one that a scorer never finished is counted as trimmed.
    """
    chosen = select(samples.c.id, samples.c.stored_at).where(samples.c.started_at < before).limit(BATCH)
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    stored = {row.id: row.stored_at for row in connection.execute(chosen)}
    if stored:
        remove_samples(connection, stored)
    return len(stored)


def remove_samples(connection: Connection, stored: dict[str, float]) -> None:
    """Delete these samples (id -> when it was stored) with their scores, labels and results; ``expired`` keeps the
    counts."""
    ids = list(stored)
    gone: Counter[tuple[str, str]] = Counter()
    done = set()
    for row in connection.execute(delete(results).where(results.c.sample_id.in_(ids)).returning(results)):
        gone[row.scorer, row.result] += 1
        done.add((row.sample_id, row.scorer))
    for scorer, began_at in connection.execute(select(groups.c.scorer, groups.c.began_at)):
        waiting = sum(at >= began_at and (identity, scorer) not in done for identity, at in stored.items())
        if waiting:
            gone[scorer, Result.TRIMMED.value] += waiting
    connection.execute(delete(scores).where(scores.c.sample_id.in_(ids)))
    connection.execute(delete(labels).where(labels.c.sample_id.in_(ids)))
    connection.execute(delete(samples).where(samples.c.id.in_(ids)))
    _count(connection, gone)


def _count(connection: Connection, gone: Counter[tuple[str, str]]) -> None:
    if not gone:
        return
    statement = insert(connection, expired)
    statement = statement.on_conflict_do_update(
        index_elements=["scorer", "result"], set_={"n": expired.c.n + statement.excluded.n}
    )
    rows = [{"scorer": scorer, "result": result, "n": n} for (scorer, result), n in sorted(gone.items())]
    connection.execute(statement, rows)
