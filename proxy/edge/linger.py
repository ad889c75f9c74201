"""Asks the operating system whether a peer has closed its connection. The event loop learns this only by reading."""

from __future__ import annotations

import socket

_INFO = getattr(socket, "TCP_INFO", None)
#: Both sides are there (TCP_ESTABLISHED, tcp(7)); the peer will send no more, and what it sent is still to be read.
_ESTABLISHED, _CLOSE_WAIT = 1, 8


def has_gone(connection: socket.socket | None, may_close: bool = False) -> bool:
    """Whether the peer has closed or reset the connection; False if the system does not report it.

    ``may_close``: a peer that closed in good order is not gone before what it sent has been read.
    """
    if connection is None or _INFO is None:
        return False
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, _INFO, 1)[0]
        return state != _ESTABLISHED and not (may_close and state == _CLOSE_WAIT)
    except (OSError, ValueError):  # closed by us meanwhile
        return False
