"""How much of a sentence is held back: classes of hedges, several of them, words of certainty."""

import pytest

from scorers.abstention import hedging
from scorers.reading.hedges import PATTERNS, reservations

ALL = frozenset(PATTERNS)


def grade(sentence: str) -> float:
    return reservations([sentence], ALL)[0][0]


def test_classes_are_graded():
    """A shield holds back more than a modal verb, that more than an approximator, and a plain claim nothing."""
    sentences = [
        "I think the well is dry.",
        "The well may be dry.",
        "The well is about nine metres deep.",
        "The well is dry.",
    ]
    grades = [grade(sentence) for sentence in sentences]
    assert grades == sorted(grades, reverse=True)
    assert len(set(grades)) == 4
    assert grades[-1] == 0.0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("The well may be dry.", "The well may be dry, and it could be deep."),
        ("Experts disagree on the age.", "Some experts say it is old."),
        ("The well is definitely dry, I think.", "The well is dry, I think."),
    ],
)
def test_more_hedges_hold_back_more_and_certainty_less(less, more):
    """Hedges add up within a sentence; a word of certainty takes some back."""
    assert grade(less) < grade(more)


def test_each_sentence_has_its_own_grade():
    """A hedge counts where it stands."""
    grades, shields = reservations(["The well is dry.", "Perhaps the rope is old.", "It holds."], ALL)
    assert grades == [0.0, pytest.approx(0.75), 0.0]
    assert shields == ["perhaps"]


def test_not_knowing_is_full_reservation():
    """Whoever does not know holds back everything."""
    assert hedging("I don't know who dug the well, perhaps a monk.")[0] == 1.0


def test_the_share_of_sentences_counts():
    """One hedge of two sentences is more than one of five."""
    claim = " The rope is new and it holds well."
    assert hedging("The well might be dry this year." + claim)[0] > hedging("The well might be dry." + claim * 4)[0] > 0
