"""The share of answers in which an event happened, estimated from a weighted, clustered sample, with its interval.

Weights are inverse inclusion probabilities, so the ratio of two weighted sums (Hajek) estimates the share over all
traffic. Answers of one conversation resemble each other, so a conversation counts as one voice: the variance is summed
over conversations (linearised, cluster-robust). It is converted to an effective sample size. The interval is Wilson's,
with Student's t for few conversations. It stays inside [0, 1] and does not shrink to a point when all answers agree.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

#: 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_Z = 1.959963984540054
#: Conversations that must have shown an event before their own variance is trusted.
_TRUSTED = 6


@dataclass(frozen=True, slots=True)
class Observation:
    """One scored answer: whether the event happened, its weight (choice weight / inclusion probability), its
    conversation."""

    hit: bool
    weight: float
    cluster: Hashable


@dataclass(frozen=True, slots=True)
class Moments:
    """The sums that an estimate needs. They add up over disjoint conversations.

    With W the weight of a conversation's answers and Y that of its hits: ``w`` = sum W, ``y`` = sum Y, ``ww`` = sum WW,
    ``wy`` = sum WY, ``yy`` = sum YY; ``squares`` sums the squared weights of single answers.
    """

    clusters: int = 0
    w: float = 0.0
    y: float = 0.0
    ww: float = 0.0
    wy: float = 0.0
    yy: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        """The moments of both. Their conversations must be disjoint."""
        return Moments(
            self.clusters + other.clusters,
            self.w + other.w,
            self.y + other.y,
            self.ww + other.ww,
            self.wy + other.wy,
            self.yy + other.yy,
            self.squares + other.squares,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval, all in [0, 1]. ``effective`` is the effective number of independent answers."""

    ratio: float
    lower: float
    upper: float
    effective: float


def moments_of(observations: Iterable[Observation]) -> Moments:
    """The moments of single answers. Raises ``ValueError`` on a weight that is not positive and finite."""
    weights: dict[Hashable, float] = defaultdict(float)
    hits: dict[Hashable, float] = defaultdict(float)
    squares = 0.0
    for item in observations:
        if not (math.isfinite(item.weight) and item.weight > 0):
            raise ValueError(f"a weight is positive and finite, not {item.weight!r}")
        weights[item.cluster] += item.weight
        hits[item.cluster] += item.weight if item.hit else 0.0
        squares += item.weight**2
    pairs = [(weight, hits[cluster]) for cluster, weight in weights.items()]
    return Moments(
        clusters=len(pairs),
        w=math.fsum(w for w, _ in pairs),
        y=math.fsum(y for _, y in pairs),
        ww=math.fsum(w * w for w, _ in pairs),
        wy=math.fsum(w * y for w, y in pairs),
        yy=math.fsum(y * y for _, y in pairs),
        squares=squares,
    )


def t_quantile(degrees: float) -> float:
    """The 97.5 % quantile of Student's t. Degrees of freedom are rounded down, and are at least one."""
    whole = max(1, math.floor(degrees))
    if whole <= len(_T):
        return _T[whole - 1]
    return _Z + (_Z**3 + _Z) / (4 * whole) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * whole**2)


def estimate(moments: Moments) -> Estimate | None:
    """The share and its interval; ``None`` when nothing was scored.

    A single conversation says nothing about others, so its interval is [0, 1].
    """
    if moments.clusters < 1 or moments.w <= 0:
        return None
    p = min(1.0, max(0.0, moments.y / moments.w))
    if moments.clusters == 1:
        return Estimate(p, 0.0, 1.0, 1.0)
    # Kish: unequal conversations are worth fewer equal ones.
    voices = moments.w**2 / moments.ww
    if not 0 < p < 1 or _variance(moments, p) <= 1e-12 * p * (1 - p):
        # All answers alike, or (below rounding) all conversations: each conversation counts as one answer.
        lower, upper = _wilson(p, voices, t_quantile(voices - 1))
        return Estimate(p, min(lower, p), max(upper, p), voices)
    effective, quantile = _worth(moments, p, voices)
    lower, upper = _wilson(p, effective, quantile)
    return Estimate(p, min(lower, p), max(upper, p), effective)


def _variance(moments: Moments, p: float) -> float:
    """The linearised variance of the ratio, summed over conversations."""
    residuals = max(0.0, moments.yy - 2 * p * moments.wy + p * p * moments.ww)
    return moments.clusters / (moments.clusters - 1) * residuals / moments.w**2


def _worth(moments: Moments, p: float, voices: float) -> tuple[float, float]:
    """The effective number of independent answers, and the quantile for the interval.

    The number is the n whose binomial variance equals the observed variance. Where only a few conversations show the
    event (or its absence), that variance is estimated poorly, and usually too low. Then each conversation counts as one
    answer until ``_TRUSTED`` of them have shown it. Student's t then uses their number as its degrees of freedom, to
    the extent that answers of one conversation resemble each other. Both rules were chosen by simulation ("Intervals"
    in docs/scorers.md): without them, the intervals for an event of 2 % in long conversations covered it 84 times in
    100.
    """
    observed = max(1.0, p * (1 - p) / _variance(moments, p))
    absent = moments.ww - 2 * moments.wy + moments.yy
    showing = min(moments.y**2 / moments.yy, (moments.w - moments.y) ** 2 / absent)
    # Traffic that a stratum boosts shows an event often, and says nothing of the same event where nothing signals it.
    by_the_coin = min(moments.y, moments.w - moments.y) * moments.w / moments.squares
    showing = max(1.0, min(showing, by_the_coin))
    trust = min(1.0, max(0.0, (showing - 1) / (_TRUSTED - 1)))
    effective = 1 / (trust / observed + (1 - trust) / min(observed, voices))
    alike = min(1.0, max(0.0, 1 - observed * moments.squares / moments.w**2))
    plain = t_quantile(voices - 1)
    few = max(plain, t_quantile(min(voices, showing)))
    return effective, plain + (few - plain) * alike


def _wilson(p: float, n: float, t: float) -> tuple[float, float]:
    """Wilson's interval for a share ``p`` of ``n`` with quantile ``t``."""
    spread = t * t / n
    centre = (p + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
