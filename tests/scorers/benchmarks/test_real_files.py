"""The benchmarks' real files, where they stand beside the checkout; skipped where they do not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scorers.benchmarks import gsm8k, humaneval, mmlu

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "benchmarks"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the benchmarks are not beside the checkout"),
]


def test_every_row_is_read() -> None:
    """1,319 problems, 164 functions with 1,107 added inputs, 14,042 questions of which 105 are there twice."""
    problems = gsm8k.load(DATA)
    assert len(problems) == 1_319
    assert sum("," in row.final for row in problems) == 14
    assert sum(row.final.startswith("-") for row in problems) == 2
    plus = humaneval.load_plus(DATA)
    assert len(humaneval.load(DATA)) == len(plus) == 164
    assert sum(len(row.plus_input) for row in plus.values()) == 1_107
    rows = mmlu.load(DATA)
    assert len(rows) == 14_042
    distinct = mmlu.distinct(rows)
    assert len(rows) - len(distinct) == 105
    assert len(Counter(row.subject for _, row in distinct)) == 57
    assert len(mmlu.shots(DATA, 5)) == 57


def test_a_published_solution_is_right_by_both_readings() -> None:
    """Every worked solution of GSM8K ends in its number, strict and flexible."""
    wrong = [row for row in gsm8k.load(DATA) if not all(gsm8k.mark(row.answer, row.final).values())]
    assert not wrong


def test_most_questions_can_be_shuffled() -> None:
    """More than nine of ten questions of MMLU have options whose order means nothing."""
    rows = mmlu.distinct(mmlu.load(DATA))
    found = sum(mmlu.shuffled(number, row, 1) is not None for number, row in rows)
    assert found > 0.9 * len(rows)
