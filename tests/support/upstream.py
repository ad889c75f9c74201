"""A scripted provider: plain TCP in its own thread, so that tests see exact bytes and decide every byte and pause.

A script takes the ``Recorded`` request and gives steps: bytes are written at once, a number is a pause in seconds,
``CUT`` resets the connection, ``CLOSE`` ends it cleanly, ``STALL`` waits until the client has gone. When the steps are
over the connection is kept for the next request.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from support.patience import patient


class End(Enum):
    """How a script may end a connection."""

    CUT = "cut"
    CLOSE = "close"
    STALL = "stall"


CUT, CLOSE, STALL = End.CUT, End.CLOSE, End.STALL
Step = bytes | float | End


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came over the wire. ``head`` is every byte up to the blank line; a chunked body is joined."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    head: bytes
    connection: int
    at: float = field(default_factory=time.monotonic)

    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case; ``None`` when it was not sent."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)


Script = Callable[[Recorded], Iterable[Step]]
#: Serves what follows a handshake that asks for another protocol; the connection ends with it.
Upgraded = Callable[[Recorded, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedUpstream:
    """A context manager: serves on ``url`` between enter and exit. ``script`` may be replaced at any time."""

    def __init__(self, script: Script, upgraded: Upgraded | None = None) -> None:
        self.script = script
        self.upgraded = upgraded
        self.requests: list[Recorded] = []
        self.connections = 0
        self.disconnects = 0
        self.problems: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="scripted-upstream", daemon=True)

    @property
    def url(self) -> str:
        """The base URL without ``/v1``."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ScriptedUpstream:
        self._thread.start()
        assert self._started.wait(10), "the scripted upstream did not start"
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the scripted upstream did not stop"
        assert not self.problems, self.problems

    def wait_for(self, condition: Callable[[ScriptedUpstream], bool], seconds: float = 5.0) -> None:
        """Until ``condition(self)`` holds; fails after ``patient(seconds)``."""
        deadline = time.monotonic() + patient(seconds)
        while not condition(self):
            assert time.monotonic() < deadline, "the upstream did not see it in time"
            time.sleep(0.005)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            while (request := await _read_request(reader, writer, number)) is not None:
                self.requests.append(request)
                if self.upgraded is not None and (request.header("upgrade") or "").lower() == "websocket":
                    await self.upgraded(request, reader, writer)
                    break
                if not await self._answer(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.disconnects += 1
        except asyncio.CancelledError:
            pass
        except ValueError as error:
            self.problems.append(f"not HTTP: {error}")
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _answer(self, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Play the script; whether the connection may be used again."""
        for step in self.script(request):
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif step is CUT:
                _reset(writer)
                return False
            elif step is CLOSE:
                return False
            else:
                seconds = float("inf") if isinstance(step, End) else step
                if not await _pause(reader, seconds):
                    self.disconnects += 1
                    return False
        return True


async def _pause(reader: asyncio.StreamReader, seconds: float) -> bool:
    """Wait; False as soon as the client has gone."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if reader.at_eof():
            return False
        await asyncio.sleep(min(left, 0.005))
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a machine that dies does."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Recorded | None:
    """The next request; ``None`` when the client closed between two."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    known = {name.lower(): value for name, value in headers}
    if known.get(b"expect", b"").lower() == b"100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if b"chunked" in known.get(b"transfer-encoding", b"").lower():
        body = await _read_chunked(reader)
    else:
        body = await reader.readexactly(int(known.get(b"content-length", b"0")))
    return Recorded(method, target, headers, body, head, connection)


async def _read_chunked(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(parts)
