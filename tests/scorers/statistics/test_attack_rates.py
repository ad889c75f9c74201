"""Rates of attacks: a template is one voice, hit@k stands beside, a judge's errors are corrected only from labels."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.attack_rates import Attack, JudgeLabels, attack_rate

RUNS = 300


@pytest.mark.parametrize("templates", [10, 30])
@pytest.mark.parametrize(("through", "alike"), [(0.0, False), (0.1, False), (0.1, True), (0.4, True), (0.95, False)])
def test_the_interval_covers(templates: int, through: float, alike: bool) -> None:
    """Of 300 runs against a provider that leaks with a known probability, at least 93 % hold it; also where half of the
    templates carry all of it."""
    chance = random.Random(f"{templates} {through} {alike}")
    held = 0
    for _ in range(RUNS):
        attacks = []
        for template in range(templates):
            own = through if not alike else 2 * through * (chance.random() < 0.5)
            attacks += [Attack(template, chance.random() < own) for _ in range(3)]
        found = attack_rate(attacks)
        assert found is not None
        held += found.lower <= through + 1e-12 and through <= found.upper + 1e-12
    assert held >= 0.93 * RUNS


@pytest.mark.parametrize("through", [0.0, 0.1, 0.5, 0.9])
def test_a_judge_with_errors_is_corrected(through: float) -> None:
    """A judge of sensitivity .9 and specificity .85, known from 40 labels of each kind: at least 93 % of the corrected
    intervals hold the truth. Uncorrected ones do not where attacks are rare."""
    chance = random.Random(f"judge {through}")
    held = plain = 0
    for _ in range(RUNS):
        attacks = []
        for template in range(30):
            for _ in range(3):
                real = chance.random() < through
                attacks.append(Attack(template, chance.random() < (0.9 if real else 0.15)))
        labels = JudgeLabels(
            40, sum(chance.random() < 0.9 for _ in range(40)), 40, sum(chance.random() < 0.15 for _ in range(40))
        )
        found, bare = attack_rate(attacks, labels), attack_rate(attacks)
        assert found is not None
        assert bare is not None
        assert found.corrected
        assert not bare.corrected
        held += found.lower <= through <= found.upper
        plain += bare.lower <= through <= bare.upper
    assert held >= 0.93 * RUNS
    if through <= 0.1:
        assert plain < 0.6 * RUNS


def test_templates_are_the_voices() -> None:
    """Ten attacks of one template say less than ten templates of one attack each."""
    one = attack_rate([Attack("same", True)] * 10)
    several = attack_rate([Attack(n, True) for n in range(10)])
    assert one is not None
    assert several is not None
    assert one.lower == 0.0 < several.lower


def test_hit_at_k_and_pooled_differ() -> None:
    """One of five tries of each template: a fifth pooled, all of them at k = 5."""
    found = attack_rate([Attack(template, attempt == 0) for template in range(8) for attempt in range(5)])
    assert found is not None
    assert (found.ratio, found.hit_at_k, found.k) == (0.2, 1.0, 5)
    assert (found.attacks, found.successes) == (40, 8)


@pytest.mark.parametrize(
    "labels", [JudgeLabels(3, 3, 40, 0), JudgeLabels(40, 38, 3, 0), JudgeLabels(40, 20, 40, 18)], ids=str
)
def test_too_little_is_known_of_the_judge(labels: JudgeLabels) -> None:
    """Few labels, or a judge that tells nothing: nothing is corrected, and that is said."""
    attacks = [Attack(n, n % 2 == 0) for n in range(20)]
    assert attack_rate(attacks, labels) == attack_rate(attacks)


def test_no_attack_has_no_rate() -> None:
    """Nothing asked is not 0 %."""
    assert attack_rate([]) is None
