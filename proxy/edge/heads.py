"""Request heads that were parsed before. A client sends the same head again and again, but for Content-Length.

What the parser made of a head is kept under its bytes, the length cut out, and used again for the same bytes: nothing
is read here that the parser has not accepted. Kept are heads seen at least twice, in bounded number and size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Headers = list[tuple[bytes, bytes]]

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ([0-9]{1,15})\r\n")
_DIGITS = 15
_LONGEST = 4096
_KEPT, _SIGHTED = 512, 8192


@dataclass(slots=True)
class Request:
    """A request head. ``path`` and ``query`` are raw; ``upgrade`` is ``websocket`` in a handshake, and else empty;
    ``length`` is that of the body where the head tells it (bytes). ``memo`` is shared by all requests with the same
    head, whose ``headers`` may then tell another one's Content-Length; None for a head that is not kept."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    upgrade: bytes = b""
    length: int | None = None
    memo: Memo | None = None


@dataclass(slots=True)
class Memo:
    """A place for what a handler concludes from a head."""

    conclusion: Any = None


class Look(NamedTuple):
    """A head at the beginning of a read: its ``key``, where the body begins, and how long it is (bytes)."""

    key: bytes
    start: int
    length: int


def look_at(data: bytes) -> Look | None:
    """The head in ``data`` when it is there as a whole and tells its body's length."""
    end = data.find(b"\r\n\r\n", 0, _LONGEST)
    if end < 0:
        return None
    match = _LENGTH.search(data, 0, end + 2)
    if match is None:
        return None
    return Look(data[: match.start()] + b"\0" + data[match.end() : end], end + 4, int(match[1]))


class Repeated(NamedTuple):
    """The last head of a connection that was known: its bytes before and behind the digits of its length, and what it
    asks. The next one is most often the same."""

    before: bytes
    behind: bytes
    request: Request

    def begins(self, data: bytes) -> tuple[int, int] | None:
        """Where the body begins and how long it is (bytes) when ``data`` begins with the same head."""
        if not data.startswith(self.before):
            return None
        at = len(self.before)
        end = data.find(b"\r", at, at + _DIGITS + 1)
        digits = data[at:end]
        if end < 0 or not digits.isdigit() or not data.startswith(self.behind, end):
            return None
        return end + len(self.behind), int(digits)


def repeated(data: bytes, look: Look, request: Request) -> Repeated | None:
    """The head at the beginning of ``data``, for the next read of its connection."""
    match = _LENGTH.search(data, 0, look.start)
    return None if match is None else Repeated(data[: match.start(1)], data[match.end(1) : look.start], request)


def same(known: Request, length: int) -> Request:
    """What a known head asks, with a body of ``length`` bytes."""
    return Request(known.method, known.path, known.query, known.headers, b"", length, known.memo)


@dataclass(slots=True)
class KnownHeads:
    """The heads of one listener."""

    _requests: dict[bytes, Request] = field(default_factory=dict)
    _sighted: set[int] = field(default_factory=set)

    def find(self, look: Look) -> Request | None:
        """The request of a head that is known."""
        known = self._requests.get(look.key)
        return None if known is None else same(known, look.length)

    def learn(self, look: Look, request: Request) -> None:
        """Keep what the parser made of a head, from its second sight on."""
        number = hash(look.key)
        if number not in self._sighted:
            if len(self._sighted) >= _SIGHTED:
                self._sighted.clear()
            self._sighted.add(number)
            return
        if len(self._requests) >= _KEPT:
            self._requests.clear()
        request.memo = Memo()
        self._requests[look.key] = request
