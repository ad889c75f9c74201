"""Plain response heads: what is taken is what the parser would have made of it; everything else is left to it."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.upstream.fast_head import read_plain

PLAIN = (
    b"HTTP/1.1 201 Made Here\r\nServer: x\r\nX-A: 1\r\nConnection: keep-alive\r\nx-a:2\r\nKeep-Alive: timeout=5\r\n"
    b"Content-Type:  text/plain \r\nContent-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello"
)


def test_a_plain_head_goes_on_as_it_came() -> None:
    """Lines, their order and doubles are kept; hop-by-hop ones are not; the rest is told."""
    head = read_plain(PLAIN)
    assert head is not None
    assert (head.status, head.reason, head.length, PLAIN[head.size :]) == (201, b"Made Here", 5, b"hello")
    assert head.block == (
        b"Server: x\r\nX-A: 1\r\nx-a:2\r\nContent-Type:  text/plain \r\nContent-Length: 5\r\n"
        b"Set-Cookie: a\r\nSet-Cookie: b"
    )
    assert (head.kind, head.coding) == (b"text/plain", b"")
    assert (b"x-a", b"2") in head.headers
    assert len(head.headers) == 9


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: chunked",
        b"transfer-encoding: identity",
        b"Content-Length: 5",
        b"Content-Length: 6",
        b"Connection: close",
        b"Connection: keep-alive, X-A",
        b"Upgrade: websocket",
        b"Trailer: x",
        b"Proxy-Authenticate: Basic",
        b" folded",
        b"no colon",
        b"sp ace: 1",
        b"bad\x00: 1",
        b"nul: a\x00b",
        b"cr: a\rb",
        b"lf: a\nb",
        b": nameless",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(line: bytes) -> None:
    """Each of these lines, first, in the middle or last."""
    base = PLAIN.partition(b"\r\n\r\n")[0].split(b"\r\n")
    for place in (1, 4, len(base)):
        assert read_plain(b"\r\n".join([*base[:place], line, *base[place:]]) + b"\r\n\r\nhello") is None


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"junk HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_other_heads_are_left_to_the_parser(data: bytes) -> None:
    """Other versions, interim and bodiless answers, no length or an odd one, half a head, a huge one."""
    assert read_plain(data) is None


class _Seen:
    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.reason = b""
        self.complete = False

    def on_message_complete(self) -> None:
        self.complete = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_status(self, status: bytes) -> None:
        self.reason += status

    def on_body(self, body: bytes) -> None:
        self.body += body


_token = st.text("abcXYZ019-_!~", min_size=1, max_size=8).map(str.encode)
_value = st.binary(max_size=12).map(lambda raw: bytes(byte for byte in raw if byte in b"\t" or 32 <= byte != 127))
_special = st.sampled_from(
    [
        (b"Content-Length", b"3"),
        (b"content-length", b"4"),
        (b"Connection", b"close"),
        (b"Transfer-Encoding", b"chunked"),
    ]
)


@given(st.lists(st.tuples(_token, _value) | _special, max_size=8), st.binary(max_size=6))
def test_what_is_taken_is_what_the_parser_reads(pairs: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Over arbitrary heads: a head that is taken parses to the same status, headers and body."""
    data = b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n" + body
    head = read_plain(data)
    if head is None:
        return
    seen = _Seen()
    parser = httptools.HttpResponseParser(seen)
    try:
        parser.feed_data(data)
    except httptools.HttpParserError:
        assert len(body) > head.length  # only what follows the body may be no HTTP
    assert (parser.get_status_code(), seen.complete) == (200, len(body) >= head.length)
    assert [(name, value.strip(b" \t")) for name, value in seen.headers] == head.headers
    assert seen.body == data[head.size : head.size + head.length]
