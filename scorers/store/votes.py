"""What people say about pairs of answers without knowing whose they are: what each was shown, and what they chose.

A rater has at most one pair before them. It stays there until they choose, also after a reload. Which pair comes next,
and what stands on the left, depends on ids, never on an answer:

- 5 % of what a rater sees is one answer twice. Who sees a difference there does not look.
- 5 % is a pair that they have seen before, with the sides exchanged.
- Every fifth pair goes to every rater, so that raters can be compared. Others go to those who come first.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, func, or_, select, update

from scorers.store.asking_tables import asks
from scorers.store.engine import Database
from scorers.store.experiment_tables import looks, pairs, votes
from scorers.store.experiments import ARMS, CANDIDATE, CONTROL, PairState
from scorers.store.sql import insert
from scorers.store.tables import clean

#: Of everything a rater sees: the same answer twice, and pairs once more.
IDENTICAL, REPEATED = 0.05, 0.05
#: A pair comes again only when so many others were seen in between.
_APART = 10
_FOR_ALL = 5


class Kind(StrEnum):
    """Why a pair is shown."""

    PAIR = "pair"
    IDENTICAL = "identical"
    REPEAT = "repeat"


class Choice(StrEnum):
    """What a rater may say."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    SKIP = "skip"


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """One pair before one rater. ``showing`` counts from 0. ``choice`` is ``None`` until they choose. Unix s."""

    pair: str
    voter: str
    showing: int
    run: str
    kind: str
    left_arm: str
    choice: str | None
    shown_at: float
    voted_at: float | None

    @property
    def id(self) -> str:
        """Its name outside. It does not tell which pair it is, or that it is a control."""
        return _digest(self.pair, self.voter, str(self.showing))[:32]

    @property
    def arms(self) -> tuple[str, str]:
        """The arms whose answers stand on the left and on the right."""
        right = self.left_arm if self.kind == Kind.IDENTICAL else _other(self.left_arm)
        return self.left_arm, right

    @property
    def preferred(self) -> str | None:
        """``control``, ``candidate`` or ``tie``; ``None`` when it was skipped, or not voted on yet."""
        if self.choice in (Choice.LEFT, Choice.RIGHT):
            return self.arms[0 if self.choice == Choice.LEFT else 1]
        return "tie" if self.choice == Choice.TIE else None


class Look(msgspec.Struct, frozen=True):
    """Somebody looked at the votes by arm before the verdict."""

    who: str
    at: float


class NotShown(Exception):
    """This rater was not shown this pair."""


class AlreadyVoted(Exception):
    """This rater has voted on this pair."""


class VoteStore:
    """Access to votes. Every method is one short transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def next(self, run: str, voter: str) -> Showing | None:
        """What the rater has before them; ``None`` when nothing is left for them."""
        with self._database.write() as connection:
            while (waiting := _waiting(connection, run, voter)) is not None:
                if _can_be_shown(connection, waiting.pair):
                    return waiting
                # Its text was erased after it was shown.
                _choose(connection, waiting, Choice.SKIP, self._clock())
            new = _chosen(connection, run, voter, self._clock())
            if new is not None:
                row = msgspec.structs.asdict(new)
                connection.execute(insert(connection, votes).values(**row).on_conflict_do_nothing())
            return _waiting(connection, run, voter)

    def vote(self, run: str, voter: str, shown: str, choice: Choice) -> Showing:
        """Keep a choice. ``shown`` is the ``id`` of a showing. Raises ``NotShown`` and ``AlreadyVoted``."""
        c = votes.c
        theirs = select(votes).where(c.run == run, c.voter == voter).order_by(c.shown_at.desc())
        with self._database.write() as connection:
            found = next((s for s in _read(connection, theirs) if s.id == shown), None)
            if found is None:
                raise NotShown
            if not _choose(connection, found, choice, self._clock()):
                raise AlreadyVoted
        return found

    def count(self, run: str, voter: str) -> int:
        """How many pairs a rater has dealt with."""
        c = votes.c
        wanted = select(func.count()).where(c.run == run, c.voter == voter, c.choice.is_not(None))
        with self._database.read() as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def votes(self, run: str) -> list[Showing]:
        """All votes of a run, skipped ones too, in the order in which they came."""
        c = votes.c
        wanted = select(votes).where(c.run == run, c.choice.is_not(None))
        with self._database.read() as connection:
            return _read(connection, wanted.order_by(c.voted_at, c.pair, c.voter, c.showing))

    def people(self, run: str) -> dict[str, float]:
        """What people say of each pair: the mean of their votes, 1 for the candidate, -1 for the control, 0 a tie.

        Controls and skipped pairs are not in it.
        """
        said: dict[str, list[float]] = {}
        worth = {CANDIDATE: 1.0, CONTROL: -1.0, "tie": 0.0}
        for vote in self.votes(run):
            if vote.kind == Kind.PAIR and vote.preferred is not None:
                said.setdefault(vote.pair, []).append(worth[vote.preferred])
        return {pair: sum(values) / len(values) for pair, values in said.items()}

    def look(self, run: str, who: str) -> None:
        """Record that somebody looks at the votes by arm."""
        with self._database.write() as connection:
            row = {"run": run, "who": clean(who), "at": self._clock()}
            connection.execute(insert(connection, looks).values(**row).on_conflict_do_nothing())

    def looks(self, run: str) -> list[Look]:
        """Who looked, in order."""
        c = looks.c
        with self._database.read() as connection:
            return [Look(*row) for row in connection.execute(select(c.who, c.at).where(c.run == run).order_by(c.at))]


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _lot(*words: str) -> float:
    """A number in [0, 1) that depends on the words alone."""
    return int(_digest(*words)[:8], 16) / 2**32


def _other(arm: str) -> str:
    return CONTROL if arm == CANDIDATE else CANDIDATE


def _read(connection: Connection, wanted: Select[Any]) -> list[Showing]:
    return [Showing(**row._mapping) for row in connection.execute(wanted)]


def _waiting(connection: Connection, run: str, voter: str) -> Showing | None:
    c = votes.c
    wanted = select(votes).where(c.run == run, c.voter == voter, c.choice.is_(None)).order_by(c.shown_at).limit(1)
    return next(iter(_read(connection, wanted)), None)


def _choose(connection: Connection, shown: Showing, choice: Choice, now: float) -> bool:
    c = votes.c
    one = and_(c.pair == shown.pair, c.voter == shown.voter, c.showing == shown.showing, c.choice.is_(None))
    changed = connection.execute(update(votes).where(one).values(choice=choice.value, voted_at=now))
    return changed.rowcount == 1


def _showable() -> Iterable[Any]:
    answered = select(asks.c.case_id).where(asks.c.run == pairs.c.run, asks.c.case_id == pairs.c.id)
    has = [answered.where(asks.c.arm == arm, asks.c.answer.is_not(None)).exists() for arm in ARMS]
    return pairs.c.state == PairState.DONE.value, pairs.c.request.is_not(None), *has


def _can_be_shown(connection: Connection, pair: str) -> bool:
    wanted = select(pairs.c.id).where(pairs.c.id == pair, *_showable())
    return connection.execute(wanted).one_or_none() is not None


def _chosen(connection: Connection, run: str, voter: str, now: float) -> Showing | None:
    """What this rater sees next."""
    c = votes.c
    seen = connection.execute(select(func.count()).where(c.run == run, c.voter == voter)).scalar() or 0
    lot = _lot("kind", run, voter, str(seen))
    if lot < REPEATED and (again := _again(connection, run, voter, seen)) is not None:
        kind, left = Kind.REPEAT.value, _other(again.left_arm)
        return msgspec.structs.replace(
            again, showing=again.showing + 1, kind=kind, left_arm=left, choice=None, shown_at=now, voted_at=None
        )
    fresh = _fresh(connection, run, voter)
    if fresh is None:
        return None
    pair, left_arm = fresh
    if _lot("side", pair, voter) < 0.5:
        left_arm = _other(left_arm)
    kind = Kind.IDENTICAL if REPEATED <= lot < REPEATED + IDENTICAL else Kind.PAIR
    return Showing(
        pair=pair,
        voter=voter,
        showing=0,
        run=run,
        kind=kind.value,
        left_arm=left_arm,
        choice=None,
        shown_at=now,
        voted_at=None,
    )


def _again(connection: Connection, run: str, voter: str, seen: int) -> Showing | None:
    """The pair that this rater has not seen for the longest time, and only once; none if they have seen few."""
    if seen < _APART:
        return None
    c = votes.c
    theirs = select(votes).where(c.run == run, c.voter == voter, c.choice.is_not(None)).order_by(c.shown_at)
    rows = _read(connection, theirs)
    twice = {row.pair for row in rows if row.showing}
    for row in rows[: len(rows) - _APART + 1]:
        once = row.kind == Kind.PAIR and row.pair not in twice and row.choice != Choice.SKIP
        if once and _can_be_shown(connection, row.pair):
            return row
    return None


def _fresh(connection: Connection, run: str, voter: str) -> tuple[str, str] | None:
    """The first pair that this rater has not seen, with its left arm: first those that are for everybody or that
    nobody has seen, then the others."""
    c, v = pairs.c, votes.c
    mine = select(v.pair).where(v.run == run, v.voter == voter)
    others = select(v.pair).where(v.run == run, v.voter != voter)
    wanted = select(c.id, c.left_arm).where(c.run == run, *_showable(), c.id.not_in(mine))
    first = or_(c.number % _FOR_ALL == 0, c.id.not_in(others))
    for statement in (wanted.where(first), wanted):
        row = connection.execute(statement.order_by(c.number).limit(1)).one_or_none()
        if row is not None:
            return row.id, row.left_arm
    return None
