"""What a peer had sent before its connection broke under our writing: an event loop throws it away unread.

A server that refuses an upload answers and closes while we still send; its kernel then resets the connection. The
answer is in our socket all the same.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

#: At most so much is read (bytes), in reads of this size.
_MOST, _READ = 262_144, 65_536


def early_response(transport: asyncio.Transport) -> Iterator[bytes]:
    """Bytes that are left in the socket of a transport that is about to be closed; none where they are encrypted."""
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
