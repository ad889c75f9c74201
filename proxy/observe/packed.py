"""The first bytes of a long stream, compressed in blocks.

Events of a stream repeat the same names and ids, so that a block is 12 to 20 times smaller than they are: 0.2 to 0.7 µs
an event. It begins only where a stream is longer than what is held as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import zstandard

#: A block has so many bytes before it is compressed. Where less may be held, nothing is.
BLOCK = 32_768
#: All blocks together stand for so many bytes at most, by how many are held, and whatever that is.
_TIMES, _MOST = 16, 8_000_000
_compressor = zstandard.ZstdCompressor(level=1, write_checksum=False)


class Packed:
    """Bytes in order, of which at most ``held`` bytes are held. ``whole``: all that came is there."""

    __slots__ = ("_held", "_pending", "_room", "_waiting", "blocks", "whole")

    def __init__(self, held: int) -> None:
        self._held, self._room = held - BLOCK, min(_TIMES * 2 * held, _MOST)
        self._pending: list[bytes] = []
        self._waiting = 0
        self.blocks: list[bytes] = []
        self.whole = True

    def begin(self, data: bytes) -> bool:
        """Make the first block of ``data``. False if it does not become small enough to be worth it."""
        self.whole = self._pack(data)
        return self.whole

    def add(self, data: bytes) -> None:
        """Add bytes; once they find no room, no more are added."""
        if self.whole:
            self._pending.append(data)
            self._waiting += len(data)
            if self._waiting >= BLOCK:
                self.close()

    def close(self) -> None:
        """Compress what waits for its block to become full."""
        if self._pending:
            data, self._pending, self._waiting = b"".join(self._pending), [], 0
            self.whole = self._pack(data)

    def _pack(self, data: bytes) -> bool:
        self._room -= len(data)
        if self._room < 0:
            return False
        block = _compressor.compress(data)
        self._held -= len(block)
        if self._held < 0:
            return False
        self.blocks.append(block)
        return True


def unpacked(blocks: Iterable[bytes]) -> bytes:
    """The bytes that blocks stand for."""
    return b"".join(map(zstandard.decompress, blocks))
