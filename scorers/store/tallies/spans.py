"""The minutes, hours and days that make up a window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SPANS = (MINUTE, HOUR, DAY)


class Part(NamedTuple):
    """All parts of length ``span`` that begin in [``first``, ``end``), Unix s. Without ``end`` there is no upper
    limit."""

    span: int
    first: int
    end: int | None


class Whole(NamedTuple):
    """The whole minutes of a window. ``end`` is ``None`` where there is no data after the window."""

    first: int
    end: int | None

    def holds(self, minute: int) -> bool:
        """Whether a minute (its start) is one of them."""
        return self.first <= minute and (self.end is None or minute < self.end)


def begin(at: float, span: int) -> int:
    """The start of the part of this length that contains ``at``."""
    return math.floor(at / span) * span


def following(at: float, span: int) -> int:
    """The start of the first part of this length that begins at or after ``at``."""
    return math.ceil(at / span) * span


def cover(first: int, end: int | None) -> list[Part]:
    """The fewest minutes, hours and days that cover [``first``, ``end``), whole minutes; open-ended without ``end``."""
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
    """Adjacent minutes merged into ranges [first, end)."""
    found: list[tuple[int, int]] = []
    for minute in sorted(set(minutes)):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found
