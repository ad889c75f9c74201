"""Header lines: the one place where a name and a value become a line on the wire, of either side.

A line end in a value would end the line, or the whole header section, and make the rest of a request another caller's.
Values from clients and upstreams have been through a parser, those from Settings through their checks; what none of
them found is found here, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from proxy.errors import UnsafeField


def lines(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """``pairs`` as header lines, each with its end. Raises ``UnsafeField``."""
    made = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
    count = len(pairs)
    if made.count(b"\r") != count or made.count(b"\n") != count or b"\0" in made:
        raise UnsafeField("a header holds a line end or NUL")
    return made


def reason_of(status: int) -> bytes:
    """The phrase of a status that came without one."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Status"
