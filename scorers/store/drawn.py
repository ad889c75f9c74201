"""Samples of one application in the order in which they were stored: what experiments and their like draw from."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, or_, select

from proxy.sample import IMPORTED, Sample, decode
from scorers.store.tables import clean, samples


class DrawnSample(msgspec.Struct, frozen=True, kw_only=True):
    """A stored sample. ``sample`` is ``None`` where its text was not kept, ``whole`` False where the sample itself has
    not come yet. Times are Unix s."""

    id: str
    stored_at: float
    started_at: float
    conversation: str | None
    user_hash: str | None
    probability: float
    stratum: str
    outcome: str | None
    whole: bool
    sample: Sample | None


def draw(connection: Connection, app: str, after: tuple[float, str], until: float, limit: int) -> list[DrawnSample]:
    """Samples of ``app`` from traffic that were stored behind ``after`` (time, id) and not later than ``until``."""
    c, (at, identity) = samples.c, after
    wanted = select(
        c.id, c.stored_at, c.started_at, c.conversation, c.user_hash, c.probability, c.stratum, c.outcome, c.content
    )
    wanted = wanted.where(c.app == clean(app), c.stratum != IMPORTED, c.stored_at <= until)
    wanted = wanted.where(or_(c.stored_at > at, (c.stored_at == at) & (c.id > identity)))
    return [
        DrawnSample(
            id=row.id,
            stored_at=row.stored_at,
            started_at=row.started_at,
            conversation=row.conversation,
            user_hash=row.user_hash,
            probability=row.probability,
            stratum=row.stratum,
            outcome=row.outcome,
            whole=row.outcome is not None,
            sample=decode(row.content.encode()) if row.content is not None else None,
        )
        for row in connection.execute(wanted.order_by(c.stored_at, c.id).limit(limit))
    ]


def conversations_between(connection: Connection, app: str, since: float) -> tuple[int, float]:
    """Conversations of ``app`` that were sampled since a time (Unix s), and the seconds that they span."""
    c = samples.c
    wanted = select(
        func.count(func.distinct(func.coalesce(c.conversation, c.id))), func.min(c.started_at), func.max(c.started_at)
    ).where(c.app == clean(app), c.stratum != IMPORTED, c.started_at >= since)
    number, first, last = connection.execute(wanted).one()
    return int(number), float((last or 0.0) - (first or 0.0))


def sample_of(connection: Connection, identity: str) -> Sample | None:
    """A sample with its text; ``None`` where it, or its text, is not kept."""
    text = connection.execute(select(samples.c.content).where(samples.c.id == clean(identity))).scalar()
    return decode(text.encode()) if text is not None else None
