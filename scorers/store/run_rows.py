"""Runs and asks as rows of the store: what is written as JSON, and how it is read."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Row

from scorers.store.asking_tables import asks
from scorers.store.runs import FORGOTTEN, Ask, AskKey, AskState, Run
from scorers.store.tables import clean


def which(run: str, key: AskKey) -> tuple[Any, ...]:
    """The conditions that select one ask."""
    c = asks.c
    return c.run == run, c.case_id == clean(key.case_id), c.arm == key.arm, c.repeat == key.repeat


def planned_row(run: str, key: AskKey, user: str | None, gone: bool) -> dict[str, object]:
    """A pending ask, with the keyed hash of its user. ``gone``: the user was forgotten."""
    row: dict[str, object] = {"run": run, "case_id": clean(key.case_id), "arm": key.arm, "repeat": key.repeat}
    row |= {"state": AskState.PENDING.value, "reason": FORGOTTEN if gone else None}
    return row | {"cost_micro": 0, "user_hash": user}


def dumped(value: object) -> str:
    """JSON that every database stores."""
    return orjson.dumps(value).decode().replace("\\u0000", "\\ufffd")


def read_run(row: Row[Any]) -> Run:
    """The run in a row of ``runs``."""
    found = dict(row._mapping)
    found["plan"] = orjson.loads(found["plan"])
    found["result"] = orjson.loads(found["result"]) if found["result"] else None
    return Run(**found)


def read_ask(row: Row[Any]) -> Ask:
    """The ask in a row of ``asks``."""
    found = dict(row._mapping)
    found["answer"] = orjson.loads(found["answer"]) if found["answer"] else None
    found["checks"] = orjson.loads(found["checks"]) if found["checks"] else []
    return Ask(**{name: found[name] for name in Ask.__struct_fields__})
