"""What asks cost: added to the sum of their run, of the UTC day on which the money was reserved, and of an account.

Each function is a part of its caller's transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, Row, case, func, select, update

from scorers.store.asking_tables import asks, offpath_spending, runs
from scorers.store.experiment_tables import pairs
from scorers.store.run_rows import dumped, read_ask, which
from scorers.store.runs import FORGOTTEN, INTERRUPTED, Ask, AskState
from scorers.store.sql import insert, store_time
from scorers.store.tables import clean, forgotten


def day_of(moment: float) -> str:
    """The UTC day of a time (Unix s)."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def add(connection: Connection, day: str, account: str, amount: int, most: int | None) -> bool:
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


def settle(connection: Connection, run: str, ask: Ask, account: str, now: float) -> None:
    """Store an ask's result and release what was reserved but not needed. A second result changes nothing.

    What a try before was charged stays with it."""
    c = asks.c
    wanted = select(c.state, c.reserved_micro, c.reserved_at, c.began_at, c.user_hash, c.reason, c.cost_micro)
    # Locked, so that a user is forgotten either before the next look, or after the answer is there to be erased.
    before = connection.execute(wanted.where(*which(run, ask.key)).with_for_update()).one_or_none()
    if before is None or before.state != AskState.PENDING.value:
        return
    if before.reason == FORGOTTEN or _was_forgotten(connection, run, before.user_hash):
        ask = msgspec.structs.replace(ask, answer=None, checks=[])
    values = {
        "state": ask.state,
        "reason": clean(ask.reason),
        "reserved_micro": None,
        "reserved_at": None,
        "cost_micro": ask.cost_micro + before.cost_micro,
        "cost_usd": ask.cost_usd,
        "seconds": ask.seconds,
        "ended_at": store_time(connection, now),
        "passed": ask.passed,
        "score": ask.score,
        "answer": dumped(ask.answer) if ask.answer is not None else None,
        "checks": dumped(ask.checks) if ask.checks else None,
    }
    connection.execute(update(asks).where(*which(run, ask.key)).values(**values))
    change = ask.cost_micro - (before.reserved_micro or 0)
    if change:
        connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro + change))
        add(connection, _reserved_on(before, now), account, change, None)


def _was_forgotten(connection: Connection, run: str, user_hash: str | None) -> bool:
    """Whether the user asked for erasure while the run was under way, by the clocks. A version before ``FORGOTTEN``
    marks no ask."""
    if user_hash is None:
        return False
    since = select(runs.c.created_at).where(runs.c.id == run).scalar_subquery()
    asked = select(forgotten.c.at).where(forgotten.c.user_hash == user_hash, forgotten.c.at >= since)
    return connection.execute(asked).first() is not None


def release(connection: Connection, run: str, account: str, now: float) -> None:
    """Give back what was reserved for asks that were not sent. They stay pending."""
    for row in _reserved(connection, run):
        if row.began_at is None:
            connection.execute(
                update(asks).where(*which(run, read_ask(row).key)).values(reserved_micro=None, reserved_at=None)
            )
            kept = row.reserved_micro
            connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro - kept))
            add(connection, _reserved_on(row, now), account, -kept, None)


def close_doubtful(connection: Connection, run: str, account: str, now: float) -> None:
    """Charge what was sent and has no result: failed, ``interrupted``. What was not sent is released."""
    for row in _reserved(connection, run):
        if row.began_at is not None:
            lost = {"state": AskState.FAILED.value, "reason": INTERRUPTED, "cost_micro": row.reserved_micro}
            settle(connection, run, msgspec.structs.replace(read_ask(row), **lost), account, now)
    release(connection, run, account, now)


def unhold(connection: Connection, run: str, pair: str | None = None) -> None:
    """Release what was held in a run for the judge of one pair, or of all."""
    c = pairs.c
    own = (c.run == run, c.held_micro.is_not(None), *(() if pair is None else (c.id == pair,)))
    held = int(connection.execute(select(func.sum(c.held_micro)).where(*own)).scalar() or 0)
    if held:
        connection.execute(update(pairs).where(*own).values(held_micro=None))
        connection.execute(update(runs).where(runs.c.id == run).values(spent_micro=runs.c.spent_micro - held))


def _reserved(connection: Connection, run: str) -> list[Row]:  # type: ignore[type-arg]
    c = asks.c
    wanted = select(asks).where(c.run == run, c.state == AskState.PENDING.value, c.reserved_micro.is_not(None))
    return list(connection.execute(wanted.order_by(c.run, c.case_id, c.arm, c.repeat)))


def _reserved_on(row: Row, now: float) -> str:  # type: ignore[type-arg]
    """The day whose sum holds the money. A version before ``reserved_at`` kept only when an ask was sent."""
    return day_of(row.reserved_at or row.began_at or now)
