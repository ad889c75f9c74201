"""The budget holds: 200 healthy months with days, nights and weekends; made-up traffic is what it says."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from scorers.drift.baseline import DAY
from scorers.drift.signals import Plan, State
from scorers.drift.simulate import MONDAY, Traffic, delay, false_tickets, learn, values, week


def swing(size: float) -> tuple[float, ...]:
    """A share that is higher at night than by day."""
    return tuple(1.0 + size * math.cos(2 * math.pi * (hour % 24 - 2) / 24) for hour in range(168))


#: Signals of every kind; most of them behave differently by day and by night.
_SIGNALS = (
    Traffic(40, 0.05, shares=swing(0.5)),
    Traffic(30, 0.2, shares=swing(0.3)),
    Traffic(30, 0.3, shares=swing(0.2), signal="refusal.refused.shape"),
    Traffic(20, 1.2, shares=swing(0.2), signal="latency.duration"),
    Traffic(20, 0.01, signal="cost.per_request"),
    Traffic(30, 0.6, shares=swing(0.3), signal="mix.model"),
)


def test_false_tickets_stay_within_the_budget() -> None:
    """200 months, one ticket a month allowed over all signals: at most 200, and not by being deaf (see below)."""
    plan = Plan(alarms_per_month=1.0, signals=len(_SIGNALS), min_days=7, min_samples=200)
    rng = random.Random(2024)
    months = [false_tickets(_SIGNALS, plan, rng) for _ in range(200)]
    assert len(months) == 200
    assert sum(months) <= 200
    assert sum(months) > 0, "a budget that nothing uses costs delay"


def test_a_smaller_budget_means_fewer() -> None:
    """A tenth of the tickets, of the signals that used most of it."""
    looks = [traffic for traffic in _SIGNALS if traffic.signal.startswith(("refusal.refused.", "mix."))]
    plan = Plan(alarms_per_month=0.1, signals=len(looks), min_days=7, min_samples=200)
    rng = random.Random(5)
    assert sum(false_tickets(looks, plan, rng) for _ in range(40)) <= 10


@pytest.mark.parametrize(("share", "shifted", "most"), [(0.05, 0.2, 300), (0.05, 0.15, 500), (0.2, 0.4, 500)])
def test_a_shift_is_seen(share: float, shifted: float, most: int) -> None:
    """Conversations until the alarm, median of nine, with a baseline by time of the week."""
    rng = random.Random(11)
    plan = Plan(signals=10, min_days=7, min_samples=500)
    found = [delay(Traffic(200, share, shares=swing(0.3)), shifted, plan, rng) for _ in range(9)]
    assert statistics.median(run[0] if run else math.inf for run in found) <= most


def test_traffic_has_days_nights_and_weekends() -> None:
    """Its volume is the one asked for, and is lower at night and at weekends."""
    rng = random.Random(1)
    found = list(values(Traffic(300, 0.1), MONDAY, 28, rng))
    assert 28 * 270 < len(found) < 28 * 330
    weekend = sum((int((value.at - MONDAY) // DAY) % 7) >= 5 for value in found)
    night = sum(value.at % DAY < 6 * 3600 for value in found)
    assert weekend / len(found) < 0.2
    assert night / len(found) < 0.18
    assert 0.08 < statistics.mean(value.number for value in found) < 0.12
    assert statistics.mean(week()) == pytest.approx(1.0)


def test_learning_takes_whole_weeks() -> None:
    """A baseline is there after the weeks that its samples need; what never gets one is given back as it is."""
    signal, start = learn(Traffic(100, 0.1), Plan(min_days=7, min_samples=500), random.Random(2))
    assert signal.state is State.WATCHING
    assert start in (MONDAY + 7 * DAY, MONDAY + 14 * DAY)
    signal, _ = learn(Traffic(0.001, 0.1), Plan(min_days=7, min_samples=500), random.Random(2))
    assert signal.state is State.LEARNING
