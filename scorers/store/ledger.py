"""The ledger: what became of every request and of every sample in each scorer's hands, counted in the store."""

from __future__ import annotations

from collections import defaultdict
from typing import TypedDict

from sqlalchemy import Connection, func, select

from proxy.exchange import Decision
from scorers.score import Score
from scorers.store.queries import results_of, scores_of
from scorers.store.tables import clean, exchanges, expired, groups, proxy_counts, results, samples

PENDING = "pending"


class Ledger(TypedDict):
    """``proxies``: instance -> decision -> n. ``scorers``: name -> result -> n, ``pending`` among them."""

    proxies: dict[str, dict[str, int]]
    scorers: dict[str, dict[str, int]]


class ScorerEntry(TypedDict):
    """What became of one sample in one scorer's hands; ``result`` may be ``pending``."""

    result: str
    reason: str | None
    scores: list[Score]


class RequestLedger(TypedDict):
    """What became of one request. ``outcome`` is ``None`` once its row is past retention."""

    request_id: str
    decision: str
    probability: float
    stratum: str
    outcome: str | None
    scorers: dict[str, ScorerEntry]


def read_ledger(connection: Connection) -> Ledger:
    """The whole ledger. A scorer's values add up to the samples since its group began, plus earlier ones it did."""
    proxies: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(select(proxy_counts).order_by(proxy_counts.c.instance, proxy_counts.c.decision)):
        proxies[row.instance][row.decision] = row.n
    scorers: dict[str, dict[str, int]] = defaultdict(dict)
    counted = select(results.c.scorer, results.c.result, func.count()).group_by(results.c.scorer, results.c.result)
    for past in (counted, select(expired.c.scorer, expired.c.result, expired.c.n)):
        for scorer, result, n in connection.execute(past):
            scorers[scorer][result] = scorers[scorer].get(result, 0) + n
    for scorer, began_at in connection.execute(select(groups.c.scorer, groups.c.began_at)).all():
        scorers[scorer][PENDING] = _pending(connection, scorer, began_at)
    return {
        "proxies": dict(proxies),
        "scorers": {name: {result: counts[result] for result in sorted(counts)} for name, counts in scorers.items()},
    }


def _pending(connection: Connection, scorer: str, began_at: float) -> int:
    stored = select(func.count()).select_from(samples).where(samples.c.stored_at >= began_at)
    done = select(func.count()).select_from(results)
    done = done.where(results.c.scorer == scorer, results.c.stored_at >= began_at)
    return connection.execute(stored).scalar_one() - connection.execute(done).scalar_one()


def read_request(connection: Connection, request_id: str) -> RequestLedger | None:
    """What became of one request, or ``None`` when it is unknown."""
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
        "scorers": {},
    }
    if sample is not None:
        entry["scorers"] = _scorers(connection, sample.id, sample.stored_at)
    elif decision == Decision.PUBLISHED:
        entry["scorers"] = {name: _waiting() for name in connection.execute(select(groups.c.scorer)).scalars()}
    return entry


def _waiting() -> ScorerEntry:
    return {"result": PENDING, "reason": None, "scores": []}


def _scorers(connection: Connection, sample_id: str, stored_at: float) -> dict[str, ScorerEntry]:
    names = connection.execute(select(groups.c.scorer).where(groups.c.began_at <= stored_at)).scalars()
    found = {name: _waiting() for name in names}
    every = scores_of(connection, [sample_id])[sample_id]
    for scorer, (result, reason) in results_of(connection, [sample_id])[sample_id].items():
        own = [score for score in every if score.scorer == scorer]
        found[scorer] = {"result": result, "reason": reason, "scores": own}
    return dict(sorted(found.items()))
