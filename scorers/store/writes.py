"""The statements that write. Each function works in the caller's transaction.

Rows are written in the order of their keys, so two writers on PostgreSQL take their locks in one order and never wait
for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, update

from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import IMPORTED, Sample, encode
from scorers.score import JUDGE, Result, Score
from scorers.store.drift import facts_row, feed_facts, feed_scores
from scorers.store.people import forgotten_among
from scorers.store.records import ScoredSample, TaskChange
from scorers.store.sql import chunks, insert
from scorers.store.tables import clean, exchanges, groups, proxy_counts, results, samples, scores
from scorers.store.tasks import note_rows

Row = dict[str, Any]
_json = msgspec.json.Encoder()
#: Longest explanation, in characters; a scorer that quotes a whole answer is cut.
_LONGEST_TEXT = 4000


def _upsert(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Write ``rows`` over whatever has their keys."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert(connection, table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    rows = sorted(rows, key=lambda row: [row[key] for key in keys])
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=replaced), rows)


def _exchange_row(row: ExchangeRow) -> Row:
    exchange = row.exchange
    return {
        "request_id": clean(exchange.request_id),
        "instance": clean(exchange.instance),
        "started_at": exchange.started_at,
        "app": clean(exchange.app),
        "model": clean(exchange.model),
        "outcome": exchange.outcome.value,
        "decision": row.decision.value,
        "probability": row.probability,
        "stratum": clean(row.stratum),
        "response_id": clean(exchange.response_id),
        "session_id": clean(exchange.session_id),
        "task_id": clean(exchange.task_id),
        "user_hash": clean(exchange.user_hash),
        "trace_id": clean(exchange.trace_id),
        "cost_usd": exchange.cost_usd,
        "unpriced": clean(exchange.unpriced),
        "unpriced_model": clean(exchange.model_served or exchange.model_asked) if exchange.unpriced else None,
        "row": _json.encode(row).decode(),
    }


def _new_rows(connection: Connection, rows: Sequence[ExchangeRow]) -> list[ExchangeRow]:
    """Insert the rows that are not there; returns those. Rows of users who were forgotten since are left out."""
    is_forgotten = forgotten_among(connection, (row.exchange.user_hash for row in rows))
    known = {
        clean(row.exchange.request_id): row
        for row in rows
        if not is_forgotten(row.exchange.user_hash, row.exchange.started_at)
    }
    new: list[ExchangeRow] = []
    for part in chunks(sorted(known, key=str)):
        statement = insert(connection, exchanges).values([_exchange_row(known[key]) for key in part])
        statement = statement.on_conflict_do_nothing(index_elements=["request_id"])
        new += [known[key] for key in connection.execute(statement.returning(exchanges.c.request_id)).scalars()]
    return new


def write_batch(connection: Connection, batch: RowBatch, now: float) -> list[TaskChange]:
    """Insert the rows that are new, and bring them to their tasks; counts replace only those of an older sequence."""
    changes = note_rows(connection, _new_rows(connection, batch.rows), now)
    if not batch.counts:
        return changes
    statement = insert(connection, proxy_counts)
    statement = statement.on_conflict_do_update(
        index_elements=["instance", "decision"],
        set_={"n": statement.excluded.n, "sequence": statement.excluded.sequence},
        where=proxy_counts.c.sequence < statement.excluded.sequence,
    )
    instance = clean(batch.instance)
    connection.execute(
        statement,
        [
            {"instance": instance, "decision": clean(decision), "n": n, "sequence": batch.sequence}
            for decision, n in sorted(batch.counts.items())
        ],
    )
    return changes


def _sample_row(sample: Sample, content: bool, forgotten: bool, now: float) -> Row:
    exchange = sample.exchange
    if forgotten:
        bare = {"session_id": None, "conversation": None, "user_hash": None, "trace_id": None, "response_id": None}
        exchange, content = msgspec.structs.replace(exchange, **bare), False
    return {
        "id": clean(sample.id),
        "request_id": clean(exchange.request_id),
        "app": clean(exchange.app),
        "model": clean(exchange.model),
        "session_id": clean(exchange.session_id),
        "conversation": clean(exchange.conversation),
        "user_hash": clean(exchange.user_hash),
        "trace_id": clean(exchange.trace_id),
        "response_id": clean(exchange.response_id),
        "started_at": exchange.started_at,
        "stored_at": now,
        "probability": sample.probability,
        "stratum": clean(sample.stratum),
        "content": encode(sample).decode() if content else None,
        "facts": None if forgotten else facts_row(sample),
    }


def write_samples(connection: Connection, items: Sequence[Sample], content: bool, now: float) -> None:
    """Upsert the samples. What is there of content, and when the sample was first stored, stays.

    An imported sample never replaces one of traffic that has its id.
    """
    if not items:
        return
    is_forgotten = forgotten_among(connection, (item.exchange.user_hash for item in items))
    rows = [
        _sample_row(item, content, is_forgotten(item.exchange.user_hash, item.exchange.started_at), now)
        for item in {item.id: item for item in items}.values()
    ]
    _count_imported(connection, rows)
    feed_facts(connection, rows, now)
    rows.sort(key=lambda row: str(row["id"]))
    statement = insert(connection, samples)
    new = statement.excluded
    replaced: dict[str, Any] = {name: new[name] for name in rows[0] if name not in ("id", "stored_at", "content")}
    replaced["content"] = func.coalesce(new.content, samples.c.content)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_=replaced,
            where=or_(new.stratum != IMPORTED, samples.c.stratum == IMPORTED),
        ),
        rows,
    )


def _count_imported(connection: Connection, rows: Sequence[Row]) -> None:
    """Count samples from elsewhere, before they are written, as if a proxy had published them: the ledger adds up."""
    ids = sorted({str(row["id"]) for row in rows if row["stratum"] == IMPORTED})
    known: set[str] = set()
    for part in chunks(ids):
        known.update(connection.execute(select(samples.c.id).where(samples.c.id.in_(part))).scalars())
    if len(ids) == len(known):
        return
    statement = insert(connection, proxy_counts).values(
        instance=IMPORTED, decision=Decision.PUBLISHED.value, n=len(ids) - len(known), sequence=0
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["instance", "decision"], set_={"n": proxy_counts.c.n + statement.excluded.n}
        )
    )


def _stub(item: ScoredSample, now: float) -> Row:
    """A sample as far as its score knows it, until ``write_samples`` brings the rest."""
    return {
        "id": clean(item.sample_id),
        "app": clean(item.app),
        "model": clean(item.model),
        "conversation": clean(item.conversation),
        "started_at": item.at,
        "stored_at": now,
        "probability": item.probability,
        "stratum": clean(item.stratum),
    }


def _write_stubs(connection: Connection, stubs: list[Row]) -> dict[str, float]:
    """Make sure that the samples exist; returns when each was first stored, by id."""
    stubs = sorted(stubs, key=lambda row: str(row["id"]))
    _count_imported(connection, stubs)
    connection.execute(insert(connection, samples).on_conflict_do_nothing(index_elements=["id"]), stubs)
    found: dict[str, float] = {}
    for part in chunks([row["id"] for row in stubs]):
        for identity, stored_at in connection.execute(
            select(samples.c.id, samples.c.stored_at).where(samples.c.id.in_(part))
        ):
            found[identity] = stored_at
    return found


def _insert_results(connection: Connection, rows: list[Row]) -> set[tuple[str, str]]:
    """Insert those results that are not there; returns the keys (sample id, scorer) of the new ones."""
    new: set[tuple[str, str]] = set()
    rows = sorted(rows, key=lambda row: (row["sample_id"], row["scorer"]))
    for part in chunks(rows):
        statement = insert(connection, results).values(list(part)).on_conflict_do_nothing()
        for sample_id, scorer in connection.execute(statement.returning(results.c.sample_id, results.c.scorer)):
            new.add((sample_id, scorer))
    return new


def _score_row(score: Score, sample_id: str, explained: bool) -> Row:
    return {
        "sample_id": sample_id,
        "choice": score.choice,
        "scorer": clean(score.scorer),
        "output": clean(score.output),
        "version": clean(score.version),
        "weight": score.weight,
        "value": score.value,
        "verdict": score.verdict.value if score.verdict else None,
        "unscored_reason": score.unscored_reason.value if score.unscored_reason else None,
        "explanation": clean(score.explanation, _LONGEST_TEXT) if explained else "",
        "newest": not score.second_opinion,
    }


def _write_again(connection: Connection, key: tuple[str, str], item: ScoredSample) -> None:
    """A sample that this scorer had before: a score replaces a failure, and older versions leave the rates."""
    sample_id, scorer = key
    if item.result is not Result.DEAD:  # a dead letter that was replayed and is none any more
        connection.execute(
            update(results)
            .where(results.c.sample_id == sample_id, results.c.scorer == scorer)
            .where(results.c.result == Result.DEAD.value)
            .values(result=item.result.value, reason=clean(item.why))
        )
    if item.result is Result.SCORED:
        connection.execute(
            update(results)
            .where(results.c.sample_id == sample_id, results.c.scorer == scorer)
            .where(results.c.result != Result.SCORED.value)
            .values(result=item.result.value, reason=None)
        )
    if item.scores:
        versions = {clean(score.version) for score in item.scores}
        connection.execute(
            update(scores)
            .where(scores.c.sample_id == sample_id, _written_by(scorer), scores.c.version.not_in(versions))
            .values(newest=False)
        )


def _written_by(scorer: str) -> ColumnElement[bool]:
    """The scores that this scorer wrote: a judge writes under the names of the scorers that it judges."""
    judges = scores.c.version.startswith(JUDGE)
    return judges if scorer == JUDGE else and_(scores.c.scorer == scorer, ~judges)


def write_scores(connection: Connection, items: Sequence[ScoredSample], now: float) -> list[ScoredSample]:
    """Upsert scores and results; returns the items whose (sample, scorer) had no result before."""
    by_key = {(clean(item.sample_id) or "", clean(item.scorer) or ""): item for item in items}
    if not by_key:
        return []
    stubs = {sample_id: _stub(item, now) for (sample_id, _), item in by_key.items()}
    stored_at = _write_stubs(connection, list(stubs.values()))
    new = _insert_results(
        connection,
        [
            {
                "sample_id": sample_id,
                "scorer": scorer,
                "result": item.result.value,
                "reason": clean(item.why),
                "stored_at": stored_at[sample_id],
            }
            for (sample_id, scorer), item in by_key.items()
        ],
    )
    for key in sorted(by_key.keys() - new):
        _write_again(connection, key, by_key[key])
    is_forgotten = forgotten_among(connection, (item.user_hash for item in items))
    rows = [
        _score_row(score, sample_id, not is_forgotten(item.user_hash, item.at))
        for (sample_id, _), item in by_key.items()
        for score in item.scores
    ]
    _upsert(connection, scores, rows)
    fresh = [item for key, item in by_key.items() if key in new]
    feed_scores(connection, [item for item in fresh if item.scorer != JUDGE], now)
    return fresh


def write_group(connection: Connection, scorer: str, now: float) -> None:
    """Note when the scorer's group began, once."""
    row = {"scorer": clean(scorer), "began_at": now}
    connection.execute(insert(connection, groups).on_conflict_do_nothing(index_elements=["scorer"]), [row])


def write_trimmed(connection: Connection, scorer: str, sample_ids: Sequence[str], now: float) -> list[str]:
    """Record samples that the queue let go before this scorer had them; returns the ids that had no result."""
    ids = sorted({clean(sample_id) or "" for sample_id in sample_ids})
    if not ids:
        return []
    stubs = {identity: Row(id=identity, app="other", model=None, started_at=now) for identity in ids}
    for part in chunks(ids):
        known = select(exchanges.c.request_id, exchanges.c.app, exchanges.c.model, exchanges.c.started_at)
        for request_id, app, model, started_at in connection.execute(known.where(exchanges.c.request_id.in_(part))):
            stubs[request_id] = Row(id=request_id, app=app, model=model, started_at=started_at)
    for stub in stubs.values():
        stub.update(stored_at=now, probability=1.0, stratum="uniform")
    stored_at = _write_stubs(connection, list(stubs.values()))
    name, trimmed = clean(scorer) or "", Result.TRIMMED.value
    new = _insert_results(
        connection,
        [
            {"sample_id": key, "scorer": name, "result": trimmed, "reason": "queue", "stored_at": stored_at[key]}
            for key in ids
        ],
    )
    return sorted(sample_id for sample_id, _ in new)
