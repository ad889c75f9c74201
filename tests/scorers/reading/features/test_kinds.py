"""Which kind of evidence an answer is compared with."""

import pytest

from scorers.reading.features.documents import Evidence
from scorers.reading.features.kinds import NOTE, kind_of, narrowed

TEXT = "The mill of Orrin was built in 1902. It has three wheels and a stone bridge. The council sold it. "
TALK = "Ida: I think we should sell the mill. Ole: You know my view, we keep it. Ida: Then I ask your brother. "


@pytest.mark.parametrize(
    ("document", "asked", "kind"),
    [
        ('[{"mill": "Orrin", "wheels": 3}]', "How many wheels are there?", "records"),
        ("mill,wheels\nOrrin,3\nMarl,5", "Please summarise the table.", "records"),
        (TEXT, "Summarize the text in two sentences.", "summary"),
        (TALK, "Give me a summary of the meeting.", "talk"),
        (TEXT, "I like old mills a lot", "knowledge"),
        (TEXT, "When was the mill built?", "passages"),
        (
            " ".join(f"Mill {n} has {n} wheels and a long stone bridge." for n in range(60)),
            "I like old mills a lot",
            "passages",
        ),
        (TEXT, "", "passages"),
    ],
)
def test_each_kind(document, asked, kind):
    """Records by their form; summaries by what was asked, of speech by its words; chat by a turn that asks nothing."""
    assert kind_of(Evidence((document,), asked), asked) == kind


@pytest.mark.parametrize(
    ("mills", "kind", "handed", "found"),
    [
        (1, "passages", True, NOTE),
        (1, "knowledge", True, NOTE),
        (1, "passages", False, "passages"),
        (60, "passages", True, "passages"),
        (1, "summary", True, "summary"),
        (1, "records", True, "records"),
    ],
)
def test_a_note(mills, kind, handed, found):
    """A few lines that a person handed over, unless they are records or to be summarised; not what a search brought,
    and no long text."""
    text = " ".join(f"Mill {n} has {n} wheels and a long stone bridge." for n in range(mills))
    assert narrowed(kind, Evidence((text,), "When?"), handed) == found
