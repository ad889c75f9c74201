"""Sketches: cells of values, quantiles within their step, parts about alike."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from scorers.drift.quantiles import edges, log_cell, log_value, part_of, quantile, score_cell, score_value


@pytest.mark.parametrize("value", [1e-7, 0.0003, 0.5, 1.0, 3.0, 600.0, 1e6])
def test_a_value_lies_in_its_cell(value: float) -> None:
    """At most its upper end, and above the one before it: 4 %."""
    cell = log_cell(value)
    assert log_value(cell - 1) < value * (1 + 1e-9)
    assert value <= log_value(cell) * (1 + 1e-9)


def test_nothing_and_next_to_nothing_share_a_cell() -> None:
    """A cost of zero has a logarithm too."""
    assert log_cell(0.0) == log_cell(1e-12) == log_cell(1e-9)


def test_quantiles_of_a_sketch() -> None:
    """Within the step of the exact ones."""
    rng = random.Random(1)
    values = sorted(rng.lognormvariate(0.0, 1.0) for _ in range(2000))
    counts = Counter(log_cell(value) for value in values)
    for share in (0.1, 0.5, 0.9, 0.99):
        exact = values[int(share * 2000) - 1]
        assert exact * 0.99 <= log_value(quantile(counts, share)) <= exact * 1.05


def test_a_quantile_of_nothing_is_an_error() -> None:
    """There is none."""
    with pytest.raises(ValueError, match="no values"):
        quantile({}, 0.5)


def test_parts_are_about_alike() -> None:
    """Five parts of a flat distribution hold a fifth each."""
    rng = random.Random(2)
    counts = Counter(score_cell(rng.random()) for _ in range(5000))
    ends = edges(counts, 5)
    assert len(ends) == 4
    parts = Counter[int]()
    for cell, count in counts.items():
        parts[part_of(cell, ends)] += count
    assert all(700 < count < 1300 for count in parts.values())


@pytest.mark.parametrize("counts", [{3: 100}, {0: 99, 49: 1}, {0: 50, 49: 50}])
def test_equal_values_make_fewer_parts(counts: dict[int, float]) -> None:
    """No part of the baseline is empty."""
    ends = edges(counts, 5)
    assert {part_of(cell, ends) for cell in counts} == set(range(len(ends) + 1))


def test_scores_have_fifty_cells() -> None:
    """Both ends included; a cell's value is its middle."""
    assert [score_cell(value) for value in (0.0, 0.019, 0.02, 0.999, 1.0)] == [0, 0, 1, 49, 49]
    assert score_value(0) == pytest.approx(0.01)
