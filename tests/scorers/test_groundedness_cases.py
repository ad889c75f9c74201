"""Kinds of answers that were scored wrong once: citation marks, records, values in another form. Own words and values.

The cases beside the checkout, where there are any, are of the same kinds.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import ScorerSettings
from scorers.formats.recorded import decode
from scorers.groundedness import groundedness
from scorers.reading.reading import Reading

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "scored"
MILL = "The mill of Orrin was built in 1902 by the Marl council. The mill has three wheels and a stone bridge."
FACTS = (
    "The repair of the Marl pier cost 7,350.00 crowns and was paid on 2031-06-08. The pier opens at 07:00 and closes "
    "at 17:45. It has 24,000 visitors a year. The share of tourists was 0.62."
)
SAID = "The mill of Orrin was built in 1902 and has three wheels"
ROWS = [{"month": 6, "boats": 240}, {"month": 7, "boats": 251}]


def scored(row: dict[str, Any]) -> dict[str, str]:
    """``scorer.output`` -> verdict, or the reason for none."""
    reading = Reading(decode(json.dumps({"id": "x", "prompt": "Tell me about it.", **row}).encode(), 1))
    scores = groundedness(ScorerSettings()).score(reading)
    return {f"{one.scorer}.{one.output}": str(one.verdict or one.unscored_reason) for one in scores}


@pytest.mark.parametrize(
    "answer",
    [
        f"{SAID}.",
        f"{SAID} ([Marl Gazette, 2031](https://mills.example/orrin)).",
        f"{SAID}\u30107:2\u2020orrin.pdf\u3011.",
        f'<cite index="2-9">{SAID}.</cite>',
        f"{SAID}.[^orrin]\n\n[^orrin]: https://mills.example/orrin-2030",
        f"{SAID} (p. 88).",
        f"# The mill\n\n{SAID}.\n\nSources:\n1. Marl Gazette, 4 May 2030\n2. mills.pdf, page 88",
        "| mill | built | wheels |\n|---|---|---|\n| Orrin | 1902 | 3 |",
    ],
)
def test_marks_of_an_answer_change_nothing(answer: str) -> None:
    """A true claim stays true whatever cites it, and a correct table has no false head."""
    assert scored({"contexts": [MILL], "response": answer})["groundedness.ungrounded"] == "no"


@pytest.mark.parametrize(
    "document",
    [
        "mill,built,wheels,bridges\nOrrin,1902,3,1\nMarl,1911,5,2",
        "| mill | built | wheels | bridges |\n|---|---|---|---|\n| Orrin | 1902 | 3 | 1 |\n| Marl | 1911 | 5 | 2 |",
        "mill: Orrin\nbuilt: 1902\nwheels: 3\nbridges: 1\n",
        json.dumps(
            [{"mill": "Orrin", "built": 1902, "wheels": 3}, {"mill": "Marl", "built": 1911, "wheels": 5}], indent=2
        ),
    ],
)
def test_records_are_evidence(document: str) -> None:
    """What a row says is grounded, whatever the form of the rows."""
    row = {"contexts": [document], "response": "The Orrin mill was built in 1902 and has 3 wheels."}
    assert scored(row) == {"groundedness.ungrounded": "no", "groundedness.contradicted": "no"}


@pytest.mark.parametrize(
    "answer",
    [
        "The repair of the pier cost 7350 crowns.",
        "The pier has 24k visitors a year.",
        "The repair of the Marl pier was paid on 8 June 2031.",
        "The pier opens at 7 am and closes at 5:45 pm.",
        "The share of tourists was 62 %.",
    ],
)
def test_values_in_another_form_are_grounded(answer: str) -> None:
    """Numbers, dates, times and shares are compared by value."""
    assert scored({"contexts": [FACTS], "response": answer}) == {
        "groundedness.ungrounded": "no",
        "groundedness.contradicted": "no",
    }


@pytest.mark.skipif(not CASES.is_dir(), reason="no cases beside the checkout")
@pytest.mark.parametrize("name", ["citation-marks", "csv-document", "figures"])
def test_handed_cases(name: str) -> None:
    """Every label of every case."""
    for line in (CASES / f"groundedness-{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        labels = row.pop("labels")
        assert labels.items() <= scored(row).items(), row["id"]
