"""The first and the last bytes of a body. This is all that the observer holds, whatever the length of the body."""

from __future__ import annotations

from collections import deque

from proxy.observe.packed import BLOCK, Packed, unpacked
from proxy.wire.payloads import Payloads

#: How the data of an event begins; so many bytes before and behind that are kept of the event in which the end begins.
_DATA, _BEFORE, _BEHIND = b"\ndata:", 100, 1024


class Capture:
    """The first and the last bytes of a body, at most ``cap`` in total. The bytes in between are only counted.

    Those of a stream are compressed, if ``packs`` was set: then its first bytes are, too, and make room for them.
    If ``filters`` was set, payloads that reach beyond the first half of ``cap`` are left out of all that follows it.
    """

    # Of the class until they are set: most bodies are one small piece, and each assignment is paid by every request.
    _head_size = _tail_size = size = 0
    _tail: deque[bytes] | tuple[()] = ()
    _cut = False
    #: The beginning of the last event that began in the missing bytes, and their last bytes.
    _begun = _seam = b""
    packs = filters = False
    _packed: Packed | None = None
    _payloads: Payloads | None = None
    #: Bytes of payloads that were left out.
    left_out = 0

    def __init__(self, cap: int) -> None:
        self._half = cap // 2
        self._head: list[bytes | memoryview] = []

    def add(self, data: bytes | memoryview) -> None:
        """Add a copy. Bytes are immutable, so this is a reference. A view extends to the end of its bytes."""
        self.size += len(data)
        if self.size <= self._half:
            self._head.append(data)
            self._head_size = self.size
            return
        if isinstance(data, memoryview):
            data = bytes(data)  # a part of a view would hold all that it is a view of
        room = self._half - self._head_size
        if room > 0:
            self._head.append(data[:room] if len(data) > room else data)
            self._head_size += min(room, len(data))
            data = data[room:]
        if not data or not self._half:
            return
        if self.filters and not (data := self._filtered(data)):
            return
        if not isinstance(self._tail, deque):
            self._tail = deque()
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= self._half:
            self._drop(self._tail.popleft())
        if len(data) > self._half:  # it is alone there
            self._drop(data[: -self._half])
            self._tail[0] = data[-self._half :]

    def lacks(self, size: int) -> None:
        """So many bytes of payloads were left out of what was added."""
        self.size += size
        self.left_out += size

    def _filtered(self, data: bytes) -> bytes:
        if self._payloads is None:
            self._payloads = Payloads(b"".join(self._head))
        rest = self._payloads.feed(data)
        self.left_out += len(data) - len(rest)
        return rest

    def _drop(self, data: bytes) -> None:
        """Bytes that are not kept, of which the last beginning of an event is remembered."""
        self._tail_size -= len(data)
        if not self._seam:  # the first ones
            head = b"".join(self._head)
            self._begun, self._seam = _last_event(head), head[-len(_DATA) :]
            if self.packs and self._half > BLOCK:
                packed = Packed(self._half)
                if packed.begin(head):
                    self._packed, self._head = packed, []
        if self._packed is not None:
            self._packed.add(data)
        if begun := _last_event(self._seam + data):
            self._begun = begun
        elif self._begun and len(self._begun) < _BEHIND:
            self._begun += data[: _BEHIND - len(self._begun)]
        self._seam = (self._seam + data)[-len(_DATA) :]

    @property
    def half(self) -> int:
        """The maximum size of the head in bytes when the body is truncated."""
        return self._half

    def cut(self) -> None:
        """Mark the added bytes as the beginning of a longer body whose end is unknown."""
        self._cut, self._tail, self._tail_size = True, (), 0

    @property
    def truncated(self) -> bool:
        """Whether bytes are missing between head and tail, or after the head."""
        if self._cut or self.size <= self._half:
            return self._cut
        return self.size - self.left_out > self._head_size + min(self._tail_size, self._half)

    def head(self) -> bytes:
        """The first bytes; the whole body if it was not truncated."""
        if len(self._head) == 1 and not self._tail and isinstance(self._head[0], bytes):
            return self._head[0]
        if self.truncated:
            return b"".join(self._head) if self._packed is None else unpacked(self._packed.blocks[:1])
        # It is asked for more than once, and joined once.
        joined = b"".join([*self._head, *self._tail])
        self._head, self._head_size, self._tail, self._tail_size = [joined], len(joined), (), 0
        return joined

    def whole(self) -> tuple[bytes, int]:
        """An untruncated body, as bytes that end with the body and the offset at which it begins.

        Makes no copy if the body arrived in one read.
        """
        first = self._head[0] if len(self._head) == 1 and not self._tail else b""
        if isinstance(first, memoryview) and isinstance(first.obj, bytes):
            return first.obj, len(first.obj) - len(first)
        return self.head(), 0

    def begun(self) -> bytes:
        """The beginning of the event in which the tail begins; empty where there is none, or nothing is missing."""
        return self._begun

    def packed(self) -> tuple[tuple[bytes, ...], bytes, bytes]:
        """The first bytes in compressed blocks, those that follow on them, and the tail if bytes are missing there.

        No blocks where nothing was compressed.
        """
        packed = self._packed
        if packed is None or not self.truncated:
            return (), self.head(), self.tail()
        packed.close()
        blocks = tuple(packed.blocks)
        return (blocks, b"".join(self._tail), b"") if packed.whole else (blocks, b"", self.tail())

    def tail(self) -> bytes:
        """The last bytes; empty if the head is the whole body."""
        return b"".join(self._tail)[-self._half :] if self.truncated else b""


def _last_event(data: bytes) -> bytes:
    at = data.rfind(_DATA)
    return data[max(0, at - _BEFORE) : at + _BEHIND] if at >= 0 else b""
