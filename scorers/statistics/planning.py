"""How many conversations a verdict takes: before a start, and while an experiment runs.

The half-width of the sequence after n observations follows from its bets: the capital against a mean that is ``d`` away
grows by about ``bet d - bet^2 (variance + d^2) / 2`` with each. So the half-width is the ``d`` at which n bets make
``log(2 / alpha)``. The bets are those of ``betting``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from scorers.statistics.betting import ALPHA, FIRST_LOOK
from scorers.statistics.joint import Measured, high_enough, too_low

#: No plan looks further than this.
MOST = 1_000_000
#: The share of ties that is assumed before any pair: 30 %.
TIES = 0.3
#: One-sided normal quantile of 80 %: the power that a plan has.
_POWER = 0.8416212335729143
_BLOCK = 1.02


def _bets(variance: float, alpha: float) -> Iterator[tuple[int, float, float]]:
    """After each block of observations: n, the sum of the bets and of their squares. On [0, 1], as the bets are."""
    start, total, squares = 1, 0.0, 0.0
    while start <= MOST:
        size = max(1, int(start * (_BLOCK - 1)))
        t = start + (size - 1) / 2
        spread = (0.25 + (t - 1) * variance / 4) / t
        bet = min(1.0, math.sqrt(2 * math.log(2 / alpha) / (spread * t * math.log(t + 1))))
        total, squares = total + size * bet, squares + size * bet * bet
        start += size
        yield start - 1, total, squares


def _width(variance: float, alpha: float, total: float, squares: float) -> float:
    """Solves ``total d - squares (variance + d^2) / 2 = log(2 / alpha)`` for d; on [-1, 1] it is twice as much."""
    need = math.log(2 / alpha) + squares * variance / 8
    inside = total * total - 2 * squares * need
    return 2 * (total - math.sqrt(inside)) / squares if inside > 0 else 1.0


def half_width(n: int, variance: float, alpha: float = ALPHA, power: float = 0.0) -> float:
    """About how far the bounds are from the mean after ``n`` observations, at most 1; with ``power`` standard errors
    of the mean on top."""
    width = 1.0
    for count, total, squares in _bets(variance, alpha):
        width = min(1.0, _reach(variance, alpha, (total, squares), power))
        if count >= n:
            break
    return width


def _needed(distance: float, variance: float, alpha: float, power: float) -> int | None:
    """Observations until the half-width, and ``power`` standard errors, fit into ``distance``."""
    if distance <= 0:
        return None
    for count, total, squares in _bets(variance, alpha):
        if count >= FIRST_LOOK and _reach(variance, alpha, (total, squares), power) <= distance:
            return count
    return None


def _reach(variance: float, alpha: float, sums: tuple[float, float], power: float) -> float:
    """The half-width and ``power`` standard errors of what it is around: the mean weighted by the bets."""
    total, squares = sums
    return _width(variance, alpha, total, squares) + power * math.sqrt(variance * squares) / total


def more_pairs(outcomes: Sequence[Measured], variances: Mapping[str, float], shares: Mapping[str, float]) -> int | None:
    """About how many more conversations lead to a joint verdict, if all means stay what they are.

    ``shares``: the alpha of each outcome. 0 when it is decided; ``None`` when a million would not be enough, or when
    nothing is known yet.
    """
    if any(too_low(item) for item in outcomes) or all(high_enough(item) for item in outcomes):
        return 0
    if any(item.interval.mean is None for item in outcomes):
        return None
    ship: list[int | None] = []
    stop: list[int] = []
    for item in outcomes:
        mean = item.interval.mean or 0.0
        seen, variance, alpha = item.interval.n, variances[item.outcome], shares[item.outcome]
        if not high_enough(item):
            up = _needed(mean + item.margin, variance, alpha, 0.0)
            ship.append(None if up is None else max(1, up - seen))
        down = _needed(-item.margin - mean, variance, alpha, 0.0)
        if down is not None:
            stop.append(max(1, down - seen))
    ways = list(stop)
    if all(n is not None for n in ship):
        ways.append(max((n for n in ship if n is not None), default=1))
    return min(ways, default=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a verdict takes if the arms are alike: conversations, USD, days. ``instead``: what would be reachable."""

    pairs: int | None
    usd: float | None
    days: float | None
    reachable: bool
    because: str
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """What an experiment may use; ``None``: no bound, or not known."""

    usd_per_pair: float | None = None
    budget_usd: float | None = None
    pairs_per_day: float | None = None
    days: float | None = None


def plan(margin: float, guards: int, means: Means, ties: float = TIES) -> Plan:
    """The plan of an experiment with these outcomes: enough for 80 % of the experiments with equal arms to end.

    All outcomes are taken to vary as much as the primary, so it rather says too much.
    """
    variance = max(0.0, 1 - ties)
    strictest = min(ALPHA, ALPHA / max(1, guards))
    pairs = _needed(margin, variance, strictest, _POWER)
    if pairs is None:
        return Plan(None, None, None, False, f"a margin of {margin:g} takes more than {MOST:,} conversations", ())
    usd = None if means.usd_per_pair is None else pairs * means.usd_per_pair
    days = pairs / means.pairs_per_day if means.pairs_per_day else None
    affordable = _affordable(means)
    short = []
    if usd is not None and means.budget_usd is not None and usd > means.budget_usd:
        short.append(f"would cost about {money(usd)} USD with a budget of {money(means.budget_usd)}")
    if days is not None and means.days is not None and days > means.days:
        short.append(f"would take about {days:.1f} days and ends after {means.days:g}")
    if means.pairs_per_day == 0:
        short.append("gets no pairs")
    if not short:
        return Plan(pairs, usd, days, True, f"about {pairs:,} conversations lead to a verdict", ())
    instead = []
    if affordable >= FIRST_LOOK:
        widest = half_width(affordable, variance, strictest, _POWER)
        if widest < 1:
            # Both are approximations: what is offered is never the margin that was just refused.
            offered = max(math.ceil(widest * 100), math.floor(margin * 100 + 1e-9) + 1) / 100
            instead.append(f"a margin of {offered:.2f}")
    if usd is not None and means.budget_usd is not None and usd > means.budget_usd:
        instead.append(f"a budget of {money(math.ceil(usd * 10_000) / 10_000)} USD")
    if days is not None and means.days is not None and days > means.days:
        instead.append(f"{math.ceil(days)} days, or a larger share")
    because = f"a verdict at a margin of {margin:g} takes about {pairs:,} conversations; the experiment "
    return Plan(pairs, usd, days, False, because + " and ".join(short), tuple(instead))


def money(usd: float) -> str:
    """USD for people: two decimals, and of small sums two digits, never with an exponent."""
    return f"{usd:.2f}" if usd >= 0.1 or usd == 0 else f"{Decimal(f'{usd:.2g}'):f}"


def _affordable(means: Means) -> int:
    """How many conversations there will be at most."""
    most = float(MOST)
    if means.usd_per_pair and means.budget_usd is not None:
        most = min(most, means.budget_usd / means.usd_per_pair)
    if means.pairs_per_day is not None and means.days is not None:
        most = min(most, means.pairs_per_day * means.days)
    return int(most)
