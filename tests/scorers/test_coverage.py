"""Simulations with fixed seeds: intervals hold the truth 95 times in 100, and boosting bad traffic biases nothing.

A conversation's answers share a propensity drawn from a beta distribution with intra-class correlation ``rho``; the
truth is the propensity's mean. ``pytest -s`` prints the figures that stand in docs/scorers.md.
"""

from __future__ import annotations

import math
import random
from statistics import fmean, variance

import pytest

from proxy.config.settings import Always, Sampling
from proxy.exchange import Decision, Exchange, Operation, Outcome
from proxy.observe.sampler import Sampler
from scorers.statistics.weighted_share import Estimate, Observation, estimate, moments_of

RUNS = 1500


def own_propensity(coin: random.Random, p: float, rho: float) -> float:
    return coin.betavariate(p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho) if rho else p


def draw(coin: random.Random, p: float, conversations: int, turns: int, rho: float) -> Estimate:
    observations = []
    for cluster in range(conversations):
        own = own_propensity(coin, p, rho)
        observations += [Observation(coin.random() < own, 1.0, cluster) for _ in range(coin.randint(1, turns))]
    found = estimate(moments_of(observations))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("p", "conversations", "turns", "rho"),
    [
        (0.05, 100, 1, 0.0),
        (0.3, 50, 1, 0.0),
        (0.02, 60, 8, 0.0),
        (0.3, 40, 8, 0.0),
        (0.1, 60, 8, 0.3),
        (0.02, 80, 8, 0.3),
        (0.5, 25, 12, 0.4),
        (0.02, 80, 20, 0.5),
        (0.9, 20, 20, 0.5),
    ],
)
def test_intervals_hold_the_truth(p: float, conversations: int, turns: int, rho: float) -> None:
    """Independent answers and answers of conversations, rare and frequent events, few and many conversations."""
    coin = random.Random(20260101)
    found = [draw(coin, p, conversations, turns, rho) for _ in range(RUNS)]
    held = fmean(item.lower <= p <= item.upper for item in found)
    # What the sample is worth in truth: the number of independent answers with the variance that the runs show.
    worth = p * (1 - p) / variance([item.ratio for item in found])
    case = f"p {p} conversations {conversations} turns 1-{turns} rho {rho}"
    print(f"\n{case}: held {held:.3f}, n p (1-p) {worth * p * (1 - p):.1f}")
    noise = 2.5 * math.sqrt(0.95 * 0.05 / RUNS)
    assert held >= 0.93 - noise / 3
    if worth * p * (1 - p) >= 10:
        assert held <= 0.97 + noise / 3


def _exchange(number: int, conversation: str, failed: bool, minute: float) -> Exchange:
    return Exchange(
        request_id=f"r{number}",
        instance="i",
        started_at=minute * 60.0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.UPSTREAM_ERROR if failed else Outcome.OK,
        duration=1.0,
        conversation=conversation,
    )


def _through_the_sampler(coin: random.Random, boost: int, p: float) -> Estimate | None:
    """An hour of 600 conversations at rate 0.2; a hit mostly shows as an error, which a stratum boosts."""
    sampler = Sampler(
        Sampling(rate=0.2, always=Always(error=boost, stream_incomplete=0, refusal_signal=0, new_system_prompt=0)),
        coin.randbytes(32),
    )
    sampler._random = coin
    observations, number = [], 0
    for cluster in range(600):
        own = own_propensity(coin, p, 0.2)
        for _ in range(coin.randint(1, 3)):
            hit = coin.random() < own
            failed = coin.random() < (0.7 if hit else 0.05)
            verdict = sampler.decide(_exchange(number, f"c{cluster}", failed, cluster / 10), opted_out=False)
            number += 1
            if verdict.decision is Decision.PUBLISHED:
                observations.append(Observation(hit, 1 / verdict.probability, cluster))
    return estimate(moments_of(observations))


@pytest.mark.parametrize("boost", [0, 3, 1000])
def test_boosting_bad_traffic_biases_nothing(boost: int) -> None:
    """The real sampler, without a stratum, with one that is capped, and with one that keeps every error."""
    coin, p, runs = random.Random(20260102), 0.1, 300
    found = [item for _ in range(runs) if (item := _through_the_sampler(coin, boost, p)) is not None]
    ratios = [item.ratio for item in found]
    mean, error = fmean(ratios), math.sqrt(variance(ratios) / len(ratios))
    held = fmean(item.lower <= p <= item.upper for item in found)
    print(f"\nboost {boost}: mean {mean:.4f} (truth {p}, standard error {error:.4f}), held {held:.3f}")
    assert abs(mean - p) <= 3 * error
    assert held >= 0.93 - 2 * math.sqrt(0.95 * 0.05 / runs)
