"""Precompiled statements of the hot path: one constant text for each table, dialect and conflict clause.

SQLAlchemy Core defines the schema and runs the reads. Bulk rows go to the driver unchanged. SQLite takes a batch by
``executemany``, as many rows to a statement as ``_BLOCK`` says: each statement copies every page that it changes, as
it might have to be undone. PostgreSQL takes one array for each column in one statement. That needs neither a temporary
table nor a fixed connection, so a pooler in transaction mode may stand in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, CursorResult, Double, Integer, Table, Text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

#: A row, in the order of the columns that are written.
Values = tuple[Any, ...]
_json = msgspec.json.Encoder()
_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Text, "text"),
    (Double, "float8"),
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Boolean, "bool"),
)
#: Rows of one statement on PostgreSQL, so that its text of arrays stays within some megabytes.
_CHUNK = 1_000
#: Rows of one statement on SQLite, and its parameters, whichever is less; what is left goes in blocks of ``_SMALL``.
_BLOCK, _PARAMETERS, _SMALL = 128, 3_000, 8


class AlreadyStored(Exception):
    """A key exists that was not expected to. Nothing of the transaction may be kept."""


def write(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[Values],
    conflict: str = "",
    large: bool = False,
) -> None:
    """Insert ``rows``. ``conflict``: constant text that follows the values, such as ``ON CONFLICT (id) DO NOTHING``.

    ``large``: some rows have much text. SQLite holds a copy of all that one statement is given, so each gets its own.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _write_sqlite(connection, table, columns, rows, ("INSERT", conflict), large)
        return
    statement = _for_postgresql(table, columns, conflict)
    for start in range(0, len(rows), _CHUNK):
        connection.exec_driver_sql(statement, _arrays(table, columns, rows[start : start + _CHUNK]))


def write_absent(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values], large: bool = False
) -> None:
    """Insert rows into SQLite whose keys are not expected to exist. Raises ``AlreadyStored`` where one does; then the
    transaction must be rolled back.

    ``OR FAIL``: a statement that fails leaves the rows before it to the transaction. So SQLite copies no page for it.
    """
    if rows:
        try:
            _write_sqlite(connection, table, columns, rows, ("INSERT OR FAIL", ""), large)
        except IntegrityError as error:
            raise AlreadyStored from error


def _write_sqlite(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[Values],
    manner: tuple[str, str],
    large: bool,
) -> None:
    start = 0
    for size in (1,) if large else (min(_BLOCK, _PARAMETERS // len(columns)), _SMALL, 1):
        end = len(rows) - (len(rows) - start) % size
        if end > start:
            blocks = [tuple(chain.from_iterable(rows[at : at + size])) for at in range(start, end, size)]
            connection.exec_driver_sql(_for_sqlite(table, columns, manner, size), blocks)
            start = end


def write_new(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values]) -> set[Values]:
    """Insert the rows whose primary key does not exist; returns the new keys as tuples.

    The key's columns come first in ``columns``. Of two concurrent writers, exactly one has a row as new.
    """
    keys = tuple(column.name for column in table.primary_key)
    assert columns[: len(keys)] == keys
    conflict = f"ON CONFLICT ({', '.join(keys)}) DO NOTHING"
    if connection.dialect.name != "sqlite":
        new: set[Values] = set()
        statement = _for_postgresql(table, columns, f"{conflict} RETURNING {', '.join(keys)}")
        for start in range(0, len(rows), _CHUNK):
            found = connection.exec_driver_sql(statement, _arrays(table, columns, rows[start : start + _CHUNK]))
            new.update(tuple(row) for row in found)
        return new
    # A writer holds the file's only write lock: a key that does not exist now cannot exist at the insert.
    known = {tuple(row) for row in among(connection, table, keys, keys[0], dict.fromkeys(row[0] for row in rows))}
    fresh = {row[: len(keys)]: row for row in rows if row[: len(keys)] not in known}
    write_absent(connection, table, columns, list(fresh.values()))
    return set(fresh)


def among(
    connection: Connection, table: Table, columns: tuple[str, ...], by: str, values: Iterable[str], also: str = ""
) -> Sequence[Any]:
    """The rows (``columns``) whose text column ``by`` is one of ``values``. ``also``: a further constant condition."""
    wanted = list(values)
    return (
        _among(connection, _reading(connection.dialect.name, table, columns, by, also), wanted).all() if wanted else ()
    )


def tuples_among(
    connection: Connection, table: Table, columns: tuple[str, ...], by: str, values: Iterable[str], also: str = ""
) -> Sequence[Values]:
    """``among`` for many rows: as the driver returns them, without names."""
    wanted = list(values)
    if not wanted:
        return ()
    with _among(connection, _reading(connection.dialect.name, table, columns, by, also), wanted) as result:
        found: Sequence[Values] = result.cursor.fetchall()
        return found


def _among(connection: Connection, statement: str, wanted: list[str]) -> CursorResult[Any]:
    given: tuple[Any, ...] = (_json.encode(wanted).decode(),) if connection.dialect.name == "sqlite" else (wanted,)
    return connection.exec_driver_sql(statement, given)


def among_keys(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    by: tuple[str, ...],
    keys: Iterable[Values],
    also: str = "",
) -> Sequence[Any]:
    """The rows (``columns``) whose text columns ``by`` are one of ``keys``. ``also``: constant text that follows."""
    wanted = list(keys)
    if not wanted:
        return ()
    statement = _reading_keys(connection.dialect.name, table, columns, by, also)
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(statement, (_json.encode(wanted).decode(),)).all()
    return connection.exec_driver_sql(statement, tuple(map(list, zip(*wanted, strict=True)))).all()


def remove(connection: Connection, table: Table, by: str, values: Sequence[int]) -> None:
    """Delete the rows whose whole-number column ``by`` is one of ``values``."""
    if not values:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_removing("sqlite", table, by), (_json.encode(values).decode(),))
    else:
        connection.exec_driver_sql(_removing("postgresql", table, by), (list(values),))


def over(table: Table, columns: tuple[str, ...], kept: str = "") -> str:
    """The conflict clause that overwrites ``columns`` of the existing row. ``kept``: assignments of other columns."""
    keys = [column.name for column in table.primary_key]
    replaced = [f'"{name}" = excluded."{name}"' for name in columns if name not in keys]
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join([*replaced, *([kept] if kept else [])])}"


@lru_cache(maxsize=256)
def _reading(dialect: str, table: Table, columns: tuple[str, ...], by: str, also: str) -> str:
    any_of = "IN (SELECT value FROM json_each(?))" if dialect == "sqlite" else "= ANY(%b::text[])"
    further = f" AND {also}" if also else ""
    return f"SELECT {_listed(columns)} FROM {table.name} WHERE {by} {any_of}{further}"  # noqa: S608 - our own names


@lru_cache(maxsize=256)
def _reading_keys(dialect: str, table: Table, columns: tuple[str, ...], by: tuple[str, ...], also: str) -> str:
    if dialect == "sqlite":
        parts = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(by)))
        keys = f"SELECT {parts} FROM json_each(?)"  # noqa: S608 - our own names
    else:
        keys = f"SELECT * FROM unnest({', '.join(['%b::text[]'] * len(by))})"  # noqa: S608 - our own names
    return f"SELECT {_listed(columns)} FROM {table.name} WHERE ({_listed(by)}) IN ({keys}) {also}"  # noqa: S608


@lru_cache(maxsize=256)
def _removing(dialect: str, table: Table, by: str) -> str:
    any_of = "IN (SELECT value FROM json_each(?))" if dialect == "sqlite" else "= ANY(%b::int8[])"
    return f"DELETE FROM {table.name} WHERE {by} {any_of}"  # noqa: S608 - our own names


@lru_cache(maxsize=256)
def _for_sqlite(table: Table, columns: tuple[str, ...], manner: tuple[str, str], rows: int) -> str:
    """``manner``: the statement's first words, and what follows the values."""
    verb, conflict = manner
    row = f"({', '.join('?' * len(columns))})"
    places = ", ".join([row] * rows)
    return f"{verb} INTO {table.name} ({_listed(columns)}) VALUES {places} {conflict}"


@lru_cache(maxsize=256)
def _for_postgresql(table: Table, columns: tuple[str, ...], conflict: str) -> str:
    arrays = ", ".join(f"%b::{_type(table, name)}[]" for name in columns)
    return f"INSERT INTO {table.name} ({_listed(columns)}) SELECT * FROM unnest({arrays}) {conflict}"  # noqa: S608


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)  # ``row`` is an SQL keyword


def _type(table: Table, name: str) -> str:
    kind = table.c[name].type
    return next(word for known, word in _TYPES if isinstance(kind, known))


@lru_cache(maxsize=256)
def _reals(table: Table, columns: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(isinstance(table.c[name].type, Double) for name in columns)


def _arrays(table: Table, columns: tuple[str, ...], rows: Sequence[Values]) -> tuple[list[Any], ...]:
    """One list per column. The driver does not accept a list that mixes integers and floats."""
    return tuple(
        [None if value is None else float(value) for value in column] if real else list(column)
        for real, column in zip(_reals(table, columns), zip(*rows, strict=True), strict=True)
    )
