"""Reads what a peer sent before its connection broke during our write. The event loop would discard it unread.

A server that rejects an upload can answer and close while the proxy still sends. Its kernel then resets the connection.
The answer is nevertheless in the proxy's socket buffer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

#: At most so much is read (bytes), in reads of this size.
_MOST, _READ = 262_144, 65_536


def early_response(transport: asyncio.Transport) -> Iterator[bytes]:
    """Unread bytes in the socket of a transport that is about to be closed; none for encrypted connections."""
    pseudo = transport.get_extra_info("socket")
    if pseudo is None or transport.get_extra_info("ssl_object") is not None:
        return
    try:
        with pseudo.dup() as own:
            for _ in range(_MOST // _READ):
                data = own.recv(_READ, socket.MSG_DONTWAIT)
                if not data:
                    return
                yield data
    except OSError:  # nothing is left, or it is closed already
        return
