"""Many event streams at once on raw protocols: each is read to its end and compared, byte for byte."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import uvloop

from tests.bench.cells import CHUNKS, GAP, Cell, events

_EXPECTED = b"".join(events())
#: A stream that came in fewer reads, or faster, was held back somewhere.
_LEAST_READS, _LEAST_SECONDS = CHUNKS // 2, 0.8 * CHUNKS * GAP


@dataclass(slots=True)
class Streams:
    """Streams that came whole, and those that did not."""

    whole: int = 0
    wrong: int = 0
    seconds: float = 0.0


def dechunked(body: bytes) -> bytes | None:
    """The bytes of a chunked body; ``None`` when it is not exactly one."""
    parts, position = [], 0
    while True:
        end = body.find(b"\r\n", position)
        try:
            size = int(body[position:end].split(b";")[0], 16)
        except ValueError:
            return None
        position = end + 2
        if size == 0:
            return b"".join(parts) if body[position:] == b"\r\n" else None
        parts.append(body[position : position + size])
        position += size + 2


class _Reader(asyncio.Protocol):
    """One connection: stream after stream until the time is over."""

    def __init__(self, request: bytes, until: float, tally: Streams) -> None:
        self._request, self._until, self._tally = request, until, tally
        self._pieces: list[bytes] = []
        self._started = 0.0
        self._transport: asyncio.Transport
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first one."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's do not inherit from asyncio's
        self._ask()

    def _ask(self) -> None:
        self._pieces = []
        self._started = time.monotonic()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Gather; at the end of the body compare, and ask for the next one."""
        self._pieces.append(data)
        if data != b"0\r\n\r\n" and not data.endswith(b"\r\n0\r\n\r\n"):
            return
        head, _, body = b"".join(self._pieces).partition(b"\r\n\r\n")
        took = time.monotonic() - self._started
        good = head.startswith(b"HTTP/1.1 200 ") and dechunked(body) == _EXPECTED
        if good and took >= _LEAST_SECONDS and len(self._pieces) >= _LEAST_READS:
            self._tally.whole += 1
        else:
            self._tally.wrong += 1
        if time.monotonic() < self._until:
            self._ask()
        else:
            self._pieces = []
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream under way is a broken one."""
        self._tally.wrong += bool(self._pieces) or exc is not None
        if not self.done.done():
            self.done.set_result(None)


async def _run(port: int, cell: Cell, seconds: float) -> Streams:
    tally, loop = Streams(), asyncio.get_running_loop()
    begun = time.monotonic()
    dice = random.Random(1)
    waiting = []
    for number in range(cell.connections):
        reader = _Reader(cell.request(number), begun + seconds, tally)
        await loop.create_connection(lambda reader=reader: reader, "127.0.0.1", port)
        waiting.append(reader.done)
        # Streams of real life do not tick together.
        await asyncio.sleep(dice.random() * 2 * GAP)
    _, late = await asyncio.wait(waiting, timeout=seconds + 20)
    tally.wrong += len(late)
    tally.seconds = time.monotonic() - begun
    return tally


def run_streams(port: int, cell: Cell, seconds: float) -> Streams:
    """Streams on all the cell's connections for ``seconds``, each to its end."""
    return uvloop.run(_run(port, cell, seconds))
