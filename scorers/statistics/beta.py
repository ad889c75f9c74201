"""The beta distribution's quantiles, by bisection of the incomplete beta function (continued fraction, Lentz)."""

from __future__ import annotations

import math

_TINY, _STEPS, _CLOSE = 1e-300, 300, 1e-12


def beta_cdf(x: float, a: float, b: float) -> float:
    """P(X <= x) for X ~ Beta(a, b); ``a``, ``b`` > 0."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction of the incomplete beta function (DLMF 8.17.22)."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + top * d
            c = 1 + top / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return value


def beta_quantile(p: float, a: float, b: float) -> float:
    """The ``p`` quantile of Beta(a, b)."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_cdf(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def share_upper(hits: int, n: int, level: float = 0.975) -> float:
    """The upper bound of Jeffreys' interval for a share of which ``hits`` of ``n`` were seen; 1 when all were."""
    return 1.0 if n <= 0 or hits >= n else beta_quantile(level, hits + 0.5, n - hits + 0.5)


def exact_upper(hits: int, n: int, level: float) -> float:
    """The one-sided upper bound for a share of which ``hits`` of ``n`` were seen; it errs at most in 1 - ``level``."""
    return 1.0 if n <= 0 or hits >= n else beta_quantile(level, hits + 1.0, n - hits)


def exact_lower(hits: int, n: int, level: float) -> float:
    """The one-sided lower bound, in the same way."""
    return 0.0 if n <= 0 or hits <= 0 else beta_quantile(1.0 - level, hits, n - hits + 1.0)
