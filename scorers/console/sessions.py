"""Browsers that are signed in: a random cookie for each, which the store's row and the token both must know."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie

from scorers.console.roles import Key
from scorers.store.records import StoreUnavailable
from scorers.store.sessions import SessionRow, SessionStore, identity

log = logging.getLogger("sightglass.console")

COOKIE = "sightglass_console"
#: Of raters, who have a session without a token.
RATER_COOKIE = "sightglass_rater"
SESSION_SECONDS = 12 * 3600
_LONGEST = 200


class Sessions:
    """The sessions of these tokens. Its methods block, and raise ``StoreUnavailable``."""

    def __init__(self, store: SessionStore, keys: Sequence[Key]) -> None:
        """Sessions of tokens that are no longer configured, or have changed, end here and now."""
        self._store = store
        self._keys = keys
        try:
            ended = store.end_unless(lambda row: self._key(row) is not None)
        except StoreUnavailable as error:
            # No request gets in by one of them all the same.
            log.warning("sessions of earlier tokens could not be ended: %s", error)
        else:
            if ended:
                log.info("%d sessions have ended: their token was changed or taken away", ended)

    def _key(self, row: SessionRow) -> Key | None:
        found = [key for key in self._keys if key.sealed(row.id, row.seal)]
        return found[0] if found else None

    def begin(self, key: Key, address: str, before: str | None) -> str:
        """Begin a session in the place of the one that the browser had ``before``; the cookie's value."""
        if before is not None:
            self._store.end(identity(before))
        cookie, now = f"{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(32)}", time.time()
        session = identity(cookie)
        name = key.by_session.name
        self._store.begin(SessionRow(session, key.seal(session), name, address, now, now + SESSION_SECONDS))
        return cookie

    def find(self, cookie: str) -> Key | None:
        """The token that began this session, or ``None`` when it is over, unknown, or of a token that has changed."""
        row = self._store.find(identity(cookie))
        if row is None:
            return None
        key = self._key(row)
        if key is None:
            self._store.end(row.id)
        return key

    def end(self, cookie: str) -> None:
        """End the session."""
        self._store.end(identity(cookie))


def cookie_of(header: bytes | None, name: str = COOKIE) -> str | None:
    """The value of a cookie of ours in a ``Cookie`` header."""
    try:
        cookies = SimpleCookie((header or b"").decode("latin-1"))
    except CookieError:
        return None
    value = cookies[name].value if name in cookies else ""
    return value if 0 < len(value) <= _LONGEST else None


def set_cookie(value: str, secure: bool, name: str = COOKIE, lasting: float = SESSION_SECONDS) -> tuple[bytes, bytes]:
    """The header that gives the browser its cookie; an empty one takes it away."""
    seconds = int(lasting) if value else 0
    flag = "; Secure" if secure else ""
    text = f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{flag}"
    return b"set-cookie", text.encode()
