"""The scripted upstream: reads a request to its end, then answers with 1 KB or with the stream, on a raw protocol.

Run as ``python -m tests.bench.upstream PORT``; it ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop

from tests.bench.cells import CELLS, GAP, events, reply

_BACK = "".join(f"{name}: {value}\r\n" for name, value in CELLS[0].back)


def _whole() -> bytes:
    body = reply()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{_BACK}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _stream() -> list[bytes]:
    """What is written at each tick: the head with the first event, the last event with the end of the body."""
    frames = [b"%x\r\n%b\r\n" % (len(event), event) for event in events()]
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{_BACK}transfer-encoding: chunked\r\n\r\n"
    return [head.encode() + frames[0], *frames[1:-1], frames[-1] + b"0\r\n\r\n"]


WHOLE, STREAM = _whole(), _stream()


class Serving(asyncio.Protocol):
    """One connection: one request at a time, its body counted and thrown away."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport
        self._head = b""
        self._left = 0
        self._streamed = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's do not inherit from asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop a stream that nobody reads."""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Count the body down; answer at its end."""
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            if not length.strip().isdigit():
                self._transport.write(b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\n\r\n")
                return
            if len(body) < min(int(length), 100):
                return
            # Our own client names ``stream`` right after the model; a large body is not searched.
            self._streamed = b'"stream":true' in body[:100]
            self._head, self._left = b"", int(length) - len(body)
        if self._left <= 0:
            self._left = 0
            if self._streamed:
                self._tick(0, self._loop.time())
            else:
                self._transport.write(WHOLE)

    def _tick(self, number: int, started: float) -> None:
        self._transport.write(STREAM[number])
        if number + 1 < len(STREAM):
            self._timer = self._loop.call_at(started + (number + 1) * GAP, self._tick, number + 1, started)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Serving, "127.0.0.1", port, backlog=2048)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
