"""The end of a tunnel whose client has gone: what it sent before still goes out to the upstream.

A socket that is closed while something unread has come in is reset, and what the system had not yet sent is lost
(RFC 1122, 4.2.2.13). An upstream that answers a close frame, or is in the middle of its own words, would so lose the
client's. So our side is ended first, and what still comes is read and dropped, within bounds of time and size.
"""

from __future__ import annotations

import asyncio

#: Seconds that the last bytes have to reach a slow upstream.
TUNNEL_LINGER = 30.0
#: Bytes that an upstream may still send meanwhile.
_DROPPED = 1 << 20


class LastBytes(asyncio.Protocol):
    """Takes over ``transport`` from ``before``, which still learns that the connection is lost."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, before: asyncio.BaseProtocol
    ) -> None:
        self._transport = transport
        self._before = before
        self._dropped = 0
        transport.set_protocol(self)
        self._timer = loop.call_later(TUNNEL_LINGER, transport.abort)
        if transport.can_write_eof():
            transport.write_eof()
            transport.resume_reading()
        else:
            transport.close()  # TLS says goodbye by itself, and reads until the other side has

    def data_received(self, data: bytes) -> None:
        """Nobody is left to read it."""
        self._dropped += len(data)
        if self._dropped > _DROPPED:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Everything went out, or the time is up."""
        self._timer.cancel()
        self._before.connection_lost(exc)
