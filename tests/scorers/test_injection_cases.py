"""Handed cases of ``prompt_injection``, where they are at hand; their kinds are tested on our own words elsewhere."""

import json
from pathlib import Path

import pytest

from proxy.config.settings import ScorerSettings
from scorers.formats.recorded import decode
from scorers.prompt_injection import prompt_injection
from scorers.reading.reading import Reading

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
FILES = [
    "scored/injection-developer-prompts.jsonl",
    "scored/injection-indirect-documents.jsonl",
    "agents/injection.jsonl",
    "agents/system-prompt-line.jsonl",
    "agents/system-prompt-phrase.jsonl",
]
SCORER = prompt_injection(ScorerSettings())


@pytest.mark.parametrize("name", FILES)
def test_cases(name):
    """Every label of this scorer is what it says: yes, no, or the reason for no score."""
    path = CASES / name
    if not path.is_file():
        pytest.skip(f"no {name}")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        case = json.loads(line)
        labels = case.pop("labels")
        scores = {
            f"{one.scorer}.{one.output}": one
            for one in SCORER.score(Reading(decode(json.dumps(case).encode(), number)))
        }
        for label, expected in labels.items():
            if label in scores:
                score = scores[label]
                assert str(score.unscored_reason or score.verdict) == expected, (case["id"], score)
