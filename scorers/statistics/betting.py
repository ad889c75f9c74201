"""A confidence sequence for a mean: an interval that may be looked at after every observation, as often as one likes.

The hedged capital process of Waudby-Smith and Ramdas 2023 ("Estimating means of bounded random variables by betting",
JRSS-B, section 4): somebody bets against each mean that the interval still holds. The bets are fair if that mean is the
true one, so a capital of ``2 / alpha`` comes with a probability of at most ``alpha / 2`` on each side, at any time. A
mean whose bettor gets that far leaves the interval for ever. Bets are the predictable plug-in of the paper (equation
26), truncated at 1/2.

Capital that is bet upwards falls with the mean, capital that is bet downwards rises with it. So excluded means stand at
the ends, and only the ``step``-wide grid between the bounds is computed with. The narrower the interval, the less an
observation costs (measured: 10,000 observations with 30 % ties in about 0.1 s of CPU, the last thousand in 5 ms).
"""

from __future__ import annotations

import math
from bisect import bisect_left

import msgspec

#: Bets are truncated so that at most half of the capital can be lost at once.
_MOST = 0.5
_GROWTH = 33
#: Of the bound on the mean that tells drift: where it is narrowest, and how often it is wrong.
_MIXTURE, _FALSE_DRIFT = 100, 0.01
FIRST_LOOK = 30
STEP = 0.0025
ALPHA = 0.05


class Interval(msgspec.Struct, frozen=True):
    """The mean of ``n`` observations (``None`` without one) and its bounds, in [-1, 1].

    ``drifted``: the true mean was not the same all the time: no mean is left, or that of the observations is far from
    all that are left. The bounds are then the last ones, and say nothing about now.
    """

    mean: float | None = None
    lower: float = -1.0
    upper: float = 1.0
    n: int = 0
    drifted: bool = False


class Point(msgspec.Struct, frozen=True):
    """The interval as it stood at ``n`` observations, for a picture."""

    n: int
    mean: float
    lower: float
    upper: float


class SequenceState(msgspec.Struct, frozen=True):
    """All that a sequence remembers. ``at`` is the place of the first mean on the grid that is not excluded; ``up`` and
    ``down`` hold the capital of both bettors from there on."""

    alpha: float
    step: float
    first_look: int
    n: int
    total: float
    squares: float
    at: int
    up: list[float]
    down: list[float]
    bounds: tuple[float, float]
    drifted: bool
    trail: list[Point]


class ConfidenceSequence:
    """The sequence of one outcome. Observations are in [-1, 1]; the mean is covered at all times with 1 - ``alpha``."""

    def __init__(self, alpha: float = ALPHA, step: float = STEP, first_look: int = FIRST_LOOK) -> None:
        """``step``: how far means stand apart that are bet against; bounds are among them."""
        if not 0 < alpha < 1 or not 0 < step <= 1:
            raise ValueError("alpha and step are above 0 and at most 1")
        self._alpha, self._step, self._first_look = alpha, step, first_look
        size = round(2 / step) + 1
        self._begin(0, [1.0] * size, [1.0] * size)
        self._n = 0
        self._total = 0.0
        self._squares = 0.0
        self._lower, self._upper = -1.0, 1.0
        self._drifted = False
        self._trail: list[Point] = []
        self._next = first_look

    def _begin(self, at: int, up: list[float], down: list[float]) -> None:
        self._at, self._up, self._down = at, up, down
        # On [0, 1], on which the paper stands; the means of values in [-1, 1] are at 2 m - 1.
        self._means = [min(1.0, (at + place) * self._step / 2) for place in range(len(up))]

    def add(self, value: float) -> None:
        """One more observation. Raises ``ValueError`` for one outside [-1, 1]."""
        if not -1.0 <= value <= 1.0:
            raise ValueError(f"an observation is in [-1, 1], not {value}")
        x = (value + 1) / 2
        if self._means:
            self._bet(x, self._next_bet())
        # After the bet: a bet may know only what came before it.
        self._n += 1
        self._total += x
        self._squares += (x - (0.5 + self._total) / (self._n + 1)) ** 2
        if self._n >= self._first_look:
            self._look()

    def _next_bet(self) -> float:
        t = self._n + 1
        spread = (0.25 + self._squares) / t
        return math.sqrt(2 * math.log(2 / self._alpha) / (spread * t * math.log(t + 1)))

    def _bet(self, x: float, bet: float) -> None:
        if bet <= _MOST:  # then no truncation can bind, as means are at most 1
            won, lost = 1 + bet * x, 1 - bet * x
            self._up = [c * (won - bet * m) for c, m in zip(self._up, self._means, strict=True)]
            self._down = [c * (lost + bet * m) for c, m in zip(self._down, self._means, strict=True)]
            return
        # Means grow, so that those a bet is cut off at are the last ones for ``up`` and the first ones for ``down``.
        means, to_zero, to_one = self._means, 1 + bet * x, 1 + bet * (1 - x)
        cut = bisect_left(means, True, key=lambda m: bet * m > _MOST)
        whole = bisect_left(means, True, key=lambda m: bet * (1 - m) <= _MOST)
        cut_up, cut_down, kept = _MOST * x, _MOST * (1 - x), 1 - _MOST
        self._up = [c * (to_zero - bet * m) for c, m in zip(self._up, means[:cut], strict=False)] + [
            c * (kept + cut_up / m) for c, m in zip(self._up[cut:], means[cut:], strict=True)
        ]
        self._down = [c * (kept + cut_down / (1 - m)) for c, m in zip(self._down, means[:whole], strict=False)] + [
            c * (to_one - bet * (1 - m)) for c, m in zip(self._down[whole:], means[whole:], strict=True)
        ]

    def _look(self) -> None:
        enough = 2 / self._alpha
        low, high = 0, len(self._means)
        while low < high and self._up[low] >= enough:
            low += 1
        while high > low and self._down[high - 1] >= enough:
            high -= 1
        if self._means and low == high:
            self._drifted = True  # the bounds stay as they were
        else:
            if low:
                self._lower = round(2 * self._means[low - 1] - 1, 9)
            if high < len(self._means):
                self._upper = round(2 * self._means[high] - 1, 9)
        if low or high < len(self._means):
            self._up, self._down = self._up[low:high], self._down[low:high]
            self._means, self._at = self._means[low:high], self._at + low
        mean = self._mean()
        if not self._lower - self._astray() <= mean <= self._upper + self._astray():
            self._drifted = True
        if self._n >= self._next:
            self._trail.append(self._point())
            self._next = self._n + max(1, self._n // _GROWTH)

    def _astray(self) -> float:
        """How far the mean of n observations is from a constant true mean at most, at all times, with 99 % (a normal
        mixture; Howard and others 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences")."""
        n = self._n + _MIXTURE
        return math.sqrt(n * math.log(n / (_MIXTURE * _FALSE_DRIFT**2))) / self._n

    def _point(self) -> Point:
        return Point(self._n, self._mean(), self._lower, self._upper)

    def _mean(self) -> float:
        return 2 * self._total / self._n - 1

    @property
    def interval(self) -> Interval:
        """The interval now. Before the first look it holds everything."""
        mean = self._mean() if self._n else None
        return Interval(mean, self._lower, self._upper, self._n, self._drifted)

    @property
    def trail(self) -> list[Point]:
        """The interval at about 30 places for each doubling of the observations, and now."""
        if self._n < self._first_look or (self._trail and self._trail[-1].n == self._n):
            return list(self._trail)
        return [*self._trail, self._point()]

    @property
    def variance(self) -> float:
        """The variance of the observations; with few, between theirs and the largest possible."""
        return 4 * (0.25 + self._squares) / (self._n + 1)

    def state(self) -> SequenceState:
        """What ``restore`` takes; as JSON it has at most some 30 kB at the start, and a few when it has narrowed."""
        return SequenceState(
            self._alpha,
            self._step,
            self._first_look,
            self._n,
            self._total,
            self._squares,
            self._at,
            self._up,
            self._down,
            (self._lower, self._upper),
            self._drifted,
            self._trail,
        )

    @classmethod
    def restore(cls, state: SequenceState) -> ConfidenceSequence:
        """The sequence that goes on where ``state`` was taken."""
        made = cls(state.alpha, state.step, state.first_look)
        made._begin(state.at, list(state.up), list(state.down))
        made._n, made._total, made._squares = state.n, state.total, state.squares
        (made._lower, made._upper), made._drifted = state.bounds, state.drifted
        made._trail = list(state.trail)
        last = made._trail[-1].n if made._trail else 0
        made._next = last + max(1, last // _GROWTH) if last else state.first_look
        return made
