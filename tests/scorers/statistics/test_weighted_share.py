"""Shares with intervals: known values, odd samples, and coverage by seeded simulation."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.statistics.weighted_share import Estimate, Moments, Observation, estimate, moments_of, t_quantile


def of(*items: tuple[bool, float, object]) -> Estimate:
    """The estimate of (hit, weight, cluster) triples, which must not be empty."""
    found = estimate(moments_of(Observation(hit, weight, str(cluster)) for hit, weight, cluster in items))
    assert found is not None
    return found


def test_nothing_scored_is_no_estimate() -> None:
    """Without an answer there is no share; it is not zero."""
    assert estimate(Moments()) is None


def test_equal_independent_answers_are_wilsons() -> None:
    """With weights of one and a conversation each, this is Wilson's interval with t instead of z."""
    found = of(*((i < 20, 1.0, i) for i in range(100)))
    assert found.ratio == pytest.approx(0.2)
    assert found.effective == pytest.approx(99.0)
    assert (found.lower, found.upper) == pytest.approx((0.132, 0.290), abs=0.002)


def test_all_no_and_all_yes_keep_a_width() -> None:
    """When all agree the interval still says how little a small sample knows; both ends mirror each other."""
    no = of(*((False, 1.0, i) for i in range(30)))
    yes = of(*((True, 1.0, i) for i in range(30)))
    assert (no.ratio, no.lower, yes.ratio, yes.upper) == (0.0, 0.0, 1.0, 1.0)
    assert 0.1 < no.upper < 0.14
    assert yes.lower == pytest.approx(1 - no.upper)


def test_one_conversation_knows_nothing_of_others() -> None:
    """A hundred answers in one conversation are one voice."""
    found = of(*((i % 2 == 0, 1.0, "same") for i in range(100)))
    assert (found.ratio, found.lower, found.upper, found.effective) == (0.5, 0.0, 1.0, 1.0)


def test_conversations_widen_the_interval() -> None:
    """The same answers in ten conversations of ten alike tell less than in a hundred of one."""
    alone = of(*((i < 50, 1.0, i) for i in range(100)))
    together = of(*((i < 50, 1.0, i // 10) for i in range(100)))
    assert together.effective == pytest.approx(9.0)
    assert together.upper - together.lower > 2.5 * (alone.upper - alone.lower)


def test_weights_decide_the_share() -> None:
    """A hit kept with probability 1 counts a tenth of a miss kept with probability 0.1."""
    found = of((True, 1.0, 1), (True, 1.0, 2), (False, 10.0, 3), (False, 10.0, 4))
    assert found.ratio == pytest.approx(2 / 22)
    assert found.effective <= 22**2 / 202 + 1e-9


def test_moments_of_disjoint_conversations_add_up() -> None:
    """The sums of two applications are those of both together."""
    left = [Observation(True, 2.0, "a"), Observation(False, 3.0, "a")]
    right = [Observation(True, 5.0, "b")]
    assert moments_of(left) + moments_of(right) == moments_of(left + right)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_weights_are_errors(weight: float) -> None:
    """A weight that is no inverse probability is refused."""
    with pytest.raises(ValueError, match="weight"):
        moments_of([Observation(True, weight, "a")])


def test_t_quantiles() -> None:
    """The table and the series beyond it meet, and go to the normal quantile."""
    assert t_quantile(0.3) == t_quantile(1.9) == 12.706
    assert t_quantile(30.9) == 2.042
    assert t_quantile(31) == pytest.approx(2.0395, abs=2e-4)
    assert t_quantile(120) == pytest.approx(1.9799, abs=2e-4)
    assert t_quantile(1e9) == pytest.approx(1.96, abs=1e-4)


@given(st.lists(st.tuples(st.booleans(), st.floats(1e-3, 1e6), st.integers(0, 5)), min_size=1, max_size=40))
def test_an_interval_is_inside_zero_and_one_and_holds_its_ratio(items: list[tuple[bool, float, int]]) -> None:
    """Whatever the weights and conversations: 0 <= lower <= ratio <= upper <= 1."""
    found = of(*items)
    assert 0.0 <= found.lower <= found.ratio <= found.upper <= 1.0
    assert found.effective > 0


def coverage(draw: Callable[[random.Random], tuple[list[Observation], float]], runs: int = 400) -> float:
    """The share of simulated samples whose interval holds the truth."""
    coin = random.Random(20260101)
    held = 0
    for _ in range(runs):
        observations, truth = draw(coin)
        found = estimate(moments_of(observations))
        held += found is not None and found.lower <= truth <= found.upper
    return held / runs


@pytest.mark.parametrize(("p", "n"), [(0.5, 20), (0.2, 50), (0.05, 100), (0.02, 200), (0.01, 60)])
def test_coverage_of_independent_answers(p: float, n: int) -> None:
    """Plain sampling: the 95 % interval holds the truth about 95 times in 100."""

    def draw(coin: random.Random) -> tuple[list[Observation], float]:
        return [Observation(coin.random() < p, 10.0, i) for i in range(n)], p

    assert coverage(draw) >= 0.925


@pytest.mark.parametrize(("p", "conversations"), [(0.3, 15), (0.1, 60), (0.05, 120)])
def test_coverage_with_conversations_of_unequal_length(p: float, conversations: int) -> None:
    """Answers of a conversation alike, and lengths from 1 to 12: an interval that ignores it would fail."""

    def draw(coin: random.Random) -> tuple[list[Observation], float]:
        observations = []
        for cluster in range(conversations):
            own = coin.betavariate(2 * p, 2 * (1 - p))
            observations += [Observation(coin.random() < own, 4.0, cluster) for _ in range(coin.randint(1, 12))]
        return observations, p

    assert coverage(draw) >= 0.90


def test_coverage_with_two_strata() -> None:
    """A signal keeps most hits with certainty while the rest is sampled at 0.2: the weights put it right."""

    def draw(coin: random.Random) -> tuple[list[Observation], float]:
        observations, hits, total = [], 0, 600
        for i in range(total):
            hit = coin.random() < 0.1
            hits += hit
            probability = 1.0 if hit and coin.random() < 0.7 else 0.2
            if coin.random() < probability:
                observations.append(Observation(hit, 1 / probability, i))
        return observations, hits / total

    assert coverage(draw) >= 0.92
