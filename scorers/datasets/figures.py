"""What is published of a scorer on one set: AUROC, rates at the shipped threshold, calibration error, cost.

Pure Python. Intervals are percentiles of a seeded bootstrap over groups, so that rows of one document or question
count as one voice.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored row: the value, whether it was flagged, the truth, its group."""

    value: float
    flagged: bool
    label: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates in [0, 1], ``None`` where a class is empty; ``ece`` over ten equal bins of the value."""

    positives: int
    negatives: int
    auroc: float | None
    sensitivity: float | None
    specificity: float | None
    f1: float | None
    ece: float | None

    @property
    def balanced_accuracy(self) -> float | None:
        """Mean of sensitivity and specificity."""
        if self.sensitivity is None or self.specificity is None:
            return None
        return (self.sensitivity + self.specificity) / 2


def auroc(positive: list[float], negative: list[float]) -> float | None:
    """The share of (positive, negative) pairs in the right order, ties as one half; ``None`` without a pair."""
    n, m = len(positive), len(negative)
    if not n or not m:
        return None
    ordered = sorted([(value, 1) for value in positive] + [(value, 0) for value in negative])
    total, start = 0.0, 0
    while start < len(ordered):
        end = start
        hits = 0
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            hits += ordered[end][1]
            end += 1
        total += hits * (start + 1 + end) / 2
        start = end
    return (total - n * (n + 1) / 2) / (n * m)


def figures(rows: list[Scored]) -> Figures:
    """The figures of one set."""
    yes = [row for row in rows if row.label]
    no = [row for row in rows if not row.label]
    hit, alarm = sum(row.flagged for row in yes), sum(row.flagged for row in no)
    return Figures(
        positives=len(yes),
        negatives=len(no),
        auroc=auroc([row.value for row in yes], [row.value for row in no]),
        sensitivity=hit / len(yes) if yes else None,
        specificity=1 - alarm / len(no) if no else None,
        f1=2 * hit / (len(yes) + hit + alarm) if yes else None,
        ece=calibration_error(rows),
    )


def calibration_error(rows: list[Scored], bins: int = 10) -> float | None:
    """Expected calibration error: the mean gap between value and share of events over ``bins`` equal bins."""
    if not rows:
        return None
    sums = [[0.0, 0.0] for _ in range(bins)]
    for row in rows:
        held = sums[min(bins - 1, int(row.value * bins))]
        held[0] += row.value
        held[1] += row.label
    return sum(abs(value - label) for value, label in sums) / len(rows)


def intervals(rows: list[Scored], rounds: int = 200, seed: int = 1) -> dict[str, tuple[float, float]]:
    """95 % bootstrap interval of each figure by name, groups drawn with replacement; empty figures are left out."""
    groups: dict[str, list[Scored]] = {}
    for position, row in enumerate(rows):
        groups.setdefault(row.group or str(position), []).append(row)
    names, coin = sorted(groups), random.Random(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        taken = figures([row for name in coin.choices(names, k=len(names)) for row in groups[name]])
        for key in ("auroc", "sensitivity", "specificity", "balanced_accuracy", "f1", "ece"):
            value = getattr(taken, key)
            if value is not None:
                drawn.setdefault(key, []).append(value)
    return {key: _middle(sorted(values)) for key, values in drawn.items()}


def _middle(values: list[float]) -> tuple[float, float]:
    last = len(values) - 1
    return values[round(0.025 * last)], values[round(0.975 * last)]
