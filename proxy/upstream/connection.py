"""One HTTP/1.1 connection to an upstream: an asyncio protocol around httptools' response parser.

Rules (RFC 9112): a response with both Content-Length and Transfer-Encoding, or with a coding other than chunked, has
ambiguous framing and ends the connection. A body without either header runs to the end of the connection. HEAD, 204 and
304 have no body. The body bytes of one read are delivered as one chunk, never merged with the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import httptools

from proxy.errors import UpstreamClosed, UpstreamError, UpstreamIdle, UpstreamInvalid, UpstreamTimeout
from proxy.upstream.early_response import early_response
from proxy.upstream.fast_head import Head, Headers
from proxy.upstream.framing import Owed, Piece
from proxy.upstream.head_shapes import PlainHeads
from proxy.upstream.last_bytes import LastBytes
from proxy.upstream.listener import Listener

MAX_HEAD = 64 * 1024
#: What is written together is joined when its last piece is not longer (bytes): a copy costs less than a long list.
_JOINED = 16_384


class Connection(asyncio.Protocol):
    """Serves one exchange at a time: ``begin``, ``send_*``, then ``end``. After a 101: ``hand_over``, ``write``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.on_lost: Callable[[Connection], None] = _nothing
        self.idle_since = 0.0
        self.paused_writing = False
        self.tunnel = False
        self._parser = httptools.HttpResponseParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._listener: Listener | None = None
        self._owed = Owed()
        self._plain_heads = PlainHeads()
        self._parsed = True
        self._reset(head_only=False)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "idle" if self._listener is None else "busy"
        return f"<Connection {state}{' complete' if self.complete else ''}>"

    def _reset(self, head_only: bool, may_upgrade: bool = False) -> None:
        self._head_only, self._may_upgrade = head_only, may_upgrade
        self._head: Head | None = None
        self._head_told = False
        self.complete = self._keep_alive = self._reading_paused = False
        self._untouched = not (head_only or may_upgrade)
        self._plain_left = -1
        if not self._parsed:
            return
        self._parsed = False  # what follows only the parser writes
        self._headers: Headers = []
        self._header_bytes = self._unparsed = 0
        self._reason = b""
        self._batch: list[bytes] = []
        self._until_close = False

    # --- one exchange -------------------------------------------------------------------------------------------

    def begin(
        self, listener: Listener, head_only: bool, first_byte: float, idle: float, may_upgrade: bool = False
    ) -> None:
        """Start an exchange. Timeouts are seconds without a byte: before the head, and between reads of the body."""
        self._reset(head_only, may_upgrade)
        self._owed.announce(0)
        self._listener = listener
        self._first_byte, self._idle = first_byte, idle
        self.active = self._loop.time()
        limit = min(first_byte, idle)
        if self._timer is None or self._timer_at > self.active + limit:
            self._arm(limit)

    @property
    def request_complete(self) -> bool:
        """Whether the request was written up to the length that its head declares."""
        return not self._owed.left

    @property
    def reusable(self) -> bool:
        """Whether request and response are both known to be complete, so that another exchange can follow.

        After an offer to switch protocols, it is unknown which protocol the other side expects.
        """
        return (
            self.complete
            and self._keep_alive
            and not self._owed.left
            and not (self.closed or self.tunnel or self._may_upgrade)
            and self.transport is not None
            and not self.transport.get_write_buffer_size()
        )

    def send_head(self, head: bytes, body: Sequence[Piece], announced: int | None, whole: bool) -> None:
        """Write head and start of body. ``announced``: body length (None: chunked); ``whole``: no more follows."""
        self._owed.announce(announced)
        pieces = [head, *self._owed.pay(body)] if body else [head]
        if whole and announced is None:
            pieces.append(self._owed.end())
        self.write(*pieces)

    def send_body(self, piece: Piece) -> None:
        """Write a piece of the body."""
        self.write(*self._owed.pay((piece,)))

    def send_end(self) -> None:
        """The body is complete."""
        if end := self._owed.end():
            self.write(end)

    def write(self, *pieces: Piece) -> None:
        """Write bytes to the transport. On a closed connection they are dropped, and the listener is notified."""
        if self.transport is not None and not self.closed:
            self.active = self._loop.time()
            if len(pieces) == 1:
                self.transport.write(pieces[0])
            elif len(pieces[-1]) <= _JOINED:
                self.transport.write(b"".join(pieces))
            else:
                self.transport.writelines(pieces)

    def pause_reading(self) -> None:
        """Stop reading, because the listener has no room. Timeouts are paused, too."""
        if not self._reading_paused and not self.closed and self.transport is not None:
            self._reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Continue reading."""
        if self._reading_paused and not self.closed and self.transport is not None:
            self._reading_paused = False
            self.active = self._loop.time()
            self.transport.resume_reading()

    def end(self) -> bool:
        """End the exchange. True if the connection can serve another one; otherwise it is closed at once."""
        self._listener = None
        if self.reusable:
            if self._reading_paused:
                self.resume_reading()
            if self._head_only:
                self._parser = httptools.HttpResponseParser(self)
            return True
        if self.tunnel and not self.closed and self.transport is not None:
            self.closed = True
            LastBytes(self._loop, self.transport, self)
        else:
            self.abort()
        return False

    def hand_over(self, listener: Listener) -> None:
        """Deliver everything read from now on to another listener."""
        self._listener = listener

    def abort(self) -> None:
        """Close the connection without waiting."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None:
            self.transport.abort()

    def _fail(self, error: UpstreamError) -> None:
        listener, self._listener = self._listener, None
        self.abort()
        if listener is not None:
            listener.on_failed(error)

    def _arm(self, seconds: float) -> None:
        """One timer per connection, which runs across exchanges. No request and no read creates another one."""
        at = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.tunnel or self._listener is None:
            return
        limit = self._first_byte if self._head is None else self._idle
        # While the client has not sent its request, and we wait for it alone, the upstream owes nothing.
        uploading = self._head is None and not (self.request_complete or self.paused_writing)
        left = limit if self._reading_paused or uploading else self.active + limit - self._loop.time()
        if left > 0:
            self._arm(max(left, 0.001))
        elif self._head is None:
            self._fail(UpstreamTimeout("the upstream sent no response in time"))
        else:
            self._fail(UpstreamIdle("the upstream stalled in the middle of the response"))

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is ready."""
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes from the socket."""
        listener = self._listener
        if listener is None:
            # Bytes that nobody asked for could be taken for the next answer.
            self.abort()
            return
        self.active = self._loop.time()
        if self.tunnel:
            listener.on_chunk(data)
            listener.on_read()
            return
        if self._plain_left >= 0:
            self._plain_body(data, listener)
        elif not self._began_plainly(data, listener):
            self._parse(data, listener)

    def _began_plainly(self, data: bytes, listener: Listener) -> bool:
        """Whether this read begins with a plain response. If so, it has been delivered."""
        head = self._plain_heads.read(data) if self._untouched else None
        self._untouched = False
        if head is None:
            return False
        self._head, self._head_told, self._plain_left = head, True, head.length
        listener.on_head(head)
        if self._listener is listener:
            self._plain_body(data[head.size :], listener)
        return True

    def _parse(self, data: bytes, listener: Listener) -> None:
        failure: UpstreamError | None = None
        rest: bytes | None = None
        self._parsed = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            failure = UpstreamInvalid("the upstream sent a malformed response")
        if self._head is None:
            # One endless header line never gets as far as ``on_header``.
            self._unparsed += len(data)
            if self._unparsed > MAX_HEAD:
                failure = UpstreamInvalid("the upstream's response head is too large")
        elif not self._head_told:
            self._head_told = True
            listener.on_head(self._head)
        if self._batch and self._listener is listener:
            chunk = b"".join(self._batch) if len(self._batch) > 1 else self._batch[0]
            self._batch.clear()
            listener.on_chunk(chunk)
        if self._listener is not listener:
            return
        if rest is not None and self._head is not None and self._head.status == 101:
            self.tunnel = True
            listener.on_upgraded(rest)
        elif self.complete:
            # What follows a whole response harms nobody, as long as it is not taken for the next one.
            self._keep_alive = self._keep_alive and failure is None and rest is None
            listener.on_end()
        elif failure is not None or rest is not None:
            self._fail(failure or UpstreamInvalid("the upstream switched protocols unasked"))
        else:
            listener.on_read()

    def _plain_body(self, piece: bytes, listener: Listener) -> None:
        """Bytes of a body of known length, which bypass the parser."""
        extra = len(piece) > self._plain_left
        if extra:
            piece = piece[: self._plain_left]
        self._plain_left -= len(piece)
        self.complete = not self._plain_left
        self._keep_alive = not extra
        if piece:
            listener.on_chunk(piece)
        if self._listener is not listener:
            return
        if self.complete:
            listener.on_end()
        else:
            listener.on_read()

    def eof_received(self) -> bool:
        """The upstream will send no more. The connection is closed; an idle one is not used again."""
        self.closed = self.closed or self._listener is None
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection was closed."""
        self.closed = True
        if exc is not None and self._head is None and self._listener is not None and self.transport is not None:
            # It took no more of the request, but it may have said why before it closed.
            for data in early_response(self.transport):
                if self._listener is not None:
                    self.data_received(data)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        listener, self._listener = self._listener, None
        if listener is not None and not self.complete:
            if self.tunnel or (self._until_close and self._head is not None and exc is None):
                self.complete = True
                listener.on_end()
            else:
                listener.on_failed(
                    UpstreamClosed("the upstream closed the connection before the response was complete")
                )
        self.on_lost(self)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self.paused_writing = True

    def resume_writing(self) -> None:
        """The transport accepts bytes again."""
        self.paused_writing = False
        self.active = self._loop.time()
        if self._listener is not None:
            self._listener.on_writable()

    # --- httptools callbacks ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A new message. A second one after the final response does not belong to the exchange."""
        if self.complete:
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
        if self._head is None:  # what comes after the head are trailers, and those never become headers
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete: determine the framing of the body."""
        status = self._parser.get_status_code()
        if self._parser.get_http_version() not in ("1.1", "1.0") or not 100 <= status <= 999:
            raise httptools.HttpParserError("unknown version, or no status")
        if status == 101:
            if not self._may_upgrade:
                raise httptools.HttpParserError("a switch of protocols that nobody asked for")
            self._head = Head(status, self._reason, self._headers)
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
            self.complete = True

    def on_body(self, body: bytes) -> None:
        """Body bytes, without chunk framing."""
        if not self._head_only:
            self._batch.append(body)
        else:
            self._keep_alive = False  # an answer to HEAD has none: how much of it is still on its way, nobody knows

    def on_message_complete(self) -> None:
        """The message ended according to its framing."""
        if self._head is not None and not self._head_only and self._head.status != 101:
            self.complete = True
            self._keep_alive = self._parser.should_keep_alive() and not self._until_close


def _nothing(_: Connection) -> None:
    return None
