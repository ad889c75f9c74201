"""PROTOCOL around tunnels: what is sent too early, too much or not at all, and who must not see it."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.processes import wait_until
from support.proxying import Proxy, RawUpstream, Wire, read_head
from support.websocket import BINARY, TEXT, exactly, frame, handshake, headers_of, switch

NEXT = "sk-of-the-next-client-8d1f"


class Late:
    """A provider that refuses each handshake at once, and reads only afterwards: ``seen`` holds every byte."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def serve(self, sock: socket.socket) -> None:
        number = len(self.seen)
        self.seen.append(b"")
        self.seen[number] += sock.recv(65536)
        sock.sendall(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\nlate")
        while data := sock.recv(65536):
            self.seen[number] += data
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Content-Length: 37", b"GET /v1/stolen HTTP/1.1\r\nHost: localhost\r\nX-A: "),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n"),
        ("Content-Length: 5000", b""),
    ],
    ids=["sized", "chunked", "announced and not sent"],
)
def test_p21_a_handshake_with_a_body_is_refused(start_proxy: Any, framing: str, body: bytes) -> None:
    """It is 400 before a byte goes upstream, and the next client's request is read by nobody as its body."""
    late = Late()
    with RawUpstream(late.serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as first:
            first.send(handshake("/v1/realtime", framing) + body)
            answer = first.answer()
            assert (answer.status, answer.json()["error"]["code"]) == (400, "malformed_request")
            assert proxy.line_of(answer)["status"] == 400
        with Wire(proxy.port) as second:
            second.request("GET", "/v1/models", headers=[f"Authorization: Bearer {NEXT}"])
            second.answer()
        wait_until(lambda: bool(late.seen), 5, "the second request")
        assert [seen.count(b"HTTP/1.1\r\n") for seen in late.seen] == [1]
        assert late.seen[0].startswith(b"GET /v1/models HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_p21_only_a_get_is_a_handshake(start_proxy: Any, method: str) -> None:
    """Another method's offer is passed over, and the request forwarded with its body."""
    seen: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        head = read_head(sock)
        seen.append(head + exactly(sock.recv, int(headers_of(head)[b"content-length"])))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            wire.send(handshake("/v1/realtime", "Content-Length: 4").replace(b"GET", method.encode(), 1) + b"body")
            assert wire.answer().body == b"ok"
    [request] = seen
    assert request.endswith(b"\r\n\r\nbody")
    assert b"upgrade" not in headers_of(request)


def test_p21_a_refused_handshake_ends_its_connection(start_proxy: Any) -> None:
    """What was asked to become a tunnel serves no other client, however politely the provider refused it."""
    late = Late()
    with RawUpstream(late.serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as first:
            first.send(handshake("/v1/realtime") + frame(TEXT, b"early", masked=True))
            assert first.answer().status == 426
            assert first.closed(5), "what it said ahead of the answer was not delivered"
        with Wire(proxy.port) as second:
            second.request("GET", "/v1/models", headers=[f"Authorization: Bearer {NEXT}"])
            second.answer()
        wait_until(lambda: len(late.seen) == 2, 5, "a connection of its own")
        assert NEXT.encode() not in late.seen[0]


def test_p21_a_request_that_was_not_sent_whole_ends_its_connection(start_proxy: Any) -> None:
    """A provider that answers early and reads late: the rest of the first client's body is missing for ever, so its
    connection is not the second client's."""
    seen: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        number = len(seen)
        seen.append(read_head(sock))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        while data := sock.recv(65536):
            seen[number] += data

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as first, Wire(proxy.port) as second:
            first.send(b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400\r\n\r\nthe beginning")
            assert first.answer().status == 200
            second.request("GET", "/v1/models", headers=[f"Authorization: Bearer {NEXT}"])
            assert second.answer().status == 200
        assert [head.split(b" ")[1] for head in seen] == [b"/v1/files", b"/v1/models"]
        assert NEXT.encode() not in seen[0]


# --- bytes ahead of the 101 -------------------------------------------------------------------------------------


@pytest.fixture
def agreed() -> threading.Event:
    """Set when the provider may agree."""
    return threading.Event()


def _agrees_later(agreed: threading.Event, received: list[bytes], size: int) -> Callable[[socket.socket], None]:
    def serve(sock: socket.socket) -> None:
        head = read_head(sock)
        assert agreed.wait(10)
        assert not select.select([sock], [], [], 0)[0], "sent before the provider had agreed"
        switch(sock, head, frame(TEXT, b"hello"))
        received.append(exactly(sock.recv, size))
        sock.sendall(frame(TEXT, b"all there"))
        sock.recv(1)

    return serve


@pytest.mark.parametrize("moment", ["with the handshake", "before the 101", "before there is a connection"])
def test_p22_what_is_sent_before_the_101_arrives(start_proxy: Any, agreed: threading.Event, moment: str) -> None:
    """Frames that a client sends too early are kept until the provider agrees, and come before those sent later."""
    early, later = frame(TEXT, b"too early", masked=True), frame(BINARY, b"in time" * 50, masked=True)
    received: list[bytes] = []
    with RawUpstream(_agrees_later(agreed, received, len(early + later))) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"first_byte": "10s"})
        with Wire(proxy.port) as wire:
            if moment == "with the handshake":
                wire.send(handshake() + early)
            else:
                wire.send(handshake())
                if moment == "before the 101":
                    wait_until(lambda: upstream.connections == 1, 5, "the handshake upstream")
                wire.send(early)
            # All of it has reached the proxy when it says so of its memory.
            wait_until(lambda: proxy.metric("sightglass_inflight_body_bytes") == len(early), 5, "the early frame held")
            agreed.set()
            assert wire.head().status == 101
            wire.send(later)
            assert wire.until(b"all there").endswith(frame(TEXT, b"hello") + frame(TEXT, b"all there"))
            assert proxy.metric("sightglass_inflight_body_bytes") == 0
    assert received == [early + later]


def test_p22_what_is_held_is_bounded(start_proxy: Any, agreed: threading.Event) -> None:
    """A client that sends 30 MB ahead is held back by its own socket; all of it arrives all the same."""
    data = frame(BINARY, bytes(range(256)) * (30 * 4096), masked=True)
    received: list[bytes] = []
    with RawUpstream(_agrees_later(agreed, received, len(data))) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"first_byte": "20s"})
        with Wire(proxy.port) as wire:
            wire.send(handshake())
            sending = threading.Thread(target=wire.send, args=(data,))
            sending.start()
            wait_until(lambda: proxy.metric("sightglass_inflight_body_bytes") > 256 * 1024, 5, "the bound reached")
            time.sleep(0.3)
            assert proxy.metric("sightglass_inflight_body_bytes") <= 1024 * 1024
            agreed.set()
            assert wire.head().status == 101
            sending.join(20)
            wait_until(lambda: bool(received), 20, "all of it")
    assert received == [data]


def test_p22_a_client_that_goes_before_the_101_is_recorded(start_proxy: Any) -> None:
    """What was held for it is given back, and the provider's connection ends."""
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        read_head(sock)
        if not sock.recv(1):
            over.set()

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"first_byte": "10s"})
        with Wire(proxy.port) as wire:
            wire.send(handshake() + frame(TEXT, b"early", masked=True))
            wait_until(lambda: proxy.metric("sightglass_inflight_body_bytes") > 0, 5, "the early frame held")
            wire.reset()
        assert over.wait(5)
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
        assert proxy.metric("sightglass_inflight_body_bytes") == 0
        wait_until(proxy.lines, 5, "its line")
        assert proxy.lines()[-1]["outcome"] == "client_disconnected"


# --- tunnels that nobody uses any more --------------------------------------------------------------------------


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[tuple[Proxy, list[bytes], threading.Event]]:
    """A proxy whose tunnels may be silent for a second; what its provider has received; whether it saw the end."""
    received: list[bytes] = []
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        switch(sock, read_head(sock))
        received.append(b"")
        try:
            while data := sock.recv(65536):
                received[-1] += data
        finally:
            over.set()

    with RawUpstream(serve) as upstream:
        proxy = Proxy(tmp_path, upstream.url, timeouts={"tunnel": "1s"})
        yield proxy, received, over
        proxy.finish()


def test_p23_a_silent_tunnel_ends(impatient: tuple[Proxy, list[bytes], threading.Event]) -> None:
    """Nothing in either direction for ``timeouts.tunnel``: both sides are closed, and it is recorded as a time-out."""
    proxy, _, over = impatient
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        answer = wire.head()
        assert answer.status == 101
        assert proxy.metric("sightglass_inflight_requests") == 1
        assert wire.closed(10)
    assert over.wait(5)
    line = proxy.line_of(answer)
    assert (line["outcome"], line["error"]) == ("timeout", "tunnel_idle")
    assert proxy.metric("sightglass_inflight_requests") == 0


def test_p23_a_tunnel_in_use_goes_on(impatient: tuple[Proxy, list[bytes], threading.Event]) -> None:
    """Bytes in one direction alone keep it, however long it lasts."""
    proxy, received, over = impatient
    with Wire(proxy.port) as wire:
        wire.send(handshake())
        answer = wire.head()
        for _ in range(12):
            time.sleep(0.25)
            wire.send(frame(TEXT, b"ping", masked=True))
        wait_until(lambda: received == [frame(TEXT, b"ping", masked=True) * 12], 5, "every frame")
        assert not over.is_set()
        assert proxy.metric("sightglass_inflight_requests") == 1
    assert proxy.line_of(answer)["outcome"] == "ok"


def test_p23_the_system_asks_whether_the_peers_are_there(
    impatient: tuple[Proxy, list[bytes], threading.Event],
) -> None:
    """Both sockets of a tunnel, and no others, are watched by TCP keep-alive (the system lists their timers)."""
    proxy, _, _ = impatient
    with Wire(proxy.port) as wire, Wire(proxy.port) as idle:
        wire.send(handshake())
        assert wire.head().status == 101
        local = {wire.sock.getsockname()[1]: "tunnel", idle.sock.getsockname()[1]: "idle"}

        def timers() -> dict[str, str]:
            found: dict[str, str] = {}
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
                fields = line.split()
                ours, theirs = (int(item.split(":")[1], 16) for item in fields[1:3])
                if ours == proxy.port and theirs in local:
                    found[local[theirs]] = fields[5].split(":")[0]
            return found

        # While what was sent is not acknowledged, another timer (01) runs. 02: keep-alive.
        wait_until(lambda: timers() == {"tunnel": "02", "idle": "00"}, 5, "a keep-alive timer runs")
