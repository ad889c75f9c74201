"""A client that closes while nobody reads from it, because the other side of its tunnel is slow."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

from proxy.config.settings import Timeouts
from proxy.edge.heads import Request
from proxy.edge.http import WATCH, ClientConnection
from proxy.edge.server import EdgeServer
from support.raw import on_both_loops, until

OFFER = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"


class Taking:
    """Takes what comes through a tunnel, and can stop the client."""

    def __init__(self) -> None:
        self.client: ClientConnection | None = None
        self.taken = b""
        self.gone = False

    def serve(self, client: ClientConnection, request: Request) -> Taking:
        self.client = client
        return self

    def on_request_end(self) -> None:
        assert self.client is not None
        self.client.begin_tunnel()
        self.client.pause_reading()

    def on_raw(self, data: bytes) -> None:
        self.taken += data

    def on_client_gone(self) -> None:
        self.gone = True

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None  # the rest of a handler: nothing to do


@contextlib.asynccontextmanager
async def _tunnel(handler: Taking) -> AsyncIterator[socket.socket]:
    """A client in a tunnel to ``handler``, which does not read it yet."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    edge = EdgeServer(handler.serve, Timeouts)  # type: ignore[arg-type]
    await edge.start(listener)
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(OFFER)
        await until(lambda: handler.client is not None and handler.client.tunnel)
        yield client
    await edge.drain(0)


@on_both_loops
async def test_what_a_client_sent_before_it_closed_is_read() -> None:
    """However long the other side takes: the client is looked after several times meanwhile."""
    handler = Taking()
    async with _tunnel(handler) as client:
        client.sendall(bytes(50_000))
        client.close()
        await asyncio.sleep(2.5 * WATCH)
        assert not handler.gone
        assert handler.client is not None
        handler.client.resume_reading()
        await until(lambda: handler.gone)
        assert handler.taken == bytes(50_000)


@on_both_loops
async def test_a_client_that_vanished_is_noticed() -> None:
    """Its connection was reset: nothing of what it sent can be read any more."""
    handler = Taking()
    async with _tunnel(handler) as client:
        client.sendall(bytes(50_000))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        await until(lambda: handler.gone)
