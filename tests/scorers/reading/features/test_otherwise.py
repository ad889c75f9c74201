"""What a claim may say though no document has it in those words."""

import pytest

from scorers.reading.features.documents import Evidence
from scorers.reading.features.support import support
from scorers.reading.values.values import name_of


def measured(claim: str, document: str) -> dict[str, float]:
    """New values, new names and own words of one claim."""
    found = support(claim, Evidence((document,), "Tell me."))
    return dict(zip(("new_values", "new_names", "own"), found.measures[3:6], strict=True))


@pytest.mark.parametrize(
    ("document", "claim"),
    [
        ("Brenn: Shall we say 7? Marl: Fine.", "They agreed to meet at 7 pm."),
        ("The third jetty opened late.", "The 3rd jetty opened late."),
        ("It was founded in the 1970s.", "It was founded in the late 70's."),
        ("The strike is off because of COVID.", "The strike is off because of COVID-19."),
        ("Classes begin in autumn 2018.", "Classes begin in the 2018-19 school year."),
        ("Sales in the fourth quarter were weak.", "Sales in 4Q were weak."),
        ("Brenn laughed and so did Marl.", "The two women laughed."),
        ("Brenn leads the ferry crew.", "Brenn is number 1 of the ferry crew."),
        ("The fair is on 14, 15 and 16 May.", "The fair opens on 14 May."),
        ("The air had -3 degrees.", "The air was three degrees below zero."),
    ],
)
def test_a_value_in_another_form_is_not_new(document, claim):
    """Hours, ordinals, decades, quarters, numbers in names, and counts of a few in words."""
    assert measured(claim, document)["new_values"] == 0.0


@pytest.mark.parametrize(
    ("document", "claim"),
    [
        ("Brenn: Shall we say 7? Marl: Fine.", "They agreed to meet at 8 pm."),
        ("The third jetty opened late.", "The 4th jetty opened late."),
        ("It was founded in the 1970s.", "It was founded in the late 80's."),
        ("Sales in the fourth quarter were weak.", "Sales in 2Q were weak."),
        ("Classes begin in autumn 2018.", "Classes begin with 19 pupils."),
        ("The fair is on 14, 15 and 16 May.", "The fair opens on 12 May."),
        ("The fair is on 15 May for 14 days.", "The fair opens on 14 May."),
        ("Brenn laughed and so did Marl.", "The 2 women laughed for 45 minutes."),
    ],
)
def test_another_value_is_new(document, claim):
    """The same forms with another value."""
    assert measured(claim, document)["new_values"] > 0.0


@pytest.mark.parametrize("document", ["He was made OBE in May.", "He was made O.B.E. in May."])
def test_a_name_that_the_document_abbreviates_is_not_new(document):
    """Initials, with points or without."""
    assert measured("He joined the Order of the British Empire.", document)["new_names"] == 0.0


@pytest.mark.parametrize("document", ["He was made MBE in May.", "He was made one of the robed in May."])
def test_a_name_that_it_does_not_abbreviate_is(document):
    """Other initials, and letters inside of a word."""
    assert measured("He joined the Order of the British Empire.", document)["new_names"] > 0.0


@pytest.mark.parametrize(
    ("document", "claim", "own"),
    [
        ("The album is called Back to My Harbour Days.", "Its name was Back to My Harbour Days, a classic.", 0.0),
        ("The bunker dates from World War One.", "The bunker was dug in World War I by hand.", 0.0),
        ("The ferry sails at noon.", "I take the ferry every week.", 1.0),
        ("The ferry sails at noon.", "We love the ferry and its crew.", 1.0),
        ('{"sold": 2310}', "We sold 2310 tickets.", 0.0),
        ("The ferry sails at noon.", "I would take the ferry then.", 0.0),
    ],
)
def test_words_that_a_document_has_are_not_the_speakers_own(document, claim, own):
    """A title with "my" in it, the number of a war; and a speaker who speaks of himself."""
    assert measured(claim, document)["own"] == own


@pytest.mark.parametrize(
    ("document", "printed"),
    [
        ("The VH met twice.", True),
        ("AVH and VHs came, then the (VH).", True),
        ("AVH, VHs, VH_2 and VH9 came.", False),
        ("The vh met twice.", False),
    ],
)
def test_what_a_document_prints_by_itself(document, printed):
    """Letter by letter, and not as a part of a longer word."""
    assert Evidence((document,), "").prints("VH") is printed


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("Open on 7, 9 and 12 August.", []),
        ("Open on the 7th or 8th Aug, as ever.", []),
        ("Open on 7, 9 and 12 in all. August is quiet.", ["=0-8-7"]),
        ("Open on 17, 19 and 22 August.", ["=0-8-7"]),
        ("Open on 7 and 8 September.", ["=0-8-7"]),
    ],
)
def test_a_day_in_a_list_of_days(document, found):
    """Where the documents list days of a month, each is a date of it."""
    assert [name_of(value) for value in support("It opens on 7 August.", Evidence((document,), "")).new] == found
