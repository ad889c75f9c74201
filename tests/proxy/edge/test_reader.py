"""Bytes of a client become the same requests however they are cut, and what is malformed is none."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.edge.heads import Request
from proxy.edge.reader import MAX_HEAD, Malformed, RequestReader

_HEAD = b"POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
CORPUS: dict[str, tuple[bytes, str, bytes, bytes]] = {
    "get": (b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", "GET", b"/v1/models", b""),
    "sized": (_HEAD + b"Content-Length: 5\r\n\r\nabcde", "POST", b"/v1/chat/completions", b"abcde"),
    "chunked": (_HEAD + _CHUNKED, "POST", b"/v1/chat/completions", b"abcde"),
    "old": (b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nok", "POST", b"/", b"ok"),
    "absolute": (b"GET http://h:80/a/b#c HTTP/1.1\r\nHost: h\r\n\r\n", "GET", b"/a/b", b""),
    "unknown method": (b"BREWING /pot HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "BREWING", b"/pot", b"x"),
    "the server": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS", b"*", b""),
    "no host's name": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", b"/", b""),
    "unknown method, offer, sized": (
        b"BREWING /pot HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
        "BREWING",
        b"/pot",
        b"ok",
    ),
    "unknown method, offer, chunked": (
        b"BREWING /pot HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + _CHUNKED,
        "BREWING",
        b"/pot",
        b"abcde",
    ),
    "handshake that is none": (
        _HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nabcde",
        "POST",
        b"/v1/chat/completions",
        b"abcde",
    ),
    "offer, sized": (
        _HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nabcde",
        "POST",
        b"/v1/chat/completions",
        b"abcde",
    ),
    "offer, chunked": (
        _HEAD + b"Upgrade: h2c\r\nConnection: Upgrade\r\n" + _CHUNKED,
        "POST",
        b"/v1/chat/completions",
        b"abcde",
    ),
}


class Owning:
    """Serves each request as soon as it is whole; or, ``busy``, none."""

    def __init__(self) -> None:
        self.requests: list[tuple[Request, dict[str, Any]]] = []
        self.bodies: list[list[bytes]] = []
        self.whole = 0
        self.busy = False

    def may_begin(self) -> bool:
        return not self.busy

    def on_request(self, request: Request, modern: bool, keep: bool, plain: bool) -> None:
        self.busy = True
        self.requests.append((request, {"modern": modern, "keep": keep, "plain": plain}))
        self.bodies.append([])

    def on_body(self, piece: bytes) -> None:
        assert piece
        self.bodies[-1].append(piece)

    def on_whole(self) -> None:
        self.whole += 1
        self.busy = False


@pytest.mark.parametrize("name", CORPUS)
@given(cuts=st.lists(st.integers(0, 400), max_size=12))
def test_cuts_change_nothing(name: str, cuts: list[int]) -> None:
    """Twice the same request over one connection (HTTP/1.0 ends its own), cut anywhere."""
    data, method, path, body = CORPUS[name]
    owner = Owning()
    reader = RequestReader(owner)
    times = 1 if name == "old" else 2
    for _ in range(times):
        edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
        rest = [reader.feed(data[start:end], 1.0) for start, end in itertools.pairwise(edges) if start != end]
        assert not any(rest)
    assert (owner.whole, reader.ahead, reader.in_head) == (times, False, False)
    assert [b"".join(pieces) for pieces in owner.bodies] == [body] * times
    for request, said in owner.requests:
        assert (request.method, request.path, request.upgrade) == (method, path, b"")
        assert said == {"modern": b"HTTP/1.1" in data, "keep": b"HTTP/1.1" in data, "plain": b"chunked" not in data}
        assert all(value == value.strip() and key == key.lower() for key, value in request.headers)
        assert "upgrade" not in {key.decode() for key, _ in request.headers}


@pytest.mark.parametrize("name", CORPUS)
def test_byte_by_byte(name: str) -> None:
    """A head that comes in single bytes is that head."""
    data, method, path, body = CORPUS[name]
    owner = Owning()
    reader = RequestReader(owner)
    for byte in data:
        reader.feed(bytes([byte]), 1.0)
    [(request, _)] = owner.requests
    assert (request.method, request.path, b"".join(owner.bodies[0])) == (method, path, body)


def test_one_read_is_one_piece() -> None:
    """However small the chunks in it are; a request's end comes after its bytes."""
    owner = Owning()
    chunks = b"".join(b"1\r\n%c\r\n" % (97 + number % 26) for number in range(1000))
    RequestReader(owner).feed(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", 0.0)
    assert [len(piece) for piece in owner.bodies[0]] == [1000]
    assert owner.whole == 1


def _told(data: bytes, cuts: tuple[int, ...]) -> tuple[object, ...]:
    """What an owner is told of ``data`` in pieces, and how it ends."""
    owner = Owning()
    reader = RequestReader(owner)
    edges = [0, *cuts, len(data)]
    rest, end = b"", "read"
    try:
        for start, stop in itertools.pairwise(edges):
            tunnel = bool(owner.requests) and bool(owner.requests[-1][0].upgrade)
            rest += data[start:stop] if tunnel else reader.feed(data[start:stop], 1.0)
    except Malformed:
        end = "malformed"
    seen = [(item.method, item.path, item.headers, item.upgrade, item.length, said) for item, said in owner.requests]
    bodies = [b"".join(pieces) for pieces in owner.bodies]
    return seen, bodies if end == "read" else [], owner.whole, rest, end


SPLIT = {
    **{name: case[0] for name, case in CORPUS.items()},
    "handshake, early frame": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81",
    "handshake with a body": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Content-Length: 2\r\n\r\nok",
    "no host": b"BREWING / HTTP/1.1\r\nX: y\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "broken chunk": b"BREWING / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n",
    "small letters": b"brewing / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", SPLIT)
def test_the_same_result_for_any_split(name: str) -> None:
    """In one write, in two at every place, in single bytes: the same request, body and rest, or the same refusal."""
    data = SPLIT[name]
    whole = _told(data, ())
    for cut in range(1, len(data)):
        assert _told(data, (cut,)) == whole, data[:cut]
    assert _told(data, tuple(range(1, len(data)))) == whole


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        _HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        _HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x02",
        b"GET /" + b"a" * (MAX_HEAD + 5000),
        b"GET / HTTP/1.1\r\nx: " + b"a" * (MAX_HEAD + 5000),
    ],
)
def test_malformed(data: bytes) -> None:
    """What cannot be framed without doubt never becomes whole; a head that is too large is said to be."""
    owner = Owning()
    reader = RequestReader(owner)
    with pytest.raises(Malformed):
        for start in range(0, len(data), 16_384):
            reader.feed(data[start : start + 16_384], 0.0)
    assert owner.whole == 0
    assert reader.too_large == (len(data) > MAX_HEAD)


def test_what_comes_ahead_is_passed_over() -> None:
    """A second request while the first is served is no request, and is told."""
    owner = Owning()
    reader = RequestReader(owner)
    owner.busy = True
    reader.feed(CORPUS["sized"][0], 0.0)
    assert reader.ahead
    assert owner.requests == owner.bodies == []
    owner.busy = False
    reader.feed(CORPUS["get"][0], 0.0)
    assert not reader.ahead
    assert owner.whole == 1
