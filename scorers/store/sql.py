"""Helpers for all statements: slices of bounded size, and the dialect's INSERT."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ColumnElement, Connection, Double, Select, Table, exists, func, literal, select

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
#: Rows of one statement with many values: SQLite takes 32,766 parameters, PostgreSQL 65,535.
_CHUNK = 500


def chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[Sequence[T]]:
    """``items`` in slices of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The dialect's INSERT, which supports ON CONFLICT."""
    # By name: importing a dialect that is not used takes a tenth of a second.
    made: sqlite.Insert | postgresql.Insert
    made = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)
    return made


def store_time(connection: Connection, clock: float) -> ColumnElement[float]:
    """The time of the store in Unix s: PostgreSQL's own, because the hosts that share it have clocks that differ. All
    that share an SQLite file are on one machine: theirs is ``clock``."""
    if connection.dialect.name == "postgresql":
        return func.extract("epoch", func.clock_timestamp()).cast(Double())
    return literal(clock)


def is_empty(connection: Connection, table: Table) -> bool:
    """Whether a table has no row. Most stores have no labels and no feedback, which are looked for all the time."""
    return not connection.execute(_some(table)).scalar_one()


@lru_cache(maxsize=32)
def _some(table: Table) -> Select[tuple[bool]]:
    return select(exists(select(literal(1)).select_from(table)))
