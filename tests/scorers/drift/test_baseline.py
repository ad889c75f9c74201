"""Baselines: parts of the week, bounds that hold, shares that fit the hours they are compared with."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest

from scorers.drift.baseline import UNSEEN, bounds, expected, spread_between, stratum, wilson


@pytest.mark.parametrize(
    ("moment", "part"),
    [
        ("2026-01-05T00:00", 0),  # a Monday
        ("2026-01-05T03:59", 0),
        ("2026-01-05T04:00", 1),
        ("2026-01-09T23:59", 5),  # a Friday
        ("2026-01-10T00:00", 6),
        ("2026-01-11T23:59", 11),
    ],
)
def test_parts_of_the_week(moment: str, part: int) -> None:
    """Six blocks of four hours, weekends apart."""
    assert stratum(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) == part


def test_wilson_keeps_the_ends() -> None:
    """Nothing seen has the lower bound 0, everything the upper bound 1."""
    assert wilson(0.0, 100)[0] == 0.0
    assert wilson(1.0, 100)[1] == 1.0
    lower, upper = wilson(0.05, 500)
    assert 0.03 < lower < 0.05 < upper < 0.08


def week_of(rng: random.Random, shares: list[float], n: int) -> dict[int, tuple[float, float]]:
    return {part: (n, sum(rng.random() < share for _ in range(n))) for part, share in enumerate(shares)}


@pytest.mark.parametrize("swing", [0.0, 0.02, 0.04])
def test_bounds_hold(swing: float) -> None:
    """One-sided 95 %: over 200 baselines each bound is missed in at most about 1 of 10 strata."""
    rng = random.Random(3)
    shares = [0.06 + swing * math.cos(part) for part in range(12)]
    missed = total = 0
    for _ in range(200):
        found = bounds(week_of(rng, shares, 60))
        for part, share in enumerate(shares):
            lower, upper = found[part]
            missed += (share > upper) + (share < lower)
            total += 2
    assert missed / total < 0.1


def test_alike_strata_share_what_they_know() -> None:
    """Without variety between them a stratum's bounds are nearly those of all values; with it they are its own."""
    alike = bounds(dict.fromkeys(range(12), (100, 5)))
    whole = wilson(0.05, 1200)
    assert alike[0][1] - whole[1] < 0.015
    apart = bounds({part: (1000, 20 if part < 6 else 200) for part in range(12)})
    assert apart[0][1] < 0.05
    assert apart[6][0] > 0.15


def test_an_unseen_stratum_is_as_wide_as_the_strata_differ() -> None:
    """It may be like any of them."""
    found = bounds({part: (1000, 20 if part < 6 else 200) for part in range(12)})
    assert found[UNSEEN][0] < 0.05
    assert found[UNSEEN][1] > 0.2
    single = bounds({0: (500, 25)})
    assert single[UNSEEN][1] == pytest.approx(single[0][1], rel=0.05)


def test_spread_needs_two_strata() -> None:
    """One says nothing of how they differ."""
    assert spread_between({0: (100, 50)}) == 0.0
    assert spread_between({0: (1000, 100), 1: (1000, 500)}) > 0.01


def test_a_baseline_of_nothing_is_an_error() -> None:
    """There is none to be had."""
    with pytest.raises(ValueError, match="nothing"):
        bounds({})


def test_expected_shares_fit_the_hours() -> None:
    """A night is compared with nights, and known from as many values as nights had."""
    base = {0: {1: 90.0, 2: 10.0}, 3: {1: 100.0, 2: 900.0}}
    shares, size = expected(base, {0: 50.0})
    assert shares == pytest.approx({1: 0.9, 2: 0.1})
    assert size == pytest.approx(100)
    shares, size = expected(base, {0: 50.0, 3: 50.0})
    assert shares == pytest.approx({1: 0.5, 2: 0.5})
    shares, size = expected(base, {7: 50.0})
    assert shares[2] == pytest.approx(910 / 1100)
    assert size == pytest.approx(1100)
