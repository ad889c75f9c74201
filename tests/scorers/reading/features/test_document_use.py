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
    """No share, no place, no run; of values it says none, which is neither for nor against it."""
    found = used("Penguins invented jazz music.")
    assert found is not None
    assert (found.share, found.run, found.thirds) == (0.0, 0, (0.0, 0.0, 0.0))
    assert set(found.measures[:-1]) == {1.0}
    assert found.measures[-1] == 0.5


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ("The order comes to 2,340.00 EUR.", "€2340"),
        ("Opening hours begin at 08:30.", "8.30 am"),
        ("The lease ends on 4 October 2031.", "2031-10-04"),
        ('{"rows": [[318]], "took_ms": 4}', "318 rows"),
    ],
)
def test_values_are_used_in_whatever_form(document, answer):
    """A number, a date or a time is used where the document says the same value, however it is written."""
    found = usage(f"That is {answer}.", "Tell me.", Evidence((document,), "Tell me."))
    assert found is not None
    assert found.measures[-1] == 0.0


def test_another_value_is_not_used():
    """A value that no document says is none of theirs; one that the question says is neither."""
    evidence = Evidence(("The order comes to 2,340.00 EUR.",), "Is it 17 chairs?")
    other = usage("It is 2,341 euros.", "Is it 17 chairs?", evidence)
    asked = usage("Yes, 17 chairs.", "Is it 17 chairs?", evidence)
    assert other is not None
    assert asked is not None
    assert (other.measures[-1], asked.measures[-1]) == (1.0, 0.5)


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
