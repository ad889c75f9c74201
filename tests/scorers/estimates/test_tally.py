"""What the shares of a recorded file promise."""

import json

import pytest

from scorers.estimates.tally import Tallies, parse_gate, wilson
from scorers.score import Reason, Score, Verdict


def made(value: float | None) -> Score:
    return Score(
        sample_id="s",
        scorer="refusal",
        output="refused",
        version="v",
        value=value,
        verdict=None if value is None else Verdict.YES if value > 0.5 else Verdict.NO,
        unscored_reason=Reason.NO_TEXT if value is None else None,
    )


def test_unscored_is_in_no_ratio():
    """The share is of scored answers; the unscored are told by reason; nothing scored has no share."""
    tallies = Tallies(["refusal"])
    assert tallies.share("refusal", "refused") is None
    for value in (None, 0.9, 0.1, 0.2, 0.3):
        tallies.add(made(value), {})
    assert tallies.share("refusal", "refused") == 0.25
    (row,) = json.loads(tallies.as_json())["outputs"]
    assert (row["scored"], row["unscored"], row["sensitivity"]) == (4, {"no_text": 1}, None)
    assert "no_text 1" in tallies.as_table()


def test_wilson():
    """Known values: 5 of 10, none, and no trial at all."""
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10)[0] == 0
    assert wilson(0, 0) == (0, 1)


def test_parse_gate():
    """The parts of a gate."""
    gate = parse_gate("refusal.refused=0.05")
    assert (gate.scorer, gate.output, gate.share) == ("refusal", "refused", 0.05)
