"""How use of the documents is measured."""

import random
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
    """No share, no place, no run; of values it says none, which is neither for nor against it. Four words: 4 in 5."""
    found = used("Penguins invented jazz music.")
    assert found is not None
    assert (found.share, found.run, found.thirds) == (0.0, 0, (0.0, 0.0, 0.0))
    assert set(found.measures[:-1]) == {0.8}
    assert found.measures[-1] == 0.4


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
    assert (other.measures[-1], asked.measures[-1]) == (pytest.approx(1 / 2), pytest.approx(1 / 3))


def test_few_words_say_little():
    """The same share that no document has counts less in a short answer than in a long one."""
    short, long = used("Penguins invented jazz."), used("Penguins invented jazz music in a huge frozen ballroom once.")
    assert short is not None
    assert long is not None
    assert short.share == long.share == 0.0
    assert short.measures[0] < long.measures[0]


def test_a_value_that_the_answer_works_out_is_none_of_its_own():
    """A change in per cent of two values that the document has is neither a word nor a value that it lacks."""
    evidence = Evidence(("| month | sold |\n|---|---|\n| May | 1500 |\n| June | 1800 |",), "How did June go?")
    told = usage("We sold 1800 in June, up 20 % from 1500 in May.", "How did June go?", evidence)
    plain = usage("We sold 1800 in June, up from 1500 in May.", "How did June go?", evidence)
    assert told is not None
    assert plain is not None
    assert told.measures[-1] == 0.0
    assert told.share == pytest.approx(plain.share)


def test_what_was_asked_is_not_looked_for():
    """Of an answer that repeats the question and adds one value, the value alone tells whether it used its document."""
    evidence = Evidence(('{"rows": [[57]]}',), "How many people signed up yesterday?")
    right = usage("57 people signed up yesterday.", "How many people signed up yesterday?", evidence)
    wrong = usage("58 people signed up yesterday.", "How many people signed up yesterday?", evidence)
    assert right is not None
    assert wrong is not None
    assert right.measures[5] == right.measures[6] == 0.0
    assert wrong.measures[5] > 0.5


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
        ("sold at the harbour office and sold at the harbour", 5),
    ],
)
def test_longest_run(answer, length):
    """Runs cross sentences, need three words, and one of them must be more than a stop word."""
    assert longest_run(words(answer), Evidence((DOCUMENT,), "")) == length


def test_runs_are_found_wherever_they_begin():
    """The longest of the runs that are met from the first word on, each looked for right behind the one before."""
    coin = random.Random(3)
    for _ in range(300):
        there = [coin.choice("kmnprtvw") for _ in range(60)]
        said = [coin.choice("kmnprtvw") for _ in range(40)]
        at = coin.randrange(30)
        said[at : at + 9] = there[at : at + 9]
        best, at = 0, 0
        while at < len(said) - 2:
            length = max(_shared(said[at:], there[place:]) for place in range(60))
            best = max(best, length if length > 2 else 0)
            at += max(1, length - 2)
        assert longest_run(said, Evidence((" ".join(there),), "")) == best


def _shared(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (own, there) in pairs if own != there), min(len(one), len(other)))


def test_runs_take_linear_time():
    """The same word a hundred thousand times on both sides takes a moment."""
    evidence = Evidence((("bell " * 30 + "\n") * 10 + "bell bell " * 40_000,), "")
    started = time.process_time()
    longest_run(["bell"] * 12_000, evidence)
    assert time.process_time() - started < 3
