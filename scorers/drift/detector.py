"""The Shiryaev-Roberts e-detector for a stream of values in [0, 1] whose healthy mean is known within bounds.

For each bet c the detector keeps M = (M + 1) * factor. Upward the factor is 1 + (c / p) (x - p), with p the upper bound
of the healthy mean; downward 1 + (c / (1 - p)) (p - x), with p its lower bound. While the mean keeps within the bounds
no factor is above 1 on average, so M - n is a supermartingale whatever the bets, and an alarm at M >= A comes on
average no sooner than after A values. A factor is at least 1 - c > 0 for every x, so M never dies. The average over
bets and directions has the same property. Source: Shin, Ramdas, Rinaldo, "E-detectors" (2024), section 3.
"""

from __future__ import annotations

#: Small bets detect small shifts of rare events; large ones detect large shifts within a few values.
BETS = (0.01, 0.03, 0.1, 0.3, 0.8)
#: M is capped here: the alarm has long been raised, and a float must not overflow.
CEILING = 1e12

Detector = list[float]


def fresh() -> Detector:
    """A detector without data: one M for each bet upward, then downward."""
    return [0.0] * (2 * len(BETS))


def update(detector: Detector, x: float, lower: float, upper: float) -> float:
    """Process one value in [0, 1]; returns the statistic M. ``lower``, ``upper``: bounds of the healthy mean.

    A direction in which no shift is possible (``upper`` is 1, ``lower`` is 0) does not grow.
    """
    half = len(BETS)
    if upper < 1.0:
        up = (x - upper) / upper if upper > 0 else 0.0
        for i, bet in enumerate(BETS):
            detector[i] = (detector[i] + 1.0) * (1.0 + bet * up)
    if lower > 0.0:
        down = (lower - x) / (1.0 - lower) if lower < 1 else 0.0
        for i, bet in enumerate(BETS, half):
            detector[i] = (detector[i] + 1.0) * (1.0 + bet * down)
    total = sum(detector)
    if total > CEILING:
        detector[:] = [min(CEILING, m) for m in detector]
        total = sum(detector)
    return total / (2 * half)


def threshold(per_day: float, signals: int, alarms_per_month: float) -> float:
    """The A that limits the false alarms of ``signals`` signals together to ``alarms_per_month`` (30 days)."""
    return max(1.0, per_day * 30.0 * max(1, signals) / alarms_per_month)
