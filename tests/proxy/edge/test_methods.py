"""Methods beyond the parser's list: only the name is exchanged, and only where nothing else is wrong."""

from __future__ import annotations

import pytest

from proxy.edge.methods import is_part_of_a_method, under_another_name


@pytest.mark.parametrize("method", ["BREW", "X-FETCH", "QUERY_2", "POSTS", "AB", "X" * 32])
def test_unknown_methods(method: str) -> None:
    """The parser sees a POST to the same target; the method goes on under its name."""
    rest = b"/v1/chat?a=1 HTTP/1.1\r\nHost: BREW /\r\n\r\nBREW /second"
    assert under_another_name(method.encode() + b" " + rest) == (method, b"POST " + rest)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\nBREW / HTTP/1.1\r\n\r\n",  # known: what is wrong comes later
        b"POST /v1/chat HTTP/1.1\r\n",
        b"PROPFIND / HTTP/1.1\r\n",
        b"get / HTTP/1.1\r\n",
        b"Brew / HTTP/1.1\r\n",
        b"BREW\t/ HTTP/1.1\r\n",
        b"BREW  / HTTP/1.1\r\n",
        b" BREW / HTTP/1.1\r\n",
        b"\r\nBREW / HTTP/1.1\r\n",
        b"BREW",
        b"B(W / HTTP/1.1\r\n",
        b"X" * 33 + b" / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"",
    ],
)
def test_what_stays_refused(data: bytes) -> None:
    """Known methods, small letters, separators, blanks, other protocols: nothing to exchange."""
    assert under_another_name(data) is None


def test_parts() -> None:
    """A method may come in pieces; anything else, and what is too long for one, may not be waited for."""
    assert all(is_part_of_a_method(part) for part in (b"B", b"BREW", b"BREW ", b"X-", b"X" * 32))
    assert not any(is_part_of_a_method(part) for part in (b"", b"b", b"BREW  ", b"BREW /", b"\r\n", b"B\n", b"X" * 33))
