"""Header lines: the only place where a name and a value become a line on the wire, in either direction.

A line break in a value would end the line or the whole header section. The rest of the request could then be taken as
another caller's. Values from clients and upstreams were checked by a parser, values from Settings by validation.
Anything that these checks missed is rejected here, before a byte is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from proxy.errors import UnsafeField


def lines(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """``pairs`` as header lines, each with its line ending. Raises ``UnsafeField``."""
    made = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
    count = len(pairs)
    if made.count(b"\r") != count or made.count(b"\n") != count or b"\0" in made:
        raise UnsafeField("a header holds a line end or NUL")
    return made


def reason_of(status: int) -> bytes:
    """The default reason phrase for a status that has none."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Status"
