"""One HTTP/1.1 connection to an upstream: an asyncio protocol around httptools' response parser.

Rules (RFC 9112): a response with both Content-Length and Transfer-Encoding, or with a coding other than chunked, can
not be framed without doubt and ends the connection; a body without either runs to the end of the connection; HEAD, 204
and 304 have none. Body bytes of one read are handed on as one chunk, never merged with the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, cast

import httptools

from proxy.errors import UpstreamClosed, UpstreamError, UpstreamIdle, UpstreamInvalid, UpstreamTimeout

#: Reading from the socket stops while this many bytes wait for a slow client, and goes on below a quarter of it.
HIGH_WATER = 256 * 1024
MAX_HEAD = 64 * 1024

Headers = list[tuple[bytes, bytes]]


class Head(NamedTuple):
    """A response head: status, reason phrase, header pairs in order with duplicates kept."""

    status: int
    reason: bytes
    headers: Headers


class Connection(asyncio.Protocol):
    """Serves one exchange at a time: ``begin``, ``write``, ``head``, ``read`` until ``b""``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.on_lost: Callable[[Connection], None] = _nothing
        self.idle_since = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._writable: asyncio.Future[None] | None = None
        self._paused_writing = False
        self._timer: asyncio.TimerHandle | None = None
        self.bytes_written = 0
        self.request_complete = False
        self._reset(head_only=False)
        self.busy = False

    def __repr__(self) -> str:
        state = "closed" if self.closed else "busy" if self.busy else "idle"
        return f"<Connection {state}{' complete' if self._complete else ''}>"

    def _reset(self, head_only: bool) -> None:
        self._head_only = head_only
        self._headers: Headers = []
        self._header_bytes = 0
        self._reason = b""
        self._head: Head | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._batch: list[bytes] = []
        self._complete = False
        self._until_close = False
        self._keep_alive = False
        self._error: UpstreamError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._waiting_since = 0.0
        self._reading_paused = False

    # --- one exchange -------------------------------------------------------------------------------------------

    def begin(self, head_only: bool, first_byte: float, idle: float) -> None:
        """Start an exchange; time-outs are seconds of waiting for the head, and between reads of the body."""
        self._reset(head_only)
        self.busy = True
        self.request_complete = False
        self.bytes_written = 0
        self._first_byte, self._idle = first_byte, idle
        self._timer = self._loop.call_later(min(first_byte, idle), self._tick)

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport. Raises ``UpstreamClosed`` when the connection has ended."""
        if self.closed or self.transport is None:
            raise self._error or UpstreamClosed("the upstream closed the connection")
        self.bytes_written += len(data)
        self.transport.write(data)

    async def drained(self) -> None:
        """Wait until the transport takes more."""
        if self._paused_writing and not self.closed:
            self._writable = self._loop.create_future()
            await self._writable

    async def head(self) -> Head:
        """The final response head (1xx are passed over). Raises ``UpstreamError``."""
        while self._head is None:
            await self._wait()
        return self._head

    async def read(self) -> bytes:
        """The next body bytes as they came off the socket; ``b""`` at the end. Raises ``UpstreamError``."""
        while not self._chunks:
            if self._complete:
                return b""
            await self._wait()
        chunk = self._chunks.pop(0)
        self._buffered -= len(chunk)
        if self._reading_paused and self._buffered < HIGH_WATER // 4 and self.transport is not None:
            self._reading_paused = False
            self.transport.resume_reading()
        return chunk

    @property
    def at_end(self) -> bool:
        """Whether the response is complete and all of it was read."""
        return self._complete and not self._chunks

    def end(self) -> bool:
        """End the exchange; True when the connection can serve another one. Otherwise it is closed at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.busy = False
        if self._complete and self._keep_alive and self.request_complete and not self.closed and not self._buffered:
            if self._head_only:
                self._parser = httptools.HttpResponseParser(self)
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Close without waiting for anything."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    async def _wait(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        self._waiting_since = self._loop.time()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: UpstreamError) -> None:
        if self._error is None and not self._complete:
            self._error = error
        self.abort()
        self._wake()

    def _tick(self) -> None:
        """One timer an exchange: re-armed lazily, so that a read costs none."""
        limit = self._first_byte if self._head is None else self._idle
        left = limit
        if self._waiter is not None:
            left = self._waiting_since + limit - self._loop.time()
            if left <= 0:
                if self._head is None:
                    self._fail(UpstreamTimeout("the upstream sent no response in time"))
                else:
                    self._fail(UpstreamIdle("the upstream stalled in the middle of the response"))
                return
        self._timer = self._loop.call_later(max(left, 0.001), self._tick)

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is ready."""
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes off the socket."""
        if not self.busy:
            # Bytes that nobody asked for could be taken for the next answer.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(UpstreamInvalid("the upstream switched protocols"))
        except httptools.HttpParserError:
            self._keep_alive = False
            self._fail(UpstreamInvalid("the upstream sent a malformed response"))
        if self._batch:
            chunk = b"".join(self._batch) if len(self._batch) > 1 else self._batch[0]
            self._batch.clear()
            self._chunks.append(chunk)
            self._buffered += len(chunk)
            if (
                self._buffered > HIGH_WATER
                and not self._reading_paused
                and not self.closed
                and self.transport is not None
            ):
                self._reading_paused = True
                self.transport.pause_reading()
        if self._chunks or self._complete or self._head is not None:
            self._wake()

    def eof_received(self) -> bool:
        """The upstream will send no more; the connection is closed."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.closed = True
        if self._until_close and self._head is not None and exc is None and self._error is None:
            self._complete = True
        elif not self._complete and self._error is None:
            self._error = UpstreamClosed("the upstream closed the connection before the response was complete")
        self._wake()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self.on_lost(self)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._paused_writing = True

    def resume_writing(self) -> None:
        """The transport takes bytes again."""
        self._paused_writing = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # --- httptools callbacks ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A new message: a second one after the final answer is not ours."""
        if self._complete:
            raise httptools.HttpParserError("unsolicited response")
        self._headers = []
        self._header_bytes = 0
        self._reason = b""

    def on_status(self, status: bytes) -> None:
        """A piece of the reason phrase."""
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header pair."""
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > MAX_HEAD:
            raise httptools.HttpParserError("response head too large")
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: decide how the body is framed."""
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            return
        lengths, codings = set(), []
        for name, value in self._headers:
            lower = name.lower()
            if lower == b"content-length":
                lengths.add(value.strip())
            elif lower == b"transfer-encoding":
                codings.append(value.strip().lower())
        if (lengths and codings) or len(lengths) > 1 or codings not in ([], [b"chunked"]):
            raise httptools.HttpParserError("ambiguous framing")
        bodiless = self._head_only or status in (204, 304)
        self._until_close = not (lengths or codings or bodiless)
        self._head = Head(status, self._reason, self._headers)
        if self._head_only:
            self._keep_alive = self._parser.should_keep_alive()
            self._complete = True

    def on_body(self, body: bytes) -> None:
        """Body bytes, without chunk framing."""
        if not self._head_only:
            self._batch.append(body)

    def on_message_complete(self) -> None:
        """The message ended as its framing says."""
        if self._head is not None and not self._head_only:
            self._complete = True
            self._keep_alive = self._parser.should_keep_alive() and not self._until_close


def _nothing(_: Connection) -> None:
    return None
