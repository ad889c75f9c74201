"""Requests on their way in: small pieces, offers, what follows them, and clients and upstreams that leave meanwhile."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support import replies
from support.processes import wait_until
from support.proxying import CHAT, Proxy, RawUpstream, Wire, post, read_head, request_bytes
from support.upstream import ScriptedUpstream

BODY = json.dumps(CHAT).encode()
_POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SIZED = _POST + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


def _chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(map(replies.chunk, pieces)) + b"0\r\n\r\n"


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """An upstream that takes connections and reads nothing."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    yield listener
    listener.close()


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_o02_tiny_chunks_go_on_together(start_proxy: Any) -> None:
    """30,000 chunks of two bytes arrive upstream as the same body, in as many chunks as there were reads."""
    seen: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        data = b""
        while not data.endswith(b"\r\n0\r\n\r\n"):
            data += sock.recv(1 << 20)
        seen.append(data.partition(b"\r\n\r\n")[2])
        sock.sendall(b"".join(step for step in replies.http(200, b"{}") if isinstance(step, bytes)))

    body = b'{"model":"gpt-4o","text":"' + b"xy" * 30_000 + b'"}'
    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            wire.send(_POST + _chunked(body, 2))
            assert wire.answer().status == 200
    sizes = [int(line, 16) for line in re.findall(rb"(?:^|(?<=\r\n))([0-9a-f]+)(?=\r\n)", seen[0])]
    assert sum(sizes) == len(body)
    assert len(sizes) < 300


def test_o02_a_body_in_small_writes_is_whole(start_proxy: Any) -> None:
    """Where the body must be whole before its upstream is known, it is kept byte for byte however it comes."""
    with ScriptedUpstream(lambda r: replies.chat_json("seen")) as one, ScriptedUpstream(lambda r: []) as other:
        upstreams = [
            {"name": "one", "base_url": one.url, "models": ["gpt-*"]},
            {"name": "two", "base_url": other.url, "models": ["*"]},
        ]
        proxy = start_proxy("", upstreams=upstreams)
        body = json.dumps({**CHAT, "x": "".join(map(str, range(4000))), "model": "gpt-4o"}).encode()
        with Wire(proxy.port) as wire:
            wire.send(_POST + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5000])
            for start in range(5000, len(body), 37):
                wire.send(body[start : start + 37])
                time.sleep(0.0005)
            assert wire.answer().status == 200
        assert [request.body for request in one.requests] == [body]
        assert proxy.metric("sightglass_inflight_body_bytes") == 0


@pytest.mark.parametrize("framing", ["sized", "chunked"])
@pytest.mark.parametrize("at_once", [True, False])
def test_x01_an_offer_to_upgrade_is_passed_over(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, framing: str, at_once: bool
) -> None:
    """Java's client offers HTTP/2 with every request over plain HTTP: it is served as if it had not."""
    script(lambda r: replies.http(200, b'{"served":1}'))
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
    rest = _chunked(BODY, 20) if framing == "chunked" else SIZED.removeprefix(_POST)
    data = _POST + offer + rest
    with Wire(proxy.port) as wire:
        for _ in range(3):  # from the third on its head is known
            for piece in [data] if at_once else [data[:60], data[60:230], data[230:]]:
                wire.send(piece)
                time.sleep(0.02)
            assert wire.answer().body == b'{"served":1}'
    assert [request.body for request in provider.requests] == [BODY] * 3
    for request in provider.requests:
        assert request.header("upgrade") is request.header("http2-settings") is None
        assert "upgrade" not in (request.header("connection") or "").lower()


@pytest.mark.parametrize("framing", ["sized", "chunked"])
@pytest.mark.parametrize("behind", [b"\x16\x03\x01\x02", b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_p16_what_follows_a_request_leaves_its_answer_alone(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, framing: str, behind: bytes, later: bool
) -> None:
    """A whole request is answered, whatever comes behind it; then the connection ends."""
    script(lambda r: [0.2, *replies.chat_json("A whole answer.")])
    request = _POST + _chunked(BODY, 20) if framing == "chunked" else SIZED
    with Wire(proxy.port) as wire:
        wire.send(request if later else request + behind)
        if later:
            provider.wait_for(lambda p: len(p.requests) == 1)
            wire.send(behind)
        answer = wire.answer()
        assert (answer.status, answer.clean) == (200, True)
        assert answer.headers["connection"] == "close"
        assert wire.closed(4)
    assert proxy.line_of(answer)["outcome"] == "ok"


def test_p16_an_answer_before_the_end_of_its_request_ends_the_connection(start_proxy: Any) -> None:
    """It says so in its head, and does so, also where the request became whole meanwhile."""
    begun = threading.Event()

    def serve(sock: socket.socket) -> None:
        data = sock.recv(1 << 20)
        sock.sendall(replies.head(200, {"content-type": "application/json", "content-length": "4"}) + b"[1")
        begun.set()
        while len(data.partition(b"\r\n\r\n")[2]) < len(BODY):
            data += sock.recv(1 << 20)
        sock.sendall(b",]"[:1] + b"]")

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            wire.send(SIZED[:-5])
            assert begun.wait(5)
            head = wire.head()
            assert head.headers["connection"] == "close"
            wire.send(SIZED[-5:])
            assert b"".join(wire.pieces(head)) == b"[1,]"
            assert wire.closed(4)


def test_p10_an_old_client_s_expectation_is_passed_over(proxy: Proxy, script: Any) -> None:
    """HTTP/1.0 knows no 100."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        wire.send(SIZED.replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\nExpect: 100-continue\r\n"))
        answer = wire.answer()
        assert (answer.status, answer.interim) == (200, [])


def test_p15_a_request_in_single_bytes(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """However slowly a client writes its head, it is that head."""
    script(lambda r: replies.http(200, b"{}"))
    data = SIZED.replace(b"Host: localhost\r\n", b"Host: localhost\r\nX-Trace: ABC\r\nDNT: 1\r\n")
    with Wire(proxy.port) as wire:
        for _ in range(2):
            for start in range(len(data)):
                wire.send(data[start : start + 1])
                time.sleep(0.0005)
            assert wire.answer().status == 200
    assert [(request.body, request.header("x-trace")) for request in provider.requests] == [(BODY, "ABC")] * 2


@pytest.mark.parametrize("size", [1_000_000, 20_000_000])
def test_u09_a_refusal_is_heard_though_the_upload_breaks(start_proxy: Any, size: int) -> None:
    """An upstream that answers 413 and closes without reading on resets the connection under our writing."""
    refusal = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge"

    def serve(sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        sock.sendall(refusal)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        for _ in range(5):
            with Wire(proxy.port) as wire:

                def send(wire: Wire = wire) -> None:
                    with contextlib.suppress(OSError):
                        wire.send(_POST + b"Content-Length: %d\r\n\r\n" % size)
                        wire.send(bytes(size))

                sending = threading.Thread(target=send)
                sending.start()
                answer = wire.answer()
                assert (answer.status, answer.body) == (413, b"large")
            sending.join(10)
        proxy.wait_idle()
        assert {line["status"] for line in proxy.lines()} == {413}


def test_s11_a_client_that_leaves_while_its_upload_waits(start_proxy: Any, deaf: socket.socket) -> None:
    """Nothing is read of it while the upstream takes nothing; that it has gone is seen all the same."""
    proxy = start_proxy(_url(deaf), timeouts={"connect": "2s", "first_byte": "60s", "idle": "60s"})
    wire = Wire(proxy.port, timeout=0.5)
    wire.send(_POST + b"Content-Length: 20000000\r\n\r\n")
    with contextlib.suppress(TimeoutError):
        wire.send(bytes(20_000_000))
    assert proxy.metric("sightglass_inflight_requests") == 1
    wire.reset()
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
    wait_until(lambda: len(proxy.lines()) == 1, 5, "an access line")
    assert proxy.lines()[0]["outcome"] == "client_disconnected"


def test_o02_what_an_upstream_does_not_take_counts(start_proxy: Any, deaf: socket.socket) -> None:
    """Whole bodies that wait for their upstream to read them are in flight, too, until they have gone."""
    upstreams = [
        {"name": "one", "base_url": _url(deaf), "models": ["gpt-*"]},
        {"name": "two", "base_url": _url(deaf), "models": ["*"]},
    ]
    limits = {"inflight_body_bytes": 10_000_000, "body_bytes": 8_000_000}
    proxy = start_proxy(
        "", upstreams=upstreams, limits=limits, timeouts={"connect": "2s", "first_byte": "60s", "idle": "60s"}
    )
    body = json.dumps({**CHAT, "x": "y" * 4_000_000, "model": "gpt-4o"}).encode()
    wires = [Wire(proxy.port) for _ in range(3)]
    for wire in wires[:2]:
        wire.send(request_bytes("POST", "/v1/chat/completions", body))
    wait_until(lambda: proxy.metric("sightglass_inflight_body_bytes") > 8_000_000, 5, "two bodies")
    with contextlib.suppress(OSError):
        wires[2].send(request_bytes("POST", "/v1/chat/completions", body))
    refused = wires[2].head()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    for wire in wires:
        wire.reset()
    wait_until(lambda: proxy.metric("sightglass_inflight_body_bytes") == 0, 5, "no body")


def test_l02_an_upload_that_does_not_end_in_time_is_told_so(start_proxy: Any) -> None:
    """A client that is still sending gets the 503 of its record, not a reset; the exit is in time."""

    def serve(sock: socket.socket) -> None:
        while sock.recv(1 << 16):
            pass

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url, limits={"drain_seconds": 1})
        with Wire(proxy.port) as wire:
            wire.send(_POST + b"Content-Length: 20000000\r\n\r\n")
            for turn in range(50):
                wire.send(bytes(1000))
                time.sleep(0.05)
                if turn == 10:
                    proxy.process.terminate()
            answer = wire.answer()
            assert (answer.status, answer.json()["error"]["message"]) == (503, "the proxy is shutting down")
        assert proxy.process.wait(10) == 0
    assert [line["status"] for line in proxy.lines()] == [503]


@pytest.mark.parametrize(
    "answer",
    [
        b"SMTP ready\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 029 Slow\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["no HTTP", "ambiguous", "endless", "no status", "a status below 100"],
)
def test_u13_a_malformed_response_has_its_own_code(start_proxy: Any, answer: bytes) -> None:
    """It is told from an upstream that can not be reached, and from one that closed."""

    def serve(sock: socket.socket) -> None:
        if read_head(sock):
            sock.sendall(answer)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            wire.request("GET", "/v1/models")
            refused = wire.answer()
    assert (refused.status, refused.json()["error"]["code"]) == (502, "upstream_malformed")
    assert proxy.line_of(refused)["error"] == "upstream_malformed"


def test_u13_others_keep_theirs(start_proxy: Any) -> None:
    """An upstream that closes without a word is unreachable, as one that is not there."""

    def serve(sock: socket.socket) -> None:
        read_head(sock)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        assert post(proxy.url, CHAT).json()["error"]["code"] == "upstream_unreachable"
    assert post(proxy.url, CHAT).json()["error"]["code"] == "upstream_unreachable"
