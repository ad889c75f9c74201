"""How many conversations a verdict takes."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.betting import ConfidenceSequence, Interval
from scorers.statistics.joint import Measured, high_enough
from scorers.statistics.planning import Means, half_width, more_pairs, plan


@pytest.mark.parametrize(("changes", "alpha"), [(0.7, 0.05), (0.7, 0.005), (0.1, 0.05)])
def test_the_half_width_is_that_of_real_sequences(changes: float, alpha: float) -> None:
    """Within 15 % of what sequences have, at several sizes."""
    chance, sequence = random.Random(8), ConfidenceSequence(alpha)
    for n in range(1, 3001):
        sequence.add(0.0 if chance.random() > changes else chance.choice((-1.0, 1.0)))
        if n in (200, 1000, 3000):
            real = (sequence.interval.upper - sequence.interval.lower) / 2
            assert half_width(n, changes, alpha) == pytest.approx(real, rel=0.15)


def test_a_plan_says_pairs_money_and_days() -> None:
    """A margin of .10 with five guards: some two thousand conversations; a stricter margin takes more."""
    found = plan(0.10, 5, Means(usd_per_pair=0.002, budget_usd=20, pairs_per_day=500, days=30))
    assert found.reachable
    assert found.pairs is not None
    assert 1000 < found.pairs < 3000
    assert found.usd == pytest.approx(found.pairs * 0.002)
    assert found.days == pytest.approx(found.pairs / 500)
    stricter = plan(0.05, 5, Means())
    assert stricter.pairs is not None
    assert stricter.pairs > 3 * found.pairs


def test_a_plan_is_kept_by_most_experiments_with_identical_arms() -> None:
    """At least 75 of 100 have the bound above -margin within the planned number."""
    pairs = plan(0.15, 0, Means()).pairs
    assert pairs is not None
    kept = 0
    for seed in range(100):
        chance, sequence = random.Random(seed), ConfidenceSequence()
        for _ in range(pairs):
            sequence.add(0.0 if chance.random() < 0.3 else chance.choice((-1.0, 1.0)))
        kept += sequence.interval.lower > -0.15
    assert kept >= 75, kept


def test_a_plan_that_cannot_be_kept_says_what_would() -> None:
    """Too little money, too little time, no pair at all, a margin that nothing reaches."""
    poor = plan(0.10, 5, Means(usd_per_pair=0.1, budget_usd=20, pairs_per_day=500, days=30))
    assert not poor.reachable
    assert "with a budget of 20.00" in poor.because
    assert any(way.startswith("a margin of ") for way in poor.instead)
    assert any(way.startswith("a budget of ") for way in poor.instead)
    short = plan(0.10, 5, Means(pairs_per_day=10, days=30))
    assert not short.reachable
    assert "ends after 30" in short.because
    assert any("larger share" in way for way in short.instead)
    assert not plan(0.10, 5, Means(pairs_per_day=0)).reachable
    never = plan(0.0005, 5, Means())
    assert not never.reachable
    assert never.pairs is None
    assert "more than 1,000,000" in never.because


def test_the_margin_that_a_plan_offers_is_reachable() -> None:
    """The same experiment with it can be kept."""
    means = Means(usd_per_pair=0.05, budget_usd=20)
    offered = float(plan(0.10, 5, means).instead[0].removeprefix("a margin of "))
    assert 0.10 < offered < 1
    assert plan(offered, 5, means).reachable


def outcome(name: str, mean: float, half: float, n: int) -> Measured:
    """An outcome as it stands."""
    return Measured(name, name == "judge", 0.1, Interval(mean, mean - half, mean + half, n))


def test_more_pairs_fall_to_zero_as_the_bounds_come_in() -> None:
    """With the mean at 0 it is what the plan has left; once the verdict is there it is 0."""
    variances, shares = {"judge": 0.7}, {"judge": 0.05}
    early = more_pairs([outcome("judge", 0.0, 0.25, 100)], variances, shares)
    late = more_pairs([outcome("judge", 0.0, 0.12, 700)], variances, shares)
    assert early is not None
    assert late is not None
    assert early > late > 0
    assert early == pytest.approx(late + 600, abs=1)
    decided = outcome("judge", 0.0, 0.09, 1200)
    assert high_enough(decided)
    assert more_pairs([decided], variances, shares) == 0


def test_more_pairs_are_not_known_at_the_margin_or_without_any() -> None:
    """A mean just at -margin never leads anywhere; no observation, no guess."""
    variances, shares = {"judge": 0.7, "cost": 0.1}, {"judge": 0.05, "cost": 0.05}
    assert more_pairs([outcome("judge", -0.1, 0.2, 300)], variances, shares) is None
    nothing = Measured("cost", False, 0.1, Interval())
    assert more_pairs([outcome("judge", 0.0, 0.2, 300), nothing], variances, shares) is None


def test_the_slowest_guard_is_waited_for_and_a_bad_one_is_not() -> None:
    """Ship needs all; one that is far below its margin ends it sooner."""
    variances, shares = {"judge": 0.7, "cost": 0.3}, {"judge": 0.05, "cost": 0.05}
    good = outcome("judge", 0.3, 0.45, 60)
    alone = more_pairs([good], variances, shares)
    slow = more_pairs([good, outcome("cost", -0.05, 0.2, 60)], variances, shares)
    bad = more_pairs([good, outcome("cost", -0.4, 0.35, 60)], variances, shares)
    assert alone is not None
    assert slow is not None
    assert bad is not None
    assert bad < slow
    assert alone < slow


def test_what_is_offered_is_not_what_was_refused() -> None:
    """A budget that is just short: the margin offered is a wider one, and small sums are not shown as nothing."""
    for cents in range(60, 100):
        whole = plan(0.10, 5, Means(usd_per_pair=1e-5))
        assert whole.usd is not None
        found = plan(0.10, 5, Means(usd_per_pair=1e-5, budget_usd=whole.usd * cents / 100))
        assert not found.reachable
        assert float(found.instead[0].removeprefix("a margin of ")) > 0.10
        assert "budget of 0.00" not in found.because
        assert float(found.instead[1].split()[3]) >= whole.usd
