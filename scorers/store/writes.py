"""The statements that write. Each function works within the caller's transaction.

Rows are written in key order. So two writers on PostgreSQL take their locks in the same order and cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, update

from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import IMPORTED
from scorers.score import JUDGE, Result, Score
from scorers.store.drift import UNIFORM, feed_batch, feed_facts, feed_scores, new_facts
from scorers.store.labels_and_erasure import forgotten_among
from scorers.store.records import SampleFacts, ScoredSample, TaskChange
from scorers.store.sql import insert
from scorers.store.statements import Values, among, over, write, write_new
from scorers.store.tables import clean, exchanges, groups, proxy_counts, results, samples, scores
from scorers.store.tallies.additions import Answered, Given, add_answers, add_requests
from scorers.store.tallies.counts import count
from scorers.store.tallies.marks import Kind, mark
from scorers.store.tasks import IDS, note_rows

Row = dict[str, Any]
_json = msgspec.json.Encoder()
#: Longest explanation, in characters. Longer ones, such as a quoted whole answer, are cut.
_LONGEST_TEXT = 4000


_EXCHANGE = (
    *("request_id", "instance", "started_at", "app", "model", "outcome", "decision", "probability", "stratum"),
    *("response_id", "session_id", "task_id", "user_hash", "trace_id", "cost_usd", "unpriced", "unpriced_model", "row"),
    *("tallied", "upstream", "quota_left"),
)
_SAMPLE = (
    *("id", "request_id", "app", "model", "session_id", "conversation", "user_hash", "trace_id", "response_id"),
    *("started_at", "stored_at", "probability", "stratum", "content", "facts"),
    *("outcome", "ending"),
)
_STUB = ("id", "app", "model", "conversation", "started_at", "stored_at", "probability", "stratum", "outcome")
_RESULT = ("sample_id", "scorer", "result", "reason", "stored_at", "tallied")
_SCORE = (
    *("sample_id", "choice", "scorer", "output", "version"),
    *("weight", "value", "verdict", "unscored_reason", "explanation", "newest", "tallied"),
)
_COUNT = ("instance", "decision", "n", "sequence")
_COUNT_OVER = over(proxy_counts, _COUNT) + " WHERE proxy_counts.sequence < excluded.sequence"
_SCORE_OVER = over(scores, _SCORE)
_SAMPLE_OVER = (
    over(
        samples,
        tuple(name for name in _SAMPLE if name not in ("stored_at", "content")),
        "content = COALESCE(excluded.content, samples.content)",
    )
    + f" WHERE excluded.stratum != '{IMPORTED}' OR samples.stratum = '{IMPORTED}'"
)
_STRATUM, _FACTS = _SAMPLE.index("stratum"), _SAMPLE.index("facts")
#: Characters of a sample's text from which on samples are written one by one.
_LARGE = 50_000


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    """A low-cardinality name, as it is stored."""
    return clean(text) or ""


def _exchange_values(row: ExchangeRow) -> Values:
    exchange = row.exchange
    model, response, session, task = exchange.model, exchange.response_id, exchange.session_id, exchange.task_id
    user, trace, unpriced = exchange.user_hash, exchange.trace_id, exchange.unpriced
    return (
        clean(exchange.request_id),
        _name(exchange.instance),
        exchange.started_at,
        _name(exchange.app),
        model and _name(model),
        exchange.outcome._value_,
        row.decision._value_,
        row.probability,
        _name(row.stratum),
        response and clean(response),
        session and clean(session),
        task and clean(task),
        user and clean(user),
        trace and clean(trace),
        exchange.cost_usd,
        unpriced and _name(unpriced),
        clean(exchange.model_served or exchange.model_asked) if unpriced else None,
        _json.encode(row).decode(),
        True,
        clean(exchange.upstream),
        exchange.quota_left,
    )


def _new_rows(connection: Connection, rows: Sequence[ExchangeRow]) -> list[tuple[ExchangeRow, Values]]:
    """Insert the rows that do not exist yet, and return them. Rows of users who were erased since are left out."""
    is_forgotten = forgotten_among(connection, (row.exchange.user_hash for row in rows))
    known: dict[str, tuple[ExchangeRow, Values]] = {}
    for row in rows:
        if not is_forgotten(row.exchange.user_hash, row.exchange.started_at):
            values = _exchange_values(row)
            known[values[0]] = row, values
    new = write_new(connection, exchanges, _EXCHANGE, [known[key][1] for key in sorted(known)])
    fresh = [known[key] for (key,) in sorted(new)]
    add_requests(connection, [row for row, _ in fresh])
    return fresh


def write_batches(connection: Connection, batches: Sequence[RowBatch], now: float) -> list[TaskChange]:
    """Insert the new rows and apply them to their tasks. Counts replace only those with an older sequence."""
    fresh = _new_rows(connection, [row for batch in batches for row in batch.rows])
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


def _sample_values(sample: SampleFacts, text: str | None, forgotten: bool, now: float) -> Values:
    """The columns of ``_SAMPLE``. Of a sample whose user was erased in the meantime, nothing that leads to them."""
    kept = None if forgotten else sample
    return (
        clean(sample.id),
        clean(sample.request_id),
        _name(sample.app),
        sample.model and _name(sample.model),
        kept and clean(kept.session_id),
        kept and clean(kept.conversation),
        kept and clean(kept.user_hash),
        kept and clean(kept.trace_id),
        kept and clean(kept.response_id),
        sample.started_at,
        now,
        sample.probability,
        _name(sample.stratum),
        kept and text,
        kept and kept.facts,
        sample.outcome,
        sample.ending,
    )


def write_samples(connection: Connection, items: Sequence[tuple[SampleFacts, str | None]], now: float) -> None:
    """Upsert the samples, each with its text or ``None``. Text that is already stored stays, and so does the time when
    the sample was first stored.

    An imported sample never replaces a sample from traffic with the same id.
    """
    feed_facts(connection, _write_samples(connection, items, now), now)


def _write_samples(connection: Connection, items: Sequence[tuple[SampleFacts, str | None]], now: float) -> list[str]:
    """``write_samples`` without the feed; returns the ids to feed."""
    if not items:
        return []
    is_forgotten = forgotten_among(connection, (item.user_hash for item, _ in items))
    rows = sorted(
        (
            _sample_values(item, text, is_forgotten(item.user_hash, item.started_at), now)
            for item, text in {item.id: (item, text) for item, text in items}.values()
        ),
        key=itemgetter(0),
    )
    _count_imported(connection, [row[0] for row in rows if row[_STRATUM] == IMPORTED])
    new = new_facts(connection, [row[0] for row in rows if row[_STRATUM] == UNIFORM and row[_FACTS] is not None])
    large = any(text is not None and len(text) > _LARGE for _, text in items)
    write(connection, samples, _SAMPLE, rows, _SAMPLE_OVER, large)
    return new


def _count_imported(connection: Connection, ids: Sequence[str]) -> None:
    """Count imported samples, before they are written, as if a proxy had published them, so that the ledger adds up."""
    known = among(connection, samples, ("id",), "id", ids)
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
    """A sample as far as its score describes it, until ``write_samples`` adds the rest."""
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


class _Known(NamedTuple):
    """What the store knows of a sample that is being scored."""

    id: str
    stored_at: float
    started_at: float
    conversation: str | None
    app: str
    model: str | None
    probability: float
    stratum: str


def _write_stubs(connection: Connection, items: Mapping[str, ScoredSample], now: float) -> dict[str, _Known]:
    """Create the samples that do not exist (by id); returns what is known of each."""
    found = _known(connection, list(items))
    return found | _add_stubs(connection, [_stub(item, now) for key, item in items.items() if key not in found])


def _add_stubs(connection: Connection, stubs: list[Row]) -> dict[str, _Known]:
    if not stubs:
        return {}
    stubs.sort(key=lambda row: str(row["id"]))
    _count_imported(connection, [row["id"] for row in stubs if row["stratum"] == IMPORTED])
    rows = [tuple(row.get(name) for name in _STUB) for row in stubs]
    write(connection, samples, _STUB, rows, "ON CONFLICT (id) DO NOTHING")
    return _known(connection, [row["id"] for row in stubs])


def _known(connection: Connection, ids: Sequence[str]) -> dict[str, _Known]:
    return {row[0]: _Known(*row) for row in among(connection, samples, _Known._fields, "id", ids)}


def _insert_results(connection: Connection, rows: list[Values]) -> set[tuple[str, str]]:
    """Insert the results that do not exist; returns the keys (sample id, scorer) of the new ones."""
    written = [(*row, True) for row in sorted(rows, key=lambda row: row[:2])]
    new = {(sample_id, scorer) for sample_id, scorer in write_new(connection, results, _RESULT, written)}
    count(connection, (row[1:4] for row in rows if row[:2] in new))
    return new


def _score_values(score: Score, sample_id: str, explained: bool) -> Values:
    verdict, reason, explanation = score.verdict, score.unscored_reason, score.explanation
    return (
        sample_id,
        score.choice,
        _name(score.scorer),
        _name(score.output),
        _name(score.version),
        score.weight,
        score.value,
        verdict and verdict._value_,
        reason and reason._value_,
        clean(explanation, _LONGEST_TEXT) if explained and explanation else "",
        not score.second_opinion,
        True,
    )


def _write_again(connection: Connection, key: tuple[str, str], item: ScoredSample) -> None:
    """A sample that this scorer has scored before: a score replaces a failure, and older versions leave the rates."""
    sample_id, scorer = key
    if item.result is not Result.DEAD:  # a dead letter that was replayed and is no longer one
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
    """The scores that this scorer wrote. A judge writes under the names of the scorers that it judges."""
    judges = scores.c.version.startswith(JUDGE)
    return judges if scorer == JUDGE else and_(scores.c.scorer == scorer, ~judges)


def write_scores(connection: Connection, items: Sequence[ScoredSample], now: float) -> list[ScoredSample]:
    """Upsert scores and results; returns the items whose (sample, scorer) had no result before."""
    fresh = _write_scores(connection, items, now)
    feed_scores(connection, fresh, now)
    return fresh


def write_scored(
    connection: Connection, kept: Sequence[tuple[SampleFacts, str | None]], items: Sequence[ScoredSample], now: float
) -> list[ScoredSample]:
    """``write_samples`` and ``write_scores``, with one line in the feed."""
    new = _write_samples(connection, kept, now)
    fresh = _write_scores(connection, items, now)
    feed_batch(connection, new, fresh, {clean(sample.id) for sample, _ in kept}, now)
    return fresh


def _write_scores(connection: Connection, items: Sequence[ScoredSample], now: float) -> list[ScoredSample]:
    """``write_scores`` without the feed."""
    ids = {sample_id: clean(sample_id) or "" for sample_id in {item.sample_id for item in items}}
    by_key = {(ids[item.sample_id], _name(item.scorer)): item for item in items}
    if not by_key:
        return []
    known = _write_stubs(connection, {sample_id: item for (sample_id, _), item in by_key.items()}, now)
    new = _insert_results(
        connection,
        [
            (sample_id, scorer, item.result._value_, clean(item.why), known[sample_id].stored_at)
            for (sample_id, scorer), item in by_key.items()
        ],
    )
    for key in sorted(by_key.keys() - new):
        _write_again(connection, key, by_key[key])
    is_forgotten = forgotten_among(connection, {item.user_hash for item in items})
    # A statement may write a key only once: of two scores with one key, the later counts.
    single: dict[Values, Values] = {}
    for (sample_id, _), item in by_key.items():
        explained = not is_forgotten(item.user_hash, item.at)
        for score in item.scores:
            row = _score_values(score, sample_id, explained)
            single[row[:5]] = row
    rows = sorted(single.values(), key=itemgetter(0, 1, 2, 3, 4))
    write(connection, scores, _SCORE, rows, _SCORE_OVER)
    _bring_to_tallies(connection, rows, new, known)
    return [item for key, item in by_key.items() if key in new]


def _bring_to_tallies(
    connection: Connection, rows: Sequence[Values], new: Container[tuple[str, str]], known: Mapping[str, _Known]
) -> None:
    """Add what new scores add. Samples with other scores, which may replace older ones, are marked. ``rows``: in the
    order of their samples."""
    added: list[tuple[Answered, list[Given]]] = []
    changed: set[str] = set()
    given: list[Given] = []
    last, chance = None, 0.0
    for sample_id, _, scorer, output, version, weight, value, verdict, reason, *_ in rows:
        if sample_id != last:
            last, given, sample = sample_id, [], known[sample_id]
            chance = sample.probability
            added.append((Answered(*sample[2:]), given))
        if chance > 0 and (sample_id, scorer) in new and not version.startswith(JUDGE):
            given.append((scorer, output, weight, value, verdict, reason))
        else:
            changed.add(sample_id)
    mark(connection, Kind.ANSWERS, ((known[each].started_at, known[each].conversation) for each in changed))
    add_answers(connection, added)


def write_group(connection: Connection, scorer: str, now: float) -> None:
    """Record when the scorer's group began, once."""
    row = {"scorer": clean(scorer), "began_at": now}
    connection.execute(insert(connection, groups).on_conflict_do_nothing(index_elements=["scorer"]), [row])


def write_trimmed(connection: Connection, scorer: str, sample_ids: Sequence[str], now: float) -> list[str]:
    """Record samples that the queue dropped before this scorer received them; returns the ids that had no result."""
    ids = sorted({clean(sample_id) or "" for sample_id in sample_ids})
    if not ids:
        return []
    stubs = {identity: Row(id=identity, app="other", model=None, started_at=now) for identity in ids}
    facts = ("request_id", "app", "model", "started_at", "outcome")
    for request_id, app, model, at, outcome in among(connection, exchanges, facts, "request_id", ids):
        stubs[request_id] = Row(id=request_id, app=app, model=model, started_at=at, outcome=outcome)
    for stub in stubs.values():
        stub.update(stored_at=now, probability=1.0, stratum="uniform")
    known = _add_stubs(connection, list(stubs.values()))
    name, trimmed = clean(scorer) or "", Result.TRIMMED.value
    new = _insert_results(
        connection,
        [(key, name, trimmed, "queue", known[key].stored_at) for key in ids],
    )
    return sorted(sample_id for sample_id, _ in new)
