"""``hedged`` on graded answers of our own: the more reserve, the higher."""

import json

import numpy as np
import pytest

from proxy.config.settings import ScorerSettings
from scorers.abstention import abstention
from scorers.datasets.graded import FRAMES, Graded, rows
from scorers.formats.recorded import decode


async def _hedged(answers: list[Graded]) -> list[float]:
    scorer, found = abstention(ScorerSettings()), []
    for row in answers:
        sample = decode(json.dumps({"prompt": "Tell me about it.", "response": row.text}).encode(), 1)
        value = next(score.value for score in await scorer(sample) if score.output == "hedged")
        assert value is not None
        found.append(value)
    return found


@pytest.mark.parametrize(("source", "least"), [("plain", 0.85), ("desk", 0.85), ("letter", 0.85), ("talk", 0.35)])
async def test_more_reserve_is_a_higher_value(source: str, least: float) -> None:
    """Correlation of value and grade; in words of the last source, which no rule was made for, it is much lower."""
    answers = [row for row in rows() if row.source == source]
    values = await _hedged(answers)
    correlation = float(np.corrcoef([row.grade for row in answers], values)[0, 1])
    print(f"\n{source} n {len(answers)} r {correlation:.3f}")
    assert correlation > least


def test_each_source_has_all_grades() -> None:
    """Three grades in each source, and no frame in two."""
    assert {(row.source, row.grade) for row in rows()} == {(source, grade) for source in FRAMES for grade in range(3)}
    frames = [frame for grades in FRAMES.values() for own in grades for frame in own]
    assert len(set(frames)) == len(frames)
