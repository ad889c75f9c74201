"""Leases: they decide which of several workers does a job that only one may do. If the holder dies, its lease runs out.

The clock of the store decides (``store_time``).
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, or_, select, update

from scorers.store.sql import insert, store_time
from scorers.store.tables import leases

#: No lease is granted for longer than so many times what somebody else asks for, and so many seconds.
_AHEAD, _SLACK = 2, 60.0


def write_lease(connection: Connection, name: str, holder: str, seconds: float, clock: float) -> bool:
    """Take or renew the lease for ``seconds``; False while another worker holds it."""
    now = store_time(connection, clock)
    statement = insert(connection, leases).values(name=name, holder=holder, expires_at=now + seconds)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": statement.excluded.holder, "expires_at": statement.excluded.expires_at},
        where=or_(leases.c.holder == holder, leases.c.expires_at < now),
    )
    if connection.execute(statement.returning(leases.c.name)).one_or_none() is not None:
        return True
    # A clock that was set back would let the lease of the dead run for as long: it is written anew.
    ahead = (leases.c.name == name, leases.c.expires_at > now + _AHEAD * seconds + _SLACK)
    connection.execute(update(leases).where(*ahead).values(expires_at=now + seconds))
    return False


def drop_lease(connection: Connection, name: str, holder: str) -> None:
    """Release the lease, if this worker holds it, so that the next one need not wait."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def read_holder(connection: Connection, name: str) -> str | None:
    """The last holder of the lease, whether or not it has expired."""
    return connection.execute(select(leases.c.holder).where(leases.c.name == name)).scalar_one_or_none()


def read_expired(connection: Connection, prefix: str, clock: float) -> list[str]:
    """The names with a prefix whose leases have run out; those that were released are not among them."""
    c = leases.c
    expired = c.name.startswith(prefix, autoescape=True) & (c.expires_at < store_time(connection, clock))
    return list(connection.execute(select(c.name).where(expired).order_by(c.name)).scalars())
