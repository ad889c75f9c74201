"""Raters of one experiment: a link that works once, and the session that it is exchanged for.

Links and cookies are random; the store keeps their digests. A rater who needs a new link gets one for the same name.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import select, update

from scorers.store.engine import Database
from scorers.store.experiment_tables import rater_links
from scorers.store.sessions import identity
from scorers.store.tables import clean

#: How long a session lasts, and a link unless it says otherwise.
SESSION_SECONDS = 7 * 86400.0
LINK_HOURS = 72.0


class LinkOver(Exception):
    """A link that does not work; the message says why."""


class Rater(msgspec.Struct, frozen=True):
    """Somebody who compares answers of one experiment. Times are Unix s."""

    experiment: str
    voter: str
    made_by: str
    made_at: float
    expires_at: float
    used_at: float | None
    session_until: float | None


class RaterStore:
    """Access to raters. Every method is one short transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def link(self, experiment: str, voter: str, made_by: str, hours: float = LINK_HOURS) -> str:
        """Make a link for a rater; the secret in it, which is kept nowhere."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        row = {"link": identity(secret), "experiment": experiment, "voter": voter, "made_by": clean(made_by)}
        with self._database.write() as connection:
            times = {"made_at": now, "expires_at": now + hours * 3600}
            connection.execute(rater_links.insert(), [{**row, **times}])
        return secret

    def enter(self, secret: str) -> str:
        """Exchange a link for a session, once; the cookie's value. Raises ``LinkOver``."""
        c, now = rater_links.c, self._clock()
        cookie = secrets.token_urlsafe(32)
        used = {"used_at": now, "session": identity(cookie), "session_until": now + SESSION_SECONDS}
        with self._database.write() as connection:
            own = c.link == identity(secret)
            row = connection.execute(select(rater_links).where(own)).one_or_none()
            if row is None:
                raise LinkOver("this link is not known; copy it whole, or ask for a new one")
            if row.used_at is None and row.expires_at <= now:
                raise LinkOver("this link has expired; ask for a new one")
            fresh = update(rater_links).where(own, c.used_at.is_(None)).values(**used)
            if connection.execute(fresh).rowcount != 1:
                raise LinkOver("this link has been used; each link works once, ask for a new one")
        return cookie

    def find(self, cookie: str) -> Rater | None:
        """Whose session this is; ``None`` when it is unknown or over."""
        wanted = _COLUMNS.where(rater_links.c.session == identity(cookie))
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        rater = Rater(*row) if row is not None else None
        return rater if rater is not None and (rater.session_until or 0) > self._clock() else None

    def leave(self, cookie: str) -> None:
        """End a session."""
        c = rater_links.c
        with self._database.write() as connection:
            over = update(rater_links).where(c.session == identity(cookie))
            connection.execute(over.values(session_until=self._clock()))

    def raters(self, experiment: str) -> list[Rater]:
        """All links of an experiment, the newest first."""
        c = rater_links.c
        wanted = _COLUMNS.where(c.experiment == experiment).order_by(c.made_at.desc(), c.link)
        with self._database.read() as connection:
            return [Rater(*row) for row in connection.execute(wanted)]


_COLUMNS = select(*(rater_links.c[name] for name in Rater.__struct_fields__))
