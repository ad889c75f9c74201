"""Asks the operating system whether a peer has closed its connection. The event loop learns this only by reading."""

from __future__ import annotations

import socket

_INFO = getattr(socket, "TCP_INFO", None)
#: Both sides are there (TCP_ESTABLISHED, tcp(7)).
_ESTABLISHED = 1


def has_gone(connection: socket.socket | None) -> bool:
    """Whether the peer has closed or reset the connection; False if the system does not report it."""
    if connection is None or _INFO is None:
        return False
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, _INFO, 1)[0] != _ESTABLISHED
    except (OSError, ValueError):  # closed by us meanwhile
        return False
