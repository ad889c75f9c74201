"""Pairs made of labelled rows, on rows of our own."""

from collections.abc import Callable

import pytest

from proxy.sample import Sample
from scorers.datasets.pairs import Labelled, paired_accuracy, same_question, swapped

MakeSample = Callable[..., Sample]


@pytest.fixture
def rows(make_sample: MakeSample) -> list[Labelled]:
    made = [("a", "one", False), ("b", "one", True), ("c", "two", False), ("d", "three", True)]
    return [Labelled(make_sample(name, contexts=(text,)), label, text) for name, text, label in made]


def test_swapped(rows: list[Labelled]) -> None:
    """Supported answers come twice: with their own document, and with another one that differs."""
    found = swapped(rows)
    assert [(row.sample.id, row.label, row.group) for row in found] == [
        ("a", False, "a"),
        ("a/swapped", True, "a"),
        ("c", False, "c"),
        ("c/swapped", True, "c"),
    ]
    for own, other in zip(found[::2], found[1::2], strict=True):
        assert own.sample.contexts != other.sample.contexts
        assert own.sample.choices == other.sample.choices


def test_one_document_makes_no_pair(rows: list[Labelled]) -> None:
    """Without another document nothing can be swapped."""
    assert swapped(rows[:2]) == []


def test_same_question(rows: list[Labelled]) -> None:
    """Only groups with both labels stay."""
    assert [row.sample.id for row in same_question(rows)] == ["a", "b"]


def test_paired_accuracy() -> None:
    """Pairs within a group, ties as one half; none without a pair."""
    rows = [("g", True, 0.9), ("g", False, 0.1), ("g", False, 0.9), ("h", True, 0.5)]
    assert paired_accuracy(rows) == (0.75, 2)
    assert paired_accuracy([("g", True, 1.0)]) == (None, 0)
