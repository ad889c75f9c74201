"""Tasks: which calls belong to one, its cost, and how it ended. Each task ends once, in one transaction.

A task is identified by ``x-sightglass-task-id`` within its application. A request without this header becomes a task
when feedback names it. Feedback and rows may arrive in any order: each looks for the other when it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, or_, select, update

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation
from proxy.feedback import Feedback, TaskOutcome
from scorers.store.records import AppCosts, TaskChange
from scorers.store.sql import chunks, insert, is_empty
from scorers.store.statements import among
from scorers.store.tables import clean, exchanges, feedback, tasks

_row = msgspec.json.Decoder(ExchangeRow)
_LONGEST_COMMENT = 10_000
_FEEDBACK = tuple(column.name for column in feedback.columns)
#: Operations that a provider charges for. A call of any other kind costs a task nothing.
_CHARGED = frozenset(
    {
        *(Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES, Operation.COMPLETIONS, Operation.EMBEDDINGS),
        *(Operation.AUDIO, Operation.IMAGES, Operation.VIDEOS, Operation.REALTIME),
    }
)
#: The ids by which feedback says what it is about.
IDS = ("request_id", "response_id", "task_id")
#: Tasks ended in one transaction.
BATCH = 200


def task_key(app: str, task_id: str | None, request_id: str) -> str:
    """The key of the task that a request belongs to. An application's name contains no colon."""
    key = f"task:{app}:{task_id}" if task_id is not None else f"request:{request_id}"
    return clean(key) or ""


def note_rows(
    connection: Connection, rows: Sequence[ExchangeRow], ids: Mapping[str, set[str]], now: float
) -> list[TaskChange]:
    """Process new rows: open or refresh their tasks, and end those whose feedback arrived first. ``ids``: those of the
    rows, as they are stored, by the name (``IDS``) under which feedback has them.

    A call that arrives after its task has ended adds to the task's cost, never to the number of tasks.
    """
    named = {_key_of(row.exchange): row.exchange for row in rows if row.exchange.task_id is not None}
    _open(connection, {key: (exchange, None) for key, exchange in named.items()}, now)
    late = _ended(connection, list(named))
    changes = [change for key in sorted(late) if (change := _add_late(connection, key)) is not None]
    return changes + _meet(connection, ids, now)


def _key_of(exchange: Exchange) -> str:
    return task_key(exchange.app, clean(exchange.task_id), exchange.request_id)


def _open(connection: Connection, found: dict[str, tuple[Exchange, str | None]], now: float) -> None:
    """Write the tasks. ``found``: key -> (one of its calls, the request's id when that is the whole task)."""
    if not found:
        return
    statement = insert(connection, tasks)
    new, c = statement.excluded, tasks.c
    statement = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "first_at": case((new.first_at < c.first_at, new.first_at), else_=c.first_at),
            "seen_at": case((new.seen_at > c.seen_at, new.seen_at), else_=c.seen_at),
        },
    )
    rows = [
        {
            "id": key,
            "app": clean(exchange.app),
            "task_id": clean(exchange.task_id),
            "request_id": clean(request_id),
            "first_at": exchange.started_at,
            "seen_at": now,
            "requests": 0,
        }
        for key, (exchange, request_id) in sorted(found.items())
    ]
    connection.execute(statement, rows)


def _ended(connection: Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(keys):
        found.update(
            connection.execute(select(tasks.c.id).where(tasks.c.id.in_(part), tasks.c.outcome.is_not(None))).scalars()
        )
    return found


def _meet(connection: Connection, ids: Mapping[str, set[str]], now: float) -> list[TaskChange]:
    """End the tasks of rows whose feedback is already stored."""
    waiting: dict[str, Row[Any]] = {}
    if is_empty(connection, feedback):
        return []
    for name, values in ids.items():
        waiting |= {row.id: row for row in among(connection, feedback, _FEEDBACK, name, values, "task IS NULL")}
    changes: list[TaskChange] = []
    for row in sorted(waiting.values(), key=lambda item: (item.at, item.id)):
        changes += _join(connection, row, now)
    return changes


def take_feedback(connection: Connection, items: Sequence[Feedback], comments: bool, now: float) -> list[TaskChange]:
    """Store feedback once, with its comment if ``comments``, and end the tasks that it is about."""
    changes: list[TaskChange] = []
    for item in sorted(items, key=lambda one: (one.at, one.id)):
        row = {
            "id": clean(item.id),
            "at": item.at,
            "app": clean(item.app),
            "request_id": clean(item.request_id),
            "response_id": clean(item.response_id),
            "task_id": clean(item.task_id),
            "outcome": item.outcome.value if item.outcome else None,
            "rating": item.rating,
            "comment": clean(item.comment, _LONGEST_COMMENT) if comments else "",
        }
        statement = insert(connection, feedback).values(row).on_conflict_do_nothing(index_elements=["id"])
        if connection.execute(statement.returning(feedback.c.id)).all():
            found = connection.execute(select(feedback).where(feedback.c.id == row["id"])).one()
            changes += _join(connection, found, now)
    return changes


def _join(connection: Connection, row: Row[Any], now: float) -> list[TaskChange]:
    """Apply one feedback to its task, if the task exists. Only feedback with an outcome ends it."""
    keys = _tasks_of(connection, row, now)
    if not keys:
        return []
    connection.execute(update(feedback).where(feedback.c.id == row.id).values(task=keys[0]))
    if row.outcome is None:
        return []
    ended = [_end(connection, key, TaskOutcome(row.outcome), now) for key in keys]
    return [change for change in ended if change is not None]


def _tasks_of(connection: Connection, row: Row[Any], now: float) -> list[str]:
    """The keys of the tasks that a feedback is about. A task of a single request is created here."""
    if row.task_id is not None:
        wanted = select(tasks.c.id).where(tasks.c.task_id == row.task_id).order_by(tasks.c.id)
        return list(connection.execute(_of_app(wanted, tasks.c.app, row.app)).scalars())
    name = "request_id" if row.request_id is not None else "response_id"
    # A stored response may be read again under the same id: the request that made it comes first, and the newest.
    read = case((exchanges.c.decision == Decision.NOT_OBSERVED.value, 1), else_=0)
    wanted = select(exchanges.c.row).where(exchanges.c[name] == getattr(row, name))
    wanted = _of_app(wanted, exchanges.c.app, row.app).order_by(read, exchanges.c.started_at.desc()).limit(1)
    found = connection.execute(wanted).scalar()
    if found is None:
        return []
    exchange = _row.decode(found).exchange
    key = _key_of(exchange)
    _open(connection, {key: (exchange, None if exchange.task_id is not None else exchange.request_id)}, now)
    return [key]


def _of_app(statement: Select[str], column: ColumnElement[str], app: str | None) -> Select[str]:
    """Restrict ``statement`` to ``app``. A client identified by its key can rate only its own application."""
    return statement if app is None else statement.where(column == app)


def _locked(connection: Connection, key: str) -> Row[Any]:
    wanted = select(tasks).where(tasks.c.id == key)
    return connection.execute(wanted.with_for_update() if connection.dialect.name == "postgresql" else wanted).one()


def _end(connection: Connection, key: str, outcome: TaskOutcome, now: float) -> TaskChange | None:
    """End the task unless it has ended. Only the transaction that ended it gets the change."""
    task = _locked(connection, key)
    if task.outcome is not None:
        return None
    requests, cost = _cost(connection, task)
    connection.execute(
        update(tasks)
        .where(tasks.c.id == key)
        .values(outcome=outcome.value, ended_at=now, requests=requests, cost_usd=cost)
    )
    return TaskChange(app=task.app, outcome=outcome, ended=True, cost_usd=cost)


def _add_late(connection: Connection, key: str) -> TaskChange | None:
    """Add cost that arrived after the end. A task whose cost is not known stays in its separate count."""
    task = _locked(connection, key)
    requests, cost = _cost(connection, task, known_only=True)
    more = max(0.0, (cost or 0.0) - (task.cost_usd or 0.0))
    values: dict[str, Any] = {"requests": max(requests, task.requests)}
    if task.cost_usd is not None:
        values["cost_usd"] = task.cost_usd + more
    connection.execute(update(tasks).where(tasks.c.id == key).values(**values))
    if task.cost_usd is None or more == 0.0:
        return None
    return TaskChange(app=task.app, outcome=TaskOutcome(task.outcome), ended=False, cost_usd=more)


def _cost(connection: Connection, task: Row[Any], known_only: bool = False) -> tuple[int, float | None]:
    """The number of calls of a task and their cost in USD. ``None`` when one cost is not known, unless
    ``known_only``."""
    wanted = select(exchanges.c.row).where(exchanges.c.app == task.app)
    if task.task_id is not None:
        wanted = wanted.where(exchanges.c.task_id == task.task_id)
    else:
        wanted = wanted.where(exchanges.c.request_id == task.request_id)
    calls = [_row.decode(text) for text in connection.execute(wanted).scalars()]
    cost = total_cost(calls)
    if cost is None and known_only:
        cost = sum(call.exchange.cost_usd or 0.0 for call in calls if not _is_read(call))
    return len(calls), cost


def _is_read(call: ExchangeRow) -> bool:
    """Whether a call only read a response that another call created."""
    return call.exchange.operation is Operation.RESPONSES and call.decision is Decision.NOT_OBSERVED


def total_cost(calls: Sequence[ExchangeRow]) -> float | None:
    """The total USD of the calls, including retries and aborted ones; ``None`` when the cost of one is not known.

    A call that failed before the provider generated anything (status 400 or more) costs nothing. A background response
    reports its usage only to later calls that read it, so it counts once.
    """
    reads: dict[str | None, float] = {}
    for call in calls:
        if _is_read(call) and call.exchange.cost_usd is not None:
            reads[call.exchange.response_id] = call.exchange.cost_usd
    total = 0.0
    for call in calls:
        exchange = call.exchange
        if _is_read(call):
            continue
        cost = exchange.cost_usd
        read = reads.pop(exchange.response_id, None) if exchange.response_id is not None else None
        if cost is None:
            cost = read
        if cost is None and _charged(exchange):
            return None
        total += cost or 0.0
    return total + sum(reads.values())


def _charged(exchange: Exchange) -> bool:
    if exchange.status == 101:  # a tunnel: the exchanges inside it are counted separately
        return False
    return exchange.operation in _CHARGED and (exchange.status is None or exchange.status < 400)


def end_idle(connection: Connection, before: float, now: float) -> list[TaskChange]:
    """End up to ``BATCH`` tasks without a call since ``before`` (Unix s) as unknown."""
    wanted = select(tasks.c.id).where(tasks.c.outcome.is_(None), tasks.c.seen_at < before)
    wanted = wanted.order_by(tasks.c.id).limit(BATCH)
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    keys = list(connection.execute(wanted).scalars())
    changes = [_end(connection, key, TaskOutcome.UNKNOWN, now) for key in keys]
    return [change for change in changes if change is not None]


def expire_tasks(connection: Connection, before: float) -> int:
    """Delete tasks that ended before ``before``. Their rows must be past retention too, or the tasks would be
    created again."""
    return connection.execute(
        delete(tasks).where(tasks.c.outcome.is_not(None), tasks.c.seen_at < before, tasks.c.ended_at < before)
    ).rowcount


def costs(connection: Connection, since: float, until: float) -> list[AppCosts]:
    """Tasks that ended in [since, until), by application and outcome."""
    known = tasks.c.cost_usd.is_not(None)
    statement = (
        select(
            tasks.c.app,
            tasks.c.outcome,
            func.count(case((known, 1))).label("tasks"),
            func.coalesce(func.sum(tasks.c.cost_usd), 0.0).label("cost_usd"),
            func.count(case((or_(known, tasks.c.outcome.is_(None)), None), else_=1)).label("unmetered"),
        )
        .where(tasks.c.ended_at >= since, tasks.c.ended_at < until)
        .group_by(tasks.c.app, tasks.c.outcome)
        .order_by(tasks.c.app, tasks.c.outcome)
    )
    return [
        AppCosts(row.app, TaskOutcome(row.outcome), int(row.tasks), float(row.cost_usd), int(row.unmetered))
        for row in connection.execute(statement)
    ]
