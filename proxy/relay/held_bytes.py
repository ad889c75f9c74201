"""Client bytes that are held in memory until they can be sent."""

from __future__ import annotations

from proxy.upstream.framing import Piece

#: What arrives before its upstream connection is there is held up to this size (bytes), then the client waits.
EARLY_BYTES = 256 * 1024
#: Pieces that are shorter than this (bytes) are kept side by side.
_SMALL = 4096


class Budget:
    """The memory budget of one process. ``used``: bytes held by all its requests."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = 0


class Held:
    """Bytes held by one request. ``size`` (bytes) counts against the budget until ``let_go``, also during sending."""

    __slots__ = ("_budget", "_pieces", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._pieces: list[Piece] = []
        self.size = 0

    def add(self, piece: Piece) -> None:
        """Hold ``piece``."""
        size = len(piece)
        if self._pieces and size < _SMALL:
            # An object for each of a million small pieces would hold many times what is counted.
            last = self._pieces[-1]
            if not isinstance(last, bytearray) or len(last) >= EARLY_BYTES:
                last = bytearray()
                self._pieces.append(last)
            last += piece
        else:
            self._pieces.append(piece)
        self.size += size
        self._budget.used += size

    def joined(self) -> bytes:
        """All held bytes as one piece."""
        return b"".join(self._pieces)

    def take(self) -> list[Piece]:
        """Return all held bytes for sending."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def let_go(self) -> None:
        """Release the budget: the bytes are no longer in memory."""
        if self.size:
            self._budget.used -= self.size
            self.size = 0
