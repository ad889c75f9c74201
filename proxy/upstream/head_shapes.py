"""Response heads of a known shape: the same names in the same order as in an earlier plain head, with other values.

An upstream sends heads of few shapes. For each one expression is made that matches all its lines at once. It accepts
nothing that ``read_plain`` would not accept, and makes the same of it. Shapes are learned at their second sight, in
bounded number, because making an expression takes about a millisecond.
"""

from __future__ import annotations

import re

from proxy.upstream.fast_head import CONTENT, MAX, NOT_PLAIN_STATUS, OURS, PASSED_OVER, Head, read_plain

_KNOWN = 64
_LINES = 64
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*"
_BLANK = rb"[\t ]*"

_Names = tuple[bytes, ...]


class Shape:
    """One expression for all heads with these ``names``, as they are written."""

    __slots__ = ("_coded", "_kept", "_kind", "_length", "_match")

    def __init__(self, names: _Names) -> None:
        expression = rb"HTTP/1\.1 ([2-5][0-9][0-9]) (" + _VALUE + rb")\r\n((?:"
        groups, open_kept = 3, False
        self._kept: list[int] = []
        self._kind = self._coded = self._length = 0
        for name in names:
            lower, value = name.lower(), _VALUE
            kept = lower != b"connection" and lower not in PASSED_OVER
            if kept and not open_kept:
                groups += 1
                self._kept.append(groups)
            expression += {(True, False): rb"(", (False, True): rb")"}.get((kept, open_kept), b"")
            open_kept = kept
            if lower == b"connection":
                value = _BLANK + rb"(?i:keep-alive)" + _BLANK
            elif lower in CONTENT:
                groups += 1
                value = rb"(" + _VALUE + rb")"
                if lower == b"content-length":
                    value = _BLANK + rb"([0-9]{1,15})" + _BLANK
                    self._length = groups
                elif lower == b"content-type":
                    self._kind = groups
                else:
                    self._coded = groups
            expression += re.escape(name) + rb":" + value + rb"\r\n"
        self._match = re.compile(expression + (rb")" if open_kept else b"") + rb"))\r\n").match

    def read(self, data: bytes) -> Head | None:
        """The head at the start of ``data`` if it has this shape, is plain and complete."""
        match = self._match(data, 0, MAX)
        if match is None:
            return None
        parts = match.groups()
        status = int(parts[0])
        if status in NOT_PLAIN_STATUS:
            return None
        head = Head(status, parts[1])
        if self._kind:
            head.kind = parts[self._kind - 1].strip(b" \t")
        if self._coded:
            head.coding = parts[self._coded - 1].strip(b" \t")
        kept = self._kept
        block: bytes = parts[kept[0] - 1] if len(kept) == 1 else b"".join([parts[at - 1] for at in kept])
        head.block, head.lines = block[:-2], parts[2]
        head.length, head.size = int(parts[self._length - 1]), match.end()
        return head


class Shapes:
    """The shapes that are known in one process."""

    def __init__(self) -> None:
        self._shapes: dict[_Names, Shape | None] = {}

    def of(self, head: Head) -> Shape | None:
        """The shape of a plain head, from its second sight on."""
        names = tuple(line.partition(b":")[0] for line in head.lines.split(b"\r\n")[:-1])
        shape = self._shapes.get(names)
        if shape is not None:
            return shape
        if names in self._shapes:
            shape = self._shapes[names] = Shape(names)
        elif len(self._shapes) < _KNOWN and _is_regular(names):
            self._shapes[names] = None
        return shape


class PlainHeads:
    """Reads the plain heads of one connection, whose next head most often has the shape of the last one."""

    __slots__ = ("_shape",)

    def __init__(self) -> None:
        self._shape: Shape | None = None

    def read(self, data: bytes) -> Head | None:
        """Like ``read_plain``."""
        head = None if self._shape is None else self._shape.read(data)
        if head is None and (head := read_plain(data)) is not None:
            self._shape = _shapes.of(head)
        return head


def _is_regular(names: _Names) -> bool:
    """Whether each name that tells how a body is read stands there once, and none that only we may tell a client."""
    lower = [name.lower() for name in names]
    once = all(lower.count(name) <= 1 for name in CONTENT)
    return once and len(names) <= _LINES and not any(name.startswith(OURS) for name in lower)


_shapes = Shapes()
