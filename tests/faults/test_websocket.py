"""PROTOCOL over WebSocket: after the handshake both directions are the provider's bytes, untouched."""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.processes import wait_until
from support.proxying import KEY, Proxy, RawUpstream, Wire
from support.websocket import (
    BINARY,
    CLOSE_FRAME,
    PING,
    PONG,
    TEXT,
    Peer,
    accept_of,
    exactly,
    frame,
    handshake,
    headers_of,
    switch,
)


@pytest.fixture(scope="module")
def peer() -> Peer:
    """The provider; each test sets what it plays."""
    return Peer()


@pytest.fixture(scope="module")
def upstream(peer: Peer) -> Iterator[RawUpstream]:
    """Its socket."""
    with RawUpstream(peer.serve) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy in front of it."""
    process = Proxy(tmp_path_factory.mktemp("websocket"), upstream.url + "/v1")
    yield process
    process.finish()


@pytest.fixture
def play(peer: Peer) -> Callable[[Any], Peer]:
    """Set what the provider does after the handshake's head."""

    def use(steps: Callable[[socket.socket, bytes], None]) -> Peer:
        peer.play = steps
        peer.heads.clear()
        return peer

    return use


def test_p17_the_handshake_is_preserved(proxy: Proxy, play: Any) -> None:
    """Path, query, subprotocols, key and headers reach the provider; its 101 with the choice comes back."""
    peer = play(switch)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        answer = wire.head()
    assert answer.status == 101
    assert answer.headers["sec-websocket-accept"] == accept_of(b"dGhlIHNhbXBsZSBub25jZQ==").decode()
    assert answer.headers["sec-websocket-protocol"] == "realtime"
    assert answer.headers["x-request-id"] == "req_1"
    assert answer.headers["upgrade"].lower() == "websocket"
    assert answer.headers["connection"].lower() == "upgrade"
    [head] = peer.heads
    assert head.startswith(b"GET /v1/realtime?model=gpt-realtime&x=%2F HTTP/1.1\r\n")
    seen = headers_of(head)
    assert seen[b"sec-websocket-protocol"] == f"realtime, openai-insecure-api-key.{KEY}".encode()
    assert seen[b"authorization"] == f"Bearer {KEY}".encode()
    assert (seen[b"openai-beta"], seen[b"sec-websocket-version"]) == (b"realtime=v1", b"13")
    assert (seen[b"upgrade"].lower(), seen[b"connection"].lower()) == (b"websocket", b"upgrade")


@pytest.mark.parametrize("path", ["/v1/realtime?model=m", "/v1/responses"])
def test_p17_frames_pass_byte_for_byte(proxy: Proxy, play: Any, path: str) -> None:
    """Text, binary, fragments and a frame of 5 MiB in both directions, a frame together with the 101 included."""
    big = bytes(range(256)) * (5 * 4096)
    up = (
        frame(TEXT, b'{"type":"session.update"}', masked=True)
        + frame(BINARY, b"\x00\xff" * 1000, masked=True)
        + b"\x01\x83abcd\x00\x00\x00\x80\x83abcd\x01\x02\x03"
        + frame(BINARY, big, masked=True)
    )
    down = frame(TEXT, '{"type":"täxt"}'.encode()) + frame(BINARY, big) + b"\x01\x03abc\x80\x03def"
    first = frame(TEXT, b'{"type":"session.created"}')
    received: list[bytes] = []

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head, first)
        sending = threading.Thread(target=sock.sendall, args=(down,))
        sending.start()
        received.append(exactly(sock.recv, len(up)))
        sending.join(10)
        sock.recv(1)

    play(steps)
    with Wire(proxy.port) as wire:
        wire.send(handshake(path))
        assert wire.head().status == 101
        sending = threading.Thread(target=wire.send, args=(up,))
        sending.start()
        early = wire.held
        wire.held = b""
        data = early + exactly(wire.sock.recv, len(first) + len(down) - len(early))
        sending.join(10)
        wait_until(lambda: bool(received), 10, "the provider read it all")
    assert data == first + down
    assert received == [up]


def test_p17_pings_pass(proxy: Proxy, play: Any) -> None:
    """A ping is answered by whom it was sent to, with its payload."""
    seen: list[bytes] = []

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        sock.sendall(frame(PING, b"from-provider"))
        seen.append(exactly(sock.recv, len(frame(PONG, b"from-provider", masked=True))))
        sock.recv(1)

    play(steps)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        ping = frame(PING, b"from-provider")
        early, wire.held = wire.held, b""
        assert early + exactly(wire.sock.recv, len(ping) - len(early)) == ping
        wire.send(frame(PONG, b"from-provider", masked=True))
        wait_until(lambda: bool(seen), 5, "the pong")
    assert seen == [frame(PONG, b"from-provider", masked=True)]


@pytest.mark.parametrize("side", ["provider", "client"])
def test_p17_close_code_and_reason_pass(proxy: Proxy, play: Any, side: str) -> None:
    """The close frame of either side arrives with its code and reason, and then both connections end."""
    close = struct.pack("!H", 4001) + "zu spät".encode()
    seen: list[bytes] = []
    ended = threading.Event()

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        if side == "provider":
            sock.sendall(frame(CLOSE_FRAME, close))
            seen.append(exactly(sock.recv, len(frame(CLOSE_FRAME, close, masked=True))))
        else:
            seen.append(exactly(sock.recv, len(frame(CLOSE_FRAME, close, masked=True))))
            sock.sendall(frame(CLOSE_FRAME, close))
        ended.set()

    play(steps)
    wanted = frame(CLOSE_FRAME, close)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        if side == "client":
            wire.send(frame(CLOSE_FRAME, close, masked=True))
        early, wire.held = wire.held, b""
        assert early + exactly(wire.sock.recv, len(wanted) - len(early)) == wanted
        if side == "provider":
            wire.send(frame(CLOSE_FRAME, close, masked=True))
        assert ended.wait(5)
        assert wire.closed(5)
    assert seen == [frame(CLOSE_FRAME, close, masked=True)]


def test_p17_what_was_sent_before_closing_arrives(proxy: Proxy, play: Any) -> None:
    """A client that sends 10 MiB and a close frame and then closes its socket: a slow provider still gets all of it."""
    up = frame(BINARY, bytes(range(256)) * (10 * 4096), masked=True) + frame(CLOSE_FRAME, b"\x03\xe8", masked=True)
    received: list[bytes] = []

    def steps(sock: socket.socket, head: bytes) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        switch(sock, head)
        try:
            time.sleep(0.5)
            received.append(exactly(sock.recv, len(up)))
        except OSError:
            received.append(b"reset")

    play(steps)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        wire.send(up)
    wait_until(lambda: bool(received), 10, "the provider saw the end")
    assert len(received[0]) == len(up)  # ten million bytes beside each other would tell nobody anything
    assert hashlib.sha256(received[0]).digest() == hashlib.sha256(up).digest()


def test_p17_when_the_client_goes_the_provider_is_closed(proxy: Proxy, upstream: RawUpstream, play: Any) -> None:
    """A client that vanishes from a tunnel takes the upstream connection with it within a second; it is recorded."""
    gone = threading.Event()

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        try:
            while sock.recv(1024):
                pass
        finally:
            gone.set()

    play(steps)
    known = len(proxy.lines())
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        wire.reset()
    assert gone.wait(1.5)
    wait_until(lambda: len(proxy.lines()) > known, 5, "an access line")
    assert proxy.lines()[-1]["operation"] == "realtime"
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")


def test_p17_a_silent_tunnel_outlives_the_idle_timeout(proxy: Proxy, play: Any) -> None:
    """Time-outs of responses are not for tunnels: one is silent for longer than ``idle`` (1 s) and goes on."""

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        time.sleep(2.3)
        sock.sendall(frame(TEXT, b"still here"))
        sock.recv(1)

    play(steps)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        wanted = frame(TEXT, b"still here")
        assert exactly(wire.sock.recv, len(wanted)) == wanted


def test_p17_a_slow_reader_throttles_the_provider(proxy: Proxy, play: Any) -> None:
    """A client that does not read its tunnel stops the provider; memory does not grow with what it would send."""
    sent = [0]

    def steps(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        block = os.urandom(65536)
        while sent[0] < 60_000_000:
            sock.sendall(block)
            sent[0] += len(block)

    play(steps)
    with Wire(proxy.port, receive_buffer=65536) as wire:
        wire.send(handshake())
        assert wire.head().status == 101
        before = proxy.memory()
        time.sleep(1.5)
        assert sent[0] < 40_000_000
        assert proxy.memory() - before < 8_000_000
        wire.reset()


def test_p18_a_refusal_is_seen_by_the_client(proxy: Proxy, play: Any) -> None:
    """The provider's 401 with its JSON is the client's answer to the handshake."""
    body = b'{"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"}}'

    def steps(sock: socket.socket, head: bytes) -> None:
        sock.sendall(
            b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nX-Request-Id: req_2\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )

    play(steps)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        answer = wire.answer()
    assert (answer.status, answer.body) == (401, body)
    assert answer.headers["x-request-id"] == "req_2"
    assert "x-sightglass-error" not in answer.headers
    assert proxy.line_of(answer)["status"] == 401


def test_p18_an_upstream_that_is_gone_is_a_502(tmp_path: Path, start_proxy: Any) -> None:
    """No provider: the handshake is answered with our own error."""
    with RawUpstream(lambda sock: None) as gone:
        pass
    proxy = start_proxy(gone.url)
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        answer = wire.answer()
    assert (answer.status, answer.headers["x-sightglass-error"]) == (502, "1")
