"""Dates and times of day that are worked out."""

import pytest

from scorers.reading.features.documents import Evidence
from scorers.reading.features.support import support
from scorers.reading.values.calendar import periods
from scorers.reading.values.values import name_of


def new(document: str, asked: str, claim: str) -> list[str]:
    return [name_of(value) for value in support(claim, Evidence((document,), asked)).new]


LEASE = "The lease runs for 18 months from the day of signing. Objections are heard within three weeks."


@pytest.mark.parametrize(
    ("asked", "claim", "found"),
    [
        ("We signed on 4 May 2031. When does it end?", "It ends on 4 November 2032.", []),
        ("We signed on 4 May 2031. When does it end?", "It ends on 3 November 2032.", []),
        ("We signed on 4 May 2031. When does it end?", "It ends on 4 December 2032.", ["=2032-12-4"]),
        ("We signed on 4 May 2031. When does it end?", "It ends on 4 November 2033.", ["=2033-11-4"]),
        ("I wrote on 9 March. Until when is it heard?", "It is heard until 30 March.", []),
        ("Until when is it heard?", "Three weeks from 9 March is 30 March.", ["=0-3-9", "=0-3-30"]),
    ],
)
def test_a_date_after_a_period_is_not_new(asked, claim, found):
    """A date of the question or of the claim and a period of the documents, to a day. The day itself must be said."""
    assert new(LEASE, asked, claim) == found


def test_two_dates_of_the_documents_alone_give_no_third():
    """A date of a document moved by a period of the same document may be anything."""
    document = "The fair opens on 4 May 2031. Stalls are booked three weeks ahead."
    assert new(document, "When must I book?", "Book before 13 April 2031.") == ["=2031-4-13"]
    assert new(document, "When, if three weeks ahead?", "Book before 13 April 2031.") == []


@pytest.mark.parametrize(("claim", "found"), [("17:15", []), ("16:30", ["=990"])])
def test_a_time_of_day_before_another_is_not_new(claim, found):
    """The last entry 45 minutes before closing, where the hours are bare numbers."""
    document = "Open Tue to Fri 10-17, Sat and Sun 11-18. Last entry 45 min before closing."
    assert new(document, "Latest time to get in on Sunday?", claim) == found


@pytest.mark.parametrize(("claim", "found"), [("That is 12 days away.", []), ("That is 15 days away.", ["=15days"])])
def test_the_days_between_two_dates_are_not_new(claim, found):
    """Of a date of the question and one of the documents."""
    assert new("The concert is on 20 May.", "Today is 8 May. How far off is it?", claim) == found


def test_periods_are_read_in_figures_and_words():
    """Minutes, days and months."""
    assert periods("half an hour, 2 weeks, a month, six years, 90-minute talks") == [
        ("minutes", 30),
        ("days", 14),
        ("months", 1),
        ("months", 72),
        ("minutes", 90),
    ]


def test_periods_of_documents_stand_in_some_sentences():
    """Those of each sentence that says one, in order; a number at the end of one and a unit in the next are none."""
    document = "The lift is old.\nNotice is 3 weeks. It costs 12\nDays are long. Doors close after 20 minutes."
    assert Evidence((document,), "Within 2 days?").periods == [("days", 21), ("minutes", 20), ("days", 2)]
