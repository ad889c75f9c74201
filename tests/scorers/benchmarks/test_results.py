"""Scores with their intervals, gaps on the same items, and the table for people."""

from __future__ import annotations

import random

import pytest

from scorers.benchmarks import results
from scorers.store.runs import Ask, Run

RUN = Run(id="r", purpose="benchmark", subject="mmlu", version="v", model="m", plan={"groups": {"mmlu/1": "tides"}})


def _ask(key: str, arm: str, right: bool | None, repeat: int = 0, said: str | None = None) -> Ask:
    if right is None:
        return Ask(case_id=key, arm=arm, repeat=repeat, state="failed", reason="timeout")
    checks = [{"marks": {"letter": right}, "said": said}]
    return Ask(case_id=key, arm=arm, repeat=repeat, state="done", passed=right, checks=checks)


def test_an_interval_covers_what_it_says() -> None:
    """Of 2,000 samples of 60 items each, 93 to 97 % of the intervals hold the truth; it is never outside [0, 1]."""
    chance = random.Random(7)
    held = 0
    for _ in range(2_000):
        mean, lower, upper = results.interval([float(chance.random() < 0.8) for _ in range(60)])
        assert 0 <= lower <= mean <= upper <= 1
        held += lower <= 0.8 <= upper
    assert 0.925 <= held / 2_000 <= 0.975
    assert results.interval([1.0] * 30)[2] == 1.0
    single, many = results.interval([1.0, 0.0] * 20), results.interval([0.5] * 20 + [0.6] * 20)
    assert many[2] - many[1] < single[2] - single[1]


def test_scores_and_gaps_are_over_items() -> None:
    """An item's score is the mean over its answers; a gap is over items that have both forms; errors are in neither."""
    asks = [
        *(_ask(f"mmlu/{n}", "published", n < 8) for n in range(10)),
        *(_ask(f"mmlu/{n}", "shuffled.1", n < 2) for n in range(9)),
        *(_ask(f"mmlu/{n}", "shuffled.2", n < 4) for n in range(9)),
        _ask("mmlu/9", "shuffled.1", None),
    ]
    found = {(line.name, line.variant): line for line in results.scores(RUN, asks)}
    assert (found["mmlu", "published"].score, found["mmlu", "published"].n) == (0.8, 10)
    assert found["mmlu", "shuffled"].score == pytest.approx(3 / 9)
    assert (found["mmlu", "shuffled"].n, found["mmlu", "shuffled"].errors) == (9, 1)
    assert found["mmlu:tides", "published"].n == 1
    (gap,) = results.gaps(RUN, asks)
    assert gap.gap == pytest.approx(8 / 9 - 3 / 9)
    assert gap.lower > 0
    assert results.gaps(RUN, asks[:10]) == []


def test_another_answer_in_another_order() -> None:
    """The share of items where another option was chosen, whichever letter it had."""
    asks = [
        _ask("mmlu/1", "published", True, said="noon"),
        _ask("mmlu/1", "shuffled.1", True, said="noon"),
        _ask("mmlu/2", "published", True, said="noon"),
        _ask("mmlu/2", "shuffled.1", False, said="one"),
    ]
    (line,) = (line for line in results.scores(RUN, asks) if line.name == results.CHANGED)
    assert (line.n, line.score) == (2, 0.5)


def test_the_table_says_what_is_not_known() -> None:
    """A benchmark without answers, one that was not run, and no store: each in words; never called contamination."""
    run = Run(
        id="r", purpose="benchmark", subject="s", version="v", model="m", plan={"not_run": {"humaneval": "no bwrap"}}
    )
    asks = [_ask("mmlu/1", "published", None), _ask("gsm8k/1", "published", True), _ask("gsm8k/1", "names.1", False)]
    shown = results.table(results.document(run, asks), ["checked so"])
    assert "not run: no bwrap" in shown
    assert "no answers, 1 errors" in shown
    assert "no requests of this model in the store, or no store" in shown
    assert "It is no proof of contamination." in shown
    assert "checked so" in shown
