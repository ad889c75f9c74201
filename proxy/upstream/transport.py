"""The pool's second face: an httpx transport for everything that is not hot (judge, shadow, probes).

Same connections, same address policy, same verification of certificates as forwarded traffic. httpx's exceptions, by
what happened::

    ConnectError           no connection: DNS, refused, TLS, an address that must not be connected to
    ConnectTimeout         no connection in time
    ReadTimeout            no head, or no byte of the body, in time
    WriteTimeout           the upstream took no byte of the request in time
    RemoteProtocolError    not HTTP, or the connection ended before the response did

A server may close a kept connection at the moment at which it is used again. Where one ends before a byte of the
answer, a request whose body is at hand is sent once more, on a new connection; nothing else is sent twice.

However an exchange ends (to its end, closed early, cancelled anywhere) its connection is given back exactly once; one
that did not end cleanly is closed.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack

import httpx

from proxy.errors import (
    ConnectFailed,
    ConnectTimedOut,
    UpstreamClosed,
    UpstreamError,
    UpstreamIdle,
    UpstreamInvalid,
    UpstreamTimeout,
)
from proxy.upstream.connection import Connection
from proxy.upstream.egress import egress_for
from proxy.upstream.fast_head import Head, first
from proxy.upstream.framing import request_head
from proxy.upstream.pool import Pool

#: Bytes of a response that wait for their reader before the upstream is held back.
_HIGH = 256 * 1024
#: Origins with connections of their own; the one unused for longest makes room.
_ORIGINS = 32
#: "No time-out" of httpx, in seconds.
_FOREVER = 86_400.0

Origin = tuple[str, int, bool]


class PoolTransport(httpx.AsyncBaseTransport):
    """``httpx.AsyncClient(transport=PoolTransport())``. ``connect_timeout`` bounds what httpx's own may only lower.

    ``environ`` names the egress proxies (``egress``). Raises ``ConfigError`` for one that cannot be used.
    """

    def __init__(
        self,
        connect_timeout: float = 5.0,
        allow_private: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._allow_private = allow_private
        self._environ = environ
        self._pools: OrderedDict[Origin, Pool] = OrderedDict()

    def __repr__(self) -> str:
        return f"<PoolTransport {list(self._pools.values())}>"

    @property
    def busy(self) -> int:
        """The number of connections that serve an exchange now."""
        return sum(pool.busy for pool in self._pools.values())

    def _pool(self, url: httpx.URL) -> Pool:
        tls = url.scheme == "https"
        if not tls and url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"the scheme {url.scheme!r} is not HTTP")
        origin = (url.host, url.port or (443 if tls else 80), tls)
        pool = self._pools.pop(origin, None)
        if pool is None:
            egress = egress_for(*origin, self._environ)
            pool = Pool(*origin, self._connect_timeout, self._allow_private, egress=egress)
        self._pools[origin] = pool
        if len(self._pools) > _ORIGINS:
            self._pools.popitem(last=False)[1].close()
        return pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, stream its body, and return when the response head has arrived."""
        pool = self._pool(request.url)
        timeouts: dict[str, float | None] = request.extensions.get("timeout") or {}
        kept = pool.take()
        exchange = _Exchange(kept or await _connected(pool, request, timeouts), pool, request)
        try:
            return await _answered(exchange, request, timeouts)
        except httpx.RemoteProtocolError:
            if kept is None or exchange.heard or not isinstance(request.stream, httpx.ByteStream):
                raise
        again = _Exchange(await _connected(pool, request, timeouts), pool, request)
        return await _answered(again, request, timeouts)

    async def aclose(self) -> None:
        """Close the idle connections. Busy connections close after their exchange."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


async def _connected(pool: Pool, request: httpx.Request, timeouts: Mapping[str, float | None]) -> Connection:
    """A new connection."""
    try:
        async with asyncio.timeout(timeouts.get("connect")):
            return await pool.connect()
    except TimeoutError:
        raise httpx.ConnectTimeout("connecting to the upstream took too long", request=request) from None
    except ConnectFailed as error:
        raise _translated(error, request) from None


async def _answered(
    exchange: _Exchange, request: httpx.Request, timeouts: Mapping[str, float | None]
) -> httpx.Response:
    """The response of which the head has arrived."""
    with ExitStack() as unless_begun:
        unless_begun.callback(exchange.release)
        head = await exchange.begin(timeouts)
        unless_begun.pop_all()
    return httpx.Response(
        head.status,
        headers=head.headers,
        stream=_Body(exchange),
        request=request,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": head.reason},
    )


class _Exchange:
    """One request and its response: the connection's listener, and the data that waits for the reader."""

    def __init__(self, connection: Connection, pool: Pool, request: httpx.Request) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self._request = request
        self._head: Head | None = None
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._error: UpstreamError | None = None
        self._ended = False
        self._changed = asyncio.Event()
        #: Whether a byte of the answer has arrived, or something else went wrong than the end of the connection.
        self.heard = False

    async def begin(self, timeouts: Mapping[str, float | None]) -> Head:
        """Send the request and wait for the response head."""
        connection, request = self._connection, self._request
        assert connection is not None
        read = timeouts.get("read") or _FOREVER
        connection.begin(self, request.method == "HEAD", read, read)
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"expect"]
        chunked = any(name.lower() == b"transfer-encoding" for name, _ in headers)
        length = int(first(headers, b"content-length") or 0)
        head = request_head(request.method, request.url.raw_path, headers)
        connection.send_head(head, (), None if chunked else length, False)
        await self._send_body(connection, timeouts.get("write"))
        while self._head is None:
            self._raise_failure()
            await self._wait_for_data()
        return self._head

    async def _send_body(self, connection: Connection, patience: float | None) -> None:
        """Stream the body. If the upstream answers early, the rest of the body is not sent, and nothing is retried."""
        assert isinstance(self._request.stream, httpx.AsyncByteStream)
        async for piece in self._request.stream:
            if self._head is not None or self._error is not None:
                return
            connection.send_body(piece)
            try:
                async with asyncio.timeout(patience):
                    while connection.paused_writing and self._head is None and self._error is None:
                        await self._wait_for_data()
            except TimeoutError:
                raise httpx.WriteTimeout("the upstream takes no bytes", request=self._request) from None
        connection.send_end()

    async def _wait_for_data(self) -> None:
        """Wait for the next event."""
        await self._changed.wait()
        self._changed.clear()

    def _raise_failure(self) -> None:
        if self._error is not None:
            raise _translated(self._error, self._request)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as read from the socket."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._waiting -= len(chunk)
                if self._waiting <= _HIGH and self._connection is not None:
                    self._connection.resume_reading()
                yield chunk
            if self._ended:
                return
            self._raise_failure()
            await self._wait_for_data()

    def release(self) -> None:
        """Return the connection, exactly once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(connection)

    def on_head(self, head: Head) -> None:
        """Store the head."""
        self._head, self.heard = head, True
        self._changed.set()

    def on_chunk(self, chunk: bytes) -> None:
        """Store the bytes. A slow reader throttles the upstream."""
        self._chunks.append(chunk)
        self._waiting += len(chunk)
        if self._waiting > _HIGH and self._connection is not None:
            self._connection.pause_reading()
        self._changed.set()

    def on_read(self) -> None:
        """A part of the head, or of the body."""
        self.heard = True

    def on_end(self) -> None:
        """The response is complete. Its connection can serve the next one while the rest is read here."""
        self._ended = True
        self._changed.set()
        self.release()

    def on_failed(self, error: UpstreamError) -> None:
        """Raise the error in the waiting task, after the bytes that arrived before it."""
        self._error = error
        self.heard = self.heard or not isinstance(error, UpstreamClosed)
        self._changed.set()

    def on_writable(self) -> None:
        """Continue sending."""
        self._changed.set()

    def on_upgraded(self, rest: bytes) -> None:
        """Not used: no tunnel is requested here."""
        self.on_failed(UpstreamInvalid("the upstream switched protocols unasked"))


class _Body(httpx.AsyncByteStream):
    """The body of a response. Closing it returns the connection."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._exchange.chunks():
            yield chunk

    async def aclose(self) -> None:
        """Return the connection, even if the body was not read completely."""
        self._exchange.release()


def _translated(error: UpstreamError, request: httpx.Request) -> httpx.TransportError:
    """The matching httpx exception. The message comes from Sightglass and contains no URL and no key."""
    kind: type[httpx.TransportError] = httpx.RemoteProtocolError
    if isinstance(error, ConnectTimedOut):
        kind = httpx.ConnectTimeout
    elif isinstance(error, ConnectFailed):
        kind = httpx.ConnectError
    elif isinstance(error, UpstreamTimeout | UpstreamIdle):
        kind = httpx.ReadTimeout
    return kind(str(error), request=request)
