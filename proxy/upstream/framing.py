"""A request as it goes on the wire: its head, and the pieces of its body."""

from __future__ import annotations

from collections.abc import Sequence

from proxy.net.header_lines import lines
from proxy.upstream.fast_head import Headers

Piece = bytes | bytearray | memoryview


def request_head(method: str, path: bytes, headers: Headers) -> bytes:
    """A request head as it goes on the wire. Raises ``UnsafeField``."""
    return b"".join((method.encode("latin-1"), b" ", path, b" HTTP/1.1\r\n", lines(headers), b"\r\n"))


def framed(piece: Piece) -> Piece:
    """A piece of a chunked body as it goes on the wire. An empty one would end the body."""
    return b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if piece else piece


class Owed:
    """What of a request's body has been announced and not been written yet.

    ``left``: bytes; of a chunked body 1 until its end has been written. A body that is longer than was announced leaves
    less than nothing, which is no complete request either.
    """

    __slots__ = ("chunked", "left")

    def __init__(self) -> None:
        self.left = 0
        self.chunked = False

    def announce(self, length: int | None) -> None:
        """A head goes out; ``length``: the bytes of the body that it tells, None for a chunked one."""
        self.chunked = length is None
        self.left = 1 if length is None else length

    def pay(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """``pieces`` of the body as they go on the wire."""
        if self.chunked:
            return [framed(piece) for piece in pieces]
        for piece in pieces:
            self.left -= len(piece)
        return pieces

    def end(self) -> bytes:
        """The body is whole: what its framing has behind it. One that is too short stays incomplete."""
        if not self.chunked:
            return b""
        self.left = 0
        return b"0\r\n\r\n"
