"""Words by what they mean: forms of one word and its synonyms are one concept; others are not."""

import pytest

from scorers.reading.features.concepts import CONCEPTS, CONTENT, concepts


@pytest.mark.parametrize(
    "forms",
    [
        "plan plans planned planning",
        "class classes",
        "take takes taking took taken",
        "study studies studied studying",
        "apply applies applied applying",
        "family families",
        "easy easily",
        "box boxes",
        "use uses used using",
        "make makes making made",
    ],
)
def test_the_forms_of_a_word_are_one_concept(forms):
    """Plural, past, -ing and -ly, regular or not."""
    assert len({CONCEPTS[form] for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["bought purchased", "physician doctors", "rented leases", "film movies", "asked requests"]
)
def test_synonyms_are_one_concept(pair):
    """Words that replace one another in most sentences."""
    assert len({CONCEPTS[word] for word in pair.split()}) == 1


@pytest.mark.parametrize("pair", ["buy sell", "rise fall", "morning evening", "king queen", "glass glance", "news new"])
def test_other_words_are_others(pair):
    """Opposites, members of one kind, and words that only look alike."""
    one, other = pair.split()
    assert CONCEPTS[one] != CONCEPTS[other]


def test_the_concept_of_a_concept_is_itself():
    """No chain: the first word of a group of synonyms is in no other group."""
    for word in ("purchase", "help", "journey", "corporation", "vast", "answer"):
        assert CONCEPTS[CONCEPTS[word]] == CONCEPTS[word]


def test_words_without_content_have_no_concept():
    """Stop words and single letters say nothing; numbers in words are figures."""
    assert concepts(["the", "x", "three", "ferries"]) == ["3", CONTENT["ferry"]]
