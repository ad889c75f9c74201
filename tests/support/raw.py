"""Upstream connections against a server of raw bytes, in one event loop: a test decides every byte and moment."""

from __future__ import annotations

import asyncio
import functools
import inspect
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
import uvloop

from proxy.errors import UpstreamError
from proxy.upstream.connection import Connection
from proxy.upstream.fast_head import Head
from proxy.upstream.pool import Pool
from support.patience import patient

GET = b"GET / HTTP/1.1\r\nhost: upstream\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def on_both_loops(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on asyncio's loop and on uvloop, which behave differently around sockets that close."""

    @functools.wraps(test)
    def run(*args: Any, new_loop: Callable[[], asyncio.AbstractEventLoop], **kwargs: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(20):
                await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(bounded())

    signature = inspect.signature(test)
    added = inspect.Parameter("new_loop", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), added])  # type: ignore[attr-defined]
    loops = [asyncio.new_event_loop, uvloop.new_event_loop]
    return pytest.mark.parametrize("new_loop", loops, ids=["asyncio", "uvloop"])(run)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for ``condition``; fails after ``patient(seconds)``."""
    deadline = asyncio.get_running_loop().time() + patient(seconds)
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.002)


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """The next request head."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        """Write, and give the other end time to read it on its own."""
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0.005)

    async def close(self) -> None:
        """End the connection cleanly."""
        self.writer.close()
        await asyncio.sleep(0)

    def reset(self) -> None:
        """End it with RST, as a machine that dies does."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Until the other end has closed."""
        while True:
            try:
                if not await self.reader.read(65536):
                    return
            except ConnectionError:
                return


class RawServer:
    """``async with RawServer() as server``; ``await server.accept()`` gives the connections in their order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.accepted = 0
        self._tls = tls
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._all: list[Peer] = []

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for peer in self._all:
            peer.writer.close()
        await asyncio.sleep(0.01)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._all.append(Peer(reader, writer))
        self._peers.put_nowait(self._all[-1])

    async def accept(self) -> Peer:
        """The next connection."""
        return await self._peers.get()


class SeenHead(NamedTuple):
    """A response head as tests compare it."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]


class Listening:
    """A listener that remembers. ``done`` ends with the response, or raises what failed it."""

    def __init__(self) -> None:
        self.head: SeenHead | None = None
        self.body = b""
        self.writable = 0
        self.upgraded: bytes | None = None
        self.chunk: Callable[[bytes], None] = lambda chunk: None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_head(self, head: Head) -> None:
        assert self.head is None, "a second head"
        self.head = SeenHead(head.status, head.reason, head.headers)

    def on_chunk(self, chunk: bytes) -> None:
        assert chunk
        assert self.head is not None
        self.body += chunk
        self.chunk(chunk)

    def on_read(self) -> None: ...

    def on_end(self) -> None:
        self.done.set_result(None)

    def on_failed(self, error: UpstreamError) -> None:
        self.done.set_exception(error)

    def on_writable(self) -> None:
        self.writable += 1

    def on_upgraded(self, rest: bytes) -> None:
        self.upgraded = rest


def local_pool(server: RawServer, **changes: Any) -> Pool:
    """A pool for ``server``."""
    return Pool("127.0.0.1", server.port, **{"tls": False, "connect_timeout": 5.0, **changes})


def begin(connection: Connection, request: bytes = GET, idle: float = 5.0, first_byte: float = 5.0) -> Listening:
    """Send a whole request on ``connection``."""
    listening = Listening()
    connection.begin(listening, request.startswith(b"HEAD"), first_byte, idle, b"upgrade:" in request.lower())
    connection.send_head(request, (), 0, True)
    return listening


async def answered(server: RawServer, pool: Pool, *pieces: bytes, request: bytes = GET) -> tuple[Listening, Connection]:
    """One exchange on a new connection, answered with ``pieces``, each in a read of its own. Not yet released."""
    connection = await pool.connect()
    peer = await server.accept()
    listening = begin(connection, request)
    await peer.request()
    for piece in pieces:
        await peer.send(piece)
    return listening, connection
