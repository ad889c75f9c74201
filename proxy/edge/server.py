"""The data listener: one timer for all connections, and a graceful drain."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import socket
from collections.abc import Callable

from proxy.config.settings import Timeouts
from proxy.edge.handling import Handler
from proxy.edge.heads import KnownHeads, Request
from proxy.edge.http import LINGER, ClientConnection

Serve = Callable[[ClientConnection, Request], Handler | None]

#: Seconds between two requests of one connection.
IDLE_SECONDS = 75.0
#: Idle clients that are closed together when descriptors run out.
_ROOM = 64


class EdgeServer:
    """Accepts clients on one socket and passes their requests to ``serve``. ``timeouts`` is called every second."""

    def __init__(self, serve: Serve, timeouts: Callable[[], Timeouts]) -> None:
        self.heads = KnownHeads()
        self.serve = serve
        self._timeouts = timeouts
        self._clients: set[ClientConnection] = set()
        self._server: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._draining = False
        self._made_room = 0.0

    async def start(self, listener: socket.socket) -> None:
        """Start accepting connections."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: ClientConnection(loop, self), sock=listener, backlog=2048)
        self._tick()

    async def drain(self, seconds: float) -> int:
        """Stop accepting, let requests in progress finish, and cut the rest. Returns the number that was cut."""
        self._draining = True
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close_after = True
            if client.handler is None:
                client.close()
        self._empty.clear()
        if self._clients:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._empty.wait()
        late = [client for client in self._clients if client.transport is not None]
        for client in late:
            if client.handler is not None:
                client.handler.on_shutdown()
            if not client.lingering:
                client.abort()
        if any(client.lingering for client in late):
            # They are still sending, and would lose their answer to a reset.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self._empty.wait()
        await asyncio.sleep(0)
        if self._clock is not None:
            self._clock.cancel()
        return len(late)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now, timeouts = loop.time(), self._timeouts()
        for client in list(self._clients):
            client.check(now, timeouts.request_head, IDLE_SECONDS, timeouts.request_body)
        self._clock = loop.call_later(1.0, self._tick)

    def opened(self, client: ClientConnection) -> None:
        """A connection was opened."""
        self._clients.add(client)
        client.close_after = self._draining

    def make_room(self) -> None:
        """File descriptors are running out: close the connections idle for longest, at most once a second."""
        now = asyncio.get_running_loop().time()
        if now - self._made_room < 1.0:
            return
        self._made_room = now
        idle = [client for client in self._clients if client.is_idle]
        for client in heapq.nsmallest(_ROOM, idle, key=lambda client: client.last_byte):
            client.close()

    def lost(self, client: ClientConnection) -> None:
        """A connection was closed."""
        self._clients.discard(client)
        if not self._clients:
            self._empty.set()
