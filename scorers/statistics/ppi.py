"""Prediction-powered inference (PPI++): a share estimated from few human labels and many machine scores.

The machine's mean over all answers is biased; the labels show by how much. With y the labels and f the scores,

    estimate = mean(y) + lambda (mean of f over all - mean of f over the labelled)

where lambda = cov(y, f) / var(f) minimises the variance (Angelopoulos, Duchi and Zrnic, arXiv 2311.01453). An
uninformative score gets lambda 0, and the labels alone decide, so using scores never costs anything. All means are
weighted by the inverse probabilities of inclusion and of being labelled. All variances are summed over conversations.
The variance is converted to an effective number of labels. The interval is Wilson's, which stays inside [0, 1] and is
valid for rare events. If it is wider than the interval of the labels alone, the latter is used.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from scorers.statistics.weighted_share import Estimate, Moments, Observation, estimate, moments_of, t_quantile


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled answer: whether the event happened, the machine's score in [0, 1], the weight (choice weight /
    inclusion probability / probability of being labelled), the conversation."""

    hit: bool
    score: float
    weight: float
    cluster: Hashable


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrected estimate, the estimate from the labels alone, and the ``tuning`` (lambda) between them."""

    found: Estimate
    labels_alone: Estimate
    tuning: float


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of the labelled: mean score, and the residuals' sums of squares and products over conversations."""

    mean: float
    yy: float
    yf: float
    ff: float
    clusters: int
    weight: float


def corrected(labelled: Sequence[Labelled], scored: Moments) -> Corrected | None:
    """The share over everything ``scored`` (moments in which ``y`` sums the scores); ``None`` without labels.

    Raises ``ValueError`` on a weight that is not positive and finite.
    """
    alone = estimate(moments_of(Observation(item.hit, item.weight, item.cluster) for item in labelled))
    if alone is None:
        return None
    sums = _sums(labelled, alone.ratio)
    tuning, gain = _tuned(sums, scored)
    if tuning == 0 or scored.w <= 0:
        return Corrected(alone, alone, 0.0)
    ratio = min(1.0, max(0.0, alone.ratio + tuning * (scored.y / scored.w - sums.mean)))
    effective = alone.effective / gain
    lower, upper = wilson(ratio, effective, t_quantile(sums.clusters - 1))
    found = Estimate(ratio, min(lower, ratio), max(upper, ratio), effective)
    if found.upper - found.lower > alone.upper - alone.lower:
        return Corrected(alone, alone, 0.0)
    return Corrected(found, alone, tuning)


def _sums(labelled: Sequence[Labelled], share: float) -> _Sums:
    weight = math.fsum(item.weight for item in labelled)
    mean = math.fsum(item.weight * item.score for item in labelled) / weight
    first: dict[Hashable, float] = defaultdict(float)
    second: dict[Hashable, float] = defaultdict(float)
    for item in labelled:
        first[item.cluster] += item.weight * (item.hit - share)
        second[item.cluster] += item.weight * (item.score - mean)
    pairs = [(first[cluster], second[cluster]) for cluster in first]
    return _Sums(
        mean,
        math.fsum(y * y for y, _ in pairs),
        math.fsum(y * f for y, f in pairs),
        math.fsum(f * f for _, f in pairs),
        len(pairs),
        weight,
    )


def _tuned(sums: _Sums, scored: Moments) -> tuple[float, float]:
    """Lambda, and the remaining variance as a share of the variance of the labels alone, in (0, 1]."""
    if sums.clusters < 3 or sums.yy <= 0 or sums.ff <= 0:
        return 0.0, 1.0
    squared = sums.yf**2 / (sums.yy * sums.ff)
    # As much correlation as is left when the degree of freedom that it cost is taken off.
    kept = max(0.0, 1 - (1 - squared) * (sums.clusters - 1) / (sums.clusters - 2))
    if kept == 0:
        return 0.0, 1.0
    tuning = sums.yf / sums.ff * kept / squared
    mean = scored.y / scored.w
    spread = max(0.0, scored.yy - 2 * mean * scored.wy + mean * mean * scored.ww) / scored.w**2
    # The labelled scores are among all scores: with as many labels as scores nothing is gained.
    beside = max(0.0, 1 - spread * sums.weight**2 / sums.ff)
    return tuning, max(1e-6, 1 - beside * kept)


def wilson(p: float, n: float, t: float) -> tuple[float, float]:
    """Wilson's interval for a share ``p`` of ``n`` (not necessarily whole) with quantile ``t``."""
    spread = t * t / n
    centre = (p + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
