"""Dates and times of day, in figures and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTH_NAMES = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTH_NAMES.split())
#: Month -> its number: English and its short forms, German and French.
_OTHER = (
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
)
_NUMBERED = {name: at for names in (_MONTH_NAMES, *_OTHER) for at, name in enumerate(names.split(), start=1)}
_NUMBERED["sept"] = 9
#: Words by which a text may hold a date that is not all figures.
MONTH_WORDS = frozenset(_NUMBERED)
_NAMED = "|".join(sorted(_NUMBERED, key=len, reverse=True))
#: Months whose bare name is no other word.
_LONG = "|".join(name for name in MONTHS if name not in ("may", "march"))
_YEAR = r"(?:1[0-9]|20)\d\d"
_DATE = re.compile(
    rf"\b(?P<y1>{_YEAR})[-/.](?P<m1>0?[1-9]|1[0-2])[-/.](?P<d1>[12]\d|3[01]|0?[1-9])(?!\d)"
    rf"|\b(?P<d2>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|\.|er)?(?: of)? (?P<m2>{_NAMED})\b\.?(?:,? (?P<y2>{_YEAR})\b)?"
    rf"|\b(?P<m3>{_NAMED})\.? (?P<d3>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d)(?!\.\d)(?:,? (?P<y3>{_YEAR})\b)?"
    rf"|\b(?P<m4>{_NAMED})\.?(?: of|,)? (?P<y4>{_YEAR})\b"
    rf"|\b(?P<m6>{_LONG})\b|(?:(?<=\bin )|(?<=\bof )|(?<=\bby )|(?<=\bsince )|(?<=\()|(?<=: ))(?P<m7>may|march)\b"
    r"|\b(?P<y8>(?:19|20)\d\d)-(?P<m8>0[1-9]|1[0-2])(?![-/.]?\d)"
    rf"|\b(?P<d5>[12]\d|3[01]|0?[1-9])(?P<sign>[./])(?P<m5>[12]\d|3[01]|0?[1-9])(?P=sign)(?P<y5>{_YEAR})\b"
)
_OPENINGS = sorted({name[:2] for name in _NUMBERED})
#: Where a date may begin: at a number, or at a word with the first two letters of a month. Begins with a class, which
#: the engine looks for much faster than for what ``_DATE`` begins with.
_BEGIN = re.compile(
    rf"[\d{''.join(sorted({opening[0] for opening in _OPENINGS}))}](?<!\w.)"
    rf"(?:(?<=\d)|{'|'.join(f'(?<={opening[0]}){opening[1]}' for opening in _OPENINGS)})"
)
_CLOCK = re.compile(
    r"(?<![\d:.])(?P<h>2[0-3]|[01]?\d)(?!\d)(?:(?P<colon>[:h])(?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
    r"|\.(?P<n>[0-5]\d)(?= ?[ap]\.?m\b))?(?: ?(?P<half>[ap])(?:\.m\.|m\b)| (?P<clock>o'clock))?"
    r"|\b(?P<name>noon|midday|midnight)\b"
)
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Date:
    """Zero where a part is not said; ``swapped`` where day and month may be the other way round (3/5/2026)."""

    year: int
    month: int
    day: int
    swapped: bool = False
    start: int = 0
    end: int = 0

    def said_by(self, other: Date) -> bool:
        """Whether all but the year is said by ``other``, and no year of it differs."""
        if self.year and other.year and self.year != other.year:
            return False
        pairs = {(self.month, self.day)} | ({(self.day, self.month)} if self.swapped else set())
        others = {(other.month, other.day)} | ({(other.day, other.month)} if other.swapped else set())
        if self.day:
            return not pairs.isdisjoint(others)
        return any(self.month == month for month, _ in others)


@dataclass(frozen=True, slots=True)
class Clock:
    """Minutes from midnight that the time may mean: one, or two where nobody says which half of the day."""

    minutes: frozenset[int]
    start: int = 0
    end: int = 0
    half: bool = False


def dates(text: str, start: int = 0, end: int | None = None) -> Iterator[Date]:
    """The dates of ``text`` in order, at least a month each. ``text``: plain signs, lower case."""
    limit = len(text) if end is None else end
    while begin := _BEGIN.search(text, start, limit):
        match = _DATE.match(text, begin.start(), limit)
        if match is None:
            start = begin.end()
            continue
        start = match.end()
        found = match.groupdict()
        at = next(number for number in "12345678" if found.get(f"m{number}"))
        year, month, day = (found.get(f"{part}{at}") or "0" for part in "ymd")
        number = _NUMBERED.get(month) or int(month)
        if at == "5" and number > 12:
            if int(day) > 12:
                continue
            number, day = int(day), str(number)
        swapped = at == "5" and found["sign"] == "/" and int(day) <= 12
        yield Date(int(year), number, int(day), swapped, *match.span())


def clocks(text: str) -> list[Clock]:
    """The times of day of ``text``: with minutes, with am or pm, or by name. ``text``: plain signs, lower case.

    Beside an hour after twelve all hours are those of one clock of twenty-four.
    """
    found = list(_clocks(text))
    if any(min(clock.minutes) >= 13 * 60 and not clock.half for clock in found):
        return [Clock(frozenset((min(clock.minutes),)), clock.start, clock.end) for clock in found]
    return found


def _clocks(text: str) -> Iterator[Clock]:
    for match in _CLOCK.finditer(text):
        if match["name"]:
            yield Clock(frozenset((0 if match["name"] == "midnight" else _DAY // 2,)), *match.span())
            continue
        half, minutes = match["half"], match["m"] or match["n"]
        if not (half or minutes or match["clock"]):
            continue
        hour, minute = int(match["h"]), int(minutes or 0)
        if half and hour > 12:
            half = None
        if half:
            at = hour % 12 * 60 + minute + (_DAY // 2 if half == "p" else 0)
            yield Clock(frozenset((at,)), *match.span(), half=True)
        elif hour > 12 or hour == 0 or match["h"].startswith("0"):
            yield Clock(frozenset((hour * 60 + minute,)), *match.span())
        else:
            at = hour % 12 * 60 + minute
            yield Clock(frozenset((at, at + _DAY // 2)), *match.span())
