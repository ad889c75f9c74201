"""The scores of known samples stay what they are: a faster scorer is the same scorer, or its version is raised.

``golden.jsonl`` holds samples in the recorded format, each with its scores: output -> value, reason for none,
explanation. They were given by the build before the scorers shared a reading; a change that means to move a value
raises that scorer's version and writes its lines anew.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import ScorerSettings
from scorers.formats.recorded import decode
from scorers.reading.reading import Reading
from scorers.registry import FACTORIES
from tests.bench.score import text

GOLDEN = [json.loads(line) for line in Path(__file__).with_name("golden.jsonl").read_text("utf-8").splitlines()]
SCORERS = {name: factory(ScorerSettings()) for name, factory in FACTORIES.items()}


@pytest.mark.parametrize("known", GOLDEN, ids=[known["sample"]["id"] for known in GOLDEN])
def test_values_reasons_and_explanations_stay(known: dict[str, Any]) -> None:
    """All scorers on one reading: every value to 1e-9, every reason and every explanation."""
    reading = Reading(decode(json.dumps(known["sample"]).encode(), 1))
    scores = [score for scorer in SCORERS.values() for score in scorer.score(reading)]
    found = {f"{one.scorer}.{one.output}": (one.value, one.unscored_reason, one.explanation) for one in scores}
    assert found.keys() == known["scores"].keys()
    for name, (value, reason, explanation) in known["scores"].items():
        assert found[name] == (pytest.approx(value, abs=1e-9), reason, explanation), name


@pytest.mark.parametrize("name", [name for name, scorer in SCORERS.items() if scorer.parts])
def test_parts_computed_before_change_no_score(name: str) -> None:
    """Each part for all readings, then the next one, then the scores: they are those of one sample after another."""
    scorer = SCORERS[name]
    samples = [decode(json.dumps(known["sample"]).encode(), 1) for known in GOLDEN]
    readings = [Reading(sample) for sample in samples]
    for part in scorer.parts:
        for reading in readings:
            part(reading)
    assert [scorer.score(reading) for reading in readings] == [scorer.score(Reading(sample)) for sample in samples]


def _cost(document: int, answer: int) -> float:
    """CPU seconds of all scorers on one sample of such a size, the least of three."""
    coin = random.Random(document + answer)
    row = {"prompt": "Who rebuilt the pier?", "context": text(coin, document), "response": text(coin, answer)}
    sample = decode(json.dumps(row).encode(), 1)
    found = []
    for _ in range(3):
        begun = time.process_time()
        reading = Reading(sample)
        for scorer in SCORERS.values():
            scorer.score(reading)
        found.append(time.process_time() - begun)
    return min(found)


@pytest.mark.parametrize(
    ("small", "large"),
    [((40_000, 2_000), (320_000, 2_000)), ((20_000, 6_000), (20_000, 48_000)), ((75_000, 7_000), (600_000, 7_000))],
    ids=["document", "answer", "up to the cap"],
)
def test_cost_grows_no_faster_than_the_sample(small: tuple[int, int], large: tuple[int, int]) -> None:
    """Eight times the document, or eight times the answer, costs at most twice eight times; its square would be 64."""
    assert _cost(*large) < 16 * _cost(*small)


def test_beyond_the_caps_it_is_too_long_at_once() -> None:
    """A megabyte of documents is not indexed: it costs less than what is read below the cap."""
    assert _cost(1_000_000, 7_000) < _cost(590_000, 7_000)
