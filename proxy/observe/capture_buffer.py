"""The first and the last bytes of a body: what the observer holds of one, whatever its length."""

from __future__ import annotations

from collections import deque


class Capture:
    """The first and the last bytes of a body, ``cap`` in all; what lies between is only counted."""

    # Of the class until they are set: most bodies are one small piece, and each assignment is paid by every request.
    _head_size = _tail_size = size = 0
    _tail: deque[bytes] | tuple[()] = ()
    _cut = False

    def __init__(self, cap: int) -> None:
        self._half = cap // 2
        self._head: list[bytes | memoryview] = []

    def add(self, data: bytes | memoryview) -> None:
        """Take a copy (bytes are immutable: a reference). A view reaches to the end of its bytes."""
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
        if len(data) > self._half:
            data = data[-self._half :]
        if not isinstance(self._tail, deque):
            self._tail = deque()
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= self._half:
            self._tail_size -= len(self._tail.popleft())

    @property
    def half(self) -> int:
        """The most bytes of a head that something is missing after."""
        return self._half

    def cut(self) -> None:
        """What was added is the beginning of a longer body, whose end nobody knows."""
        self._cut, self._tail, self._tail_size = True, (), 0

    @property
    def truncated(self) -> bool:
        """Whether something between head and tail is missing, or whatever came after the head."""
        return self._cut or (self.size > self._half and self.size > self._head_size + min(self._tail_size, self._half))

    def head(self) -> bytes:
        """The first bytes; the whole body when it was not truncated."""
        if len(self._head) == 1 and not self._tail and isinstance(self._head[0], bytes):
            return self._head[0]
        if self.truncated:
            return b"".join(self._head)
        # It is asked for more than once, and joined once.
        joined = b"".join([*self._head, *self._tail])
        self._head, self._head_size, self._tail, self._tail_size = [joined], self.size, (), 0
        return joined

    def whole(self) -> tuple[bytes, int]:
        """The body that was not truncated, as bytes that end with it and where in them it begins: without a copy when
        it came in one read."""
        first = self._head[0] if len(self._head) == 1 and not self._tail else b""
        if isinstance(first, memoryview) and isinstance(first.obj, bytes):
            return first.obj, len(first.obj) - len(first)
        return self.head(), 0

    def tail(self) -> bytes:
        """The last bytes; empty when the head is the whole."""
        return b"".join(self._tail)[-self._half :] if self.truncated else b""
