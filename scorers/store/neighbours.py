"""What the page of one sample also shows: the samples before and after it, and its labels."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, and_, or_, select

from scorers.score import Verdict
from scorers.store.queries import conditions
from scorers.store.records import SampleQuery, SampleRecord
from scorers.store.tables import clean, labels, samples


class LabelRecord(msgspec.Struct, frozen=True):
    """A person's verdict on one output of a sample; ``at`` is Unix s.

    ``written_by``: the token or command that wrote it under the annotator's name; ``None`` where that was not recorded.
    """

    scorer: str
    output: str
    annotator: str
    verdict: Verdict
    comment: str
    at: float
    written_by: str | None = None


def neighbours(connection: Connection, query: SampleQuery, record: SampleRecord) -> tuple[str | None, str | None]:
    """The ids of the next newer and next older sample in a list. The cursor and limit of ``query`` are ignored."""
    c = samples.c
    wanted = conditions(msgspec.structs.replace(query, cursor=None))
    at, own = record.started_at, clean(record.id)
    newer = or_(c.started_at > at, and_(c.started_at == at, c.id > own))
    older = or_(c.started_at < at, and_(c.started_at == at, c.id < own))
    up = select(c.id).where(newer, *wanted).order_by(c.started_at, c.id).limit(1)
    down = select(c.id).where(older, *wanted).order_by(c.started_at.desc(), c.id.desc()).limit(1)
    return connection.execute(up).scalar(), connection.execute(down).scalar()


def labels_of(connection: Connection, identity: str) -> list[LabelRecord]:
    """The human labels of a sample, oldest first."""
    c = labels.c
    wanted = select(c.scorer, c.output, c.annotator, c.verdict, c.comment, c.at, c.written_by)
    rows = connection.execute(wanted.where(c.sample_id == clean(identity)).order_by(c.at))
    return [
        LabelRecord(row.scorer, row.output, row.annotator, Verdict(row.verdict), row.comment, row.at, row.written_by)
        for row in rows
    ]
