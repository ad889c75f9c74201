"""The population stability index, smoothed, with a threshold that takes the number of values into account.

With n values now and m in the baseline over B cells, a healthy PSI is about (1/n + 1/m) times a chi-square with B - 1
degrees of freedom (Yurdakul 2018). Half a value is added to each cell, so that an empty cell does not make it infinite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_SMOOTH = 0.5


def psi(counts: Sequence[float], shares: Sequence[float], size: float) -> float:
    """PSI of ``counts`` against a baseline with ``shares`` (sum 1) that were estimated from ``size`` values."""
    cells = len(counts)
    n = math.fsum(counts) + _SMOOTH * cells
    m = size + _SMOOTH * cells
    total = 0.0
    for count, share in zip(counts, shares, strict=True):
        now, before = (count + _SMOOTH) / n, (share * size + _SMOOTH) / m
        total += (now - before) * math.log(now / before)
    return total


def psi_threshold(n: float, m: float, cells: int, level: float) -> float:
    """The value that a healthy PSI of ``n`` values against ``m`` exceeds with probability ``level``."""
    return (1.0 / n + 1.0 / m) * chi2_quantile(1.0 - level, max(1, cells - 1))


def chi2_survival(x: float, degrees: int) -> float:
    """P(chi-square with ``degrees`` > x), in closed form for whole degrees."""
    if x <= 0:
        return 1.0
    half = x / 2
    if degrees % 2 == 0:
        term = total = math.exp(-half)
        for i in range(1, degrees // 2):
            term *= half / i
            total += term
        return min(1.0, total)
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
    for i in range(1, (degrees + 1) // 2):
        total += term
        term *= half / (i + 0.5)
    return min(1.0, total)


def chi2_quantile(share: float, degrees: int) -> float:
    """The value that a chi-square with ``degrees`` does not exceed with probability ``share`` in (0, 1)."""
    if not 0 < share < 1:
        raise ValueError(f"a share lies between 0 and 1, not {share!r}")
    low, high = 0.0, 10.0
    while chi2_survival(high, degrees) > 1 - share:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if chi2_survival(middle, degrees) > 1 - share:
            low = middle
        else:
            high = middle
    return (low + high) / 2
