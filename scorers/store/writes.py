"""The statements that write. Each function works within the caller's transaction.

Rows are written in key order. So two writers on PostgreSQL take their locks in the same order and cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, update

from proxy.exchange import Decision
from proxy.sample import IMPORTED
from scorers.score import JUDGE, JUDGE_OUTPUTS, Result, Score
from scorers.store.drift import UNIFORM, Written, feed_batch, feed_facts, feed_scores, new_facts
from scorers.store.labels_and_erasure import erased_among, forgotten_among
from scorers.store.records import SampleFacts, ScoredSample
from scorers.store.sql import insert
from scorers.store.statements import Values, among, over, write, write_absent, write_new
from scorers.store.tables import clean, exchanges, groups, name_of, proxy_counts, results, samples, scores
from scorers.store.tallies.additions import SCORE, Answered, add_answers
from scorers.store.tallies.counts import count
from scorers.store.tallies.marks import Kind, mark

Row = dict[str, Any]
#: A sample, with its text if that is kept.
Kept = tuple[SampleFacts, str | None]
#: Longest explanation, in characters. Longer ones, such as a quoted whole answer, are cut.
_LONGEST_TEXT = 4000


_SAMPLE = (
    *("id", "request_id", "app", "model", "session_id", "conversation", "user_hash", "trace_id", "response_id"),
    *("started_at", "stored_at", "probability", "stratum", "content", "facts"),
    *("outcome", "ending"),
)
_STUB = ("id", "app", "model", "conversation", "started_at", "stored_at", "probability", "stratum", "outcome")
_RESULT = ("sample_id", "scorer", "result", "reason", "stored_at", "tallied")
#: What of a row of ``_RESULT`` is counted.
_counted_of = itemgetter(*map(_RESULT.index, ("scorer", "result", "reason")))
_SCORE_OVER, _VERSION = over(scores, SCORE), SCORE.index("version")
#: What of a row of ``_SAMPLE`` the drift feed takes.
_written_of = itemgetter(*map(_SAMPLE.index, ("app", "model", "conversation", "started_at", "facts")))
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


def _sample_values(sample: SampleFacts, text: str | None, forgotten: bool, now: float) -> Values:
    """The columns of ``_SAMPLE``. Of a sample whose user was erased in the meantime, nothing that leads to them."""
    kept = None if forgotten else sample
    return (
        clean(sample.id),
        clean(sample.request_id),
        name_of(sample.app),
        sample.model and name_of(sample.model),
        kept and clean(kept.session_id),
        kept and clean(kept.conversation),
        kept and clean(kept.user_hash),
        kept and clean(kept.trace_id),
        kept and clean(kept.response_id),
        sample.started_at,
        now,
        sample.probability,
        name_of(sample.stratum),
        kept and text,
        kept and kept.facts,
        sample.outcome,
        sample.ending,
    )


def write_samples(connection: Connection, items: Sequence[Kept], now: float) -> None:
    """Upsert the samples, each with its text or ``None``. Text that is already stored stays, and so does the time when
    the sample was first stored.

    An imported sample never replaces a sample from traffic with the same id.
    """
    if items:
        feed_facts(connection, _write_samples(connection, _sample_rows(connection, items, now), _large(items)), now)


def _write_samples(connection: Connection, rows: Sequence[Values], large: bool) -> list[str]:
    """``write_samples`` without the feed; returns the ids to feed."""
    _count_imported(connection, [row[0] for row in rows if row[_STRATUM] == IMPORTED])
    new = new_facts(connection, _fed(rows))
    write(connection, samples, _SAMPLE, rows, _SAMPLE_OVER, large)
    return new


def _sample_rows(connection: Connection, items: Sequence[Kept], now: float) -> list[Values]:
    """The rows, each id once, in the order of the ids, without samples that were deleted with their user."""
    is_forgotten = forgotten_among(connection, (item.user_hash for item, _ in items), now)
    rows = sorted(
        (
            _sample_values(item, text, is_forgotten(item.user_hash, item.started_at), now)
            for item, text in {item.id: (item, text) for item, text in items}.values()
        ),
        key=itemgetter(0),
    )
    theirs = {clean(item.id) or "" for item, _ in items if is_forgotten(item.user_hash, item.started_at)}
    gone = erased_among(connection, theirs) if theirs else set()
    return [row for row in rows if row[0] not in gone] if gone else rows


def _fed(rows: Sequence[Values]) -> list[str]:
    return [row[0] for row in rows if row[_STRATUM] == UNIFORM and row[_FACTS] is not None]


def _large(items: Sequence[Kept]) -> bool:
    return any(text is not None and len(text) > _LARGE for _, text in items)


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
    """Create the samples that do not exist (by id), but for those that were deleted with their user; returns what is
    known of each."""
    found = _known(connection, list(items))
    missing = items.keys() - found.keys()
    missing -= erased_among(connection, missing) if missing else set()
    return found | _add_stubs(connection, [_stub(items[key], now) for key in missing])


#: The columns of ``_SAMPLE`` that are known of a sample.
_known_of = itemgetter(*(_SAMPLE.index(name) for name in _Known._fields))


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


def _insert_results(connection: Connection, rows: list[Values], first: bool = False) -> set[tuple[str, str]]:
    """Insert the results that do not exist (rows of ``_RESULT``); returns the keys (sample id, scorer) of the new ones.
    ``first``: all are known to be new."""
    rows.sort(key=itemgetter(0, 1))
    if first:
        write_absent(connection, results, _RESULT, rows)
        count(connection, map(_counted_of, rows))
        return {(row[0], row[1]) for row in rows}
    new = {(sample_id, scorer) for sample_id, scorer in write_new(connection, results, _RESULT, rows)}
    count(connection, (_counted_of(row) for row in rows if (row[0], row[1]) in new))
    return new


@lru_cache(maxsize=4096)
def _names_of(scorer: str, output: str, version: str) -> tuple[str, str, str, bool]:
    """As they are stored, and whether a score with these is the newest: a judge's second opinion is none."""
    newest = not version.startswith(JUDGE) or (scorer, output) in JUDGE_OUTPUTS
    return name_of(scorer), name_of(output), name_of(version), newest


def _score_values(score: Score, sample_id: str, explained: bool) -> Values:
    verdict, reason, explanation = score.verdict, score.unscored_reason, score.explanation
    scorer, output, version, newest = _names_of(score.scorer, score.output, score.version)
    return (
        sample_id,
        score.choice,
        scorer,
        output,
        version,
        score.weight,
        score.value,
        verdict and verdict._value_,
        reason and reason._value_,
        clean(explanation, _LONGEST_TEXT) if explained and explanation else "",
        newest,
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
    connection: Connection, kept: Sequence[Kept], items: Sequence[ScoredSample], now: float, first: bool = False
) -> tuple[list[ScoredSample], dict[str, Written]]:
    """``write_samples`` and ``write_scores``, with one row in the feed. Also returns what it feeds, by sample.

    ``first``: nothing is expected to be stored of the samples. On SQLite this takes no look back. Raises
    ``AlreadyStored``.
    """
    rows = _sample_rows(connection, kept, now) if kept else []
    stored = {row[0]: row for row in rows}
    if first and _may_be_all(connection, stored.keys(), items):
        _count_imported(connection, [row[0] for row in rows if row[_STRATUM] == IMPORTED])
        write_absent(connection, samples, _SAMPLE, rows, _large(kept))
        new, known = _fed(rows), {key: _Known._make(_known_of(row)) for key, row in stored.items()}
        fresh = _write_scores(connection, items, now, known)
    elif rows:
        new = _write_samples(connection, rows, _large(kept))
        fresh = _write_scores(connection, items, now)
    else:
        new, fresh = [], _write_scores(connection, items, now)
    written = {key: Written._make((*_written_of(row), {})) for key, row in stored.items()}
    return fresh, feed_batch(connection, new, fresh, written, now)


def _may_be_all(connection: Connection, stored: AbstractSet[str], items: Sequence[ScoredSample]) -> bool:
    """Whether the results are of these samples and of no others. On PostgreSQL another writer may add something at any
    moment, so there each row is inserted with an eye on that."""
    return (
        connection.dialect.name == "sqlite" and {clean(each) for each in {item.sample_id for item in items}} <= stored
    )


def _write_scores(
    connection: Connection, items: Sequence[ScoredSample], now: float, known: Mapping[str, _Known] | None = None
) -> list[ScoredSample]:
    """``write_scores`` without the feed. ``known``: the samples, if nothing else is stored of them (SQLite)."""
    ids = {sample_id: clean(sample_id) or "" for sample_id in {item.sample_id for item in items}}
    by_key = {(ids[item.sample_id], name_of(item.scorer)): item for item in items}
    if not by_key:
        return []
    first = known is not None
    if known is None:
        known = _write_stubs(connection, {sample_id: item for (sample_id, _), item in by_key.items()}, now)
        by_key = {key: item for key, item in by_key.items() if key[0] in known}
        if not by_key:
            return []
    new = _insert_results(
        connection,
        [
            (sample_id, scorer, item.result._value_, clean(item.why), known[sample_id].stored_at, True)
            for (sample_id, scorer), item in by_key.items()
        ],
        first,
    )
    for key in sorted(by_key.keys() - new):
        _write_again(connection, key, by_key[key])
    rows = _score_rows(connection, by_key, now)
    if first:
        write_absent(connection, scores, SCORE, rows)
    else:
        write(connection, scores, SCORE, rows, _SCORE_OVER)
    _bring_to_tallies(connection, rows, new, known)
    return list(by_key.values()) if first else [item for key, item in by_key.items() if key in new]


def _score_rows(connection: Connection, by_key: Mapping[tuple[str, str], ScoredSample], now: float) -> list[Values]:
    """The rows of all scores, each key once, in the order of the keys."""
    is_forgotten = forgotten_among(connection, {item.user_hash for item in by_key.values()}, now)
    # A statement may write a key only once: of two scores with one key, the later counts.
    single: dict[Values, Values] = {}
    for (sample_id, _), item in by_key.items():
        if item.scores:
            explained = not is_forgotten(item.user_hash, item.at)
            for score in item.scores:
                row = _score_values(score, sample_id, explained)
                single[row[:5]] = row
    return sorted(single.values())  # no two have the same key, so no more than the keys is compared


def _bring_to_tallies(
    connection: Connection, rows: Sequence[Values], new: Container[tuple[str, str]], known: Mapping[str, _Known]
) -> None:
    """Add what new scores add. Samples with other scores, which may replace older ones, are marked. ``rows``: in the
    order of their samples."""
    added: list[tuple[Answered, list[Values]]] = []
    changed: set[str] = set()
    judged = {version for version in {row[_VERSION] for row in rows} if version.startswith(JUDGE)}
    for sample_id, own in groupby(rows, key=itemgetter(0)):
        sample, every = known[sample_id], list(own)
        given = [row for row in every if (sample_id, row[2]) in new and row[_VERSION] not in judged]
        if sample.probability <= 0:
            given = []
        if len(given) < len(every):
            changed.add(sample_id)
        added.append((Answered(*sample[2:]), given))
    mark(connection, Kind.ANSWERS, ((known[each].started_at, known[each].conversation) for each in changed))
    add_answers(connection, added)


def write_group(connection: Connection, scorer: str, now: float) -> None:
    """Record when the scorer's group began, once."""
    row = {"scorer": clean(scorer), "began_at": now}
    connection.execute(insert(connection, groups).on_conflict_do_nothing(index_elements=["scorer"]), [row])


def write_trimmed(connection: Connection, scorer: str, sample_ids: Sequence[str], now: float) -> list[str]:
    """Record samples that the queue dropped before this scorer received them; returns the ids that had no result."""
    given = {clean(sample_id) or "" for sample_id in sample_ids}
    ids = sorted(given - erased_among(connection, given))
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
        [(key, name, trimmed, "queue", known[key].stored_at, True) for key in ids],
    )
    return sorted(sample_id for sample_id, _ in new)
