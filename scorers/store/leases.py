"""Leases: which one of several workers does what only one may do. A holder that dies loses it when its time ends.

The database's own clock decides where it has one that all share (PostgreSQL); workers that share a SQLite file share a
machine and its clock.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, literal, or_, select

from scorers.store.sql import insert
from scorers.store.tables import leases


def _now(connection: Connection, clock: float) -> ColumnElement[float]:
    if connection.dialect.name == "postgresql":
        return func.extract("epoch", func.clock_timestamp()).cast(leases.c.expires_at.type)
    return literal(clock)


def write_lease(connection: Connection, name: str, holder: str, seconds: float, clock: float) -> bool:
    """Take or renew the lease for ``seconds``; False while somebody else holds it."""
    now = _now(connection, clock)
    statement = insert(connection, leases).values(name=name, holder=holder, expires_at=now + seconds)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": statement.excluded.holder, "expires_at": statement.excluded.expires_at},
        where=or_(leases.c.holder == holder, leases.c.expires_at < now),
    )
    return connection.execute(statement.returning(leases.c.name)).one_or_none() is not None


def drop_lease(connection: Connection, name: str, holder: str) -> None:
    """Let go of the lease, if it is ours, so that the next one need not wait."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def read_holder(connection: Connection, name: str) -> str | None:
    """Who held the lease last, whether or not it has ended."""
    return connection.execute(select(leases.c.holder).where(leases.c.name == name)).scalar_one_or_none()
