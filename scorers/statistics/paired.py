"""Compares two runs over the same cases: the difference of their means, its interval, and the gate's verdict.

A conversation counts as one voice. If both runs were the same, each conversation's difference would be as likely to be
positive as negative: this is the sign-flip test. The interval holds the differences that the test does not reject. It
needs no search: a flip of signs rejects a difference exactly beyond the mean over the conversations that it flips
(Hartigan 1969, "Using subsample values as typical values"). So the bounds are quantiles of the means of random subsets.
Up to ``_WHOLE`` conversations all subsets are taken. With more, ``_DRAWS`` subsets are drawn with a fixed seed, which
keeps the level (Phipson and Smyth 2010) and gives the same verdict for the same runs.

Where few conversations differ, sign flips are not informative: 8 cases without a difference do not show that there is
none. So each bound is at least as far out as Jeffreys' 95 % bound on the share of conversations that got worse
(better). Without any difference, 38 conversations are just enough for a margin of 5 %.

That bound is right on average over shares, and errs more often where a share is just so that one conversation fewer
would not be enough: of drops of exactly the margin up to 15 % pass. Below ``_FEW`` conversations, where that is so for
most margins, the bound is the exact one (Clopper and Pearson 1934), and what got better counts with its own exact lower
bound. Then at most 5 % of drops of the margin pass, where conversations have one size.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from scorers.statistics.beta import exact_lower, exact_upper, share_upper

_WHOLE, _DRAWS = 12, 1_999
_ALPHA = 0.05
#: With fewer conversations the bounds on shares are exact. What got better then counts with its 90 % lower bound.
_FEW, _CREDITED = 15, 0.90
#: The share of cases whose result differs between two runs of the same model: 10 % (measured on public models).
DIFFERING = 0.10
#: The assumed correlation of differences within a conversation, before any are observed.
_ALIKE = 0.3
_Z_ALPHA, _Z_POWER = 1.959963984540054, 0.8416212335729143


@dataclass(frozen=True, slots=True)
class Pair:
    """One case in both runs: its mean result over repeats, in [0, 1], and its conversation."""

    before: float
    after: float
    cluster: Hashable


@dataclass(frozen=True, slots=True)
class Difference:
    """After minus before, in [-1, 1], with its 95 % interval; ``p_value`` is two-sided."""

    difference: float
    lower: float
    upper: float
    p_value: float
    pairs: int
    clusters: int


class Gate(StrEnum):
    """The verdict of a gate."""

    PASS = "pass"  # noqa: S105 - a verdict
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"


def difference(pairs: Iterable[Pair], seed: int = 0) -> Difference | None:
    """The mean difference and its interval; ``None`` without a pair. Deterministic for the same pairs and seed."""
    sums: dict[Hashable, float] = defaultdict(float)
    sizes: Counter[Hashable] = Counter()
    for pair in pairs:
        sums[pair.cluster] += pair.after - pair.before
        sizes[pair.cluster] += 1
    if not sizes:
        return None
    voices = [(round(sums[cluster], 9), size) for cluster, size in sizes.items()]
    n = sum(size for _, size in voices)
    mean = math.fsum(total for total, _ in voices) / n
    means = _all_subsets(voices) if len(voices) <= _WHOLE else _random_subsets(voices, seed)
    count = len(means)
    edge = math.floor(_ALPHA / 2 * (count + 1))
    lower, upper = (means[edge - 1], means[-edge]) if edge else (-1.0, 1.0)
    below, above = sum(value <= 0 for value in means), sum(value >= 0 for value in means)
    p_value = min(1.0, 2 * (min(below, above) + 1) / (count + 1))
    lower = min(lower, mean, _credit(voices, n, 1) - _reach(voices, n, -1))
    upper = max(upper, mean, _reach(voices, n, 1) - _credit(voices, n, -1))
    return Difference(mean, max(-1.0, lower), min(1.0, upper), p_value, n, len(voices))


def _all_subsets(voices: Sequence[tuple[float, int]]) -> list[float]:
    """The means over all non-empty subsets, in order."""
    found = []
    for chosen in product((0, 1), repeat=len(voices)):
        size = sum(n for (_, n), taken in zip(voices, chosen, strict=True) if taken)
        if size:
            found.append(sum(s for (s, _), taken in zip(voices, chosen, strict=True) if taken) / size)
    return sorted(found)


def _random_subsets(voices: Sequence[tuple[float, int]], seed: int) -> list[float]:
    """The means over random subsets, in order. Identical conversations are drawn together, as one number."""
    kinds = sorted(Counter(voices).items())
    chance = random.Random(seed)
    found: list[float] = []
    while len(found) < _DRAWS:
        total, size = 0.0, 0
        for (value, n), times in kinds:
            taken = chance.getrandbits(times).bit_count()
            total += taken * value
            size += taken * n
        if size:
            found.append(total / size)
    return sorted(found)


def _reach(voices: Sequence[tuple[float, int]], n: int, sign: int) -> float:
    """How much the conversations that got worse (-1) or better (1) may take from or add to the mean: what they do, by
    as much more as there may be of them. Where there are none, each that there may be counts whole. A few that differ
    by little, or are short, show no more than none does."""
    most = exact_upper if len(voices) < _FEW else share_upper
    none = most(0, len(voices), 1 - _ALPHA)
    seen = _seen(voices, sign)
    if not seen:
        return none
    bound = most(seen, len(voices), 1 - _ALPHA)
    return max(none, _gain(voices, n, sign) * bound * len(voices) / seen)


def _credit(voices: Sequence[tuple[float, int]], n: int, sign: int) -> float:
    """What the conversations that got better (1) or worse (-1) are taken to add or take for certain."""
    seen = _seen(voices, sign)
    if not seen or len(voices) >= _FEW:
        return _gain(voices, n, sign)
    return _gain(voices, n, sign) * exact_lower(seen, len(voices), _CREDITED) * len(voices) / seen


def _seen(voices: Sequence[tuple[float, int]], sign: int) -> int:
    """How many conversations got better (1) or worse (-1)."""
    return sum(sign * total > 0 for total, _ in voices)


def _gain(voices: Sequence[tuple[float, int]], n: int, sign: int) -> float:
    """What the conversations that got better (1) or worse (-1) add to or take from the mean, not negative."""
    return math.fsum(sign * total for total, _ in voices if sign * total > 0) / n


def gate(found: Difference, margin: float) -> Gate:
    """``regression`` when the upper bound is below 0, else ``pass`` when the lower one is above -``margin``."""
    if found.upper < 0:
        return Gate.REGRESSION
    return Gate.PASS if found.lower > -margin else Gate.INCONCLUSIVE


def smallest_drop(sizes: Sequence[int], repeats: int = 1, differing: float = DIFFERING) -> float | None:
    """The smallest drop that ends in ``regression`` in 80 of 100 runs; ``None`` where none can.

    ``sizes``: cases of each conversation. ``differing``: the share of cases whose result differs between two runs of
    the same model; ``repeats`` of each case lower what that adds.
    """
    n, voices = sum(sizes), len(sizes)
    if 2 * 0.5**voices > _ALPHA:
        return None
    # A conversation counts as fewer cases the more its differences are alike (Kish).
    effect = 1 + _ALIKE * (sum(size * size for size in sizes) / n - 1)
    low, high = 0.0, 1.0
    for _ in range(50):
        drop = (low + high) / 2
        spread = math.sqrt((differing / repeats + drop - drop * drop) * effect / n)
        # One conversation more than a normal distribution says: differences come in whole ones, and few of them count.
        needed = (_Z_ALPHA + _Z_POWER) * spread + 1 / voices
        low, high = (drop, high) if drop < needed else (low, drop)
    return high
