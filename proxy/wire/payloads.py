"""Takes payloads out of a long request as it passes: pictures, sound, files and encrypted reasoning, in base64.

They are most of its bytes, and no sample holds them; without them there is room for what was said. A payload is a long
stretch of base64 in a string which stands for bytes that are no text. Its first characters stay, and the JSON remains
valid. Nothing is parsed: most of it is only searched for single characters.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

#: A payload has at least so many bytes, if it came in one piece. So many of them stay, and so many are looked at to
#: know it.
_LONG, _KEPT, _LOOK = 2048, 64, 256
#: Characters of it that are decoded: of bytes that are no text, these hardly ever look like text.
_OPENING = 128
#: Any stretch that is as long as a payload holds a multiple of it.
_STRIDE = _LONG // 2
_URL = re.compile(rb"data:[\w.+-]{0,60}/?[\w.+-]{0,100}(?:;[\w.+=-]{1,60}){0,4},")
_TEXT_URL = re.compile(rb"data:(?:text/|application/(?:json|xml|yaml))")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{128,}={0,2}")
#: Bytes that are in no text, and the beginning of files that open with text all the same.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_FILE = b"%PDF"
#: What any long stretch of base64 has, and hardly a word or a number. Silence is all zeros.
_MIXED = (re.compile(rb"[A-Z]"), re.compile(rb"[a-z]"), re.compile(rb"[0-9]"))
_SILENCE = b"A" * 32
#: How slashes, signs and the ends of lines are written in a string, and the longest of those.
_ESCAPED = {
    b"\\/": b"/",
    b"\\n": b"",
    b"\\r": b"",
    b"\\u002B": b"+",
    b"\\u002b": b"+",
    b"\\u002F": b"/",
    b"\\u002f": b"/",
}
_ESCAPE = 6
#: Backslashes that may be there besides: halves of such signs, and those before the quotation mark that ends it.
_ODD = 4
_PLACES = 64
#: Bytes of each piece in which escaped signs are counted.
_COUNTED = 1024


#: What is left of a payload in the text that it stood in.
_REST = re.compile(r"[A-Za-z0-9+/_-]{40}")


class Payloads:
    """Filters the pieces of one body. ``before``: what stands before the first one, which is kept as it is."""

    def __init__(self, before: bytes) -> None:
        begin = before.rfind(b'"') + 1
        #: Of the stretch that is open: its first bytes, its length, and whether it is a payload once that is known.
        self._first, self._length = before[begin : begin + _LOOK], len(before) - begin
        self._is_one: bool | None = None
        #: Backslashes at the end of a piece of a payload: the next piece may begin with their quotation mark.
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """``data`` without what belongs to payloads."""
        if self._held:
            data, self._held = self._held + data, b""
        quote = data.find(b'"')
        cuts: list[tuple[int, int]] = []
        self._go_on(data, len(data) if quote < 0 else quote, cuts)
        if quote >= 0:
            self._find(data, quote, cuts)
        if not cuts:
            return data
        kept, last = list[bytes](), 0
        for start, end in cuts:
            kept.append(data[last:start])
            last = end
        if last == len(data):  # the payload goes on
            last -= len(data) - len(data.rstrip(b"\\"))
            self._held, data = data[last:], data[:last]
        kept.append(data[last:])
        return b"".join(kept)

    def _go_on(self, data: bytes, until: int, cuts: list[tuple[int, int]]) -> None:
        """The stretch that was open ends at ``until``, or goes on behind ``data``."""
        start, since = 0, 0
        if self._is_one is None:
            if len(self._first) < _LOOK:
                self._first += data[: min(until, _LOOK - len(self._first))]
            if self._length + until >= _LOOK:
                since = _payload(self._first)
                # What is kept of it so far may end in one half of a sign.
                self._is_one, start = since >= 0, _place(data, max(_ESCAPE, since + _KEPT - self._length))
                since = max(0, since - self._length)
        if self._is_one:
            self._is_one = _clean(data, since, until)
            if self._is_one:
                _cut(data, start, until, cuts)
        self._length += until

    def _find(self, data: bytes, quote: int, cuts: list[tuple[int, int]]) -> None:
        """The stretches that begin behind the first ``quote``."""
        probe = (quote // _STRIDE + 1) * _STRIDE
        while (after := data.find(b'"', probe)) >= 0:
            before = data.rfind(b'"', quote, probe) + 1
            if after - before >= _LONG:
                since = _payload(data[before : before + _LOOK])
                if since >= 0 and _clean(data, before + since, after):
                    _cut(data, _place(data, before + since + _KEPT), after, cuts)
            probe = (after // _STRIDE + 1) * _STRIDE
        begin = data.rfind(b'"') + 1
        self._first, self._length, self._is_one = data[begin : begin + _LOOK], len(data) - begin, None
        if self._length >= _LOOK:  # how long it will be is not known
            since = _payload(self._first)
            self._is_one = since >= 0 and _clean(data, begin + since, len(data))
            if self._is_one:
                _cut(data, _place(data, begin + since + _KEPT), len(data), cuts)


def may_lack(texts: Iterable[str]) -> bool:
    """Whether a payload may have stood in one of the ``texts``, and not beside them."""
    return any(_REST.search(text) is not None for text in texts)


def _payload(first: bytes) -> int:
    """Where base64 begins in the ``first`` bytes of a stretch, if it stands for what is no text; otherwise -1."""
    since = 0
    if first.startswith(b"data:"):
        url = _URL.match(first.replace(b"\\/", b"/"))
        since = first.find(b",") + 1 if url is not None and not _TEXT_URL.match(url[0]) else 0
    begins = first[since:]
    if b"\\" in begins:
        begins = begins[:-_ESCAPE]
        for sign, meant in _ESCAPED.items():
            begins = begins.replace(sign, meant)
    if _BASE64.fullmatch(begins) is None:
        return -1
    opening = base64.urlsafe_b64decode(begins[:_OPENING].replace(b"+", b"-").replace(b"/", b"_"))
    if opening.startswith(_FILE):
        return since
    if _NO_TEXT.search(opening) is None or not (begins.startswith(_SILENCE) or all(p.search(begins) for p in _MIXED)):
        return -1
    return since


def _clean(data: bytes, start: int, end: int) -> bool:
    """Whether base64 goes on from ``start`` to ``end``, as far as searches tell."""
    if data.find(b" ", start, end) >= 0 or data.find(b",", start, end) >= 0 or not data[start:end].isascii():
        return False
    if data.find(b"\\", start, end) < 0:
        return True
    # Counting is slow, so that it is done for a part.
    end = min(end, start + _COUNTED)
    odd = data.count(b"\\", start, end)
    return odd - sum(data.count(sign, start, end) for sign in _ESCAPED) <= _ODD


def _place(data: bytes, start: int) -> int:
    """The first position from ``start`` that is in no escaped sign; -1 if there is none nearby."""
    for at in range(start, start + _PLACES):
        if data.find(b"\\", max(0, at - _ESCAPE), at) < 0:
            return at
    return -1


def _cut(data: bytes, start: int, end: int, cuts: list[tuple[int, int]]) -> None:
    """Note what is to be left out, up to the backslashes that belong to the quotation mark at ``end``."""
    while end < len(data) and end > start and data[end - 1] == 0x5C:
        end -= 1
    if 0 <= start < end:
        cuts.append((start, end))
