"""Sums read from a table of tallies."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Double, Select, Table, bindparam, func, select

from scorers.store.tallies.spans import Part


@lru_cache
def _wanted(table: Table, names: tuple[str, ...]) -> Select[Any]:
    c = table.c
    columns = [c[name] for name in names]
    sums = [func.sum(column) for column in c if not column.primary_key]
    inside = (c.start >= bindparam("first"), c.start < bindparam("end", type_=Double))
    wanted = select(*columns, *sums).where(c.span == bindparam("span"), *inside)
    if "imported" in c:
        wanted = wanted.where(c.imported == bindparam("imported"))
    return wanted.group_by(*columns)


def stored(
    connection: Connection, table: Table, names: tuple[str, ...], part: Part, imported: bool = False
) -> dict[Any, list[float]]:
    """The sums of the tallies of this part, grouped by the columns ``names``; numbers in the table's column order."""
    known = {"span": part.span, "first": part.first, "end": math.inf if part.end is None else part.end}
    if "imported" in table.c:
        known["imported"] = imported
    count = len(names)
    return {tuple(row[:count]): list(row[count:]) for row in connection.execute(_wanted(table, names), known)}
