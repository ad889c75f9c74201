"""How use of the documents is measured."""

import time

import pytest

from scorers.reading.features.document_use import Usage, longest_run, usage
from scorers.reading.features.documents import Evidence
from scorers.reading.text import words

DOCUMENT = "The Brenn lighthouse was built in 1871 by Marta Holm. It is white. Tickets are sold at the harbour office."


def used(answer: str, asked: str = "", document: str = DOCUMENT) -> Usage | None:
    return usage(answer, asked, Evidence((document,), asked))


def test_a_copied_answer_uses_all():
    """Everything is there; only the run may be shorter than the longest that counts."""
    found = used("Tickets are sold at the harbour office.")
    assert found is not None
    assert (found.share, found.run, found.thirds) == (1.0, 7, (0.0, 0.0, 1.0))
    assert found.measures[0] == found.measures[1] == found.measures[2] == 0.0


def test_a_foreign_answer_uses_nothing():
    """No share, no place, no run."""
    found = used("Penguins invented jazz music.")
    assert found is not None
    assert (found.share, found.run, found.thirds) == (0.0, 0, (0.0, 0.0, 0.0))
    assert set(found.measures) == {1.0}


def test_words_of_the_question_count_less():
    """Naming what was asked for is weak evidence of having read."""
    answer = "The lighthouse has penguins."
    plain, asked = used(answer), used(answer, "Tell me about the lighthouse.")
    assert plain is not None
    assert asked is not None
    assert asked.share < plain.share


@pytest.mark.parametrize("answer", ["", "Yes.", "It is.", "\x00\ud800"])
def test_without_content_there_is_no_measure(answer):
    """An answer of stop words can not show what it used."""
    assert used(answer) is None


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        ("was built in 1871 by Marta Holm", 7),
        ("it was built in 1871 and is white", 4),
        ("is it the", 0),
        ("built", 0),
        ("white tickets are sold at sea", 5),
    ],
)
def test_longest_run(answer, length):
    """Runs cross sentences, need three words, and one of them must be more than a stop word."""
    assert longest_run(words(answer), Evidence((DOCUMENT,), "")) == length


def test_runs_take_linear_time():
    """The same word a hundred thousand times on both sides takes a moment."""
    evidence = Evidence((("bell " * 30 + "\n") * 10 + "bell bell " * 40_000,), "")
    started = time.process_time()
    longest_run(["bell"] * 12_000, evidence)
    assert time.process_time() - started < 3
