"""PPI++: coverage and width by simulation, and what it does where there is nothing to gain."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.ppi import Corrected, Labelled, corrected
from scorers.statistics.weighted_share import Moments, Observation, estimate, moments_of

#: Of the simulated judge.
SENSITIVITY, SPECIFICITY = 0.8, 0.95


def moments(scores: list[tuple[float, float, int]]) -> Moments:
    """Moments of (score, weight, cluster)."""
    by: dict[int, list[float]] = {}
    for score, weight, cluster in scores:
        sums = by.setdefault(cluster, [0.0, 0.0])
        sums[0] += weight
        sums[1] += weight * score
    pairs = list(by.values())
    return Moments(
        len(pairs),
        sum(w for w, _ in pairs),
        sum(y for _, y in pairs),
        sum(w * w for w, _ in pairs),
        sum(w * y for w, y in pairs),
        sum(y * y for _, y in pairs),
        sum(weight**2 for _, weight, _ in scores),
    )


def simulated(draw: random.Random, prevalence: float, n: int, scored: int = 2000) -> Corrected:
    """One deployment: ``scored`` answers with a judge's verdict, ``n`` of them labelled."""
    labelled, scores = [], []
    for i in range(scored):
        hit = draw.random() < prevalence
        score = float(draw.random() < (SENSITIVITY if hit else 1 - SPECIFICITY))
        scores.append((score, 1.0, i))
        if i < n:
            labelled.append(Labelled(hit, score, 1.0, i))
    found = corrected(labelled, moments(scores))
    assert found is not None
    return found


@pytest.mark.parametrize("prevalence", [0.05, 0.3])
@pytest.mark.parametrize("n", [100, 200, 300])
def test_intervals_hold_and_are_narrower_than_labels_alone(prevalence: float, n: int) -> None:
    """Coverage 93 % and more (less the simulation's own error), never wider, 15 % narrower on average."""
    draw, runs = random.Random(n), 300
    held = 0
    width = alone = 0.0
    for _ in range(runs):
        result = simulated(draw, prevalence, n)
        held += result.found.lower <= prevalence <= result.found.upper
        own = result.found.upper - result.found.lower
        labels = result.labels_alone.upper - result.labels_alone.lower
        assert own <= labels + 1e-12
        width, alone = width + own, alone + labels
    assert held / runs >= 0.93 - 2 * (0.93 * 0.07 / runs) ** 0.5
    assert width <= 0.85 * alone


def test_the_plain_average_of_the_judge_is_wrong_and_this_is_not() -> None:
    """At 5 % the judge's own share is near 9 %; the estimate is unbiased."""
    draw = random.Random(1)
    ratios = [simulated(draw, 0.05, 200, 1000).found.ratio for _ in range(200)]
    assert sum(ratios) / len(ratios) == pytest.approx(0.05, abs=0.004)


def test_a_score_that_says_nothing_leaves_the_labels_alone() -> None:
    """Noise gets lambda 0 or nearly so, and the interval is never wider for it."""
    draw = random.Random(2)
    labelled = [Labelled(draw.random() < 0.3, draw.random(), 1.0, i) for i in range(200)]
    scores = [(item.score, 1.0, i) for i, item in enumerate(labelled)] + [
        (draw.random(), 1.0, 1000 + i) for i in range(800)
    ]
    found = corrected(labelled, moments(scores))
    assert found is not None
    assert abs(found.tuning) < 0.2
    assert found.found.ratio == pytest.approx(found.labels_alone.ratio, abs=0.02)


def test_labels_that_all_agree() -> None:
    """Without a single event there is nothing to correct with: the labels' own interval."""
    labelled = [Labelled(False, 0.1 * (i % 5), 1.0, i) for i in range(100)]
    found = corrected(labelled, moments([(item.score, 1.0, i) for i, item in enumerate(labelled)]))
    assert found is not None
    assert found.found == found.labels_alone == estimate(moments_of(Observation(False, 1.0, i) for i in range(100)))
    assert corrected([], Moments()) is None


def test_weights_and_conversations_count() -> None:
    """Chosen where the score is high, with known probability: the weights make up for it; turns of one conversation
    are one voice, so saying everything twice makes nothing narrower."""
    draw = random.Random(3)
    ratios, clustered, independent = [], 0.0, 0.0
    for _ in range(60):
        labelled, scores = [], []
        for i in range(1500):
            hit = draw.random() < 0.1
            score = min(1.0, max(0.0, draw.gauss(0.7 if hit else 0.2, 0.15)))
            scores.append((score, 1.0, i))
            chosen = 0.3 if score > 0.5 else 0.06
            if draw.random() < chosen:
                labelled.append(Labelled(hit, score, 1 / chosen, i))
        found = corrected(labelled, moments(scores))
        pairs = [Labelled(item.hit, item.score, item.weight, item.cluster) for item in labelled for _ in range(2)]
        double = corrected(pairs, moments(scores))
        assert found is not None
        assert double is not None
        ratios.append(found.found.ratio)
        independent += found.found.upper - found.found.lower
        clustered += double.found.upper - double.found.lower
    assert sum(ratios) / len(ratios) == pytest.approx(0.1, abs=0.01)
    assert clustered == pytest.approx(independent, rel=0.02)
