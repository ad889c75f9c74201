"""Confidence sequences: the bets of the paper, bounds that only narrow, and states that go on where they were left."""

from __future__ import annotations

import math
import random

import msgspec
import pytest

from scorers.statistics.betting import ConfidenceSequence, SequenceState


def draw(chance: random.Random, ties: float = 0.3, win: float = 0.5) -> float:
    """Win, tie or loss."""
    if chance.random() < ties:
        return 0.0
    return 1.0 if chance.random() < win else -1.0


def reference(values: list[float], mean: float, alpha: float) -> tuple[float, float]:
    """The capital of both bettors against ``mean``, straight from the paper's equations, in logarithms."""
    m = (mean + 1) / 2
    up = down = 0.0
    total, squares = 0.5, 0.25
    for t, value in enumerate(values, 1):
        x = (value + 1) / 2
        bet = math.sqrt(2 * math.log(2 / alpha) / ((squares / t) * t * math.log(t + 1)))
        up += math.log(1 + min(bet, 0.5 / m) * (x - m))
        down += math.log(1 - min(bet, 0.5 / (1 - m)) * (x - m))
        total += x
        squares += (x - total / (t + 1)) ** 2
    return up, down


@pytest.mark.parametrize("alpha", [0.05, 0.005])
@pytest.mark.parametrize("ties", [0.0, 0.3, 0.95])
def test_a_mean_leaves_when_the_capital_against_it_is_enough(alpha: float, ties: float) -> None:
    """The bounds after a fixed look are where the capital of the paper's hedged process crosses 2 / alpha."""
    chance = random.Random(4)
    values = [draw(chance, ties, 0.7) for _ in range(150)]
    sequence = ConfidenceSequence(alpha, first_look=150)
    for value in values:
        sequence.add(value)
    found, enough = sequence.interval, math.log(2 / alpha)
    assert found.lower > -1
    assert found.upper < 1
    assert reference(values, found.lower, alpha)[0] >= enough - 1e-9
    assert reference(values, found.lower + 0.0025, alpha)[0] < enough
    assert reference(values, found.upper, alpha)[1] >= enough - 1e-9
    assert reference(values, found.upper - 0.0025, alpha)[1] < enough


def test_identical_arms_have_the_half_widths_of_the_handbook() -> None:
    """30 % ties: about .16 after 300 pairs and .04 after 10,000."""
    chance = random.Random(1)
    sequence, half = ConfidenceSequence(), {}
    for n in range(1, 10_001):
        sequence.add(draw(chance))
        half[n] = (sequence.interval.upper - sequence.interval.lower) / 2
    assert 0.14 <= half[300] <= 0.17
    assert 0.038 <= half[10_000] <= 0.045


def test_nothing_is_said_before_the_first_look() -> None:
    """29 wins in a row leave the interval as it was; the 30th is looked at."""
    sequence = ConfidenceSequence()
    for _ in range(29):
        sequence.add(1.0)
    assert (sequence.interval.lower, sequence.interval.upper, sequence.interval.n) == (-1.0, 1.0, 29)
    assert sequence.trail == []
    sequence.add(1.0)
    assert sequence.interval.lower > 0.5
    assert [point.n for point in sequence.trail] == [30]


def test_bounds_only_come_closer() -> None:
    """What has been excluded stays excluded."""
    chance = random.Random(9)
    sequence, before = ConfidenceSequence(), (-1.0, 1.0)
    for _ in range(1500):
        sequence.add(draw(chance, 0.3, 0.6))
        now = sequence.interval
        assert before[0] <= now.lower <= now.upper <= before[1]
        before = (now.lower, now.upper)


def test_a_mean_that_changes_is_told() -> None:
    """300 wins, then only losses: no mean explains both, and the interval says so instead of turning round."""
    sequence = ConfidenceSequence()
    for _ in range(300):
        sequence.add(1.0)
    sure = sequence.interval
    for _ in range(600):
        sequence.add(-1.0)
    assert sequence.interval.drifted
    assert sequence.interval.lower >= sure.lower
    sequence.add(0.0)
    assert sequence.interval.n == 901


def test_a_mean_that_leaves_the_bounds_far_behind_is_told() -> None:
    """As many losses as wins came before: the old bounds are not silently kept as if they were about now."""
    chance, sequence = random.Random(2), ConfidenceSequence()
    for win in (0.85, 0.15):
        for _ in range(150):
            sequence.add(draw(chance, 0.3, win))
    assert sequence.interval.upper > sequence.interval.lower + 0.05 > 0.2  # some means are left
    assert sequence.interval.drifted


def test_the_sides_are_alike() -> None:
    """The mirrored observations give the mirrored interval."""
    chance = random.Random(3)
    one, other = ConfidenceSequence(), ConfidenceSequence()
    for _ in range(400):
        value = chance.uniform(-1, 0.8)
        one.add(value)
        other.add(-value)
    assert one.interval.lower == pytest.approx(-other.interval.upper)
    assert one.interval.upper == pytest.approx(-other.interval.lower)


@pytest.mark.parametrize("stop", [10, 200])
def test_a_restored_sequence_goes_on(stop: int) -> None:
    """A state goes through JSON at any place; what follows is as if it had never been put away."""
    chance = random.Random(6)
    whole = ConfidenceSequence(0.01)
    parted = ConfidenceSequence(0.01)
    for n in range(600):
        value = draw(chance, 0.5)
        whole.add(value)
        parted.add(value)
        if n == stop:
            data = msgspec.json.encode(parted.state())
            parted = ConfidenceSequence.restore(msgspec.json.decode(data, type=SequenceState))
    assert parted.interval == whole.interval
    assert parted.trail == whole.trail
    assert len(msgspec.json.encode(whole.state())) < 20_000


def test_observations_at_the_ends_of_the_scale_do_no_harm() -> None:
    """All ties, all wins and all losses end in narrow intervals that hold their mean."""
    for value in (0.0, 1.0, -1.0):
        sequence = ConfidenceSequence()
        for _ in range(2000):
            sequence.add(value)
        found = sequence.interval
        assert found.lower <= value <= found.upper
        assert found.upper - found.lower < 0.02
        assert not found.drifted


@pytest.mark.parametrize("value", [1.01, -2.0, math.nan, math.inf])
def test_a_value_off_the_scale_is_refused(value: float) -> None:
    """It changes nothing."""
    sequence = ConfidenceSequence()
    with pytest.raises(ValueError, match="an observation is in"):
        sequence.add(value)
    assert sequence.interval.n == 0


@pytest.mark.parametrize(("alpha", "step"), [(0.0, 0.01), (1.0, 0.01), (0.05, 0.0), (0.05, 2.0)])
def test_wrong_settings_are_refused(alpha: float, step: float) -> None:
    """An alpha or a step that cannot be."""
    with pytest.raises(ValueError, match="alpha and step"):
        ConfidenceSequence(alpha, step)
