"""Marks: changes that are not in the tallies yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, func, select

from scorers.store.statements import remove, write
from scorers.store.tallies.spans import MINUTE, begin
from scorers.store.tallies.tables import tally_marks

#: An arbitrary constant: the PostgreSQL advisory lock shared by all writers of tallies.
_LOCK = 0x5167_7461
#: Marks looked at in one transaction: an older program makes one for each score.
_LOOKED = 5_000
#: Additions taken in one transaction. Each has what one transaction wrote: up to some hundred samples.
_ADDITIONS = 20


class Kind(StrEnum):
    """What a mark is about. Labels need no recomputation: their mark only says that rates change."""

    ANSWERS = "answers"
    REQUESTS = "requests"
    LABELS = "labels"


@dataclass(slots=True)
class Marked:
    """Minutes (their starts, Unix s) of answers and of requests, and conversations, that must be recomputed.

    ``later``: (kind, minute) of marks that were seen behind those that were taken. ``added``: (kind, minute, JSON) of
    the marks that need no recomputation. ``more``: whether there may be marks that were not taken.
    """

    answers: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    later: set[tuple[str, int]] = field(default_factory=set)
    added: list[tuple[str, int, str]] = field(default_factory=list)
    marks: int = 0
    more: bool = False

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
    """The marks of one kind, without removing them. Minutes with additions are among those to be recomputed."""
    c, found = tally_marks.c, Marked()
    wanted = select(c.at, c.conversation).where(c.kind == kind.value, c.added.is_(None)).distinct()
    for at, conversation in connection.execute(wanted):
        found.add(kind.value, at, conversation)
    for at, added in connection.execute(select(c.at, c.added).where(c.kind == kind.value, c.added.is_not(None))):
        found.add(kind.value, at, None)
        found.added.append((kind.value, begin(at, MINUTE), added))
    return found


def take_marks(connection: Connection, most: int) -> Marked:
    """The oldest marks, ``most`` distinct ones. They are deleted in this transaction.

    Additions come first. While not all of them are taken, nothing else is: a minute that is recomputed from its rows
    must not get any of them added once more. No other process takes marks or writes tallies until the transaction
    ends. It reads one snapshot (``Database.write``).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    c, found = tally_marks.c, Marked()
    taken: list[int] = []
    additions = select(c.id, c.kind, c.at, c.added).where(c.added.is_not(None)).order_by(c.id).limit(_ADDITIONS + 1)
    for row in connection.execute(additions):
        if len(taken) == _ADDITIONS:
            found.more = True
            break
        taken.append(row.id)
        found.added.append((row.kind, begin(row.at, MINUTE), row.added))
    found.marks = len(taken)
    if not found.more:
        taken += _take_plain(connection, found, most)
    remove(connection, tally_marks, "id", taken)
    return found


def _take_plain(connection: Connection, found: Marked, most: int) -> list[int]:
    """Add the oldest marks of what must be recomputed; returns their ids."""
    c, taken, seen = tally_marks.c, [], set()
    rows = connection.execute(select(tally_marks).where(c.added.is_(None)).order_by(c.id).limit(_LOOKED)).all()
    for place, row in enumerate(rows):
        seen.add((row.kind, begin(row.at, MINUTE), row.conversation))
        if len(seen) > most:
            found.later = {(rest.kind, begin(rest.at, MINUTE)) for rest in rows[place:]}
            found.more = True
            break
        taken.append(row.id)
        found.add(row.kind, row.at, row.conversation)
    found.more = found.more or len(rows) == _LOOKED
    return taken
