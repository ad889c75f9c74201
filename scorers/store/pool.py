"""The pool that suites are chosen from: samples of one application with their verdicts, feedback and outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, or_, select

from proxy.exchange import Outcome
from proxy.sample import IMPORTED, Sample, decode
from scorers.score import Verdict
from scorers.store.sql import chunks
from scorers.store.tables import clean, exchanges, feedback, labels, samples, scores

#: Outcomes of requests that failed at the provider.
_FAILED = (Outcome.UPSTREAM_ERROR.value, Outcome.STREAM_INCOMPLETE.value, Outcome.TIMEOUT.value)
#: A rating below this is a failure.
_POOR = 0.5


class PoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sample with its text. ``failed``: ``feedback``, or how its request ended. ``flagged``, ``unsure``: outputs."""

    sample: Sample
    conversation: str | None
    user_hash: str | None
    probability: float
    failed: str | None
    flagged: tuple[str, ...]
    unsure: tuple[str, ...]


def read_pool(connection: Connection, app: str | None, since: float, limit: int, imported: bool) -> list[PoolRow]:
    """The newest samples with text that began at ``since`` (Unix s) or later, oldest first. With ``imported``,
    imported samples instead of those from traffic."""
    c = samples.c
    wanted = select(c.id, c.content, c.conversation, c.user_hash, c.probability, c.request_id, c.response_id)
    wanted = wanted.where(c.started_at >= since, c.content.is_not(None))
    wanted = wanted.where(c.stratum == IMPORTED if imported else c.stratum != IMPORTED)
    if app is not None:
        wanted = wanted.where(c.app == clean(app))
    rows = connection.execute(wanted.order_by(c.started_at.desc(), c.id).limit(limit)).all()[::-1]
    verdicts = _verdicts(connection, [row.id for row in rows])
    failed = _failed(connection, [row.request_id for row in rows if row.request_id is not None])
    rated = _rated(connection, rows)
    return [
        PoolRow(
            sample=decode(row.content.encode()),
            conversation=row.conversation,
            user_hash=row.user_hash,
            probability=row.probability,
            failed="feedback" if row.id in rated else failed.get(row.request_id),
            flagged=tuple(verdicts[row.id, Verdict.YES.value]),
            unsure=tuple(verdicts[row.id, Verdict.UNSURE.value]),
        )
        for row in rows
    ]


def _verdicts(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """(sample, verdict) -> outputs. A human label replaces the scorer's verdict."""
    found: dict[tuple[str, str, str], str] = {}
    for part in chunks(ids):
        s = scores.c
        own = select(s.sample_id, s.scorer, s.output, s.verdict).where(s.sample_id.in_(part), s.newest)
        for row in connection.execute(own.where(s.verdict.is_not(None)).order_by(s.scorer, s.output)):
            found[row.sample_id, row.scorer, row.output] = row.verdict
        said = select(labels.c.sample_id, labels.c.scorer, labels.c.output, labels.c.verdict)
        for row in connection.execute(said.where(labels.c.sample_id.in_(part)).order_by(labels.c.at)):
            found[row.sample_id, row.scorer, row.output] = row.verdict
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (sample, scorer, output), verdict in found.items():
        grouped[sample, verdict].append(f"{scorer}.{output}")
    return grouped


def _failed(connection: Connection, requests: Sequence[str]) -> dict[str | None, str]:
    found: dict[str | None, str] = {}
    for part in chunks(requests):
        c = exchanges.c
        wanted = select(c.request_id, c.outcome).where(c.request_id.in_(part), c.outcome.in_(_FAILED))
        found |= {row.request_id: row.outcome for row in connection.execute(wanted)}
    return found


def _rated(connection: Connection, rows: Sequence[object]) -> set[str]:
    """The samples that failed according to the feedback on them or on their task."""
    by_request = {row.request_id: row.id for row in rows if row.request_id}  # type: ignore[attr-defined]
    by_response = {row.response_id: row.id for row in rows if row.response_id}  # type: ignore[attr-defined]
    c = feedback.c
    poor = or_(c.outcome == "failure", c.rating < _POOR)
    found: set[str] = set()
    for column, known in ((c.request_id, by_request), (c.response_id, by_response)):
        for part in chunks(sorted(known)):
            wanted = select(column).where(column.in_(part), poor)
            found |= {known[value] for (value,) in connection.execute(wanted)}
    for part in chunks(sorted(by_request)):
        e = exchanges.c
        wanted = select(e.request_id).join(feedback, c.task_id == e.task_id).where(e.request_id.in_(part), poor)
        found |= {by_request[value] for (value,) in connection.execute(wanted)}
    return found
