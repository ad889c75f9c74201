"""Sketches of values as counts by cell: seconds and USD on a logarithmic scale, scores on a linear one.

A cell is identified by an integer. So a sketch is a small mapping, can be added to others, and takes any number of
values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

#: Neighbouring cells of the logarithmic scale differ by 4 %, which is the precision of a quantile.
_STEP = math.log(1.04)
_SMALLEST = 1e-9
_FINE = 50


def log_cell(value: float) -> int:
    """The cell of a non-negative value. All values below 1e-9 share one. Its upper end is ``log_value``."""
    return math.ceil(math.log(max(value, _SMALLEST)) / _STEP - 1e-9)


def log_value(cell: int) -> float:
    """The largest value of a cell."""
    return math.exp(cell * _STEP)


def score_cell(value: float) -> int:
    """The cell of a score in [0, 1]: one of 50."""
    return min(_FINE - 1, int(value * _FINE))


def score_value(cell: int) -> float:
    """The middle of a score's cell."""
    return (cell + 0.5) / _FINE


def quantile(counts: Mapping[int, float], share: float) -> int:
    """The first cell up to which at least ``share`` of the values lie. Raises ``ValueError`` when there are none."""
    wanted = share * math.fsum(counts.values())
    if wanted <= 0:
        raise ValueError("no values")
    running = 0.0
    for cell in sorted(counts):
        running += counts[cell]
        if running >= wanted * (1 - 1e-12):
            return cell
    return max(counts)


def edges(counts: Mapping[int, float], cells: int) -> list[int]:
    """Upper ends that split the values into at most ``cells`` parts of similar size; the last part has no upper end.

    Where many values are equal there are fewer parts, so that no part of the baseline is empty.
    """
    found: list[int] = []
    last = max(counts)
    for part in range(1, cells):
        edge = quantile(counts, part / cells)
        if edge < last and (not found or edge > found[-1]):
            found.append(edge)
    return found


def part_of(cell: int, ends: list[int]) -> int:
    """The part that contains a cell."""
    return next((part for part, end in enumerate(ends) if cell <= end), len(ends))
