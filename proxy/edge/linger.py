"""Whether the other side of a socket has gone, asked of the system: without reading, an event loop never learns it."""

from __future__ import annotations

import socket

_INFO = getattr(socket, "TCP_INFO", None)
#: Both sides are there (TCP_ESTABLISHED, tcp(7)).
_ESTABLISHED = 1


def has_gone(connection: socket.socket | None) -> bool:
    """Whether the other side has closed or reset the connection; False where the system does not tell."""
    if connection is None or _INFO is None:
        return False
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, _INFO, 1)[0] != _ESTABLISHED
    except (OSError, ValueError):  # closed by us meanwhile
        return False
