"""The e-detector: silent as long as it promises, quick on a shift, never dead, over every healthy share."""

from __future__ import annotations

import random
import statistics

import pytest

from scorers.drift.detector import BETS, CEILING, fresh, threshold, update


def run(rng: random.Random, p: float, known: float, limit: float, most: int) -> int:
    """Values until the alarm; ``most`` when none came."""
    detector = fresh()
    for number in range(1, most + 1):
        if update(detector, float(rng.random() < p), known, known) >= limit:
            return number
    return most


@pytest.mark.parametrize("p", [0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])
def test_false_alarms_keep_their_distance(p: float) -> None:
    """With the true share known, alarms at A come on average no sooner than after A values."""
    rng = random.Random(round(1000 * p))
    limit = 300.0
    distances = [run(rng, p, p, limit, 3000) for _ in range(120)]
    assert statistics.mean(distances) >= limit


@pytest.mark.parametrize(
    ("before", "after", "most"), [(0.05, 0.1, 450), (0.05, 0.2, 90), (0.05, 0.0, 600), (0.5, 0.2, 60)]
)
def test_a_shift_is_seen_after_healthy_time(before: float, after: float, most: int) -> None:
    """After 1,000 healthy values it has not gone deaf: the median delay at A = 20,000, up and down."""
    rng = random.Random(7)
    delays = []
    for _ in range(40):
        detector = fresh()
        for _ in range(1000):
            update(detector, float(rng.random() < before), before, before)
        for number in range(1, 5001):
            if update(detector, float(rng.random() < after), before, before) >= 20_000:
                delays.append(number)
                break
    assert len(delays) == 40
    assert statistics.median(delays) <= most


@pytest.mark.parametrize("p", [1e-9, 0.01, 0.5, 0.99, 1 - 1e-9])
def test_the_factor_stays_positive(p: float) -> None:
    """Whatever comes, M never falls to zero or below and never overflows."""
    for values in ([0.0] * 3000, [1.0] * 3000, [0.0, 1.0, 0.5] * 1000):
        detector = fresh()
        for x in values:
            total = update(detector, x, p, p)
            assert all(m > 0 for m in detector)
            assert total <= CEILING


def test_a_direction_without_room_does_not_grow() -> None:
    """A baseline in which all are alike can only be left towards the other side."""
    none, every = fresh(), fresh()
    for _ in range(10_000):
        assert update(none, 0.0, 0.0, 0.02) < 100
        assert update(every, 1.0, 0.98, 1.0) < 100
    assert none[len(BETS) :] == [0.0] * len(BETS)
    assert every[: len(BETS)] == [0.0] * len(BETS)


def test_threshold() -> None:
    """Values a month over all signals, for each ticket that is allowed."""
    assert threshold(100, 20, 1) == 60_000
    assert threshold(100, 20, 2) == 30_000
    assert threshold(0, 0, 1) == 1
