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
        ("An increase of 500 visitors.", "500"),
        ("Of 1,250 and 1,750 guests 500 paid.", "500"),
    ],
)
def test_what_it_gets_wrong_or_does_not_work_out_is_new(claim, number):
    """A wrong result, one whose parts the claim does not say, and a figure that nothing says is worked out."""
    assert new(claim) == [number]
