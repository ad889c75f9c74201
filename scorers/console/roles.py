"""Roles and tokens of the console: who may do what, in whose name, and the seals of browsers' sessions. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from proxy.config.settings import Settings
from scorers.experiments.people import ENTER

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
METRICS = "/metrics"
#: Cost of a guess at a token for whoever has read the store: 8 MB and about 20 ms.
_COST, _BLOCK = 2**13, 8


class Role(StrEnum):
    """What somebody may do. ``scrape`` reads the metrics alone; ``rater`` compares answers of one experiment and has no
    token but a session by a link; each other role may also do what those before it may."""

    SCRAPE = "scrape"
    RATER = "rater"
    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    ADMIN = "admin"


_ORDER = list(Role)
#: What an annotator may do beside reading; every other request that changes something is an admin's.
_ANNOTATORS = frozenset(
    {("POST", "/api/labels"), ("POST", "/api/drift/accept"), ("POST", "/labels"), ("POST", "/suites/expected")}
)
#: Where a link for a rater leads to: nobody is known there yet.
_GUESTS = frozenset({("GET", ENTER), ("POST", ENTER)})
#: All that a rater may do, and annotators too. To see a pair is to begin a vote.
_RATERS = frozenset(
    {
        *(("GET", path) for path in ("/ab", "/ab/console.css", "/ab/keys.js")),
        *(("POST", path) for path in ("/ab/vote", "/ab/leave", "/api/pairs/next", "/api/votes")),
    }
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who got in. ``name`` is the token's, or how it was shown where the token has no name; ``owner`` is the token,
    however it was shown, and ``None`` where no token is asked for. ``shown`` is for people."""

    name: str
    role: Role
    owner: str | None
    shown: str
    by_session: bool = False
    #: A rater's experiment.
    experiment: str | None = None

    def may(self, method: str, path: str) -> bool:
        """Whether the role suffices for a request."""
        if self.role is Role.SCRAPE:
            return path == METRICS and method in ("GET", "HEAD")
        if (method, path) in _GUESTS:
            return True
        if self.role is Role.RATER:
            return self.experiment is not None and (method, path) in _RATERS
        needed = Role.VIEWER if method in _SAFE else Role.ADMIN
        if (method, path) in _ANNOTATORS | _RATERS:
            needed = Role.ANNOTATOR
        return _ORDER.index(self.role) >= _ORDER.index(needed)


LOCAL = Reader("local", Role.ADMIN, None, "local")
#: Somebody who may become a rater.
GUEST = Reader("guest", Role.RATER, "(guest)", "guest")
PROBE = Reader("probe", Role.VIEWER, "(probe)", "probe")
#: Who sends the request that is being answered; for what every page shows.
current: ContextVar[Reader | None] = ContextVar("current", default=None)


def is_for_guests(method: str, path: str) -> bool:
    """Whether anybody may ask for this, who has a link or not."""
    return (method, path) in _GUESTS


def is_of_raters(path: str) -> bool:
    """Whether raters work here: their session goes before any other of the same browser."""
    return any(path == own for _, own in _RATERS)


def rater(voter: str, experiment: str) -> Reader:
    """Whom a rater's session lets in."""
    return Reader(voter, Role.RATER, f"(rater {voter})", voter, by_session=True, experiment=experiment)


def same(left: bytes, right: bytes) -> bool:
    """Whether both are equal, in a time that tells neither content nor length."""
    return hmac.compare_digest(hashlib.sha256(left).digest(), hashlib.sha256(right).digest())


@dataclass(frozen=True, slots=True)
class Key:
    """One token of the console. ``by_token`` and ``by_session`` are whom it lets in, as a program and as a browser."""

    by_token: Reader
    by_session: Reader
    _token: bytes = field(repr=False)
    _sealing: bytes = field(repr=False)

    @classmethod
    def make(cls, token: str, by_token: Reader, by_session: Reader) -> Key:
        """The key of ``token``. Deriving what it seals sessions with takes a while, so that guessing does."""
        raw = token.encode("utf-8", "surrogatepass")
        salt = b"sightglass console session"
        return cls(by_token, by_session, raw, hashlib.scrypt(raw, salt=salt, n=_COST, r=_BLOCK, p=1, dklen=32))

    def opens(self, token: bytes) -> bool:
        """Whether ``token`` is the right one."""
        return same(token, self._token)

    def seal(self, session: str) -> str:
        """What a session of this token carries in the store; without the token nobody can make it."""
        return hmac.new(self._sealing, session.encode(), hashlib.sha256).hexdigest()

    def sealed(self, session: str, seal: str) -> bool:
        """Whether this token, as it is now, began the session."""
        return same(self.seal(session).encode(), seal.encode("utf-8", "surrogatepass"))


def make_keys(settings: Settings) -> list[Key]:
    """The keys of all tokens in the settings; none means that no token is asked for."""
    keys = []
    names = {item.name for item in settings.console_tokens}
    if settings.console_token is not None:
        # It has no name; parentheses can be in no other token's.
        program, browser = (name if name not in names else f"({name})" for name in ("token", "browser"))
        own = (Role.ADMIN, "(console_token)", "console_token")
        by_session = Reader(browser, *own, by_session=True)
        keys.append(Key.make(settings.console_token.get_secret_value(), Reader(program, *own), by_session))
    for item in settings.console_tokens:
        role = Role(item.role)
        by_token = Reader(item.name, role, item.name, item.name)
        by_session = Reader(item.name, role, item.name, item.name, by_session=True)
        keys.append(Key.make(item.token.get_secret_value(), by_token, by_session))
    return keys


def names_of(keys: Sequence[Key]) -> dict[str, str]:
    """Name -> the token that labels under it, and nobody else."""
    return {who.name: who.owner or "" for key in keys for who in (key.by_token, key.by_session)}
