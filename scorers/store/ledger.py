"""The ledger: what happened to every request, and to every sample in each scorer, counted in the store.

Deleted and expired samples stay counted by their result; their reasons are not kept.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple, TypedDict

import msgspec
from sqlalchemy import Connection, Row, Select, func, null, select

from proxy.exchange import OBSERVED, Decision, ExchangeRow
from scorers.score import Score
from scorers.store.queries import results_of, scores_of
from scorers.store.tables import clean, exchanges, expired, groups, proxy_counts, results, samples
from scorers.store.tallies.counts import count_results
from scorers.store.tallies.tables import tally_marks, tally_results

PENDING = "pending"
#: The sample is older than the scorer's group, so the scorer is not asked to score it.
NOT_BEGUN = "not_begun"
#: Why a request has no sample, by the decision of sampling or publishing.
_WHY = {
    Decision.SAMPLED_OUT: "the sampling rate left it out",
    Decision.OPTED_OUT: "the client asked that nothing be stored (x-sightglass-no-store)",
    Decision.NOT_OBSERVED: "an operation whose text is not observed",
    Decision.DROPPED_RING_FULL: "the proxy's ring was full: the queue did not take samples fast enough",
    Decision.DROPPED_TOO_LARGE: "the sample was larger than the queue takes",
    Decision.DROPPED_QUEUE: "the queue was out of order for too long",
    Decision.DROPPED_REDACTOR: "it could not be redacted, so no copy left the proxy",
}


class Ledger(TypedDict):
    """``proxies``: instance -> decision -> n. ``scorers``: name -> result -> n, including ``pending``.

    ``reasons``: name -> result -> reason -> n, for results that have a reason and whose samples are still kept.
    """

    proxies: dict[str, dict[str, int]]
    scorers: dict[str, dict[str, int]]
    reasons: dict[str, dict[str, dict[str, int]]]


class ScorerEntry(TypedDict):
    """What happened to one request in one scorer.

    ``result`` may be ``pending`` or ``not_begun``. Where no sample was published, it is the decision.
    """

    result: str
    reason: str | None
    scores: list[Score]


class RequestLedger(TypedDict):
    """What happened to one request. ``outcome`` is ``None`` once its row is past retention.

    ``why`` says why no scorer received it, and is ``None`` when scorers did. Each scorer then has its own entry.
    """

    request_id: str
    decision: str
    probability: float
    stratum: str
    outcome: str | None
    why: str | None
    scorers: dict[str, ScorerEntry]


def _stored_before() -> Select[Any]:
    """By scorer: samples from before its group began that have no result, which it is not asked to score."""
    earlier, own = samples.c.stored_at < groups.c.began_at, results.c.scorer == groups.c.scorer
    stored = select(func.count()).select_from(samples).where(earlier)
    done = select(func.count()).select_from(results).where(own, results.c.stored_at < groups.c.began_at)
    return select(groups.c.scorer, stored.scalar_subquery() - done.scalar_subquery())


_BEFORE = _stored_before()


def read_ledger(connection: Connection) -> Ledger:
    """The whole ledger. A scorer's values add up to the samples since its group began, plus earlier ones that it
    scored."""
    proxies: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(select(proxy_counts).order_by(proxy_counts.c.instance, proxy_counts.c.decision)):
        proxies[row.instance][row.decision] = row.n
    scorers: dict[str, dict[str, int]] = defaultdict(dict)
    reasons: dict[str, dict[str, dict[str, int]]] = {}
    counts = count_results(connection)
    gone = connection.execute(select(expired.c.scorer, expired.c.result, null(), expired.c.n))
    done: dict[str, int] = defaultdict(int)
    for scorer, _, _, n in counts:
        done[scorer] += n
    for scorer, result, reason, n in (*counts, *gone):
        scorers[scorer][result] = scorers[scorer].get(result, 0) + n
        if reason is not None:
            reasons.setdefault(scorer, {}).setdefault(result, {})[reason] = n
    stored = connection.execute(select(func.count()).select_from(samples)).scalar_one()
    for scorer, before in connection.execute(_BEFORE):
        scorers[scorer][PENDING] = stored - done[scorer] - before
    return {
        "proxies": dict(proxies),
        "scorers": {name: {result: counts[result] for result in sorted(counts)} for name, counts in scorers.items()},
        "reasons": reasons,
    }


class StoreState(NamedTuple):
    """``ledger`` changes whenever the ledger may have changed, ``marks`` whenever the tallies may have to. Both are
    cheap to read, however much is stored."""

    ledger: tuple[object, ...]
    marks: int | None


_STATE = select(
    select(func.max(tally_results.c.id)).scalar_subquery(),
    select(func.max(samples.c.stored_at)).scalar_subquery(),
    func.count(),
    func.sum(proxy_counts.c.n),
    select(func.max(tally_marks.c.id)).scalar_subquery(),
).select_from(proxy_counts)


def read_state(connection: Connection) -> StoreState:
    """The state now, in one statement."""
    *ledger, marks = connection.execute(_STATE).one()
    return StoreState(tuple(ledger), marks)


def read_request(connection: Connection, request_id: str) -> RequestLedger | None:
    """What happened to one request, or ``None`` when it is unknown."""
    key = clean(request_id)
    row = connection.execute(select(exchanges).where(exchanges.c.request_id == key)).one_or_none()
    sample = connection.execute(
        select(samples.c.id, samples.c.stored_at, samples.c.probability, samples.c.stratum)
        .where((samples.c.request_id == key) | (samples.c.id == key))
        .limit(1)
    ).one_or_none()
    facts = row or sample
    if facts is None:
        return None
    # A sample in the store was published, whether or not its row has come or is past retention.
    decision = row.decision if row is not None else Decision.PUBLISHED.value
    entry: RequestLedger = {
        "request_id": request_id,
        "decision": decision,
        "probability": facts.probability,
        "stratum": facts.stratum,
        "outcome": row.outcome if row is not None else None,
        "why": _why(Decision(decision), row),
        "scorers": {},
    }
    if sample is not None:
        entry["scorers"] = _scorers(connection, sample.id, sample.stored_at)
    else:
        result = PENDING if decision == Decision.PUBLISHED else decision
        names = connection.execute(select(groups.c.scorer).order_by(groups.c.scorer)).scalars()
        entry["scorers"] = {name: _only(result) for name in names}
    return entry


def _why(decision: Decision, row: Row[Any] | None) -> str | None:
    """Why no scorer received it. The proxy's own errors are named by their code: then nothing came from the
    upstream."""
    if decision is not Decision.NOT_OBSERVED or row is None:
        return _WHY.get(decision)
    exchange = msgspec.json.decode(row.row, type=ExchangeRow).exchange
    if exchange.error is not None and exchange.first_chunk is None:
        return f"the proxy answered it itself, with status {exchange.status} ({exchange.error})"
    if exchange.status == 101:
        return "a WebSocket session: each response in it is a request of its own"
    if exchange.operation in OBSERVED:
        return "no new answer of an application: a call of the judge, or a stored answer that was read again"
    return _WHY[decision]


def _only(result: str) -> ScorerEntry:
    return {"result": result, "reason": None, "scores": []}


def _scorers(connection: Connection, sample_id: str, stored_at: float) -> dict[str, ScorerEntry]:
    found = {}
    for name, began_at in connection.execute(select(groups.c.scorer, groups.c.began_at)):
        found[name] = _only(PENDING if began_at <= stored_at else NOT_BEGUN)
    every = scores_of(connection, [sample_id])[sample_id]
    for scorer, (result, reason) in results_of(connection, [sample_id])[sample_id].items():
        own = [score for score in every if score.scorer == scorer]
        found[scorer] = {"result": result, "reason": reason, "scores": own}
    return dict(sorted(found.items()))
