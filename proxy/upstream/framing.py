"""A request in wire format: its head, and the pieces of its body."""

from __future__ import annotations

from collections.abc import Sequence

from proxy.net.header_lines import lines
from proxy.upstream.fast_head import Headers

Piece = bytes | bytearray | memoryview


def request_head(method: str, path: bytes, headers: Headers) -> bytes:
    """A request head in wire format. Raises ``UnsafeField``."""
    return b"".join((method.encode("latin-1"), b" ", path, b" HTTP/1.1\r\n", lines(headers), b"\r\n"))


def framed(piece: Piece) -> Piece:
    """A piece of a chunked body in wire format. An empty piece would end the body."""
    return b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if piece else piece


class Owed:
    """Tracks how much of the declared request body was not written yet.

    ``left``: the remaining bytes; for a chunked body 1 until its end was written. It is negative for a body that is
    longer than declared, which is not a complete request either.
    """

    __slots__ = ("chunked", "left")

    def __init__(self) -> None:
        self.left = 0
        self.chunked = False

    def announce(self, length: int | None) -> None:
        """A head is sent. ``length``: the declared length of the body in bytes, None for a chunked body."""
        self.chunked = length is None
        self.left = 1 if length is None else length

    def pay(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """``pieces`` of the body in wire format."""
        if self.chunked:
            return [framed(piece) for piece in pieces]
        for piece in pieces:
            self.left -= len(piece)
        return pieces

    def end(self) -> bytes:
        """The end of the body in wire format. A body that is too short remains incomplete."""
        if not self.chunked:
            return b""
        self.left = 0
        return b"0\r\n\r\n"
