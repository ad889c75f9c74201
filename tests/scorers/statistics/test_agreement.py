"""Agreement of people, corrected for chance."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.agreement import kappa


def test_perfect_and_no_agreement() -> None:
    """Everybody alike on different items is 1; two who always differ are below 0."""
    assert kappa(["aa", "bb", "cc", "aa"]) == (pytest.approx(1.0), 4)
    found, n = kappa(["ab", "ba", "ab", "ba"])
    assert n == 4
    assert found == pytest.approx(-1.0)


def test_a_known_table() -> None:
    """Three judges, four items: they agree on .67 of their pairs, by chance on .5."""
    items = ["aaa", "abb", "aab", "bbb"]
    observed = (1 + 1 / 3 + 1 / 3 + 1) / 4
    chance = (6 / 12) ** 2 + (6 / 12) ** 2
    assert kappa(items) == (pytest.approx((observed - chance) / (1 - chance)), 4)


def test_chance_is_about_zero() -> None:
    """Judges who draw lots, even with an uneven coin, do not agree."""
    chance = random.Random(5)
    items = ["".join(chance.choices("abc", (6, 3, 1), k=chance.choice((2, 3)))) for _ in range(3000)]
    found, _ = kappa(items)
    assert found == pytest.approx(0.0, abs=0.05)


def test_items_that_one_person_judged_do_not_count() -> None:
    """Without two judgements, or with one opinion only, there is no kappa."""
    assert kappa(["a", "b"]) == (None, 0)
    assert kappa([]) == (None, 0)
    assert kappa(["aa", "aa", "b"]) == (None, 2)
