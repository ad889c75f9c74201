"""A JSON document without the middle parts of its long texts. Enough for names and parameters, at a tenth of the cost.

The omitted part depends only on the text itself, never on the rest of the document. An opening that is repeated in
every request of a conversation therefore has the same outline each time. The number of omitted bytes replaces the
omitted part, between two control characters.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr

from proxy.wire.facts import load

#: A stretch without a quotation mark that is at least so long (bytes) loses its middle; so much of each end stays.
LONG, _KEPT = 8192, 2048
#: Any stretch that is longer than this holds a multiple of it.
_STRIDE = LONG // 2
#: A place where a text can be cut is looked for within so many bytes.
_LOOK = 512
#: The longest escape of one character, a pair of surrogates.
_ESCAPE = 12
#: What stands only inside of strings. Outside of them a long stretch is numbers, brackets and the three literals.
_IN_TEXT = re.compile(rb"[^-+.0-9Eaeflnrstu\[\]{},:\s]")
#: The beginning of an escaped character that is not the second half of a pair.
_BEGINS = re.compile(rb"(?<=[^\\])\\u(?![dD][c-fC-F])")
#: Around the number of missing bytes, in a text and in its JSON.
_MARK, _MARK_JSON = "\x10", b"\\u0010"
_LONGEST_NUMBER = 12
#: No text is shorter (characters) that has lost its middle: what is kept may be escapes throughout.
_SHORTEST = 2 * _KEPT // _ESCAPE


def outline(data: bytes, begin: int = 0) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The value that starts at ``begin`` in ``data``, with long texts shortened; ``None`` if it is not JSON.

    The omitted parts are not read, so invalid JSON in them is not noticed.
    """
    pieces, last, probe = [], begin, begin + _STRIDE
    while probe < len(data):
        before, after = data.rfind(b'"', last, probe), data.find(b'"', probe)
        if after < 0:
            break
        if before >= 0 and after - before >= LONG and _IN_TEXT.search(data, before + 1, before + 1 + _LOOK):
            start, end = _place(data, before + 1 + _KEPT), _place(data, after - _KEPT - _LOOK)
            if 0 <= start < end:
                pieces += [data[last:start], _MARK_JSON, b"%d" % (end - start), _MARK_JSON]
                last = end
        probe = (after // _STRIDE + 1) * _STRIDE
    return load(b"".join([*pieces, data[last:]]) if pieces else memoryview(data)[begin:])


def left_out(text: str | bytes) -> int:
    """The number of bytes missing from a text of an outline, or from its JSON.

    A text can forge this number, but bytes that are really missing are always counted.
    """
    if len(text) < _SHORTEST:
        return 0
    if isinstance(text, bytes):
        return _missing(text, _MARK_JSON)
    return _missing(text, _MARK) + _missing(text, _MARK_JSON.decode())


def _missing(text: AnyStr, mark: AnyStr) -> int:
    total, at = 0, text.find(mark)
    while at >= 0:
        begin = at + len(mark)
        at = text.find(mark, begin)
        number = text[begin:at] if 0 < at - begin <= _LONGEST_NUMBER else text[:0]
        if number.isdigit() and number.isascii():
            total += int(number)  # its second mark may be the first one of another
    return total


def _place(data: bytes, start: int) -> int:
    """The first position from ``start`` where a string can be cut between characters; -1 if there is none nearby."""
    space = data.find(b" ", start, start + _LOOK)
    if space >= 0:
        return space
    if data.find(b"\\", start - _ESCAPE, start) < 0:
        return next((at for at in range(start, start + 4) if data[at] & 0xC0 != 0x80), -1)
    begins = _BEGINS.search(data, start, start + _LOOK)
    return begins.start() if begins else -1
