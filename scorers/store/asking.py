"""Runs and asks in the store. A run is a plan of requests that Sightglass sends; each ask has one result and a cost
limit.

The largest possible cost of an ask is reserved before it is sent, and settled afterwards, in whole micro-dollars. So
two workers can never spend the same budget twice. A killed run may leave asks that were sent and have no result. They
are charged what was reserved, recorded as ``failed`` with the reason ``interrupted``, and not retried automatically.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import orjson
from sqlalchemy import Connection, Row, case, func, select, update

from scorers.store.asking_tables import asks, offpath_spending, runs
from scorers.store.engine import Database
from scorers.store.pressure import Pressure, judged_today, read_pressure, read_recent
from scorers.store.sql import chunks, insert
from scorers.store.tables import clean

MICRO = 1_000_000
_LONGEST_TEXT = 1_000_000


class Purpose(StrEnum):
    """Why a request was made."""

    PRODUCTION = "production"
    SHADOW = "shadow"
    STABILITY = "stability"
    PROBE = "probe"
    SUITE = "suite"
    BENCHMARK = "benchmark"
    JUDGE = "judge"


class RunState(StrEnum):
    """The state of a run."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    OUT_OF_BUDGET = "out_of_budget"


class AskState(StrEnum):
    """The state of an ask; exactly one each."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


#: Why an ask without a result, whose run was killed, is not retried automatically.
INTERRUPTED = "interrupted"


class AskKey(NamedTuple):
    """Identifies an ask within its run: the case, the arm that is asked, and the repeat (from 0)."""

    case_id: str
    arm: str = ""
    repeat: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of asks. ``subject``: what is asked, such as a suite's name; ``version``: its version. Times are Unix
    s. ``budget_micro`` and ``spent_micro`` are micro-dollars; spent includes what is reserved. ``plan`` and
    ``result`` are JSON."""

    id: str
    purpose: str
    subject: str
    version: str
    model: str | None
    state: str = RunState.RUNNING.value
    name: str | None = None
    app: str | None = None
    created_at: float = 0.0
    ended_at: float | None = None
    planned: int = 0
    budget_micro: int | None = None
    spent_micro: int = 0
    plan: dict[str, Any] = {}
    result: dict[str, Any] | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a run and its result. ``cost_usd`` is its cost, ``None`` where that is not known.
    ``cost_micro`` is what was charged for it. ``answer`` and ``checks`` are JSON; ``score`` is in [0, 1]."""

    case_id: str
    arm: str = ""
    repeat: int = 0
    state: str = AskState.PENDING.value
    reason: str | None = None
    reserved_micro: int | None = None
    cost_micro: int = 0
    cost_usd: float | None = None
    seconds: float | None = None
    ended_at: float | None = None
    passed: bool | None = None
    score: float | None = None
    answer: dict[str, Any] | None = None
    checks: list[dict[str, Any]] = []

    @property
    def key(self) -> AskKey:
        """Its key within the run."""
        return AskKey(self.case_id, self.arm, self.repeat)


class Reserved(StrEnum):
    """Whether the money was reserved; if not, which budget is used up."""

    YES = "yes"
    RUN_BUDGET = "run_budget"
    DAY_BUDGET = "day_budget"


def micro(usd: float) -> int:
    """USD in whole micro-dollars, rounded up, so that spending is never underestimated."""
    return max(0, math.ceil(usd * MICRO - 1e-6))


def ledger_of(states: dict[str, int], planned: int) -> dict[str, int]:
    """planned = done + skipped + failed + pending, by name."""
    return {"planned": planned, **{state.value: states.get(state.value, 0) for state in _ORDER}}


_ORDER = (AskState.DONE, AskState.SKIPPED, AskState.FAILED, AskState.PENDING)


class _Exceeded(Exception):
    def __init__(self, whose: Reserved) -> None:
        super().__init__(whose.value)
        self.whose = whose


class AskStore:
    """Access to runs in the store. Every method is one short transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, run: Run, planned: Sequence[tuple[AskKey, str | None]]) -> None:
        """Store a run and its asks, all pending. Each ask carries the keyed hash of its user, where there is one."""
        row = {**msgspec.structs.asdict(run), "planned": len(planned)}
        row |= {"plan": _dumped(run.plan), "result": None, "created_at": run.created_at or self._clock()}
        with self._database.write() as connection:
            connection.execute(runs.insert(), [row])
            for part in chunks(planned):
                connection.execute(asks.insert(), [_planned(run.id, key, user) for key, user in part])

    def reserve(
        self,
        run: str,
        keys: Sequence[AskKey],
        each: int | Sequence[int],
        account: str = "",
        day_budget: int | None = None,
        held: int = 0,
    ) -> Reserved:
        """Reserve ``each`` micro-dollars for every key (one number for all, or one for each), all or none, within the
        run's budget and the day's budget. The latter holds what the judge spends, too.

        ``held``: what the judge may spend for them. It is reserved in the run alone, since the judge reserves its own
        money of the day. ``charge`` settles it."""
        amounts = [each] * len(keys) if isinstance(each, int) else list(each)
        total = sum(amounts)
        try:
            with self._database.write() as connection:
                if day_budget is not None:
                    day_budget -= judged_today(connection, self._day())
                c = runs.c
                whole = total + held
                within = (c.budget_micro.is_(None)) | (c.spent_micro + whole <= c.budget_micro)
                changed = update(runs).where(c.id == run, within).values(spent_micro=c.spent_micro + whole)
                if connection.execute(changed).rowcount != 1:
                    raise _Exceeded(Reserved.RUN_BUDGET)
                if not _add(connection, self._day(), account, total, day_budget):
                    raise _Exceeded(Reserved.DAY_BUDGET)
                for key, amount in zip(keys, amounts, strict=True):
                    connection.execute(update(asks).where(*_is(run, key)).values(reserved_micro=amount))
        except _Exceeded as exceeded:
            return exceeded.whose
        return Reserved.YES

    def begin(self, run: str, key: AskKey) -> None:
        """Record that an ask is being sent: from now on it may cost what was reserved for it."""
        with self._database.write() as connection:
            connection.execute(update(asks).where(*_is(run, key)).values(began_at=self._clock()))

    def settle(self, run: str, ask: Ask, account: str = "") -> None:
        """Store an ask's result and release what was reserved but not needed. A second result changes nothing."""
        with self._database.write() as connection:
            _settle(connection, run, ask, (self._day(), account), self._clock())

    def resume(self, run: str, account: str = "", state: RunState = RunState.RUNNING) -> list[AskKey]:
        """Close what was in progress when the run was killed. Returns the asks that are still pending, in order."""
        c, now = asks.c, self._clock()
        with self._database.write() as connection:
            for row in connection.execute(select(asks).where(c.run == run, *_RESERVED)).all():
                _close_doubtful(connection, run, _ask(row), row.began_at is not None, ((self._day(), account), now))
            connection.execute(update(runs).where(runs.c.id == run).values(state=state.value, ended_at=None))
            left = select(c.case_id, c.arm, c.repeat).where(c.run == run, c.state == AskState.PENDING.value)
            return [AskKey(*row) for row in connection.execute(left.order_by(c.case_id, c.arm, c.repeat))]

    def finish(self, run: str, state: RunState, result: dict[str, Any] | None) -> None:
        """End a run and store its result. Money that was reserved for unsent asks is released."""
        now = self._clock()
        values = {"state": state.value, "ended_at": now, "result": _dumped(result) if result else None}
        with self._database.write() as connection:
            account = connection.execute(select(runs.c.app).where(runs.c.id == run)).scalar() or ""
            unsent = select(asks).where(asks.c.run == run, *_RESERVED, asks.c.began_at.is_(None))
            for row in connection.execute(unsent).all():
                _close_doubtful(connection, run, _ask(row), False, ((self._day(), account), now))
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def run(self, identity: str) -> Run | None:
        """A run by its id, or the newest run with this name."""
        c = runs.c
        with self._database.read() as connection:
            row = connection.execute(select(runs).where(c.id == clean(identity))).one_or_none()
            if row is None:
                named = select(runs).where(c.name == clean(identity)).order_by(c.created_at.desc()).limit(1)
                row = connection.execute(named).one_or_none()
        return read_run(row) if row is not None else None

    def runs(self, subject: str | None = None, purpose: str | None = None, limit: int = 100) -> list[Run]:
        """The newest runs first."""
        wanted = select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
        if subject is not None:
            wanted = wanted.where(runs.c.subject == clean(subject))
        if purpose is not None:
            wanted = wanted.where(runs.c.purpose == purpose)
        with self._database.read() as connection:
            return [read_run(row) for row in connection.execute(wanted)]

    def asks(self, run: str) -> list[Ask]:
        """All asks of a run, by case, arm and repeat."""
        wanted = select(asks).where(asks.c.run == run).order_by(asks.c.case_id, asks.c.arm, asks.c.repeat)
        with self._database.read() as connection:
            return [_ask(row) for row in connection.execute(wanted)]

    def label(self, run: str, key: AskKey, label: str, annotator: str) -> bool:
        """Store what a person says of an answer (yes or no), in place of what was said before; whether there is one."""
        with self._database.write() as connection:
            row = connection.execute(select(asks).where(*_is(run, key), asks.c.passed.is_not(None))).one_or_none()
            if row is None:
                return False
            kept = [check for check in _ask(row).checks if "label" not in check]
            checks = _dumped([*kept, {"label": label, "annotator": annotator}])
            connection.execute(update(asks).where(*_is(run, key)).values(checks=checks))
        return True

    def labelled(self, purpose: str) -> list[Ask]:
        """All asks of a purpose that people have labelled."""
        wanted = select(asks).join(runs, runs.c.id == asks.c.run)
        wanted = wanted.where(runs.c.purpose == purpose, asks.c.checks.contains('"label":'))
        with self._database.read() as connection:
            return [_ask(row) for row in connection.execute(wanted)]

    def ledger(self, run: str) -> dict[str, int]:
        """planned = done + skipped + failed + pending."""
        wanted = select(asks.c.state, func.count()).where(asks.c.run == run).group_by(asks.c.state)
        with self._database.read() as connection:
            states = {row[0]: int(row[1]) for row in connection.execute(wanted)}
        return ledger_of(states, sum(states.values()))

    def skip(self, run: str, keys: Sequence[AskKey], reason: str, account: str = "") -> None:
        """End asks that were not sent, and never will be; what was reserved for them is released."""
        for key in keys:
            ask = Ask(case_id=key.case_id, arm=key.arm, repeat=key.repeat, state=AskState.SKIPPED.value, reason=reason)
            self.settle(run, ask, account)

    def charge(self, run: str, amount: int) -> None:
        """Add to a run what was spent for it elsewhere (by the judge), in micro-dollars, less what was held."""
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro + amount))

    def pressure(self, upstream: str, now: float) -> Pressure:
        """What production's latest requests say about an upstream's quota."""
        with self._database.read() as connection:
            return read_pressure(connection, upstream, now)

    def recent(self, upstream: str, since: float) -> list[float]:
        """When production's requests to an upstream began, since a time (Unix s)."""
        with self._database.read() as connection:
            return read_recent(connection, upstream, since)

    def spent(self, account: str = "") -> int:
        """Micro-dollars spent or reserved today on an account; the empty account is the sum of all."""
        c = offpath_spending.c
        with self._database.read() as connection:
            wanted = select(c.micro_usd).where(c.day == self._day(), c.account == account)
            return int(connection.execute(wanted).scalar() or 0)

    def _day(self) -> str:
        return _day_of(self._clock())


def _day_of(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _add(connection: Connection, day: str, account: str, amount: int, most: int | None) -> bool:
    """Add to the day's and the account's sum, unless the day's would exceed ``most``; none falls below 0."""
    c = offpath_spending.c
    added = c.micro_usd + amount
    for name, bound in (("", most), *(((account, None),) if account else ())):
        if bound is not None and amount > bound:
            return False
        statement = insert(connection, offpath_spending).values(day=day, account=name, micro_usd=max(0, amount))
        within = None if bound is None or amount <= 0 else added <= bound
        statement = statement.on_conflict_do_update(
            index_elements=["day", "account"], set_={"micro_usd": case((added < 0, 0), else_=added)}, where=within
        )
        if connection.execute(statement.returning(c.day)).one_or_none() is None:
            return False
    return True


def _settle(connection: Connection, run: str, ask: Ask, day: tuple[str, str], now: float) -> None:
    c = asks.c
    before = connection.execute(select(c.state, c.reserved_micro, c.began_at).where(*_is(run, ask.key))).one_or_none()
    if before is None or before.state != AskState.PENDING.value:
        return
    values = {
        "state": ask.state,
        "reason": clean(ask.reason),
        "reserved_micro": None,
        "cost_micro": ask.cost_micro,
        "cost_usd": ask.cost_usd,
        "seconds": ask.seconds,
        "ended_at": now,
        "passed": ask.passed,
        "score": ask.score,
        "answer": _dumped(ask.answer) if ask.answer is not None else None,
        "checks": _dumped(ask.checks) if ask.checks else None,
    }
    connection.execute(update(asks).where(*_is(run, ask.key)).values(**values))
    change = ask.cost_micro - (before.reserved_micro or 0)
    if change:
        connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro + change))
        # Its money was taken on the day on which it was sent.
        _add(connection, _day_of(before.began_at) if before.began_at else day[0], day[1], change, None)


_RESERVED = (asks.c.state == AskState.PENDING.value, asks.c.reserved_micro.is_not(None))


def _close_doubtful(connection: Connection, run: str, ask: Ask, sent: bool, at: tuple[tuple[str, str], float]) -> None:
    """Settle an ask whose run was killed: charge it if it was sent, else make it pending again."""
    kept = ask.reserved_micro or 0
    if sent:
        lost = msgspec.structs.replace(ask, state=AskState.FAILED.value, reason=INTERRUPTED, cost_micro=kept)
        _settle(connection, run, lost, *at)
        return
    connection.execute(update(asks).where(*_is(run, ask.key)).values(reserved_micro=None))
    connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro - kept))
    _add(connection, *at[0], -kept, None)


def _is(run: str, key: AskKey) -> tuple[Any, ...]:
    c = asks.c
    return c.run == run, c.case_id == clean(key.case_id), c.arm == key.arm, c.repeat == key.repeat


def _planned(run: str, key: AskKey, user: str | None) -> dict[str, object]:
    row: dict[str, object] = {"run": run, "case_id": clean(key.case_id), "arm": key.arm, "repeat": key.repeat}
    return row | {"state": AskState.PENDING.value, "cost_micro": 0, "user_hash": user}


def _dumped(value: object) -> str:
    return orjson.dumps(value).decode().replace("\\u0000", "\\ufffd")


def read_run(row: Row[Any]) -> Run:
    """The run in a row of ``runs``."""
    found = dict(row._mapping)
    found["plan"] = orjson.loads(found["plan"])
    found["result"] = orjson.loads(found["result"]) if found["result"] else None
    return Run(**found)


def _ask(row: Row[Any]) -> Ask:
    found = dict(row._mapping)
    found["answer"] = orjson.loads(found["answer"]) if found["answer"] else None
    found["checks"] = orjson.loads(found["checks"]) if found["checks"] else []
    return Ask(**{name: found[name] for name in Ask.__struct_fields__})
