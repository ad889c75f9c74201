"""Marks: changes that are not in the tallies yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select

from scorers.store.sql import chunks
from scorers.store.statements import write
from scorers.store.tallies.spans import MINUTE, begin
from scorers.store.tallies.tables import tally_marks

#: An arbitrary constant: the PostgreSQL advisory lock shared by all writers of tallies.
_LOCK = 0x5167_7461
#: Marks looked at in one transaction: an older program makes one for each score.
_LOOKED = 5_000


class Kind(StrEnum):
    """What a mark is about. Labels need no recomputation: their mark only says that rates change."""

    ANSWERS = "answers"
    REQUESTS = "requests"
    LABELS = "labels"


@dataclass(slots=True)
class Marked:
    """Minutes (their starts, Unix s) of answers and of requests, and conversations, that must be recomputed.

    ``later``: (kind, minute) of marks that were seen behind those that were taken.
    """

    answers: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    later: set[tuple[str, int]] = field(default_factory=set)
    marks: int = 0

    def add(self, kind: str, at: float, conversation: str | None) -> None:
        """Add one mark."""
        self.marks += 1
        if kind == Kind.ANSWERS:
            self.answers.add(begin(at, MINUTE))
        elif kind == Kind.REQUESTS:
            self.requests.add(begin(at, MINUTE))
        if conversation is not None:
            self.conversations.add(conversation)


def mark(connection: Connection, kind: Kind, changed: Iterable[tuple[float, str | None]]) -> None:
    """Mark the changes of this transaction: times (Unix s) and conversations. One mark per minute and per
    conversation."""
    found = {(float(begin(at, MINUTE)), conversation) for at, conversation in changed}
    rows = [(kind.value, at, conversation) for at, conversation in found]
    write(connection, tally_marks, ("kind", "at", "conversation"), rows)


def count_marks(connection: Connection, most: int) -> int:
    """The number of marks, counted up to ``most``."""
    some = select(tally_marks.c.id).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def read_marks(connection: Connection, kind: Kind) -> Marked:
    """The marks of one kind, without removing them."""
    c, found = tally_marks.c, Marked()
    wanted = select(c.at, c.conversation).where(c.kind == kind.value).distinct()
    for at, conversation in connection.execute(wanted):
        found.add(kind.value, at, conversation)
    return found


def take_marks(connection: Connection, most: int) -> Marked:
    """The oldest marks, ``most`` distinct ones. They are deleted in this transaction, and later statements in it see
    all the changes that they stand for.

    No other process takes marks or writes tallies until the transaction ends.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    c, found = tally_marks.c, Marked()
    taken, seen = [], set()
    rows = connection.execute(select(tally_marks).order_by(c.id).limit(_LOOKED)).all()
    for place, row in enumerate(rows):
        seen.add((row.kind, begin(row.at, MINUTE), row.conversation))
        if len(seen) > most:
            found.later = {(rest.kind, begin(rest.at, MINUTE)) for rest in rows[place:]}
            break
        taken.append(row.id)
        found.add(row.kind, row.at, row.conversation)
    for part in chunks(taken):
        connection.execute(delete(tally_marks).where(c.id.in_(part)))
    return found
