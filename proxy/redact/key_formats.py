"""Finds keys and tokens of the table in a view, including those that are split by line breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import re2

from proxy.redact.key_table import RECOGNISERS
from proxy.redact.normalised import View
from proxy.redact.prefilter import Finder
from proxy.redact.recogniser import Recogniser

#: What may stand before a key: nothing that a token goes on with, or an escape whose letter only looks so.
_BOUND = r"(?:^|[^A-Za-z0-9]|\\(?:[nrtbf]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|%[0-9A-Fa-f]{2})"
_CUT = r"(?:[\"' \t+\\]*(?:\\r)?(?:\\n|\r?\n)[\"' \t+>|#*]*)?"
#: How far before and behind its sign a key reaches whose sign is within it.
_REACH, _LONGEST = 120, 600
_SHORT_SIGN = 3

_TOKEN = re.compile(r"[A-Za-z0-9_./+=~@%:$-]{1,512}")
_GOES_ON = re.compile(r"[A-Za-z0-9_-]*={0,2}")
#: A line break within a key: an escaped or a soft one too, with what the next line is set in with; and two strings in
#: code that are put together.
_BREAK = re.compile(
    r"[ \t]*[\\=]?\r?\n[ \t]{0,24}(?:[>|#*]{1,2}[ \t]?)?|[\"'][ \t]*[+\\.]?[ \t]*\r?\n[ \t]{0,24}[+.]?[ \t]*[\"']"
)
_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}[=:](?!=*$)")
_FOLLOWED = re.compile(r"[ \t]*(?:[(\[{=]|:[ \t])")
#: A key is on so many lines at most, on more where they are as long as lines of base64.
_MOST_LINES, _MOST_FULL_LINES, _FULL_LINE = 4, 100, 48


class Span(NamedTuple):
    """A part of a view that must be replaced: its position, its kind, and the value that identifies equal ones."""

    start: int
    end: int
    kind: str
    value: str


class Form:
    """A row of the table, prepared for use. Its exact pattern is compiled when its sign first occurs."""

    def __init__(self, row: Recogniser) -> None:
        self.row = row
        signs = "|".join(_CUT.join(map(re2.escape, sign)) for sign in row.signs)
        lead = row.lead.replace("[", r"[\r\n\\nr >")
        #: In RE2's syntax, what the first look wants.
        self.sign = f"{'' if row.before else _BOUND}(?:{signs}){lead}"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # The shortest signs stand by chance in the base64 of hashes, behind its hyphens.
        close = min(map(len, self.row.signs)) <= _SHORT_SIGN and not self.row.signs[0].startswith("sk")
        bound = "" if self.row.before else r"(?<![A-Za-z0-9_-])" if close else r"(?<![A-Za-z0-9])"
        return re.compile(bound + self.row.pattern)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.sign)

    def spans(self, view: View) -> Iterator[Span]:
        """All keys of this format."""
        text, done = view.text, 0
        for start, end in self._finder.spans(view.shape, view.patience):
            if end <= done:
                continue
            found = self._around(text, max(done, start), end) if self.row.before else self._at(text, start)
            if found is not None and found[1] > done:
                last = self._whole(text, found[1])
                yield Span(found[0], last, "API_KEY", text[found[0] : last])
                done = last

    def _around(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """The key around the sign in ``[start, end)``, even if it contains line breaks."""
        low, high = max(0, start - _REACH), min(len(text), end + _LONGEST)
        match = self._pattern.search(text, low, high)
        if match is not None:
            return (match.start(), ended(text, match.end())) if match.start() < end else None
        breaks = [cut.span() for cut in _BREAK.finditer(text, low, high)]
        befores = [cut[1] for cut in breaks if cut[1] <= start][:-3:-1] or [low]
        behinds = [cut[0] for cut in breaks if cut[0] >= end][:2] or [high]
        for first, last in ((first, last) for last in (*behinds, high) for first in (*befores, low)):
            joined, places = _without_breaks(text, first, last)
            match = self._pattern.search(joined)
            if match is not None and places[match.start()] < end <= places[match.end() - 1] + 1:
                return places[match.start()], places[match.end() - 1] + 1
        return None

    def _at(self, text: str, start: int) -> tuple[int, int] | None:
        """The key that begins at ``start`` or, behind the character that bounds it, with the next one."""
        first = start if text[start].isascii() and text[start].isalnum() else start + 1
        match = self._pattern.match(text, first)
        end = self._whole(text, match.end()) if match is not None else 0
        token = _TOKEN.match(text, first)
        if token is None or token.end() < end or token.end() > end + 1 > 1 or _BREAK.match(text, token.end()) is None:
            return (first, end) if end else None
        return self._across_lines(text, first, end > 0) or ((first, end) if end else None)

    @staticmethod
    def _whole(text: str, end: int) -> int:
        """Behind whatever of a token follows directly: no part of a longer key is left."""
        match = _GOES_ON.match(text, end)
        return match.end() if match is not None else end

    def _across_lines(self, text: str, first: int, complete: bool) -> tuple[int, int] | None:
        """The key that goes on behind line breaks; None where none does."""
        lines = parts_of(text, first, self.row.signs, complete)
        for number in range(len(lines), max(1, len(lines) - 3), -1):
            match = self._pattern.match("".join(text[from_:to] for from_, to in lines[:number]))
            if match is None:
                continue
            last = match.end()
            for from_, to in lines:
                if last <= to - from_:
                    return (first, from_ + last) if from_ > first else None
                last -= to - from_
        return None


def parts_of(text: str, start: int, signs: tuple[str, ...] = (), complete: bool = True) -> list[tuple[int, int]]:
    """The token at ``start`` and the parts of it on the lines below, as far as they look like parts of one.

    ``complete`` says that the first line alone would do, so that what follows must look random; no part begins with one
    of ``signs``.
    """
    token = _TOKEN.match(text, start)
    lines: list[tuple[int, int]] = []
    most = _MOST_LINES
    while token is not None and len(lines) < most:
        if lines:
            random = _random(text, token) if complete or len(lines) > 1 else not _code(text, token)
            if not random or (signs and token[0].startswith(signs)):
                break
        lines.append(token.span())
        if len(token[0]) >= _FULL_LINE:
            most = _MOST_FULL_LINES
        cut = _BREAK.match(text, token.end())
        token = _TOKEN.match(text, cut.end()) if cut is not None else None
    return lines


def without_breaks(value: str) -> str:
    """A value without up to three line breaks that split it. With more, it is a text of several lines."""
    joined, breaks = _BREAK.subn("", value)
    return joined if 0 < breaks <= 3 else value


def _without_breaks(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """A piece of text without its line breaks, and the position of each of its characters."""
    pieces, places, at = [], list[int](), start
    for cut in _BREAK.finditer(text, start, end):
        pieces.append(text[at : cut.start()])
        places += range(at, cut.start())
        at = cut.end()
    pieces.append(text[at:end])
    return "".join(pieces), [*places, *range(at, end)]


def ended(text: str, end: int) -> int:
    """Where a key ends that is found up to ``end``: on the line below when what stands there looks like its rest."""
    cut = _BREAK.match(text, end)
    token = _TOKEN.match(text, cut.end()) if cut is not None else None
    return token.end() if token is not None and _random(text, token) else end


def _random(text: str, token: re.Match[str]) -> bool:
    """Whether the rest of a key may read so."""
    return not _code(text, token) and is_random(token[0].strip(".:"))


def _code(text: str, token: re.Match[str]) -> bool:
    """Whether a token is a name with its value, an address, or what code goes on with."""
    part = token[0]
    name = _NAMED.match(part)
    return bool((name and not is_random(name[0][:-1])) or _FOLLOWED.match(text, token.end()) or "://" in part)


def is_random(part: str) -> bool:
    """Whether letters and digits are mixed in a way that occurs in no word and no name."""
    letters = "".join(char for char in part if char.isalpha())
    if not letters:
        return len(part) >= 6 and "." not in part
    if any(char.isdigit() for char in part):
        return _MIXED.search(part) is not None
    if letters.islower() or letters.isupper() or letters.istitle():
        return not re.search("[AEIOUYaeiouy]", letters) and len(letters) > 2
    return _CAMEL.fullmatch(letters) is None


_MIXED = re.compile(r"[0-9][A-Za-z]|[A-Za-z][0-9]+[A-Za-z]|[A-Za-z]{2}[0-9]{3}")
#: Words that are written together: none of them without a vowel.
_CAMEL = re.compile(r"(?:[A-Z]?[a-z]*[aeiouy][a-z]*|[A-Z]{2,5})(?:[A-Z][a-z]*[aeiouy][a-z]*|[A-Z]{2,5})*")

FORMS: tuple[Form, ...] = tuple(map(Form, RECOGNISERS))
