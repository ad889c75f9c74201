"""Dates and times of day that are worked out: a period after or before another one, and the time between two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations

from scorers.reading.screen import Screen
from scorers.reading.text import NUMBER_WORDS
from scorers.reading.values.dates import Clock, Date
from scorers.reading.values.numbers import Quantity

#: A period: how many, or one half, and of what.
_PERIOD = re.compile(
    r"\b(?P<n>\d{1,4}|an?|one|half an?|" + "|".join(NUMBER_WORDS) + r")[ -]"
    r"(?:(?:calendar|full|whole|free) )?(?P<unit>day|week|fortnight|month|year|hour|minute|min|hr|h)s?\b"
)
_SCREEN = Screen({"period": _PERIOD.pattern})
_MINUTES = {"minute": 1, "min": 1, "hour": 60, "hr": 60, "h": 60}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "year": 12}
#: A text without one of these words says no period.
PERIOD_WORDS = frozenset(unit + ending for unit in (*_MINUTES, *_DAYS, *_MONTHS) for ending in ("", "s"))
#: Without a year days are counted in one that has no leap day.
_NO_YEAR = 2001
#: Most dates, times and periods that are put together.
_MOST = 16
_DAY = 24 * 60
_HALF_DAY = _DAY // 2

#: What a period is: minutes, days or months.
Period = tuple[str, int]


def periods(text: str) -> list[Period]:
    """The periods that ``text`` says, in lower case, each once; the first ones."""
    found: dict[Period, None] = {}
    if not _SCREEN.maybe(text):
        return []
    for match in _PERIOD.finditer(text):
        said, unit = match["n"], match["unit"]
        half = said.startswith("half")
        number = int(NUMBER_WORDS.get(said, said)) if said.isdigit() or said in NUMBER_WORDS else 1
        if unit in _MINUTES:
            found["minutes", number * _MINUTES[unit] // (2 if half else 1)] = None
        elif half and unit == "year":
            found["months", 6] = None
        elif not half:
            kind, table = ("days", _DAYS) if unit in _DAYS else ("months", _MONTHS)
            found[kind, number * table[unit]] = None
        if len(found) >= _MOST:
            break
    return list(found)


def moved(wanted: Date, known: Iterable[Date], said: Sequence[Period]) -> bool:
    """Whether the date is one of the ``known`` ones and a period later or earlier, to a day."""
    if not (wanted.day and wanted.month):
        return False
    for start in [one for one in known if one.day and one.month][:_MOST]:
        for kind, size in said:
            for way in (size, -size):
                for reached in _reached(start, kind, way):
                    year = not start.year or not wanted.year or reached.year == wanted.year
                    if year and (reached.month, reached.day) == (wanted.month, wanted.day):
                        return True
    return False


def _reached(start: Date, kind: str, size: int) -> list[date]:
    """The day that a period leads to, and those beside it: whether the first day counts is a matter of taste."""
    year = start.year or _NO_YEAR
    try:
        if kind == "months":
            at = year * 12 + start.month - 1 + size
            reached = date(at // 12, at % 12 + 1, min(start.day, 28))
            reached += timedelta(days=start.day - reached.day)
        elif kind == "days":
            reached = date(year, start.month, start.day) + timedelta(days=size)
        else:
            return []
        return [reached + timedelta(days=way) for way in (0, -1, 1)]
    except (ValueError, OverflowError):
        return []


def ticked(wanted: Clock, known: Iterable[int], said: Sequence[Period]) -> bool:
    """Whether the time of day is one of the ``known`` ones (minutes) and a period of minutes later or earlier."""
    spans = [size for kind, size in said if kind == "minutes"]
    starts = list(known)[: 2 * _MOST]
    goals = {minute % _HALF_DAY for minute in wanted.minutes}
    return any((start + way) % _HALF_DAY in goals for start in starts for size in spans for way in (size, -size))


def counts_days(value: Quantity) -> bool:
    """Whether the value may be the days, weeks, months or years between two dates."""
    return value.unit.rstrip("s") in ("day", "week", "") and value.number.isdigit()


def between_dates(value: Quantity, known: Sequence[Date]) -> bool:
    """Whether the value is the days, weeks, months or years between two of the ``known`` dates; one day aside."""
    if not counts_days(value):
        return False
    wanted = int(value.number) * (7 if value.unit.startswith("week") else 1)
    days = [found for one in known[:_MOST] if one.day and one.month and (found := _day(one))]
    return any(abs(abs((one - other).days) - wanted) <= 1 for one, other in combinations(days, 2) if one != other)


def _day(one: Date) -> date | None:
    try:
        return date(one.year or _NO_YEAR, one.month, one.day)
    except ValueError:
        return None


def between_clocks(value: Quantity, clocks: Sequence[int], hours: bool) -> bool:
    """Whether the value is the time between two of the ``clocks`` (minutes), or the hours or the minutes of it.

    ``hours``: whether a value without a unit may be hours or minutes.
    """
    spans = {late - early for early, late in combinations(clocks, 2)}
    written = {"h": {span // 60 for span in spans}, "m": {span % 60 for span in spans} | spans}
    unit = value.unit[:1]
    if not unit and hours:
        return value.number in {f"{span // 60}" for span in spans if not span % 60}
    return value.number in {f"{span}" for span in written.get(unit, ())}
