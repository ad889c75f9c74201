"""Erases text from what asks again: a user's cases of suites, answers, what runs keep of both; and old answers."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from scorers.store.asking_tables import asks, runs, suite_cases
from scorers.store.engine import Database
from scorers.store.expire import BATCH
from scorers.store.run_rows import dumped
from scorers.store.runs import FORGOTTEN, AskState, Purpose
from scorers.store.tables import clean

#: What the result of a run says of a case that became better or worse.
_CHANGES, _TEXTS = ("regressions", "improvements"), ("input", "answer_before", "answer_after")
#: Runs over production's requests that end by themselves. Those of suites and benchmarks stay until they are deleted.
_PASSING = (Purpose.STABILITY.value, Purpose.PROBE.value)


def forget_asked(connection: Connection, user_hash: str) -> int:
    """Erase the text of up to ``BATCH`` cases of a user and of all answers to them; returns how many cases it were. The
    rows stay. What is pending is marked as forgotten: it is not sent any more, and a late answer is not kept."""
    c, a = suite_cases.c, asks.c
    user = clean(user_hash)
    cases = select(c.suite, c.hash).where(c.user_hash == user, c.content.is_not(None)).limit(BATCH)
    rows = connection.execute(cases).all()
    for row in rows:
        is_it = (c.suite == row.suite) & (c.hash == row.hash)
        connection.execute(update(suite_cases).where(is_it).values(content=None))
    # An answer that is being stored now was asked for before the user was forgotten: it is waited for, and erased.
    pending = (a.user_hash == user, a.state == AskState.PENDING.value)
    in_order = select(a.run).where(*pending).order_by(a.run, a.case_id, a.arm, a.repeat)
    connection.execute(in_order.with_for_update()).all()
    connection.execute(update(asks).where(*pending).values(reason=FORGOTTEN))
    has_text = (a.answer.is_not(None)) | (a.checks.is_not(None))
    connection.execute(update(asks).where(a.user_hash == user, has_text).values(answer=None, checks=None))
    return len(rows)


def forget_quoted(database: Database, user_hash: str) -> None:
    """Erase what plans and results of runs quote of a user's cases, each run in a transaction of its own. Raises
    ``StoreError``."""
    a = asks.c
    own = a.user_hash == clean(user_hash)
    with database.read() as connection:
        asked = connection.execute(select(a.run).where(own).distinct()).scalars().all()
    for run in asked:
        with database.write() as connection:
            ids = connection.execute(select(a.case_id).where(a.run == run, own).distinct()).scalars()
            forget_in(connection, run, set(ids))


def forget_in(connection: Connection, run: str, ids: set[str]) -> None:
    """Erase what a run's plan and its result quote of these cases."""
    wanted = select(runs.c.plan, runs.c.result).where(runs.c.id == run)
    row = connection.execute(wanted.with_for_update()).one_or_none()  # a run may end meanwhile, and store its result
    if row is None:
        return
    plan: dict[str, Any] = orjson.loads(row.plan)
    result: dict[str, Any] | None = orjson.loads(row.result) if row.result else None
    erased = False
    for case in plan.get("cases") or ():
        if case.get("id") in ids and case.get("asks"):
            case["asks"], erased = "", True
    against = (result or {}).get("against") or {}
    for change in (change for name in _CHANGES for change in against.get(name) or ()):
        if change.get("id") in ids and (change.get("why") or any(change.get(text) for text in _TEXTS)):
            change |= {**dict.fromkeys(_TEXTS, ""), "why": []}
            erased = True
    if erased:
        kept = {"plan": dumped(plan), "result": dumped(result) if result is not None else None}
        connection.execute(update(runs).where(runs.c.id == run).values(**kept))


def expire_asked(connection: Connection, before: float) -> int:
    """Erase up to ``BATCH`` answers of runs of stability and probes that ended before ``before`` (Unix s); returns how
    many. Results and what was found of each answer stay."""
    a, r = asks.c, runs.c
    old = select(a.run, a.case_id, a.arm, a.repeat).join(runs, r.id == a.run)
    old = old.where(r.purpose.in_(_PASSING), r.ended_at < before, a.answer.is_not(None)).limit(BATCH)
    rows = connection.execute(old).all()
    for row in rows:
        one = (a.run == row.run, a.case_id == row.case_id, a.arm == row.arm, a.repeat == row.repeat)
        connection.execute(update(asks).where(*one).values(answer=None))
    return len(rows)
