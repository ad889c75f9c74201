"""Parses the head of an ordinary response in one pass, at half the cost of a callback for each header.

It accepts only unambiguous framing: HTTP/1.1, visible characters, exactly one Content-Length, no transfer coding, no
protocol switch. All other responses go to the parser, which knows the full grammar.
"""

from __future__ import annotations

import re

Headers = list[tuple[bytes, bytes]]

MAX = 16 * 1024
_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)
#: Bodiless ones, and the one that one of our kind sends.
NOT_PLAIN_STATUS = frozenset({204, 304, 508})
#: Hop-by-hop fields whose meaning is plain, and those for which the parser is asked.
PASSED_OVER = frozenset({b"keep-alive"})
_NOT_PLAIN = frozenset(
    {b"transfer-encoding", b"upgrade", b"te", b"trailer", b"proxy-authenticate", b"proxy-authorization"}
    | {b"proxy-connection"}
)
CONTENT = frozenset({b"content-length", b"content-type", b"content-encoding"})
#: What only we may tell a client.
OURS = b"x-sightglass-"
_SPECIAL = CONTENT | PASSED_OVER | _NOT_PLAIN | {b"connection"}


class Head:
    """A response head: status, reason phrase, header pairs in order, with duplicates.

    For a plain head, ``block`` holds the lines as sent to the client (otherwise None), ``length`` is the size of the
    body in bytes, and ``size`` that of the head. ``kind`` and ``coding`` are the values of Content-Type and
    Content-Encoding.
    """

    __slots__ = ("_headers", "block", "coding", "kind", "length", "lines", "reason", "size", "status")

    def __init__(self, status: int, reason: bytes, headers: Headers | None = None) -> None:
        self.status = status
        self.reason = reason
        self._headers = headers
        self.block: bytes | None = None
        self.kind = self.coding = self.lines = b""
        self.length = self.size = 0
        if headers is not None:
            self.kind, self.coding = first(headers, b"content-type"), first(headers, b"content-encoding")

    @property
    def headers(self) -> Headers:
        """Name and value of each header line. For a plain head they are created on first use."""
        if self._headers is None:
            pairs = (line.split(b":", 1) for line in self.lines.split(b"\r\n") if line)
            self._headers = [(name, value.strip(b" \t")) for name, value in pairs]
        return self._headers


def first(headers: Headers, wanted: bytes) -> bytes:
    """The first value of a header (``name`` in lower case); empty if it was not sent."""
    return next((value for name, value in headers if name.lower() == wanted), b"")


def read_plain(data: bytes) -> Head | None:
    """The head at the start of ``data`` if it is plain and complete."""
    match = _HEAD.match(data, 0, MAX)
    if match is None:
        return None
    status, reason, lines = match.groups()
    head = Head(int(status), reason)
    if head.status in NOT_PLAIN_STATUS:
        return None
    length = b""
    kept = []
    ours = OURS in lines.lower()
    for line in lines[:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name not in _SPECIAL:
            if not (ours and name.startswith(OURS)):
                kept.append(line)
            continue
        value = value.strip(b" \t")
        if name in CONTENT:
            kept.append(line)
            if name == b"content-length":
                if length:
                    return None
                length = value
            elif name == b"content-type":
                head.kind = head.kind or value
            else:
                head.coding = head.coding or value
        elif name in _NOT_PLAIN or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
    if not length.isdigit() or len(length) > 15:
        return None
    head.length, head.size, head.lines, head.block = int(length), match.end(), lines, b"\r\n".join(kept)
    return head
