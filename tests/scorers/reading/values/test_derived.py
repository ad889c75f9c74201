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


BILL = "Basic costs 12.40 a month, Plus 18.60 a month. Insurance is 5 a month. From 20 seats there is 10 % off."


@pytest.mark.parametrize(
    ("asked", "answer", "found"),
    [
        ("What do two Basic and one Plus come to?", "2 x 12.40 = 24.80, plus 18.60 makes 43.40.", []),
        ("What do two Basic and one Plus come to?", "2 x 12.40 = 24.80, plus 18.60 makes 44.40.", ["44.4"]),
        ("What do two Basic and one Plus come to?", "43.40, as 2 x 12.40 = 24.80 and 24.80 + 18.60 = 43.40.", []),
        ("25 seats of Plus?", "25 x 18.60 = 465, minus 10 % (46.50): 418.50 a month.", []),
        ("25 seats of Plus?", "25 x 18.60 = 465, minus 10 % (46.50): 428.50 a month.", ["428.5"]),
        ("What is double the insurance and the Basic?", "Twice 12.40 is 24.80.", []),
    ],
)
def test_steps_of_a_sum_are_followed(asked, answer, found):
    """Products, sums and shares, each made of what was worked out before it."""
    assert [value.number for value in support(answer, Evidence((BILL,), asked)).new] == found


def test_what_the_answer_said_before_is_worked_with():
    """The total of a later sentence is made of figures of earlier ones."""
    evidence = Evidence((BILL,), "Basic with insurance for a year?")
    assert support("Basic with insurance is 17.40 a month together.", evidence).new == []
    assert support("For 12 months that makes 208.80.", evidence).new == []
    assert [one.number for one in support("For 12 months that makes 209.80.", evidence).new] == ["209.8"]


def test_years_are_moved_by_years_alone():
    """The mean of two years is no year that was worked out; some years after one is."""
    document = "She was born in 1938. The works closed in 1992. She retired at 61."
    assert [v.number for v in support("The mean year was 1965.", Evidence((document,), "Total?")).new] == ["1965"]
    assert support("Born in 1938, she retired at 61, in 1999.", Evidence((document,), "When?")).new == []


def test_a_small_number_is_not_worked_out_by_chance():
    """Twelve is the product of many pairs: without a sign or a word of reckoning it is new."""
    evidence = Evidence(("A room has 4 beds and 3 lamps.",), "What is in it?")
    assert [one.number for one in support("With 4 beds and 3 lamps it costs 12.", evidence).new] == ["12"]
    assert support("With 3 lamps each, 4 x 3 = 12 lamps.", evidence).new == []
