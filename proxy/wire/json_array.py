"""Splits a JSON array that arrives in pieces into lines: one line per object, as soon as the object is complete.

Gemini's ``streamGenerateContent`` sends such an array unless ``alt=sse`` was requested. Line breaks occur only between
JSON tokens, never inside strings (RFC 8259, 7), so removing them does not change the object.
"""

from __future__ import annotations

import re

_IN_TEXT = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["{}\[\]]')
_QUOTE, _BACKSLASH = 0x22, 0x5C
#: Inside the array, and inside an object of it.
_ARRAY, _OBJECT = 1, 2


class Elements:
    """Feed the pieces of an array, cut anywhere, and take the lines that they complete.

    ``longest``: the maximum size of one object in bytes. A larger object is skipped and sets ``overflowed``.
    """

    def __init__(self, longest: int = 4_000_000) -> None:
        self._kept: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._in_text = self._escaped = False
        self._longest = longest
        self.overflowed = False

    @property
    def between(self) -> bool:
        """Whether the array is open and no element of it is."""
        return self._depth == _ARRAY and not self._in_text

    @property
    def full(self) -> bool:
        """Whether the object that is open is too large already."""
        return self._size > self._longest

    def feed(self, data: bytes) -> bytes:
        """The lines that ``data`` completes."""
        lines: list[bytes] = []
        at = begin = 0
        if self._escaped and data:
            self._escaped, at = False, 1
        while found := (_IN_TEXT if self._in_text else _OUTSIDE).search(data, at):
            at, sign = found.end(), data[found.start()]
            if sign == _QUOTE:
                self._in_text = not self._in_text
            elif sign == _BACKSLASH:
                self._escaped = at == len(data)
                at += 1
            elif sign in b"{[":
                self._depth += 1
                if self._depth == _OBJECT:
                    begin = found.start()
            else:
                self._depth -= 1
                if self._depth == _ARRAY:
                    self._keep(data[begin:at])
                    lines.append(self._line())
        if self._depth >= _OBJECT:
            self._keep(data[begin:])
        return b"".join(lines)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._longest:
            self._kept.append(piece)

    def _line(self) -> bytes:
        whole, fits = b"".join(self._kept), self._size <= self._longest
        self._kept, self._size = [], 0
        self.overflowed |= not fits
        return whole.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" if fits else b""
