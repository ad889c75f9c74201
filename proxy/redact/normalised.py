"""A text as its reader understands it: escapes undone, full-width and other digits and letters made plain.

JSON escapes (however often escaped), percent-encoding and HTML entities are undone, and invisible characters are left
out. Every position of the view is mapped to its position in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, chain, islice
from operator import gt, sub

from proxy.redact.prefilter import ENDLESS, Finder, Patience, ascii_of

_SPACES = "\u00a0\u00b7\u1680\u2000-\u200a\u202f\u205f\u3000"
_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
_WIDE = "\uff04-\uff06\uff0b\uff0d-\uff19\uff1d\uff20-\uff3a\uff3f\uff41-\uff5a"
#: Decimal digits of scripts in use, ten each, by their zero.
_ZEROES = (
    *("\u0660", "\u06f0", "\u07c0", "\u0966", "\u09e6", "\u0a66", "\u0ae6", "\u0b66", "\u0be6", "\u0c66", "\u0ce6"),
    *("\u0d66", "\u0de6", "\u0e50", "\u0ed0", "\u0f20", "\u1040", "\u1090", "\u17e0", "\u1810", "\ua9d0"),
)
_DIGITS = "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in _ZEROES) + "\U0001d7ce-\U0001d7ff"

#: Characters that are not what they seem; ASCII is never among them.
_ODD = re.compile(f"[{_SPACES}{_DASHES}{_INVISIBLE}{_WIDE}{_DIGITS}]")
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_SPACE = re.compile(f"[{_SPACES}]")

_BACKSLASH = re.compile(r"\\{1,16}([\"'/nrt&=])")
_CODED = re.compile(r"\\{1,16}(?:u(?P<four>[0-9A-Fa-f]{4})|u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|x(?P<two>[0-9A-Fa-f]{2}))")
#: Code points of ASCII and of odd characters, by their first digits; and any before a letter or digit, which would
#: else seem to go on with it.
_TELLING = (
    r"\\u(?:00[2-7aA]|034|061|115|1160|17[bB]4|180|20[0-6]|2212|3000|3164|06[6fF]|09[6eE]|[dD]83[56]|[fF][eE][0fF6]|[fF]{2}(?:0[04-6bBd-fD-F]|1[0-9dD]|[24]|3[0-9aAfF]|5[0-9aAeE]))"
    r"|\\u\{|\\x[2-7]"
)
_coded = Finder(r"\\*(?:" + _TELLING + r"|\\u[0-9A-Fa-f]{4}[A-Za-z0-9]|\\x[0-9A-Fa-f]{2})")
_PERCENT = re.compile(r"%(?:25){0,4}(?P<two>[Cc]2%[Aa][0Dd]|[0-9A-Fa-f]{2})")
_ENTITY = re.compile(
    r"&(?:amp;){0,4}(?:#(?P<decimal>[0-9]{1,7})|#[xX](?P<hexadecimal>[0-9A-Fa-f]{1,6})|(?P<name>[A-Za-z]{2,16}));"
)
#: Some character that is not ASCII.
_SOMETHING = "\ufffd"
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_NAMES = {
    **{"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "commat": "@", "period": ".", "hyphen": "-"},
    **{"sol": "/", "colon": ":", "equals": "=", "num": "#", "nbsp": " ", "lowbar": "_", "plus": "+", "percnt": "%"},
    **{"semi": ";", "Tab": "\t", "NewLine": "\n", "dash": "-", "excl": "!", "dollar": "$", "ast": "*", "shy": ""},
    **{"zwnj": "", "zwj": "", "ZeroWidthSpace": "", "ensp": " ", "emsp": " ", "thinsp": " ", "bsol": "\\"},
}

#: What a text must hold for its view to differ in more than line ends and quotes; RE2's syntax, over ASCII with ``?``.
DEEP = _TELLING + (
    r"|%(?:25)+[2-7][0-9A-Fa-f]|%(?:2[1-9A-Fa-f]|[3-7][0-9A-Fa-f])|&(?:amp;)*(?:#[0-9xX]|[a-zA-Z]{2,14};)"
)

#: What one character costs that is shown otherwise.
_AN_EDIT = 24


class View:
    """``text`` is the view, ``shape`` the same in ASCII. ``start`` and ``end`` map its positions to the source.

    Without ``undo`` the view shows the source unchanged. ``patience`` limits the cost of building and searching it.
    Raises ``TooMuch``.
    """

    __slots__ = ("_begins", "_ends", "_lengths", "_starts", "patience", "shape", "source", "text")

    def __init__(self, source: str, shape: bytes, patience: Patience = ENDLESS, undo: bool = True) -> None:
        self.source, self.shape, self.patience, self.text = source, shape, patience, source
        #: Of each edit: where it begins in the view and how long it is there, and its two ends in the source.
        self._begins: list[int] = []
        self._lengths: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        edits = _edits(source, shape, patience.affords(_AN_EDIT) + 1) if undo else []
        patience.spend(_AN_EDIT * len(edits))
        if edits:
            edits.sort()
            self._show(edits)

    def _show(self, edits: list[tuple[int, int, str]]) -> None:
        # There may be thousands: each step goes over all of them, and none over one of them.
        source = self.source
        starts, ends, shown = [edit[0] for edit in edits], [edit[1] for edit in edits], [edit[2] for edit in edits]
        if any(map(gt, ends, starts[1:])):
            self._show(_apart(edits))
            return
        kept = [source[begin:end] for begin, end in zip([0, *ends], [*starts, len(source)], strict=True)]
        lengths = list(map(len, shown))
        gone = accumulate(map(sub, map(sub, ends, starts), lengths), initial=0)
        self._begins, self._lengths = list(map(sub, starts, gone)), lengths
        self._starts, self._ends = starts, ends
        self.text = "".join(chain.from_iterable(zip(kept, [*shown, ""], strict=True)))
        self.shape = ascii_of(self.text)

    @staticmethod
    def odd(text: str) -> bool:
        """Whether it contains characters that look like others."""
        return _ODD.search(text) is not None

    def start(self, at: int) -> int:
        """The position in the source where the character ``at`` of the view begins."""
        edit = bisect_right(self._begins, at) - 1
        if edit < 0:
            return at
        behind = at - self._begins[edit] - self._lengths[edit]
        return self._starts[edit] if behind < 0 else self._ends[edit] + behind

    def end(self, at: int) -> int:
        """The position in the source where the character before ``at`` of the view ends."""
        edit = bisect_right(self._begins, at - 1) - 1
        if edit < 0:
            return at
        return self._ends[edit] + max(0, at - self._begins[edit] - self._lengths[edit])

    def written(self, at: int) -> str:
        """The spelling of the character ``at`` in the source."""
        return self.source[self.start(at) : self.end(at + 1)]


def _apart(edits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The ``edits``, in order, without those that begin inside of one before."""
    kept, done = [], 0
    for edit in edits:
        if edit[0] >= done:
            kept.append(edit)
            done = edit[1]
    return kept


def _edits(source: str, shape: bytes, most: int) -> list[tuple[int, int, str]]:
    """Each place that the view shows otherwise: from, to, and what is shown; ``most`` of a kind at most."""
    edits: list[tuple[int, int, str]] = []
    if "\\" in source:
        found = islice(_BACKSLASH.finditer(source), most)
        edits = [(match.start(), match.end(), _PLAIN.get(match[1], match[1])) for match in found]
        if "\\u" in source or "\\x" in source:
            for start, _ in islice(_coded.spans(shape, ENDLESS), most):
                edits += _edit(_CODED.match(source, start))
    if "%" in source:
        for match in islice(_PERCENT.finditer(source), most):
            shown = " " if len(match["two"]) > 2 else _byte(int(match["two"], 16))
            if shown is not None:
                edits.append((*match.span(), shown))
    if "&" in source:
        for match in islice(_ENTITY.finditer(source), most):
            shown = _NAMES.get(match["name"]) if match["name"] else _shown(_code(match))
            if shown is not None:
                edits.append((*match.span(), shown))
    if not source.isascii():
        edits += [(*match.span(), plain(match[0])) for match in islice(_ODD.finditer(source), most)]
    return edits


def _edit(match: re.Match[str] | None) -> list[tuple[int, int, str]]:
    shown = _shown(_code(match)) if match is not None else None
    return [(*match.span(), shown)] if match is not None and shown is not None else []


def _byte(code: int) -> str | None:
    """What a byte in percent form shows; one of several of a character is only no ASCII."""
    return _shown(code) if code < 128 else _SOMETHING


def _code(match: re.Match[str]) -> int:
    for name, value in match.groupdict().items():
        if value is not None:
            return int(value, 10 if name == "decimal" else 16)
    return 0


def _shown(code: int) -> str | None:
    """What a character that was written as a number shows; None when it may stay as it is written."""
    if 32 <= code < 127 or code in (9, 10, 13):
        return chr(code)
    if code < 127 or code > 0x10FFFF:
        return None
    if 0xD800 <= code < 0xE000:
        return _SOMETHING
    char = chr(code)
    return plain(char) if _ODD.match(char) else char


def plain(char: str) -> str:
    """An odd character as the ASCII that is meant; nothing for an invisible one."""
    if _UNSEEN.match(char):
        return ""
    if _SPACE.match(char):
        return " "
    if char.isdecimal():
        return str(int(char))
    code = ord(char)
    return chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else "-"
