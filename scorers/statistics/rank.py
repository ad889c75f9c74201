"""Rank correlation (Spearman) of few values, with a p-value by permutation."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import permutations

#: Up to so many values all permutations are tried; above, ``_DRAWS`` at random with a fixed seed.
_WHOLE, _DRAWS = 7, 4_999
#: Fewer can never reach 5 %: with four, a perfect order has p = 1/12.
FEWEST = 5


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in order[at : end + 1]:
            found[place] = (at + end) / 2 + 1
        at = end + 1
    return found


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float] | None:
    """(rho, two-sided p-value); ``None`` below ``FEWEST`` values, or where one side is constant. Deterministic."""
    if len(xs) < FEWEST:
        return None
    left, right = ranks(xs), ranks(ys)
    rho = _correlation(left, right)
    if rho is None:
        return None
    seen = total = 0
    for other in _orders(right):
        value = _correlation(left, other)
        seen += value is not None and abs(value) >= abs(rho) - 1e-12
        total += 1
    if len(xs) > _WHOLE:  # the order that was found is one of those it might have been (Phipson and Smyth 2010)
        seen, total = seen + 1, total + 1
    return rho, seen / total


def _orders(values: Sequence[float]) -> Iterator[Sequence[float]]:
    if len(values) <= _WHOLE:
        yield from permutations(values)
        return
    chance, own = random.Random(0), list(values)
    for _ in range(_DRAWS):
        chance.shuffle(own)
        yield own


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    n = len(xs)
    mx, my = math.fsum(xs) / n, math.fsum(ys) / n
    sx, sy = math.fsum((x - mx) ** 2 for x in xs), math.fsum((y - my) ** 2 for y in ys)
    if sx == 0 or sy == 0:
        return None
    return math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / math.sqrt(sx * sy)
