"""Data about people: labels, the record of who read what, and erasure of a user's data.

An erasure is remembered (the keyed hash and the time), because copies may still be in the queue. Data that arrives
later but began before that time is kept without the user, the text and the ids, so that the ledger still adds up.
When data began is told by the clock of the host that made it, which may run ahead: see ``GRACE``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, or_, select

from proxy.feedback import Feedback
from scorers.score import Verdict
from scorers.store.expire import BATCH, remove_samples
from scorers.store.records import NotYourLabel, UnknownSample
from scorers.store.sql import insert
from scorers.store.statements import among
from scorers.store.tables import clean, exchanges, feedback, forgotten, labels, reads, samples, tasks
from scorers.store.tasks import task_key

_LONGEST_COMMENT = 4000

#: For so long (seconds) after an erasure, what comes of the user counts as begun before it, whatever the clock of its
#: host says; so does what says that it began within this time.
GRACE = 900.0
#: Whether something of this user that began at this moment (Unix s) is to be kept without the user.
IsForgotten = Callable[[str | None, float], bool]


def write_read(connection: Connection, who: str, when: float, sample_id: str) -> None:
    """Record that someone read a sample's text."""
    connection.execute(reads.insert(), [{"who": clean(who), "at": when, "sample_id": clean(sample_id)}])


class Writer(NamedTuple):
    """Who writes a label: the name of the token or the command. ``own``: the annotator's name belongs to the writer,
    whatever wrote under that name before."""

    name: str
    own: bool


def write_label(
    connection: Connection,
    key: tuple[str, str, str, str],
    said: tuple[Verdict, str, float | None],
    at: float,
    writer: Writer | None = None,
) -> None:
    """Write (verdict, comment, probability), replacing the label of the same (sample, scorer, output, annotator).

    Raises ``UnknownSample``, and ``NotYourLabel`` where another writer wrote that label.
    """
    sample_id, scorer, output, annotator = (clean(part) for part in key)
    verdict, comment, probability = said
    name, own = writer or Writer(annotator or "", own=False)
    if connection.execute(select(samples.c.id).where(samples.c.id == sample_id)).one_or_none() is None:
        raise UnknownSample("sample_id: no sample has this id")
    statement = insert(connection, labels).values(
        sample_id=sample_id,
        scorer=scorer,
        output=output,
        annotator=annotator,
        verdict=verdict.value,
        comment=clean(comment, _LONGEST_COMMENT),
        at=at,
        probability=probability,
        written_by=clean(name),
    )
    new = statement.excluded
    # One statement decides and writes, so only one of two concurrent writers can be the first.
    written = statement.on_conflict_do_update(
        index_elements=["sample_id", "scorer", "output", "annotator"],
        set_={
            "verdict": new.verdict,
            "comment": new.comment,
            "at": new.at,
            "probability": func.coalesce(new.probability, labels.c.probability),
            "written_by": new.written_by,
        },
        where=None if own else func.coalesce(labels.c.written_by, labels.c.annotator) == clean(name),
    )
    if connection.execute(written.returning(labels.c.annotator)).one_or_none() is None:
        raise NotYourLabel(f"annotator: the label of {annotator} was written by somebody else")


def remember_forgotten(connection: Connection, user_hash: str, at: float) -> None:
    """Record that the user asked for erasure at this time. If the user asks again, the later time counts."""
    statement = insert(connection, forgotten).values(user_hash=clean(user_hash), at=at)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["user_hash"], set_={"at": statement.excluded.at})
    )


def forgotten_among(connection: Connection, user_hashes: Iterable[str | None], now: float) -> IsForgotten:
    """Which of these users asked for erasure, and when. ``now``: nothing that is here can have begun later."""
    asked = sorted({clean(value) or "" for value in user_hashes if value is not None})
    at = {row[0]: row[1] + GRACE for row in among(connection, forgotten, ("user_hash", "at"), "user_hash", asked)}
    return lambda user_hash, began: user_hash is not None and min(began, now) <= at.get(clean(user_hash) or "", -1.0)


def forgotten_now(connection: Connection, user_hashes: Iterable[str | None], now: float) -> set[str | None]:
    """Those of these users of whom nothing may be kept at the moment, because they asked for erasure."""
    asked = set(user_hashes)
    is_forgotten = forgotten_among(connection, asked, now)
    return {user_hash for user_hash in asked if is_forgotten(user_hash, now)}


def erased_among(connection: Connection, sample_ids: Iterable[str]) -> set[str]:
    """Those of these samples that were deleted with their user. They are counted; what comes of them later is not."""
    marks = {_mark("sample", sample_id): sample_id for sample_id in sample_ids}
    return {marks[row[0]] for row in among(connection, forgotten, ("user_hash",), "user_hash", sorted(marks))}


def about(item: Feedback) -> str:
    """How ``forgotten`` identifies the subject of a feedback. The feedback itself does not name its user."""
    if item.request_id is not None:
        return _mark("request", item.request_id)
    return _mark("response", item.response_id) if item.response_id is not None else _mark("task", item.task_id or "")


def _mark(kind: str, identity: str) -> str:
    """A hash, because the id itself must be erased too."""
    return hashlib.sha256(f"{kind}\0{identity}".encode("utf-8", "surrogatepass")).hexdigest()


def forget_samples(connection: Connection, user_hash: str, at: float) -> int:
    """Delete up to ``BATCH`` samples of a user with scores, labels and feedback, including feedback from before
    ``at`` that is still in the queue. Returns the number deleted."""
    wanted = select(samples.c.id, samples.c.stored_at, samples.c.response_id)
    rows = connection.execute(wanted.where(samples.c.user_hash == clean(user_hash)).limit(BATCH)).all()
    if not rows:
        return 0
    _forget_feedback(connection, [row.id for row in rows], [row.response_id for row in rows if row.response_id], at)
    for row in rows:
        remember_forgotten(connection, _mark("sample", row.id), at)
    remove_samples(connection, {row.id: row.stored_at for row in rows})
    return len(rows)


def forget_exchanges(connection: Connection, user_hash: str, at: float) -> int:
    """Delete up to ``BATCH`` rows of a user's requests with their feedback and tasks, including feedback from before
    ``at`` that is still in the queue. Returns the number deleted."""
    c = exchanges.c
    wanted = select(c.request_id, c.response_id, c.app, c.task_id).where(c.user_hash == clean(user_hash)).limit(BATCH)
    rows = connection.execute(wanted).all()
    if not rows:
        return 0
    ids = [row.request_id for row in rows]
    keys = sorted({task_key(row.app, row.task_id, row.request_id) for row in rows})
    connection.execute(delete(feedback).where(feedback.c.task.in_(keys)))
    _forget_feedback(connection, ids, [row.response_id for row in rows if row.response_id], at)
    for task_id in {row.task_id for row in rows if row.task_id}:
        remember_forgotten(connection, _mark("task", task_id), at)
    connection.execute(delete(tasks).where(tasks.c.id.in_(keys)))
    connection.execute(delete(exchanges).where(c.request_id.in_(ids)))
    return len(rows)


def _forget_feedback(connection: Connection, request_ids: list[str], response_ids: list[str], at: float) -> None:
    connection.execute(
        delete(feedback).where(or_(feedback.c.request_id.in_(request_ids), feedback.c.response_id.in_(response_ids)))
    )
    for kind, ids in (("request", request_ids), ("response", response_ids)):
        for each in ids:
            remember_forgotten(connection, _mark(kind, each), at)


def expire_people(connection: Connection, reads_before: float, forgotten_before: float) -> None:
    """Delete old records of who read what, and erased users whose copies are all past retention."""
    connection.execute(delete(reads).where(reads.c.at < reads_before))
    connection.execute(delete(forgotten).where(forgotten.c.at < forgotten_before))
