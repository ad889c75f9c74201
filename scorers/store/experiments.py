"""Experiments in the store: how far each has drawn samples, its pairs in the order of enrolment, and their outcomes.

The money and the answers of a pair are asks of the same run (``asking``). A pair ends once: ``done`` counts,
``skipped`` has a reason and does not.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any

import msgspec
import orjson
from msgspec.structs import replace
from sqlalchemy import Connection, Row, func, select, update

from proxy.sample import Sample
from scorers.store.asking_tables import asks, runs
from scorers.store.drawn import DrawnSample, conversations_between, draw, sample_of
from scorers.store.engine import Database
from scorers.store.experiment_tables import enrolments, pairs
from scorers.store.expire import BATCH
from scorers.store.labels_and_erasure import forgotten_now
from scorers.store.run_rows import dumped, read_run
from scorers.store.runs import INTERRUPTED, Purpose, Run, RunState
from scorers.store.sql import chunks
from scorers.store.tables import clean

CONTROL, CANDIDATE = "control", "candidate"
ARMS = (CONTROL, CANDIDATE)
#: What is long: left out where only outcomes are needed.
_TEXT = ("request", "served")


class PairState(StrEnum):
    """The state of a pair; exactly one each."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A request that both arms are asked. Times are Unix s. ``outcomes``: name -> [-1, 1], 1 when the candidate is
    better, ``None`` where it cannot be told; ``noise``: the same for the control against what was served.
    ``answers``: arm -> an ``Answer`` as JSON; ``failures``: arm -> why it has none; ``unasked``: arm -> why it was not
    asked, which says nothing about it. ``held_micro``: micro-dollars that are reserved for its judge."""

    run: str
    number: int
    id: str
    conversation: str
    sample_id: str
    enrolled_at: float
    whole: bool
    first_arm: str
    left_arm: str
    user_hash: str | None = None
    state: str = PairState.PENDING.value
    reason: str | None = None
    request: dict[str, Any] | None = None
    served: dict[str, Any] | None = None
    outcomes: dict[str, float | None] = {}
    noise: dict[str, float | None] = {}
    extra: dict[str, Any] = {}
    closed_at: float | None = None
    answers: dict[str, dict[str, Any]] = {}
    failures: dict[str, str] = {}
    unasked: dict[str, str] = {}
    held_micro: int | None = None


class _Lost(msgspec.Struct):
    """The arms of a pair without an answer, by what became of their asks."""

    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}


_LOST = _Lost.__struct_fields__


class Enrolment(msgspec.Struct, frozen=True):
    """How far an experiment has drawn samples, in the order of (``stored_at``, ``sample_id``). ``seen``: those that
    were looked at; ``skipped``: reason -> how many of them; ``paused``: why nothing is asked now."""

    stored_at: float
    sample_id: str = ""
    seen: int = 0
    skipped: dict[str, int] = {}
    paused: str | None = None


class ExperimentStore:
    """Access to experiments. Every method is one short transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def all(self, limit: int = 100) -> list[Run]:
        """The newest run of each name, by name."""
        c = runs.c
        newest = select(c.name, func.max(c.created_at).label("at")).where(c.purpose == Purpose.SHADOW.value)
        newest = newest.group_by(c.name).order_by(c.name).limit(limit)
        with self._database.read() as connection:
            names = [row[0] for row in connection.execute(newest) if row[0] is not None]
            return [run for name in names if (run := _current(connection, name)) is not None]

    def current(self, name: str) -> Run | None:
        """The newest run of this name."""
        with self._database.read() as connection:
            return _current(connection, clean(name) or "")

    def begin(self, run: Run, enrolment: Enrolment) -> None:
        """Store a new run that has drawn nothing yet; a run of the same name that still runs is closed with it."""
        c = runs.c
        row = {**msgspec.structs.asdict(run), "plan": dumped(run.plan), "result": None}
        row["created_at"] = run.created_at or self._clock()
        old = (c.name == run.name, c.purpose == Purpose.SHADOW.value, c.state == RunState.RUNNING.value)
        with self._database.write() as connection:
            closed = update(runs).where(*old).values(state=RunState.STOPPED.value, ended_at=self._clock())
            connection.execute(closed)
            connection.execute(runs.insert(), [row])
            connection.execute(enrolments.insert(), [_enrolment_row(run.id, enrolment)])

    def enrolment(self, run: str) -> Enrolment | None:
        """How far the run has drawn samples."""
        with self._database.read() as connection:
            row = connection.execute(select(enrolments).where(enrolments.c.run == run)).one_or_none()
        if row is None:
            return None
        return Enrolment(row.stored_at, row.sample_id, row.seen, orjson.loads(row.skipped), row.paused)

    def enrol(self, run: str, new: Sequence[Pair], enrolment: Enrolment) -> None:
        """Store new pairs with their asks, and how far samples were drawn, in one step. A pair whose user was forgotten
        since its sample was drawn has no text."""
        with self._database.write() as connection:
            gone = forgotten_now(connection, {pair.user_hash for pair in new}, self._clock())
            new = [replace(pair, request=None, served=None) if pair.user_hash in gone else pair for pair in new]
            for part in chunks(new):
                connection.execute(pairs.insert(), [_pair_row(pair) for pair in part])
                connection.execute(asks.insert(), [_ask_row(pair, arm) for pair in part for arm in ARMS])
            row = _enrolment_row(run, enrolment)
            connection.execute(update(enrolments).where(enrolments.c.run == run).values(**row))
            planned = runs.c.planned + len(ARMS) * len(new)
            connection.execute(update(runs).where(runs.c.id == run).values(planned=planned))

    def pause(self, run: str, why: str | None) -> None:
        """Say why nothing is asked at the moment; ``None`` when it goes on."""
        changed = update(enrolments).where(enrolments.c.run == run).values(paused=clean(why))
        with self._database.write() as connection:
            connection.execute(changed)

    def conversations(self, run: str, among: Collection[str]) -> set[str]:
        """Which of these conversations are enrolled already."""
        c = pairs.c
        found: set[str] = set()
        with self._database.read() as connection:
            for part in chunks(sorted(among)):
                wanted = select(c.conversation).where(c.run == run, c.conversation.in_(part)).distinct()
                found |= {row[0] for row in connection.execute(wanted)}
        return found

    def pairs(
        self,
        run: str,
        states: Collection[str] = (PairState.DONE.value,),
        after: int = -1,
        limit: int = 1000,
        text: bool = True,
    ) -> list[Pair]:
        """Pairs in the order of enrolment, from the one behind ``after`` on. Without ``text`` only what was found."""
        c = pairs.c
        columns = [column for column in c if text or column.name not in _TEXT]
        wanted = select(*columns).where(c.run == run, c.state.in_(sorted(states)), c.number > after)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(c.number).limit(limit)).all()
            return _with_answers(connection, run, rows) if text else [_pair(row) for row in rows]

    def all_pairs(self, run: str) -> list[Pair]:
        """All pairs of a run without their text."""
        states = [state.value for state in PairState]
        return self.pairs(run, states, limit=1_000_000, text=False)

    def pair(self, identity: str) -> Pair | None:
        """A pair by its id, with its answers."""
        with self._database.read() as connection:
            rows = connection.execute(select(pairs).where(pairs.c.id == clean(identity))).all()
            return _with_answers(connection, rows[0].run, rows)[0] if rows else None

    def has_text(self, identity: str) -> bool:
        """Whether the text of a pair is still kept: its user was not forgotten."""
        wanted = select(pairs.c.id).where(pairs.c.id == clean(identity), pairs.c.request.is_not(None))
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def close(self, pair: Pair) -> None:
        """Store how a pair ended. A second ending changes nothing."""
        c = pairs.c
        values = {
            "state": pair.state,
            "reason": clean(pair.reason),
            "outcomes": dumped(pair.outcomes),
            "noise": dumped(pair.noise),
            "extra": dumped(pair.extra),
            "closed_at": self._clock(),
        }
        pending = (c.run == pair.run, c.number == pair.number, c.state == PairState.PENDING.value)
        with self._database.write() as connection:
            connection.execute(update(pairs).where(*pending).values(**values))

    def draw(self, app: str, after: tuple[float, str], until: float, limit: int = 200) -> list[DrawnSample]:
        """Samples of an application in the order in which they were stored."""
        with self._database.read() as connection:
            return draw(connection, app, after, until, limit)

    def sample(self, identity: str) -> Sample | None:
        """A sample with its text; ``None`` where it, or its text, is not kept."""
        with self._database.read() as connection:
            return sample_of(connection, identity)

    def pace(self, app: str, since: float) -> tuple[int, float]:
        """Conversations of an application that were sampled since a time (Unix s), and the seconds that they span."""
        with self._database.read() as connection:
            return conversations_between(connection, app, since)

    def result(self, run: str, result: dict[str, Any]) -> None:
        """Keep how a run that goes on stands."""
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(result=dumped(result)))

    def plan(self, run: str, changes: dict[str, Any]) -> None:
        """Keep ``changes`` in the plan of a run; what they do not name stays."""
        with self._database.write() as connection:
            _change_plan(connection, run, changes)

    def renew(self, run: Run, changes: dict[str, Any]) -> None:
        """Let a run go on with the version and the budget that ``run`` has, and with ``changes`` in its plan."""
        values = {"version": run.version, "budget_micro": run.budget_micro}
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run.id).values(**values))
            _change_plan(connection, run.id, changes)

    def forget_answers(self, pair: Pair) -> None:
        """Erase the answers to a pair that came after its user was forgotten."""
        with self._database.write() as connection:
            answered = update(asks).where(asks.c.run == pair.run, asks.c.case_id == pair.id)
            connection.execute(answered.values(answer=None, checks=None))

    def charged(self, run: str) -> tuple[int, int]:
        """What the calls of a run were charged, in micro-dollars, and how many of them without a cost that is known.
        What was interrupted tells of the worker's end, and not of what calls cost: it is left out."""
        c = asks.c
        unknown = func.count().filter(c.cost_usd.is_(None), c.cost_micro > 0)
        own = (c.run == run, c.reason.is_distinct_from(INTERRUPTED))
        with self._database.read() as connection:
            row = connection.execute(select(func.sum(c.cost_micro), unknown).where(*own)).one()
            return int(row[0] or 0), int(row[1])

    def counts(self, run: str) -> dict[tuple[str, str | None], int]:
        """(state, reason) -> pairs."""
        c = pairs.c
        wanted = select(c.state, c.reason, func.count()).where(c.run == run).group_by(c.state, c.reason)
        with self._database.read() as connection:
            return Counter({(row[0], row[1]): int(row[2]) for row in connection.execute(wanted)})


def _current(connection: Connection, name: str) -> Run | None:
    c = runs.c
    wanted = select(runs).where(c.name == name, c.purpose == Purpose.SHADOW.value)
    row = connection.execute(wanted.order_by(c.created_at.desc(), c.id.desc()).limit(1)).one_or_none()
    return read_run(row) if row is not None else None


def _change_plan(connection: Connection, run: str, changes: dict[str, Any]) -> None:
    """Others may change it at the same time: it is read where it is written."""
    kept = connection.execute(select(runs.c.plan).where(runs.c.id == run).with_for_update()).scalar()
    if kept is not None:
        connection.execute(update(runs).where(runs.c.id == run).values(plan=dumped({**orjson.loads(kept), **changes})))


def _enrolment_row(run: str, enrolment: Enrolment) -> dict[str, object]:
    skipped = orjson.dumps(enrolment.skipped).decode()
    return {**msgspec.structs.asdict(enrolment), "run": run, "skipped": skipped, "paused": clean(enrolment.paused)}


def _pair_row(pair: Pair) -> dict[str, object]:
    row = msgspec.structs.asdict(pair)
    for name in ("answers", "failures", "unasked", "outcomes", "noise", "extra"):
        del row[name]
    for name in _TEXT:
        row[name] = dumped(row[name]) if row[name] is not None else None
    return row | {"conversation": clean(pair.conversation), "sample_id": clean(pair.sample_id)}


def _ask_row(pair: Pair, arm: str) -> dict[str, object]:
    row: dict[str, object] = {"run": pair.run, "case_id": pair.id, "arm": arm, "repeat": 0, "state": "pending"}
    return row | {"cost_micro": 0, "user_hash": pair.user_hash}


def _pair(row: Row[Any], answers: dict[str, Any] | None = None, lost: _Lost | None = None) -> Pair:
    found = dict(row._mapping)
    for name in _TEXT:
        found[name] = orjson.loads(found[name]) if found.get(name) else None
    for name in ("outcomes", "noise", "extra"):
        found[name] = orjson.loads(found[name]) if found[name] else {}
    lost = lost or _Lost()
    return Pair(**found, answers=answers or {}, failures=lost.failed, unasked=lost.skipped)


def _with_answers(connection: Connection, run: str, rows: Sequence[Row[Any]]) -> list[Pair]:
    c = asks.c
    answers: dict[str, dict[str, Any]] = {row.id: {} for row in rows}
    lost = {row.id: _Lost() for row in rows}
    for part in chunks(list(answers)):
        wanted = select(c.case_id, c.arm, c.state, c.reason, c.answer).where(c.run == run, c.case_id.in_(part))
        for row in connection.execute(wanted):
            if row.answer is not None:
                answers[row.case_id][row.arm] = orjson.loads(row.answer)
            elif row.state in _LOST:
                getattr(lost[row.case_id], row.state)[row.arm] = row.reason or row.state
    return [_pair(row, answers[row.id], lost[row.id]) for row in rows]


def forget_pairs(connection: Connection, user_hash: str) -> int:
    """Erase the text of up to ``BATCH`` pairs of a user; returns how many. What was found of them stays."""
    c = pairs.c
    theirs = select(c.run, c.number).where(c.user_hash == clean(user_hash), c.request.is_not(None)).limit(BATCH)
    rows = connection.execute(theirs).all()
    _erase(connection, [(row.run, row.number) for row in rows])
    return len(rows)


def expire_pairs(connection: Connection, before: float) -> int:
    """Erase the text of up to ``BATCH`` pairs that were enrolled before ``before`` (Unix s); returns how many."""
    c = pairs.c
    old = select(c.run, c.number, c.id).where(c.enrolled_at < before, c.request.is_not(None)).limit(BATCH)
    rows = connection.execute(old).all()
    _erase(connection, [(row.run, row.number) for row in rows])
    for row in rows:
        answered = update(asks).where(asks.c.run == row.run, asks.c.case_id == row.id)
        connection.execute(answered.values(answer=None, checks=None))
    return len(rows)


def _erase(connection: Connection, keys: Sequence[tuple[str, int]]) -> None:
    c = pairs.c
    for run, number in keys:
        one = update(pairs).where(c.run == run, c.number == number)
        connection.execute(one.values(request=None, served=None, extra=None))
