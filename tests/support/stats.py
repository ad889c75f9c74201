"""Agreement with people, with Wilson 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Proportion:
    """``hits`` of ``n``; prints with its interval."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share; 0 when there is nothing."""
        return self.hits / self.n if self.n else 0.0

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.n:
            return 0.0, 1.0
        centre = (self.value + _Z**2 / (2 * self.n)) / (1 + _Z**2 / self.n)
        spread = self.value * (1 - self.value) / self.n + _Z**2 / (4 * self.n**2)
        half = _Z * math.sqrt(spread) / (1 + _Z**2 / self.n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] (n={self.n})"


def agreement(pairs: Iterable[tuple[bool, bool]]) -> tuple[Proportion, Proportion]:
    """(sensitivity, specificity) of (people say it happened, the scorer flags it)."""
    every = list(pairs)
    flagged = [said for truth, said in every if truth]
    spared = [not said for truth, said in every if not truth]
    return Proportion(sum(flagged), len(flagged)), Proportion(sum(spared), len(spared))
