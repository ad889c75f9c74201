"""A tunnel: the bytes that client and upstream exchange after a 101, unchanged and in both directions.

The tunnel replaces the request: it is both the client's handler and the upstream's listener until one side ends.
``copies`` receives the bytes after they were written. The tunnel never waits for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from proxy.edge.http import ClientConnection
from proxy.errors import ShuttingDown, UpstreamError
from proxy.exchange import Outcome
from proxy.record.progress import Progress
from proxy.upstream.connection import Connection
from proxy.upstream.fast_head import Head

#: A side whose machine has vanished is found by the system: after so many seconds of silence it asks, so many seconds
#: apart, and gives up after so many unanswered questions.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3))


#: The error of a tunnel that was silent for too long.
IDLE = "tunnel_idle"


class Copies(Protocol):
    """The observer of the bytes that pass through a tunnel."""

    def from_client(self, data: bytes) -> None:
        """Bytes that went upstream."""

    def from_upstream(self, data: bytes) -> None:
        """Bytes that went to the client."""

    def on_ended(self, by_client: bool, error: str | None) -> None:
        """No more bytes will come. ``by_client``: the client closed its connection. ``error``: why the tunnel was
        ended by us: ``IDLE``, or the name of an exception."""


class Tunnel:
    """A tunnel ends after ``idle`` seconds without a byte in either direction. ``ended`` is called once at its end."""

    def __init__(
        self,
        client: ClientConnection,
        upstream: Connection,
        progress: Progress,
        idle: float,
        ended: Callable[[], None],
        copies: Copies | None = None,
    ) -> None:
        self._client = client
        self._upstream = upstream
        self._progress = progress
        self._idle = idle
        self._ended = ended
        self._copies = copies
        for transport in (client.transport, upstream.transport):
            if transport is not None:
                watch_over(transport)
        self._timer = asyncio.get_running_loop().call_later(idle, self._tick)

    def begin(self, early: bytes, rest: bytes) -> None:
        """Take over the connections.

        ``early``: bytes that the client sent before the upstream agreed. ``rest``: bytes that the upstream sent after
        its 101.
        """
        self._client.handler = self
        self._client.begin_tunnel()
        self._upstream.hand_over(self)
        if rest:
            self.on_chunk(rest)
        if early:
            self.on_raw(early)
        if not self._upstream.paused_writing:
            self._client.resume_reading()

    # --- the client's handler -----------------------------------------------------------------------------------

    def on_raw(self, data: bytes) -> None:
        """Bytes from the client."""
        self._progress.request_bytes += len(data)
        self._upstream.write(data)
        if self._upstream.paused_writing:
            self._client.pause_reading()
        if self._copies is not None:
            self._copies.from_client(data)

    def on_client_writable(self, writable: bool) -> None:
        """Apply backpressure: a slow client throttles the upstream."""
        if writable:
            self._upstream.resume_reading()
        else:
            self._upstream.pause_reading()

    def on_client_gone(self) -> None:
        """The client has closed its connection."""
        self._end(Outcome.OK, True)

    def on_shutdown(self) -> None:
        """The drain period is over."""
        self._end(Outcome.OK, error=ShuttingDown.__name__)

    def on_body(self, piece: bytes | memoryview) -> None:
        """Not used: a tunnel has no requests."""

    def on_request_end(self) -> None:
        """Not used: a tunnel has no requests."""

    def advance(self) -> None:
        """Not used: a tunnel has no requests."""

    def on_malformed(self) -> None:
        """Not used: a tunnel has no requests."""

    # --- the upstream's listener --------------------------------------------------------------------------------

    def on_chunk(self, chunk: bytes) -> None:
        """Bytes from the upstream."""
        self._client.write(chunk)
        self._progress.response_bytes += len(chunk)
        if self._copies is not None:
            self._copies.from_upstream(chunk)

    def on_writable(self) -> None:
        """The upstream accepts bytes again."""
        self._client.resume_reading()

    def on_end(self) -> None:
        """The upstream has closed its connection."""
        self._client.close()
        self._end(Outcome.OK)

    def on_failed(self, error: UpstreamError) -> None:
        """The upstream connection failed. For a tunnel this is a normal end."""
        self.on_end()

    def on_head(self, head: Head) -> None:
        """Not used: a tunnel has no responses."""

    def on_read(self) -> None:
        """Nothing to do: bytes were forwarded as they arrived."""

    def on_upgraded(self, rest: bytes) -> None:
        """Nothing to do: the connection is already a tunnel."""

    # --- its end ------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        # The upstream's clock is set by what it sends and by what it is sent.
        left = self._upstream.active + self._idle - asyncio.get_running_loop().time()
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(left, self._tick)
            return
        self._progress.error = IDLE
        self._end(Outcome.TIMEOUT, error=IDLE)
        self._client.close()

    def _end(self, outcome: Outcome, by_client: bool = False, error: str | None = None) -> None:
        self._timer.cancel()
        self._client.handler = None
        self._progress.outcome = outcome
        if self._copies is not None:
            self._copies.on_ended(by_client, error)
        self._ended()


def watch_over(transport: asyncio.Transport) -> None:
    """Enable TCP keep-alive, where the system supports it, to detect a peer that has disappeared."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is None:
        return
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE:
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    except OSError:  # it has gone already, and is about to say so
        return
