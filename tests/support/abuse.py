"""Abuse in numbers: short forms for the tests, full size for ``make soak``."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from support import replies
from support.processes import wait_until
from support.proxying import CHAT, Proxy, Wire
from support.upstream import Recorded, Step

_REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n" + b" " * 20
_TINY = replies.sse(b'{"choices":[{"index":0,"delta":{"content":"x"}}]}')
_STOP = replies.sse(b'{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}')
_BLOCK = 500


def a_few_words(request: Recorded) -> Iterator[Step]:
    """A short stream that takes long enough to be left in the middle."""
    yield 0.01
    yield from replies.stream(replies.chat_events("a few words more or less", usage=None), gap=0.002)


def storm(proxy: Proxy, rounds: int, chance: random.Random) -> None:
    """50 clients a round; each sends a request or a part of one, and leaves at a random moment, by FIN or by RST."""
    for _ in range(rounds):
        wires = []
        for _ in range(50):
            wire = Wire(proxy.port)
            whole = len(_REQUEST)
            wire.send(_REQUEST[: chance.choice([whole, whole, whole, 60, whole - 5])])
            wires.append(wire)
        chance.shuffle(wires)
        for wire in wires:
            if chance.random() < 0.3:
                time.sleep(chance.random() * 0.004)
            if chance.random() < 0.5:
                wire.reset()
            else:
                wire.sock.close()


def check_after_storm(proxy: Proxy, count: int) -> None:
    """Nothing is in flight, and each of up to ``count`` requests has its outcome and its decision."""
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 10, "nothing in flight")
    proxy.wait_idle(30)
    requests = proxy.metric("sightglass_requests_total")
    assert requests == proxy.metric("sightglass_sampling_decisions_total")
    assert 0.6 * count <= requests <= count


def tiny_events(count: int) -> Iterator[Step]:
    """A stream of ``count`` (a multiple of 500) events of one letter each."""
    yield replies.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
    block = replies.chunk(_TINY) * _BLOCK
    for _ in range(count // _BLOCK):
        yield block
    yield replies.chunk(_STOP) + replies.chunk(replies.sse(b"[DONE]")) + b"0\r\n\r\n"


def read_tiny_events(proxy: Proxy) -> tuple[int, str]:
    """Ask for such a stream: how many of its events came, and the request's id."""
    total, held = 0, b""
    with Wire(proxy.port, timeout=60) as wire:
        wire.post({**CHAT, "stream": True})
        answer = wire.head()
        for piece in wire.pieces(answer):
            held += piece
            cut = held.rfind(b"\n\n") + 2
            total += held[:cut].count(b'"content":"x"')
            held = held[cut:]
        assert answer.clean
    return total, answer.headers["x-sightglass-request-id"]
