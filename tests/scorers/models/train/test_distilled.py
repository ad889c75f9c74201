"""What a distilled model is fitted beside."""

import asyncio
import json

import pytest

from proxy.config.settings import ScorerSettings
from scorers.formats import recorded
from scorers.groundedness import groundedness
from scorers.models.train.distilled import Labelled, read
from scorers.reading.features.heads import value

NOTE = "Bus 9 leaves the square at 7:10 and 7:40. The ride to the clinic takes twenty minutes."
ASKED = "Which bus do I take to be there at eight?"


@pytest.mark.parametrize(
    "given",
    [
        {"messages": [{"role": "user", "content": f"<document>\n{NOTE}\n</document>\n\n{ASKED}"}]},
        {"messages": [{"role": "user", "content": ASKED}], "context": NOTE},
    ],
)
def test_the_head_is_that_of_groundedness(given):
    """Its log-odds are beyond the level of the kind of evidence, notes among them: the same value as the scorer's."""
    line = {"id": "n", **given, "response": "Catch the later departure, you get there right on time."}
    sample = recorded.decode(json.dumps(line).encode(), 1)
    answers, left = read([Labelled(sample, 0, False, "own")])
    ungrounded, _ = asyncio.run(groundedness(ScorerSettings())(sample))
    assert not left and value(answers.head[0]) == pytest.approx(ungrounded.value, abs=1e-5)
