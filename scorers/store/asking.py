"""Runs and asks in the store.

The largest possible cost of an ask is reserved before it is sent, and settled afterwards. So two workers can never
spend the same budget twice. A killed run may leave asks that were sent and have no result. They are charged what was
reserved, recorded as ``failed`` with the reason ``interrupted``, and asked again only when somebody resumes the run.

A command that performs a run owns it for some seconds, and renews that. What nobody renews was left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select, update

from scorers.store.asked_text import forget_in
from scorers.store.asking_tables import asks, offpath_spending, runs
from scorers.store.engine import Database
from scorers.store.experiment_tables import pairs
from scorers.store.labels_and_erasure import forgotten_now
from scorers.store.leases import drop_lease, read_expired, read_holder, write_lease
from scorers.store.pressure import Pressure, judged_today, read_pressure, read_recent
from scorers.store.run_rows import dumped, planned_row, read_ask, read_run, which
from scorers.store.runs import (
    AGAIN,
    FORGOTTEN,
    PASSING,
    Ask,
    AskKey,
    AskState,
    Reserved,
    Run,
    RunState,
    RunTaken,
    ledger_of,
)
from scorers.store.spending import add, close_doubtful, day_of, release, settle, unhold
from scorers.store.sql import chunks, store_time
from scorers.store.tables import clean

#: The lease of a run is named so, with its id behind it.
_LEASE = "run:"


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
        """Store a run and its asks, all pending. Each ask carries the keyed hash of its user, where there is one. When
        it was begun is told by the clock of the store: those of the hosts that begin runs may differ.

        A user who was forgotten since the cases were read is neither quoted nor asked."""
        row = {**msgspec.structs.asdict(run), "planned": len(planned), "plan": dumped(run.plan), "result": None}
        now = self._clock()
        with self._database.write() as connection:
            row["created_at"] = run.created_at or store_time(connection, now)
            connection.execute(runs.insert().values(**row))
            gone = forgotten_now(connection, {user for _, user in planned}, now)
            for part in chunks(planned):
                rows = [planned_row(run.id, key, user, user in gone) for key, user in part]
                connection.execute(asks.insert(), rows)
            if gone:
                forget_in(connection, run.id, {key.case_id for key, user in planned if user in gone})

    def reserve(
        self,
        run: str,
        keys: Sequence[AskKey],
        each: int | Sequence[int],
        account: str = "",
        day_budget: int | None = None,
        held: tuple[str, int] | None = None,
    ) -> Reserved:
        """Reserve ``each`` micro-dollars for every key (one number for all, or one for each), all or none, within the
        run's budget and the day's budget. The latter holds what the judge spends, too.

        ``held``: a pair, and what the judge may spend on it. It is reserved in the run alone, since the judge reserves
        its own money of the day. ``charge`` settles it. Raises ``RunTaken`` when the run is over, or another process
        has reserved for one of the keys."""
        amounts = [each] * len(keys) if isinstance(each, int) else list(each)
        total, now = sum(amounts), self._clock()
        try:
            with self._database.write() as connection:
                if day_budget is not None:
                    day_budget -= judged_today(connection, day_of(now))
                c = runs.c
                whole = total + (held[1] if held is not None else 0)
                if connection.execute(select(c.state).where(c.id == run)).scalar() != RunState.RUNNING.value:
                    raise _taken(run)
                within = (c.budget_micro.is_(None)) | (c.spent_micro + whole <= c.budget_micro)
                changed = update(runs).where(c.id == run, within).values(spent_micro=c.spent_micro + whole)
                if connection.execute(changed).rowcount != 1:
                    raise _Exceeded(Reserved.RUN_BUDGET)
                if not add(connection, day_of(now), account, total, day_budget):
                    raise _Exceeded(Reserved.DAY_BUDGET)
                # In order, as forgetting a user locks them.
                for key, amount in sorted(zip(keys, amounts, strict=True)):
                    free = (*which(run, key), asks.c.state == AskState.PENDING.value, asks.c.reserved_micro.is_(None))
                    taken = update(asks).where(*free).values(reserved_micro=amount, reserved_at=now)
                    if connection.execute(taken).rowcount != 1:
                        raise _taken(run)
                if held is not None:
                    connection.execute(update(pairs).where(pairs.c.id == held[0]).values(held_micro=held[1]))
        except _Exceeded as exceeded:
            return exceeded.whose
        return Reserved.YES

    def begin(self, run: str, key: AskKey) -> bool:
        """Record that an ask is being sent: from now on it may cost what was reserved for it. False where it must not
        be, because its user was forgotten. Raises ``RunTaken`` when another process has sent or closed it."""
        c = asks.c
        ours = (
            *which(run, key),
            c.state == AskState.PENDING.value,
            c.reserved_micro.is_not(None),
            c.began_at.is_(None),
        )
        with self._database.write() as connection:
            sent = update(asks).where(*ours, c.reason.is_distinct_from(FORGOTTEN)).values(began_at=self._clock())
            if connection.execute(sent).rowcount == 1:
                return True
            if connection.execute(select(c.run).where(*ours)).one_or_none() is None:
                raise _taken(run)
        return False

    def is_forgotten(self, run: str, key: AskKey) -> bool:
        """Whether the user of an ask that is under way was forgotten."""
        with self._database.read() as connection:
            return connection.execute(select(asks.c.reason).where(*which(run, key))).scalar() == FORGOTTEN

    def settle(self, run: str, ask: Ask, account: str = "") -> None:
        """Store an ask's result and release what was reserved but not needed. A second result changes nothing."""
        with self._database.write() as connection:
            settle(connection, run, ask, account, self._clock())

    def resume(self, run: str, account: str = "", state: RunState = RunState.RUNNING) -> list[AskKey]:
        """Close what was in progress when the run was killed. Returns the asks that are still pending, in order."""
        c = asks.c
        with self._database.write() as connection:
            close_doubtful(connection, run, account, self._clock())
            connection.execute(update(runs).where(runs.c.id == run).values(state=state.value, ended_at=None))
            left = select(c.case_id, c.arm, c.repeat).where(c.run == run, c.state == AskState.PENDING.value)
            return [AskKey(*row) for row in connection.execute(left.order_by(c.case_id, c.arm, c.repeat))]

    def reopen(self, run: str, account: str = "", budget: int | None = None) -> list[AskKey]:
        """``resume`` a run that a command goes on with. What was interrupted or not judged, and what failed unpaid by
        what passes, is pending again (``runs.may_be_asked_again``). ``budget``: the run's budget from now on, in
        micro-dollars."""
        c = asks.c
        unpaid = c.reason.in_(sorted(PASSING)) & (c.cost_micro == 0)
        again = (c.state == AskState.FAILED.value, unpaid | c.reason.in_(sorted(AGAIN)))
        fresh = dict.fromkeys(("reason", "began_at", "seconds", "ended_at", "answer", "checks"))
        with self._database.write() as connection:
            close_doubtful(connection, run, account, self._clock())
            pending = {**fresh, "state": AskState.PENDING.value}
            connection.execute(update(asks).where(c.run == run, *again).values(**pending))
            if budget is not None:
                connection.execute(update(runs).where(runs.c.id == run).values(budget_micro=budget))
        return self.resume(run, account)

    def finish(self, run: str, state: RunState, result: dict[str, Any] | None) -> None:
        """End a run and store its result. Money that was reserved for unsent asks, and for the judge, is released."""
        now = self._clock()
        values: dict[str, Any] = {"state": state.value, "result": dumped(result) if result else None}
        with self._database.write() as connection:
            values["ended_at"] = store_time(connection, now)
            account = connection.execute(select(runs.c.app).where(runs.c.id == run)).scalar() or ""
            release(connection, run, account, now)
            unhold(connection, run)
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def own(self, run: str, holder: str, seconds: float) -> bool:
        """Own a run for ``seconds`` from now, or longer if one does; False while another holder owns it."""
        with self._database.write() as connection:
            return write_lease(connection, _LEASE + run, holder, seconds, self._clock())

    def leave(self, run: str, holder: str) -> None:
        """Own a run no more. One that is still ``running`` is stopped: what was sent is charged, the rest is pending,
        and ``resume`` goes on with it. Nothing changes when another holder owns it."""
        now = self._clock()
        with self._database.write() as connection:
            if read_holder(connection, _LEASE + run) != holder:
                return
            row = connection.execute(select(runs.c.state, runs.c.app).where(runs.c.id == run)).one_or_none()
            if row is not None and row.state == RunState.RUNNING.value:
                close_doubtful(connection, run, row.app or "", now)
                stopped = {"state": RunState.STOPPED.value, "ended_at": store_time(connection, now)}
                connection.execute(update(runs).where(runs.c.id == run).values(**stopped))
            drop_lease(connection, _LEASE + run, holder)

    def left(self) -> list[str]:
        """Runs whose owner has not renewed in time: it was killed."""
        with self._database.read() as connection:
            return [name.removeprefix(_LEASE) for name in read_expired(connection, _LEASE, self._clock())]

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
            return [read_ask(row) for row in connection.execute(wanted)]

    def now(self) -> float:
        """The time of the store, by which asks and runs end."""
        with self._database.read() as connection:
            return connection.execute(select(store_time(connection, self._clock()))).scalar_one()

    def ended_between(self, after: float, until: float) -> list[tuple[Run, list[Ask]]]:
        """Runs with those of their asks that were sent and ended after ``after`` and until ``until`` (Unix s, by the
        clock of ``now``)."""
        c, at = runs.c, asks.c.ended_at
        alive = select(runs).where((c.state == RunState.RUNNING.value) | (c.ended_at > after))
        found = []
        with self._database.read() as connection:
            for row in connection.execute(alive).all():
                ended = select(asks).where(asks.c.run == row.id, at > after, at <= until, asks.c.began_at.is_not(None))
                found.append((read_run(row), [read_ask(each) for each in connection.execute(ended)]))
        return [(run, each) for run, each in found if each]

    def label(self, run: str, key: AskKey, label: str, annotator: str) -> bool:
        """Store what a person says of an answer (yes or no), in place of what was said before; whether there is one."""
        with self._database.write() as connection:
            row = connection.execute(select(asks).where(*which(run, key), asks.c.passed.is_not(None))).one_or_none()
            if row is None:
                return False
            kept = [check for check in read_ask(row).checks if "label" not in check]
            checks = dumped([*kept, {"label": label, "annotator": annotator}])
            connection.execute(update(asks).where(*which(run, key)).values(checks=checks))
        return True

    def labelled(self, purpose: str) -> list[Ask]:
        """All asks of a purpose that people have labelled."""
        wanted = select(asks).join(runs, runs.c.id == asks.c.run)
        wanted = wanted.where(runs.c.purpose == purpose, asks.c.checks.contains('"label":'))
        with self._database.read() as connection:
            return [read_ask(row) for row in connection.execute(wanted)]

    def ledger(self, run: str) -> dict[str, int]:
        """planned = done + skipped + failed + pending."""
        wanted = select(asks.c.state, func.count()).where(asks.c.run == run).group_by(asks.c.state)
        with self._database.read() as connection:
            states = {row[0]: int(row[1]) for row in connection.execute(wanted)}
        return ledger_of(states, sum(states.values()))

    def skip(self, run: str, keys: Sequence[AskKey], reason: str, account: str = "") -> None:
        """End asks that were not sent, and never will be, all or none; what was reserved for them is released."""
        skipped = [Ask(**key._asdict(), state=AskState.SKIPPED.value, reason=reason) for key in keys]
        with self._database.write() as connection:
            for ask in skipped:
                settle(connection, run, ask, account, self._clock())

    def charge(self, run: str, pair: str, amount: int) -> None:
        """Settle what was held for the judge of a pair: ``amount`` micro-dollars were spent."""
        with self._database.write() as connection:
            unhold(connection, run, pair)
            connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro + amount))

    def pressure(self, upstream: str, now: float) -> Pressure:
        """What production's latest requests say about an upstream's quota."""
        with self._database.read() as connection:
            return read_pressure(connection, upstream, now)

    def recent(self, upstream: str, since: float) -> list[float]:
        """When production's requests to an upstream began, since a time (Unix s)."""
        with self._database.read() as connection:
            return read_recent(connection, upstream, since, self._clock())

    def spent(self, account: str = "") -> int:
        """Micro-dollars spent or reserved today on an account; the empty account is the sum of all."""
        c = offpath_spending.c
        with self._database.read() as connection:
            wanted = select(c.micro_usd).where(c.day == day_of(self._clock()), c.account == account)
            return int(connection.execute(wanted).scalar() or 0)


def _taken(run: str) -> RunTaken:
    return RunTaken(f"{run}: another process performs this run, or has ended it")
