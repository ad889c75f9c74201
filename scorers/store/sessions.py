"""Browser sessions of the console. They are rows, so every worker on a store knows them and a logout holds everywhere.

A row holds a hash of the cookie and a seal made with the token. So a reader of the store can neither impersonate
anybody nor test tokens quickly. Every method is one short, blocking transaction and may raise ``StoreUnavailable``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, delete, select

from scorers.store.engine import Database
from scorers.store.tables import clean, console_sessions

#: Sessions that one token may have at once. A further one ends the oldest.
MOST = 100


class SessionRow(msgspec.Struct, frozen=True):
    """An active session. ``id`` is a hash of the cookie. ``name`` is the token's name. Times are Unix s."""

    id: str
    seal: str
    name: str
    address: str
    began_at: float
    expires_at: float


def identity(cookie: str) -> str:
    """The id under which the store keeps the session of a cookie; 64 hex digits."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


class SessionStore:
    """Access to sessions."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(self, row: SessionRow) -> None:
        """Store a session. Expired sessions are deleted, and so are the oldest of the same name beyond ``MOST``."""
        c = console_sessions.c
        kept = {
            name: clean(value) if isinstance(value, str) else value
            for name, value in msgspec.structs.asdict(row).items()
        }
        with self._database.write() as connection:
            expire_sessions(connection, self._clock())
            connection.execute(console_sessions.insert(), [kept])
            newest = select(c.id).where(c.name == kept["name"]).order_by(c.began_at.desc(), c.id)
            late = connection.execute(newest.offset(MOST)).scalars().all()
            if late:
                connection.execute(delete(console_sessions).where(c.id.in_(late)))

    def find(self, session: str) -> SessionRow | None:
        """The session with this id, unless it has expired."""
        c = console_sessions.c
        with self._database.read() as connection:
            row = connection.execute(select(console_sessions).where(c.id == clean(session))).one_or_none()
        return SessionRow(*row) if row is not None and row.expires_at > self._clock() else None

    def end(self, session: str) -> None:
        """End the session with this id."""
        with self._database.write() as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.id == clean(session)))

    def end_unless(self, ours: Callable[[SessionRow], bool]) -> int:
        """End every session that is not ``ours``; returns how many."""
        c = console_sessions.c
        with self._database.write() as connection:
            expire_sessions(connection, self._clock())
            rows = [SessionRow(*row) for row in connection.execute(select(console_sessions))]
            gone = [row.id for row in rows if not ours(row)]
            if gone:
                connection.execute(delete(console_sessions).where(c.id.in_(gone)))
        return len(gone)


def expire_sessions(connection: Connection, now: float) -> None:
    """Delete expired sessions."""
    connection.execute(delete(console_sessions).where(console_sessions.c.expires_at <= now))
