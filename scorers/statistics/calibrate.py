"""Calibration: maps raw scores to probabilities by human labels, and measures how well a scorer agrees with people.

Ranking carries over between deployments; thresholds do not: a score of .9 may mean a probability of one half here. With
fewer than ``ISOTONIC`` labels two parameters are fitted (Platt: a logistic curve over the score's log-odds). With more
labels a rising step function is fitted (isotonic regression), which assumes no shape. Agreement is reported as
sensitivity, specificity and kappa. Kappa is reported with the prevalence, without which it cannot be interpreted.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from scorers.statistics.psi import psi, psi_threshold
from scorers.statistics.weighted_share import Observation, estimate, moments_of

#: With fewer labelled answers nothing is called calibrated.
FEWEST = 50
#: From so many labels on the step function is fitted; below it the curve. (Platt surely below 300.)
ISOTONIC = 1_000
#: Cells in which histograms are compared, and how rarely a healthy one may seem to have moved.
_CELLS, _LEVEL = 5, 0.001
_STEPS = 50


class Method(StrEnum):
    """How a fit maps a score to a probability."""

    PLATT = "platt"
    ISOTONIC = "isotonic"


class Judged(msgspec.Struct, frozen=True):
    """One labelled answer: the score, the scorer's verdict, the person's verdict, the weight, the conversation."""

    score: float
    said: bool
    truth: bool
    weight: float = 1.0
    cluster: str = ""


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval, and the number of answers behind it."""

    ratio: float
    lower: float
    upper: float
    n: int


class Agreement(msgspec.Struct, frozen=True):
    """How a scorer's verdicts compare with people's: shares of the answers in which the event did, and did not,
    happen."""

    sensitivity: Share | None
    specificity: Share | None
    kappa: float | None
    prevalence: float


class Fit(msgspec.Struct, frozen=True):
    """A calibration. ``curve``: slope and intercept over the log-odds, or the steps (lowest score, probability).

    ``histogram``: all scores at the time of the fit, as counts in equal cells. ``error``: the error of the mean
    calibrated score according to the labels, with its variance. ``why`` it was fitted: first, labels or histogram.
    ``stale``: the scores have moved away from it, and there are too few newer labels for another fit.
    """

    method: Method
    labels: int
    curve: list[tuple[float, float]]
    agreement: Agreement
    histogram: list[float]
    error: float = 0.0
    error_variance: float = 0.0
    why: str = "first"
    stale: bool = False


def fit(items: Sequence[Judged], histogram: Sequence[float], why: str = "first") -> Fit | None:
    """The calibration by these labels; ``None`` with fewer than ``FEWEST`` labels, or when all labels are the same."""
    if len(items) < FEWEST or len({item.truth for item in items}) < 2:
        return None
    method = Method.ISOTONIC if len(items) >= ISOTONIC else Method.PLATT
    curve = _steps(items) if method is Method.ISOTONIC else [_platt(items)]
    found = Fit(method, len(items), curve, agreement(items), list(histogram), why=why)
    error, variance = _error(found, items, len(histogram))
    return msgspec.structs.replace(found, error=error, error_variance=variance)


def _error(found: Fit, items: Sequence[Judged], cells: int) -> tuple[float, float]:
    """The weighted mean of label minus calibrated score (by cell, as rates take it), and its variance by voices."""
    total = math.fsum(item.weight for item in items)
    off = [item.truth - probability(found, (min(cells - 1, int(item.score * cells)) + 0.5) / cells) for item in items]
    mean = math.fsum(item.weight * each for item, each in zip(items, off, strict=True)) / total
    voices: dict[str, float] = defaultdict(float)
    for index, (item, each) in enumerate(zip(items, off, strict=True)):
        voices[item.cluster or str(index)] += item.weight * (each - mean)
    # Two parameters, or the steps, were fitted to the same labels.
    freed = max(1, len(voices) - 2)
    return mean, math.fsum(each * each for each in voices.values()) / total**2 * len(voices) / freed


def probability(found: Fit, score: float) -> float:
    """P(event) by the fit for a raw ``score``."""
    if found.method is Method.PLATT:
        slope, intercept = found.curve[0]
        return _logistic(slope * _log_odds(score) + intercept)
    at = bisect_right(found.curve, (score, 2.0)) - 1
    return found.curve[max(0, at)][1]


def moved(before: Sequence[float], now: Sequence[float]) -> bool:
    """Whether a score histogram differs from the fit's histogram by more than chance explains."""
    n, m = math.fsum(now), math.fsum(before)
    if min(n, m) < 30:
        return False
    before, now = _merged(before), _merged(now)
    return psi(now, [count / m for count in before], m) > psi_threshold(n, m, len(before), _LEVEL)


def _merged(counts: Sequence[float]) -> list[float]:
    """Merge a multiple of ``_CELLS`` cells into ``_CELLS``."""
    width = max(1, len(counts) // _CELLS)
    return [math.fsum(counts[start : start + width]) for start in range(0, len(counts), width)]


def agreement(items: Sequence[Judged]) -> Agreement:
    """Sensitivity, specificity, kappa and prevalence, weighted; of at least one item."""
    total = math.fsum(item.weight for item in items)
    truth = math.fsum(item.weight for item in items if item.truth) / total
    said = math.fsum(item.weight for item in items if item.said) / total
    agree = math.fsum(item.weight for item in items if item.said == item.truth) / total
    chance = truth * said + (1 - truth) * (1 - said)
    kappa = (agree - chance) / (1 - chance) if chance < 1 else None
    return Agreement(
        _share([item for item in items if item.truth], said=True),
        _share([item for item in items if not item.truth], said=False),
        kappa,
        truth,
    )


def _share(items: Sequence[Judged], *, said: bool) -> Share | None:
    found = estimate(
        moments_of(
            Observation(item.said is said, item.weight, item.cluster or index) for index, item in enumerate(items)
        )
    )
    return Share(found.ratio, found.lower, found.upper, len(items)) if found else None


def _log_odds(score: float) -> float:
    score = min(0.999, max(0.001, score))
    return math.log(score / (1 - score))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _platt(items: Sequence[Judged]) -> tuple[float, float]:
    """Slope and intercept by Newton's method, with Platt's smoothed targets; the slope is never negative."""
    up = math.fsum(item.weight for item in items if item.truth)
    scale = len(items) / math.fsum(item.weight for item in items)
    yes, no = up * scale, len(items) - up * scale
    high, low = (yes + 1) / (yes + 2), 1 / (no + 2)
    points = [(_log_odds(item.score), high if item.truth else low, item.weight * scale) for item in items]
    slope, intercept = 0.0, math.log((yes + 1) / (no + 1))
    for _ in range(_STEPS):
        ga = gb = haa = hab = hbb = 0.0
        for x, target, weight in points:
            p = _logistic(slope * x + intercept)
            d, h = weight * (target - p), weight * max(1e-9, p * (1 - p))
            ga, gb = ga + d * x, gb + d
            haa, hab, hbb = haa + h * x * x, hab + h * x, hbb + h
        haa += 1e-6
        determinant = haa * hbb - hab * hab
        if determinant <= 0:
            break
        da, db = (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant
        step = min(1.0, 4.0 / max(1e-9, abs(da) + abs(db)))
        slope, intercept = slope + step * da, intercept + step * db
        if abs(da) + abs(db) < 1e-9:
            break
    return (slope, intercept) if slope > 0 else (0.0, math.log((yes + 1) / (no + 1)))


def _steps(items: Sequence[Judged]) -> list[tuple[float, float]]:
    """Pool adjacent violators: the lowest score of each step and its probability, rising."""
    blocks: list[tuple[float, float, float]] = []  # first score, weight, weighted yes
    for item in sorted(items, key=lambda item: item.score):
        block = (item.score, item.weight, item.weight * item.truth)
        if blocks and blocks[-1][0] == item.score:
            first, weight, yes = blocks.pop()
            block = (first, weight + block[1], yes + block[2])
        while blocks and blocks[-1][2] / blocks[-1][1] >= block[2] / block[1]:
            first, weight, yes = blocks.pop()
            block = (first, weight + block[1], yes + block[2])
        blocks.append(block)
    # Half an answer is added to each side, so that no step is 0 or 1.
    mean = math.fsum(item.weight for item in items) / len(items)
    return [(first, (yes + 0.5 * mean) / (weight + mean)) for first, weight, yes in blocks]
