"""Minutes, hours and days that make up a window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SPANS = (MINUTE, HOUR, DAY)


class Part(NamedTuple):
    """All parts of length ``span`` that begin in [``first``, ``end``), Unix s; without ``end``: and later."""

    span: int
    first: int
    end: int | None


class Whole(NamedTuple):
    """The whole minutes of a window; ``end`` is ``None`` where nothing is after the window."""

    first: int
    end: int | None

    def holds(self, minute: int) -> bool:
        """Whether a minute (its beginning) is one of them."""
        return self.first <= minute and (self.end is None or minute < self.end)


def begin(at: float, span: int) -> int:
    """When the part of this length begins that holds ``at``."""
    return math.floor(at / span) * span


def following(at: float, span: int) -> int:
    """When the first part of this length begins that begins at ``at`` or later."""
    return math.ceil(at / span) * span


def cover(first: int, end: int | None) -> list[Part]:
    """The fewest minutes, hours and days that make up [``first``, ``end``), whole minutes; open without ``end``."""
    hour = following(first, HOUR)
    day = following(hour, DAY)
    if end is None:
        return _some(Part(MINUTE, first, hour), Part(HOUR, hour, day), Part(DAY, day, None))
    last_hour, last_day = begin(end, HOUR), begin(end, DAY)
    if hour >= last_hour:
        return _some(Part(MINUTE, first, end))
    if day >= last_day:
        return _some(Part(MINUTE, first, hour), Part(HOUR, hour, last_hour), Part(MINUTE, last_hour, end))
    hours = Part(HOUR, hour, day), Part(HOUR, last_day, last_hour)
    return _some(Part(MINUTE, first, hour), *hours, Part(DAY, day, last_day), Part(MINUTE, last_hour, end))


def _some(*parts: Part) -> list[Part]:
    return [part for part in parts if part.end is None or part.first < part.end]


def ranges(minutes: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring minutes together, as [first, end)."""
    found: list[tuple[int, int]] = []
    for minute in sorted(set(minutes)):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found
