"""Known request heads: the same bytes are the same request, whatever the length; anything else is parsed."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.edge.heads import KnownHeads, Request, look_at, repeated
from support import replies
from support.proxying import Proxy
from support.upstream import ScriptedUpstream

HEAD = b"POST /v1/chat/completions?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nX-A: b\r\n\r\n"


def known(data: bytes, heads: KnownHeads, times: int = 2) -> None:
    for _ in range(times):
        look = look_at(data)
        assert look is not None
        heads.learn(
            look, Request("POST", b"/v1/chat/completions", b"a=1", [(b"host", b"h"), (b"content-length", b"12")])
        )


def test_a_head_is_known_from_its_second_sight_on() -> None:
    """With another length it is still the same head; the body begins behind it."""
    heads = KnownHeads()
    known(HEAD, heads, 1)
    look = look_at(HEAD)
    assert look is not None
    assert heads.find(look) is None
    known(HEAD, heads, 1)
    other = HEAD.replace(b"12", b"3") + b"abc"
    look = look_at(other)
    assert look is not None
    request = heads.find(look)
    assert request is not None
    assert (request.method, request.path, request.query, request.length) == (
        "POST",
        b"/v1/chat/completions",
        b"a=1",
        3,
    )
    assert (other[look.start :], look.length) == (b"abc", 3)
    assert request.memo is not None


@pytest.mark.parametrize(
    "change",
    [
        (b"X-A: b", b"X-A: c"),
        (b"X-A: b\r\n", b""),
        (b"Host: localhost\r\nContent-Length: 12\r\n", b"Content-Length: 12\r\nHost: localhost\r\n"),
        (b"X-A: b", b"X-A: b\r\nContent-Length: 12"),
        (b"X-A: b", b"X-A: b\r\nTransfer-Encoding: chunked"),
        (b"POST", b"GET"),
    ],
)
def test_any_other_head_is_not_known(change: tuple[bytes, bytes]) -> None:
    """One byte, the order of two lines, a second length: another head."""
    heads = KnownHeads()
    known(HEAD, heads)
    look = look_at(HEAD.replace(*change))
    assert look is None or heads.find(look) is None


@pytest.mark.parametrize(
    "data",
    [
        HEAD[:-2],
        HEAD.replace(b"Content-Length: 12\r\n", b""),
        HEAD.replace(b"12", b"+1"),
        HEAD.replace(b"12", b"1 2"),
        HEAD.replace(b"Content-Length: 12\r\n", b"") + b"x\r\nContent-Length: 1\r\n\r\n",
        HEAD.replace(b"X-A: b", b"X-A: " + b"b" * 5000),
    ],
)
def test_what_is_not_whole_and_sized_is_not_looked_up(data: bytes) -> None:
    """Half a head, none or an odd length, a length that stands in the body, a large head."""
    assert look_at(data) is None


@given(
    st.sampled_from([b"12", b"0", b"7", b"123456789012345", b"1234567890123456", b"", b"+1", b"1 2", b" 1", b"12\n"])
)
@example(b"12\r\nContent-Length: 5")
@example(b"12\r\nX-B: c")
def test_a_head_that_comes_again_is_the_same_head(length: bytes) -> None:
    """On one connection, with whatever stands for its length: what is taken for the same head is it, byte for byte."""
    first = look_at(HEAD)
    assert first is not None
    last = repeated(HEAD, first, Request("POST", b"/", b"", []))
    assert last is not None
    for data in (HEAD.replace(b"12", length) + b"body", HEAD.replace(b"12", length)[:-3], b"x" + HEAD, HEAD.lower()):
        found, look = last.begins(data), look_at(data)
        same_head = look is not None and look.key == first.key
        assert (found is not None) == same_head
        assert look is None or found is None or found == (look.start, look.length)


def test_what_is_kept_is_bounded() -> None:
    """Ten thousand different heads leave at most 512 behind."""
    heads = KnownHeads()
    for number in range(10_000):
        known(HEAD.replace(b"X-A: b", b"X-A: %d" % number), heads)
    assert len(heads._requests) <= 512
    assert len(heads._sighted) <= 8192


def test_requests_with_known_heads_over_a_socket(tmp_path: Path) -> None:
    """Parsed and known requests in turn, in one piece and in pieces, are the same requests upstream."""
    with ScriptedUpstream(lambda request: replies.http(200, b"answer to %d" % len(request.body))) as provider:
        proxy = Proxy(tmp_path, provider.url + "/v1")
        with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
            for turn, size in enumerate([3, 3, 3, 70_000, 5, 0, 300_000, 3]):
                head = HEAD.replace(b"12", b"%d" % size)
                body = bytes([97 + turn]) * size
                if turn == 4:
                    sock.sendall(head[:30])
                    sock.sendall(head[30:] + body)
                elif turn == 7:
                    sock.sendall(head)
                    sock.sendall(body)
                else:
                    sock.sendall(head + body)
                answer = b""
                while not answer.endswith(b"answer to %d" % size):
                    piece = sock.recv(65536)
                    assert piece, answer
                    answer += piece
                assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
                assert provider.requests[-1].body == body
                assert provider.requests[-1].target == "/v1/chat/completions?a=1"
            # Two requests at once are answered in order, or the connection ends after the first.
            sock.sendall(HEAD.replace(b"12", b"1") + b"a" + HEAD.replace(b"12", b"1") + b"b")
            rest = b""
            while piece := sock.recv(65536):
                rest += piece
            assert rest.count(b"HTTP/1.1 200") in (1, 2)
        heads = {re.sub(rb"content-length: \d+", b"", request.head) for request in provider.requests}
        assert len(heads) == 1, heads
        assert proxy.stop() == 0
