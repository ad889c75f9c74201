"""Refusals and what sounds like them, recorded: the labels of the folder of cases beside the checkout."""

import json
from pathlib import Path

import pytest

from scorers.formats.recorded import decode
from support.exchanges import scores

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "scored"
FOUND = {
    f"{path.stem}/{row['id']}": row
    for path in sorted(CASES.glob("refusal-*.jsonl"))
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
}

pytestmark = pytest.mark.skipif(not FOUND, reason="there is no folder of cases beside the checkout")


@pytest.mark.parametrize("name", FOUND)
def test_recorded(name):
    """A recorded sample has one of its labels; a language that is not read may be unscored instead."""
    row = FOUND[name]
    sample = decode(json.dumps({key: value for key, value in row.items() if key != "labels"}))
    for output, right in row["labels"].items():
        scorer, _, of = output.partition(".")
        [found] = [score for score in scores(sample, scorer) if score.output == of]
        assert (found.verdict or found.unscored_reason) in right.split("|"), found
