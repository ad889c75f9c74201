"""How measures of support and conflict move."""

import pytest

from scorers.reading.features.conflict import CONFLICTS, alignment, conflict
from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import Index
from scorers.reading.features.support import MEASURES, support
from scorers.reading.features.support import measured as together

DOCUMENT = (
    "The Brenn lighthouse was built in 1871 by Marta Holm. It is 43 metres tall and painted white. "
    "The tower is open on Sundays. Visits increased in China last year. Tickets are cheap."
)


@pytest.fixture
def evidence() -> Evidence:
    return Evidence((DOCUMENT,), "")


def measured(claim: str, evidence: Evidence) -> dict[str, float]:
    return dict(zip(MEASURES, support(claim, evidence).measures, strict=True))


def conflicts(claim: str, evidence: Evidence) -> dict[str, float]:
    return dict(zip(CONFLICTS, conflict(support(claim, evidence), evidence), strict=True))


def test_a_copied_claim_lacks_nothing(evidence):
    """Word for word from the document: every measure of both kinds is zero."""
    claim = "The Brenn lighthouse was built in 1871 by Marta Holm."
    assert not any(measured(claim, evidence).values())
    assert not any(conflicts(claim, evidence).values())


def test_an_invented_claim_lacks_everything(evidence):
    """No word of it is there. Four words of content: 4 in 4.5."""
    found = measured("Penguins invented jazz music.", evidence)
    assert {found["apart"], found["absent"], found["reworded"]} == {4 / 4.5}


def test_few_words_say_little(evidence):
    """What a claim of two words lacks counts less than what one of seven lacks."""
    short = measured("Penguins invented.", evidence)["apart"]
    assert short < measured("Penguins invented jazz music in frozen ballrooms overnight.", evidence)["apart"]


def test_absence_is_what_grows(evidence):
    """Each foreign word raises the share."""
    some = measured("The tower is open on Sundays with jazz.", evidence)
    more = measured("The tower is open for penguins with jazz.", evidence)
    assert 0.0 < some["absent"] < more["absent"] < 1.0
    assert some["apart"] < more["apart"]


def test_what_the_question_said_is_neither_held_nor_absent():
    """An answer that repeats its question is judged by what it adds."""
    asked = Evidence((DOCUMENT,), "Which keeper of the museum plays jazz?")
    assert measured("The keeper of the museum who plays jazz is Marta Holm.", asked)["absent"] == 0.0
    assert measured("The keeper of the museum who plays jazz is Pierre Dupont.", asked)["absent"] > 0.9


def test_new_values_and_names(evidence):
    """One counts half, two count in full; a form of a known name, a weekday and Q3 are none."""
    assert measured("It is 53 metres tall.", evidence)["new_values"] == 0.5
    assert measured("It is 53 metres tall, since 1999.", evidence)["new_values"] == 1.0
    assert measured("It was built by Pierre Dupont.", evidence)["new_names"] == 1.0
    for claim in ("More Chinese visits.", "It is open on Monday.", "Visits increased in Q3."):
        found = measured(claim, evidence)
        assert (found["new_names"], found["new_values"]) == (0.0, 0.0), claim


def test_list_marks_and_citations_are_no_numbers(evidence):
    """What only numbers the sentence claims nothing."""
    assert measured("7. The tower is open on Sundays [9].", evidence)["new_values"] == 0.0


@pytest.mark.parametrize(
    ("claim", "own"),
    [
        ("I visited the tower with my brother.", 1.0),
        ("I think the tower is open.", 0.0),
        ("I 've heard the tower is open.", 0.0),
        ("The mine is open.", 0.0),
    ],
)
def test_speaking_of_oneself(claim, own, evidence):
    """One's own life is in no document; what one heard or thinks may be."""
    assert measured(claim, evidence)["own"] == own


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("It is 53 metres tall and painted white.", "value"),
        ("The Brenn lighthouse was built in 1871 by Pierre Dupont.", "name"),
        ("The tower is not open on Sundays.", "negated"),
        ("Visits decreased in China last year.", "opposite"),
        ("It is 43 metres tall and painted red.", "kind"),
        ("The tower is open on Fridays.", "kind"),
    ],
)
def test_each_kind_of_conflict(claim, name, evidence):
    """A replaced number or name, a negation, an opposite, another of the same kind."""
    if claim.endswith("Fridays."):
        claim = "The tower is open on Friday."
        evidence = Evidence(("The tower is open on Sunday.",), "")
    assert conflicts(claim, evidence)[name] > 0


def test_a_negation_on_the_other_side(evidence):
    """The document negates, the claim does not."""
    other = Evidence(("The tower is not open on Sundays.",), "")
    assert conflicts("The tower is open on Sundays.", other)["unnegated"] > 0
    assert conflicts("The tower is open on Sundays.", evidence)["unnegated"] == 0


@pytest.mark.parametrize(
    ("document", "claim"),
    [
        ("The pier cost 7,350.00 crowns.", "The pier cost 7350 crowns."),
        ("It opened on 2031-06-08 at 17:45.", "It opened on 8 June 2031 at 5:45 pm."),
        ("A share of 0.62 was sold.", "62 % was sold."),
        ('[{"pier": "Marl", "month": 6, "boats": 24000}]', "In June the Marl pier had 24k boats."),
        ("pier,berths\nMarl,14", "Marl has fourteen berths."),
    ],
)
def test_values_in_another_form_are_known(document, claim):
    """They are no new values, and lack nothing of the place that says them."""
    found = measured(claim, Evidence((document,), ""))
    assert found["new_values"] == 0.0
    assert found["apart"] < 0.75
    assert not conflicts(claim, Evidence((document,), ""))["value"]


def test_a_row_with_another_value_is_a_conflict():
    """The month is the same, whatever it is called, and the number is not."""
    other = Evidence(('[{"month": 6, "boats": 240}, {"month": 7, "boats": 251}]',), "")
    assert measured("There were 4,812 boats in June.", other)["new_values"] == 0.5
    assert conflicts("There were 4,812 boats in June.", other)["value"] > 0.5


@pytest.mark.parametrize(
    "claim",
    [
        "The bakery next door sells 30 kinds of bread.",
        "Elephants never forget the 12 rivers of Holm.",
        "Pierre Dupont decreased no taxes in 1999.",
    ],
)
def test_what_documents_do_not_mention_they_do_not_contradict(claim, evidence):
    """Values, names and negations of another subject are no conflict."""
    assert not any(conflicts(claim, evidence).values())


def test_records_need_fewer_of_the_words():
    """A row speaks of the same thing when it has the claim's subject, whose other words are no fields."""
    assert alignment(0.3, records=True) > 0.0 == alignment(0.3, records=False)
    assert alignment(0.7, records=False) == alignment(0.9, records=True) == 1.0


def test_what_begins_a_sentence_is_no_name():
    """Also behind a colon and where a figure stands before it."""
    evidence = Evidence(("The lamp is 24.50 and the delivery is 6.90.",), "What is it?")
    assert support("31.40. Net it is 24.50 for the lamp.", evidence).names == frozenset()
    assert support("Lamp and delivery, says Net, are 24.50.", evidence).names == {"net"}


def test_what_the_application_says_is_not_new():
    """Names and values of the instructions; nothing is worked out of them."""
    lamp, told = ("The lamp is in stock.",), "Ms Farrow answers from 9 to 17."
    found = support("You can ask Farrow from 9 to 17.", Evidence(lamp, "Who can help me?", told))
    assert (found.new, found.names) == ([], frozenset())
    found = support("You can ask Farrow from 9 to 17.", Evidence(lamp, "Who can help me?"))
    assert ([value.number for value in found.new], found.names) == (["9", "17"], {"farrow"})
    alone = support("Together 26 lamps.", Evidence(lamp, "Who can help me?", told))
    assert [value.number for value in alone.new] == ["26"]


def test_an_odd_sentence_says_less_among_sentences_that_documents_hold():
    """What the words of a claim lack counts in part for the whole answer; its values and names do not."""
    evidence = Evidence(("The mill was built in 1871. It ground rye for the valley until the flood.",), "When?")
    odd = support("Weavers bought silk looms from Delfino in 1902.", evidence)
    held = support("The mill was built in 1871 and ground rye for the valley.", evidence)
    assert together([odd]) == [odd.measures]
    among = dict(zip(MEASURES, together([odd, held])[0], strict=True))
    alone = dict(zip(MEASURES, odd.measures, strict=True))
    assert all(0.0 < among[name] < alone[name] for name in ("apart", "absent", "reworded"))
    assert all(among[name] == alone[name] for name in ("new_values", "new_names", "own"))
    assert together([odd, held])[1][1] > held.measures[1]


def test_what_is_new_depends_on_what_was_said_beside_the_documents():
    """Evidence of the same documents shares what is known of a sentence, and not what another question lends it."""
    index, claim = Index(("The tower has 12 floors.",)), "It has 53 steps."
    for asked, told, new in (("", "", 0.5), ("Are there 53 steps?", "", 0.0), ("", "Say 53.", 0.0), ("", "", 0.5)):
        assert measured(claim, Evidence(index, asked, told))["new_values"] == new


def test_numbers_of_the_answer_are_known_to_evidence_that_shares_a_sentence():
    """A sentence that was judged before still says its numbers, for what is worked out of them."""
    index, claim = Index(("The tower has 12 floors.",)), "It has 12 floors."
    first, second = Evidence(index, ""), Evidence(index, "")
    support(claim, first)
    support(claim, second)
    assert first.earlier == second.earlier == [12.0]
