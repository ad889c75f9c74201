"""One client connection: an asyncio protocol between the request reader and the request handlers.

A malformed request gets a 400, and the connection is closed before any byte goes upstream. Requests are served one at a
time. If a client sends data ahead of its answer, the connection is closed after that answer. If a response cannot be
completed, the connection is closed without a clean terminator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from proxy.edge.handling import Handler
from proxy.edge.heads import Headers, KnownHeads, Look, Repeated, Request, look_at, repeated, same
from proxy.edge.linger import has_gone
from proxy.edge.reader import Malformed, RequestReader
from proxy.errors import error_body, error_headers
from proxy.net.descriptors import descriptors
from proxy.net.header_lines import lines, reason_of

#: A client that is still sending when its answer has gone out is read for this long (seconds), so that it can see it.
LINGER = 2.0
#: A connection that is to be closed waits so long for a client that takes none of its last bytes (seconds).
CLOSING = 60.0
#: How often it is looked whether a client that is not read from is still there (seconds).
WATCH = 0.5
#: The part of a read that is body is copied out of it up to this size (bytes), and passed on as a view of it above.
_COPIED = 16_384


class Service(Protocol):
    """The server behind all connections."""

    heads: KnownHeads
    #: Begins one request; ``None`` when it has been answered already.
    serve: Callable[[ClientConnection, Request], Handler | None]

    def opened(self, client: ClientConnection) -> None:
        """A connection was opened."""

    def make_room(self) -> None:
        """File descriptors are running out."""

    def lost(self, client: ClientConnection) -> None:
        """A connection was closed."""


class ClientConnection(asyncio.Protocol):
    """The connection of one client, in both directions. ``modern``: the request uses HTTP/1.1.

    ``unwelcome``: no file descriptors are left for the request. ``lingering``: the last answer was sent, and the
    connection only reads until the client has received it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, service: Service) -> None:
        self._loop = loop
        self._service = service
        self._reader = RequestReader(self)
        self.transport: asyncio.Transport | None = None
        self.handler: Handler | None = None
        self.closed = self.unwelcome = False
        self.last_byte = loop.time()
        self.close_after = False
        self.tunnel = False
        self._raw = False
        self._out: list[bytes] = []
        self._reading_paused = False
        self.lingering = False
        self._receiving = False
        self._chunked = False
        self._keep = True
        self.modern = self._keep_asked = True
        self._look: Look | None = None
        self._repeated: Repeated | None = None
        self._left = 0
        self._unsent = 0
        self._watch: asyncio.TimerHandle | None = None
        self._sized = True

    # --- for the handler ----------------------------------------------------------------------------------------

    def start(self, status: int, reason: bytes, headers: Headers, bodiless: bool = False) -> None:
        """Write the response head. A body of unknown length is chunked; for HTTP/1.0 it ends with the connection."""
        sized = bodiless or any(name.lower() == b"content-length" for name, _ in headers)
        self.start_lines(b"HTTP/1.1 %d %b\r\n%b" % (status, reason or reason_of(status), lines(headers)), sized)

    def start_lines(self, head: bytes, sized: bool) -> None:
        """Like ``start``, with the status line and the header lines in wire format."""
        self._sized = sized
        self._chunked = not sized and self.modern
        self._keep = self._keep_asked and not (self.close_after or self._receiving or self._reader.ahead)
        self._keep = self._keep and (sized or self.modern)
        if self._chunked:
            head += b"transfer-encoding: chunked\r\n"
        if not self._keep:
            head += b"connection: close\r\n"
        elif not self.modern:
            head += b"connection: keep-alive\r\n"
        self._out.append(head + b"\r\n")

    @property
    def is_idle(self) -> bool:
        """Whether the connection is between two requests and accepts another one."""
        return self.handler is None and not (self._reader.in_head or self.closed or self.unwelcome)

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the end of the connection marks the end of the response."""
        return not (self._sized or self._chunked)

    def send(self, chunk: bytes) -> None:
        """Write a piece of the body. It is sent with the next ``flush``."""
        self._out.append(b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk)

    def flush(self) -> None:
        """Pass everything written since the last read to the transport: one call for head and body."""
        if self._out:
            data = b"".join(self._out) if len(self._out) > 1 else self._out[0]
            self._out.clear()
            if self.transport is not None and not self.closed:
                self.transport.write(data)

    def finish(self) -> None:
        """The response is complete: serve the next request, or close the connection."""
        if self._chunked:
            self._out.append(b"0\r\n\r\n")
        if self._out:
            self.flush()
        self.handler = None
        self.last_byte = self._loop.time()
        refused_raw, self._raw = self._raw and self._reader.ahead, False  # said ahead of a tunnel that it does not get
        if self._receiving or refused_raw:
            self._linger()
        elif not self._keep or self._reader.ahead or self.close_after:
            self.close()
        elif self._reading_paused:
            self.resume_reading()

    def cut(self) -> None:
        """The response cannot be completed: close the connection so that the client notices."""
        self.handler = None
        self.flush()
        if self.transport is not None and not self.closed:
            if self._chunked:
                self.transport.close()  # what was sent goes out; the terminator that is missing tells
            else:
                self.transport.abort()
        self.closed = True

    def write(self, data: bytes) -> None:
        """Send raw bytes to the client."""
        if self.transport is not None and not self.closed:
            self.transport.write(data)

    def close(self) -> None:
        """Close the connection after everything written was sent."""
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    def begin_tunnel(self) -> None:
        """From now on, deliver the bytes raw."""
        self.tunnel = True

    def pause_reading(self) -> None:
        """Stop reading the request for now."""
        if self.transport is not None and not self.closed and not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()
            if self._watch is None:
                self._watch = self._loop.call_later(WATCH, self._look_after_client)

    def resume_reading(self) -> None:
        """Continue reading."""
        if self.transport is not None and not self.closed and self._reading_paused:
            self._reading_paused = False
            self.last_byte = self._loop.time()
            self.transport.resume_reading()

    def _look_after_client(self) -> None:
        """Check for a closed connection. While reading is paused, nothing else reports it."""
        self._watch = None
        if self.closed or not self._reading_paused or self.transport is None:
            return
        if has_gone(self.transport.get_extra_info("socket"), may_close=self.tunnel):
            self.transport.abort()
        else:
            self._watch = self._loop.call_later(WATCH, self._look_after_client)

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer without a handler, and close the connection. The client may still be sending."""
        self.close_after = self._receiving = True
        body = error_body(message, "invalid_request_error", code)
        self.start(status, b"", error_headers(body))
        self._out.append(body)
        self.finish()

    # --- the clock ----------------------------------------------------------------------------------------------

    def check(self, now: float, head: float, idle: float, body: float) -> None:
        """Close the connection if the client exceeded a timeout (seconds). Called every second."""
        waited = now - self.last_byte
        if self.closed:
            self._check_closing(now)
        if self.tunnel or self.closed:
            return
        if self._reader.in_head:
            if now - self._reader.head_since > head:
                self.refuse(408, "the request head took too long", "request_timeout")
        elif self.handler is None:
            if waited > idle:
                self.close()
        elif self._receiving and waited > body and self.transport is not None and not self._reading_paused:
            self.transport.abort()

    def _check_closing(self, now: float) -> None:
        """A client that reads none of the remaining bytes keeps its connection for a limited time."""
        if self.transport is None:
            return
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self.last_byte = unsent, now
        elif now - self.last_byte > CLOSING:
            self.transport.abort()

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self.transport = cast("asyncio.Transport", transport)
        self._service.opened(self)
        if descriptors.few_for(transport, 2):
            self.unwelcome = self.close_after = True
            self._service.make_room()

    def data_received(self, data: bytes) -> None:
        """Bytes from the socket."""
        self.last_byte = self._loop.time()
        if self.lingering or self.closed:
            return
        if self._raw:
            self._on_raw(data)
            return
        if self._left:
            self._rest_of_body(data)
            return
        self._look = None
        if self.handler is None and not (self._reader.in_head or self._receiving) and self._know(data):
            return
        self._parse(data)

    def _know(self, data: bytes) -> bool:
        """Whether ``data`` begins with a cached head. If so, the request is served without the parser."""
        last = self._repeated
        found = None if last is None else last.begins(data)
        if last is not None and found is not None:
            start, length = found
            request = same(last.request, length)
        else:
            look = self._look = look_at(data)
            known = None if look is None else self._service.heads.find(look)
            if look is None or known is None:
                return False
            self._repeated, request = repeated(data, look, known), known
            start, length = look.start, look.length
        self._reader.ahead = self._reader.too_large = False
        self.modern = self._keep_asked = True
        self._left = length
        self._receiving = length > len(data) - start
        self.handler = self._service.serve(self, request)
        self._rest_of_body(data[start:] if len(data) <= _COPIED else memoryview(data)[start:])
        return True

    def _on_raw(self, data: bytes) -> None:
        """Bytes after a handshake belong to the tunnel, if one is established."""
        self._reader.ahead = True
        if self.handler is not None:
            self.handler.on_raw(data)

    def _rest_of_body(self, piece: bytes | memoryview) -> None:
        """Bytes of a body of known length. Data ahead of the answer closes the connection after it."""
        if len(piece) > self._left:
            self._reader.ahead = True
            piece = bytes(piece[: self._left])
        self._left -= len(piece)
        if self.handler is not None and piece:
            self.handler.on_body(piece)
        if not self._left:
            self._receiving = False
            if self.handler is not None:
                self.handler.on_request_end()
            elif self._reader.ahead:
                self.close()
        if self.handler is not None:
            self.handler.advance()

    def _parse(self, data: bytes) -> None:
        rest = b""
        try:
            rest = self._reader.feed(data, self.last_byte)
        except Malformed:
            self._malformed()
        if rest:
            if self._raw:
                self._on_raw(rest)
            elif self.handler is not None:
                self._reader.ahead = True
            elif not self.lingering:
                self.close()
        if self.handler is not None:
            self.handler.advance()

    def _malformed(self) -> None:
        self.close_after = True
        if self.lingering or self.closed:
            return  # it followed a request whose answer has ended the connection
        if self.handler is not None:
            if self._receiving:
                # The body broke: what has gone upstream can not be completed.
                self.handler.on_malformed()
            else:
                self._reader.ahead = True
        elif self._reader.too_large:
            self.refuse(431, "the request head is larger than this proxy takes", "head_too_large")
        else:
            self.refuse(400, "the request is not HTTP/1.1 that can be framed without doubt", "malformed_request")

    def eof_received(self) -> bool:
        """The client will send no more. Between requests this closes the connection; during one it aborts."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection was closed."""
        self.closed = True
        handler, self.handler = self.handler, None
        if handler is not None:
            handler.on_client_gone()
        self._service.lost(self)

    def pause_writing(self) -> None:
        """The client reads more slowly than the answer arrives."""
        if self.handler is not None:
            self.handler.on_client_writable(False)

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self.handler is not None:
            self.handler.on_client_writable(True)

    def _linger(self) -> None:
        """Send FIN and keep reading for a while. Closing at once could destroy the answer in transit."""
        self.lingering = True
        self._receiving = False
        self.resume_reading()
        if self.transport is not None and not self.closed:
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self._loop.call_later(LINGER, self.close)

    # --- what the reader has read -------------------------------------------------------------------------------

    def may_begin(self) -> bool:
        """Whether a request that begins now can be served."""
        return self.handler is None and not (self.lingering or self.closed)

    def on_request(self, request: Request, modern: bool, keep: bool, plain: bool) -> None:
        """The head is complete: start serving the request."""
        self._receiving = True
        self.modern, self._keep_asked = modern, keep
        if self._look is not None and modern and keep and plain:
            self._service.heads.learn(self._look, request)
        self._look = None
        self.handler = self._service.serve(self, request)
        self._raw = self.handler is not None and request.upgrade == b"websocket"

    def on_body(self, piece: bytes) -> None:
        """Bytes of the request body."""
        if self.handler is not None:
            self.handler.on_body(piece)

    def on_whole(self) -> None:
        """The request is complete."""
        self._receiving = False
        if self.handler is not None:
            self.handler.on_request_end()
