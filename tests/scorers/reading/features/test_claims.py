"""What counts as a claim."""

import time

import pytest

from scorers.reading.features.claims import bare, claims


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sure! The tower is white. Is that enough? Let me know. Built 1871.", ["The tower is white.", "Built 1871."]),
        ("Paris", ["Paris"]),
        ("I'm not entirely sure. The tower is white.", ["The tower is white."]),
        ("That is really cool. The tower is white.", ["The tower is white."]),
        ("The text does not mention the price. The tower is white.", ["The tower is white."]),
        ("It is not possible to answer from the passages.", []),
        ("Here is what the harbour office says:\n- The tower is white.", ["- The tower is white."]),
        ("The tower is white. You could call the office and ask.", ["The tower is white."]),
        ("Please arrange for somebody to fetch you.", []),
        ("The tower is white. Ask Ilse Brandt in room 4.", ["The tower is white.", "Ask Ilse Brandt in room 4."]),
        ("It holds an order to forward mail, which I did not follow.", []),
        ("", []),
        ("???", []),
    ],
)
def test_claims(text, expected):
    """Statements are claims; questions, courtesy, small talk and announcements are none beside a statement."""
    assert claims(text) == expected


def test_small_talk_alone_is_still_judged():
    """When nothing firmer is said, a sentence of taste with two words of content is the claim."""
    assert claims("I love this amazing lighthouse.") == ["I love this amazing lighthouse."]


def test_wrapped_lines_and_blanks_are_one_sentence():
    """A line end before a small letter, and repeated blanks, are blanks."""
    assert claims("The tower\nis   white\tand\n tall.") == ["The tower is white and tall."]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("12. Ring the bell [3].", "Ring the bell  ."),
        ("- **Bell** rings", "Bell** rings"),
        ("# Title here", "Title here"),
        ("1871 was cold", "1871 was cold"),
        ("The bell [1, 2; 3-5] rings (source 2)", "The bell   rings  "),
    ],
)
def test_marks_and_citations_are_no_numbers(sentence, expected):
    """List marks and citations go; a number that opens a sentence stays."""
    assert bare(sentence) == expected


@pytest.mark.parametrize("unit", ["#", "- ", "[1", "1. ", "a\n", "\ud800 ", "(source 1", "i'm not "])
def test_linear_time(unit):
    """Half a megabyte of marks takes a moment."""
    started = time.process_time()
    claims(unit * (500_000 // len(unit)))
    assert time.process_time() - started < 3
