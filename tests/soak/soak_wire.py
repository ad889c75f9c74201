"""Hostile answers and handshakes: no client gets another's bytes, and nothing of ours breaks.

Each of ``SOAK_CASES`` (2,000) cases is a request or a handshake in one or two writes, often with bytes ahead of its
answer, and an answer with bytes flipped, cut or put in, in two pieces, after which the provider goes on, closes or
resets. Another client asks on its kept connection after each, and must get its own answer. ``SOAK_SEED`` chooses them.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from support.processes import wait_until
from support.proxying import Proxy, RawUpstream, Wire, read_request
from support.websocket import TEXT, frame

_ANSWERS = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi",
    b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno",
)
_PUT_IN = (
    *(b"\r\n", b"\n", b"\0", b"\r", b" ", b":", b"\xff" * 9, b"0\r\n\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n"),
    *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
    *(b"Transfer-Encoding: gzip, chunked\r\n", b"Upgrade: h2c\r\n", b"x-sightglass-request-id: a\r\n"),
)
_OFFER = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
_REQUEST = re.compile(rb"(GET|POST|HEAD) /v1/\w+ HTTP/1\.1\r\n")


def _mutated(rnd: random.Random, answer: bytes) -> bytes:
    data = bytearray(answer)
    for _ in range(rnd.choice((0, 1, 1, 1, 2, 3))):
        at = rnd.randrange(len(data))
        how = rnd.randrange(3)
        if how == 0:
            data[at] ^= 1 << rnd.randrange(8)
        elif how == 1:
            data[at:at] = rnd.choice(_PUT_IN)
        else:
            del data[at : at + rnd.randrange(1, 6)]
    return bytes(data)


class _Provider:
    """Gives each case its answer, and notes every request that is not one of ours."""

    def __init__(self) -> None:
        self.answers: dict[bytes, tuple[list[bytes], str]] = {}
        self.wrong: list[bytes] = []
        self.seen = 0

    def serve(self, sock: socket.socket) -> None:
        while (request := read_request(sock)) is not None:
            head = request[0]
            self.seen += 1
            case = re.search(rb"\r\nx-case: (\w+)\r\n", head)
            if case is None or head.count(b"x-case:") != 1 or not _REQUEST.match(head):
                self.wrong.append(head[:300])
                return
            plain = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(case[1]), case[1])]
            pieces, then = self.answers.get(case[1], (plain, "go on"))
            for piece in pieces:
                sock.sendall(piece)
            if then == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if then != "go on":
                return


def _request(rnd: random.Random, case: str) -> bytes:
    handshake = rnd.random() < 0.3
    method = "GET" if handshake else rnd.choice(("GET", "POST", "POST", "HEAD"))
    body = b"GET /v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n" * rnd.choice((1, 40)) if method == "POST" else b""
    head = f"{method} /v1/{'realtime' if handshake else 'files'} HTTP/1.1\r\nHost: localhost\r\nx-case: {case}\r\n"
    head += _OFFER if handshake else ""
    head += f"Content-Length: {len(body)}\r\n" if body else ""
    early = frame(TEXT, b"early", masked=True) if handshake and rnd.random() < 0.5 else b""
    return head.encode() + b"\r\n" + body + early


def _ask(proxy: Proxy, rnd: random.Random, data: bytes) -> str:
    """One hostile case; the status that the client saw first."""
    with Wire(proxy.port, timeout=5) as wire, contextlib.suppress(OSError):
        at = rnd.randrange(len(data)) if rnd.random() < 0.3 else 0
        wire.send(data[:at])
        wire.send(data[at:])
        first = wire.receive()
        assert not first or re.match(rb"HTTP/1\.1 [1-9][0-9]{2} ", first), first[:200]
        return first[9:12].decode() or "ended"
    return "ended"


def test_hostile_answers_reach_nobody_else(start_proxy: Callable[..., Proxy]) -> None:
    """Whatever a provider sends to one client, the next one gets its own answer, and every request is recorded once."""
    rnd = random.Random(int(os.environ.get("SOAK_SEED") or 1))
    cases = int(os.environ.get("SOAK_CASES") or 2000)
    provider, statuses = _Provider(), Counter[str]()
    times: dict[str, Any] = {"first_byte": "1s", "idle": "1s", "tunnel": "2s"}
    with RawUpstream(provider.serve) as upstream:
        proxy = start_proxy(upstream.url, timeouts=times)
        kept = Wire(proxy.port)
        for number in range(cases):
            case = f"case{number}"
            answer = _mutated(rnd, rnd.choice(_ANSWERS))
            at = rnd.randrange(len(answer) + 1)
            then = rnd.choice(("go on", "go on", "close", "reset"))
            provider.answers[case.encode()] = [answer[:at], answer[at:]], then
            statuses[_ask(proxy, rnd, _request(rnd, case))] += 1
            kept.request("GET", "/v1/models", headers=[f"x-case: next{number}"])
            own = kept.answer()
            # A connection that ends while the next request is written on it is 502; that request is never sent twice.
            late = own.status == 502 and own.headers["x-sightglass-error"] == "1"
            assert late or own.body == b"next%d" % number, (own.status, own.body, answer)
            statuses["late"] += late
        kept.sock.close()
        assert provider.wrong == []
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 10, "nothing in flight")
        assert proxy.metric("sightglass_inflight_body_bytes") == 0
        assert proxy.metric("sightglass_requests_total") == len(proxy.lines())
        assert proxy.metric("sightglass_process_restarts_total") == 0
    print(f"{cases} cases, {provider.seen} requests upstream: {dict(statuses)}")
