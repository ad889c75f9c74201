"""Calibration: curve and steps, agreement with people, and when the scores have moved away from a fit."""

from __future__ import annotations

import math
import random

import pytest

from scorers.statistics.calibrate import FEWEST, Judged, Method, agreement, fit, moved, probability


def drawn(n: int, seed: int = 1) -> list[Judged]:
    """Scores whose true probability is their square."""
    draw = random.Random(seed)
    found = []
    for i in range(n):
        score = draw.random()
        found.append(Judged(score, score >= 0.5, draw.random() < score**2, 1.0, str(i)))
    return found


HISTOGRAM = [10.0] * 10


@pytest.mark.parametrize(("n", "method"), [(200, Method.PLATT), (999, Method.PLATT), (1000, Method.ISOTONIC)])
def test_the_method_goes_with_the_number_of_labels(n: int, method: Method) -> None:
    """A curve with few labels, steps with a thousand."""
    found = fit(drawn(n), HISTOGRAM)
    assert found is not None
    assert (found.method, found.labels) == (method, n)


@pytest.mark.parametrize(("n", "error"), [(300, 0.12), (5000, 0.06)])
def test_calibrated_scores_are_probabilities(n: int, error: float) -> None:
    """Over the whole range the fitted probability is near the true one, and rises."""
    found = fit(drawn(n), HISTOGRAM)
    assert found is not None
    values = [probability(found, x / 20) for x in range(1, 20)]
    assert values == sorted(values)
    assert all(0 < value < 1 for value in values)
    off = [abs(value - (x / 20) ** 2) for x, value in enumerate(values, 1)]
    assert sum(off) / len(off) < error


def test_too_few_labels_or_one_kind_only_give_no_fit() -> None:
    """Nothing is called calibrated by a handful, or by people who saw no event."""
    assert fit(drawn(FEWEST - 1), HISTOGRAM) is None
    assert fit([Judged(0.2, False, False)] * 100, HISTOGRAM) is None


def test_separable_labels_do_not_run_away() -> None:
    """Scores that tell perfectly give a finite curve, by Platt's targets."""
    found = fit([Judged(0.9 if i % 2 else 0.1, bool(i % 2), bool(i % 2)) for i in range(100)], HISTOGRAM)
    assert found is not None
    slope, intercept = found.curve[0]
    assert math.isfinite(slope)
    assert math.isfinite(intercept)
    assert 0.9 < probability(found, 0.95) < 1
    assert 0 < probability(found, 0.05) < 0.1


def test_a_score_that_ranks_backwards_is_not_trusted() -> None:
    """The curve never falls: a score that misleads becomes the plain share."""
    items = [Judged(i / 100, i >= 50, i < 30) for i in range(100)]
    found = fit(items, HISTOGRAM)
    assert found is not None
    assert probability(found, 0.9) == pytest.approx(probability(found, 0.1))
    assert probability(found, 0.5) == pytest.approx(0.3, abs=0.02)


def test_agreement_is_weighted_and_shows_the_prevalence() -> None:
    """8 of 10 events found, 95 of 100 others left alone; kappa with the prevalence that it belongs to."""
    items = [Judged(0.9, i < 8, True, 1.0, f"y{i}") for i in range(10)]
    items += [Judged(0.1, i < 5, False, 1.0, f"n{i}") for i in range(100)]
    found = agreement(items)
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert (found.sensitivity.ratio, found.sensitivity.n) == (pytest.approx(0.8), 10)
    assert (found.specificity.ratio, found.specificity.n) == (pytest.approx(0.95), 100)
    assert found.sensitivity.lower < 0.8 < found.sensitivity.upper
    assert found.prevalence == pytest.approx(10 / 110)
    observed, chance = 103 / 110, (10 / 110) * (13 / 110) + (100 / 110) * (97 / 110)
    assert found.kappa == pytest.approx((observed - chance) / (1 - chance))


def test_what_nobody_saw_has_no_share() -> None:
    """Without an event there is no sensitivity, and a kappa that chance explains is none."""
    found = agreement([Judged(0.1, False, False, 1.0, str(i)) for i in range(20)])
    assert (found.sensitivity, found.kappa, found.prevalence) == (None, None, 0.0)


def test_a_histogram_moves_when_the_scores_do_and_not_by_chance() -> None:
    """Of 500 healthy pairs at most a few seem to have moved; a shifted one does."""
    draw = random.Random(4)

    def counts(n: int, power: float) -> list[float]:
        cells = [0.0] * 10
        for _ in range(n):
            cells[min(9, int(draw.random() ** power * 10))] += 1
        return cells

    assert sum(moved(counts(300, 2.0), counts(200, 2.0)) for _ in range(500)) <= 5
    assert moved(counts(300, 2.0), counts(300, 1.0))
    assert not moved(counts(300, 2.0), counts(10, 0.2))
