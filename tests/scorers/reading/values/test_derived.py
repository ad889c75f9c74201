"""What a claim works out itself."""

import pytest

from scorers.reading.features.documents import Evidence
from scorers.reading.features.support import support

DOCUMENT = "Visitors: 1,250 in April, 1,750 in May. Hallberg has branches in Turku, Tampere and Oulu."


def new(claim: str) -> list[str]:
    return [value.number for value in support(claim, Evidence((DOCUMENT,), "Tell me.")).new]


@pytest.mark.parametrize(
    "claim",
    [
        "There are three branches: Turku, Tampere and Oulu.",
        "It runs three shops, in Turku, Tampere, and Oulu.",
        "Visitors rose from 1,250 to 1,750, an increase of 500.",
        "Visitors rose from 1,250 to 1,750, by 40 %.",
        "With 1,250 and 1,750 visitors the total is 3,000.",
        "With 1,250 and 1,750 visitors the average is 1,500.",
        "An increase of 500 visitors.",
        "Together 3,000 visitors.",
        "Visitors went up by 40 %.",
    ],
)
def test_what_a_claim_works_out_is_not_new(claim):
    """The length of a list, and sums, differences, means and changes of values that the claim says."""
    assert new(claim) == []


@pytest.mark.parametrize(
    ("claim", "number"),
    [
        ("There are five branches: Turku, Tampere and Oulu.", "5"),
        ("Visitors rose from 1,250 to 1,750, an increase of 600.", "600"),
        ("Visitors rose from 1,250 to 1,750, by 55 %.", "55"),
        ("An increase of 510 visitors.", "510"),
        ("Together 2,900 visitors.", "2900"),
        ("Of the visitors 500 paid.", "500"),
        ("Of 1,250 and 1,750 guests 500 paid.", "500"),
    ],
)
def test_what_it_gets_wrong_or_does_not_work_out_is_new(claim, number):
    """A wrong result, one whose parts the claim does not say, and a figure that nothing says is worked out."""
    assert new(claim) == [number]


@pytest.mark.parametrize(
    ("asked", "answer", "found"),
    [
        ("How much do three nights cost?", "54 pounds.", []),
        ("How much do 3 nights cost?", "54 pounds.", []),
        ("How much do 3 nights cost?", "57 pounds.", ["57"]),
        ("How much is it?", "23 pounds.", ["23"]),
        ("How much is it with a dog, in total?", "23 pounds.", []),
    ],
)
def test_a_question_may_ask_for_work(asked, answer, found):
    """A product of a value of the question and one of the documents, where the question asks how much."""
    evidence = Evidence(("A pitch costs 18 pounds a night. Dogs cost 5 pounds.",), asked)
    assert [value.number for value in support(answer, evidence).new] == found


def test_among_many_numbers_nothing_is_worked_out():
    """Nearly every number is the sum of two of many."""
    listed = ", ".join(str(7 * number) for number in range(1, 30))
    evidence = Evidence((f"The lots are {listed} and 1000.",), "How many in total?")
    assert [value.number for value in support("1,007 in total.", evidence).new] == ["1007"]


@pytest.mark.parametrize(
    ("answer", "found"),
    [("The crossing takes 3 hours and 25 minutes.", []), ("The crossing takes 4 hours and 25 minutes.", ["4"])],
)
def test_the_time_between_two_times_is_not_new(answer, found):
    """Hours and minutes from one time of day of the documents to another."""
    evidence = Evidence(('{"dep": "06:40", "arr": "10:05"}',), "How long does it take?")
    assert [value.number for value in support(answer, evidence).new] == found
