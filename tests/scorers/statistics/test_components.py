"""Noise and wording: the estimates are unbiased, and each interval covers by itself, without an effect as well."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.components import Prompt, noise, prompt_of, wording

RUNS = 300


def _run(chance: random.Random, wrong: float, effect: float, conversation: int) -> list[Prompt]:
    """50 prompts of 5 repeats and up to 4 rewrites, to a provider that is wrong by itself with probability ``wrong``
    and answers otherwise to a rewrite with probability ``effect``; some rewrites are missing."""

    def answer(usual: str) -> str:
        return f"odd {chance.random()}" if chance.random() < wrong else usual

    prompts = []
    for number in range(50):
        repeats = [answer("usual") for _ in range(5)]
        rewrites = {
            name: [answer("other" if chance.random() < effect else "usual")] for name in "abcd" if chance.random() < 0.7
        }
        prompts.append(prompt_of(number // conversation, repeats, rewrites, lambda one, other: one != other))
    return prompts


@pytest.mark.parametrize("conversation", [1, 3])
@pytest.mark.parametrize(("wrong", "effect"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.1, 0.05)])
def test_each_interval_covers_by_itself(wrong: float, effect: float, conversation: int) -> None:
    """Of 300 runs, at least 93 % of the intervals hold the true noise, and at least 93 % the true wording."""
    chance = random.Random(f"{wrong} {effect} {conversation}")
    true_noise = 1 - (1 - wrong) ** 2
    true_wording = 1 - (1 - effect) * (1 - wrong) ** 2 - true_noise
    held = [0, 0]
    sums = [0.0, 0.0]
    for _ in range(RUNS):
        prompts = _run(chance, wrong, effect, conversation)
        for at, (found, true) in enumerate([(noise(prompts), true_noise), (wording(prompts), true_wording)]):
            assert found is not None
            held[at] += found.lower - 1e-12 <= true <= found.upper + 1e-12
            sums[at] += found.ratio
    assert min(held) >= 0.93 * RUNS, held
    assert sums[0] / RUNS == pytest.approx(true_noise, abs=0.01)
    assert sums[1] / RUNS == pytest.approx(true_wording, abs=0.01)


def test_an_effect_is_seen() -> None:
    """A wording effect of .3 lies above zero in nearly every run of 50 prompts; without one, in few."""
    chance = random.Random(1)
    seen = [wording(_run(chance, 0.1, 0.3, 1)) for _ in range(50)]
    none = [wording(_run(chance, 0.1, 0.0, 1)) for _ in range(50)]
    assert sum(found is not None and found.lower > 0 for found in seen) >= 48
    assert sum(found is not None and found.lower > 0 for found in none) <= 4


def test_the_estimate_is_not_clipped() -> None:
    """Where rewrites happen to agree more than repeats, wording is below zero and stays so."""
    prompts = [Prompt(n, 0.4, {"verb": 0.2}) for n in range(10)]
    found = wording(prompts)
    assert found is not None
    assert found.ratio == pytest.approx(-0.2)
    assert found.lower <= -0.2 < found.upper < 0


def test_an_effect_of_one_rewrite_shows_only_there() -> None:
    """By rewrite: the one that changes answers has it, the others have not."""
    prompts = [Prompt(n, 0.0, {"politeness": 1.0, "verb": 0.0}) for n in range(20)]
    polite, verb = wording(prompts, "politeness"), wording(prompts, "verb")
    assert polite is not None
    assert verb is not None
    assert (polite.ratio, verb.ratio) == (1.0, 0.0)
    assert polite.lower > 0.5
    assert verb.lower <= 0 <= verb.upper < 0.5


def test_agreement_everywhere_is_no_proof() -> None:
    """Without any difference the interval is no point, and shrinks with more prompts."""
    few, many = (wording([Prompt(n, 0.0, {"verb": 0.0}) for n in range(count)]) for count in (10, 100))
    assert few is not None
    assert many is not None
    assert few.upper > 2 * many.upper > 0
    assert few.ratio == many.ratio == 0.0


def test_one_conversation_says_nothing_of_others() -> None:
    """A single conversation has the widest interval, however many prompts it has."""
    found = wording([Prompt("same", 0.0, {"verb": 0.0})] * 40)
    assert found is not None
    assert (found.lower, found.upper, found.n) == (-1.0, 1.0, 40)


def test_nothing_to_say() -> None:
    """Without repeats there is no noise, and without rewrites no wording."""
    assert noise([Prompt(1, None, {"verb": 1.0})]) is None
    assert wording([Prompt(1, 0.0, {})]) is None
    assert wording([Prompt(1, None, {"verb": 1.0})]) is None


def test_shares_of_a_prompt() -> None:
    """Pairs of repeats, and pairs of a repeat and a rewrite."""
    found = prompt_of("c", ["a", "a", "b"], {"verb": ["a"], "typo": []}, lambda one, other: one != other)
    assert found.within == pytest.approx(2 / 3)
    assert found.across == {"verb": pytest.approx(1 / 3)}
