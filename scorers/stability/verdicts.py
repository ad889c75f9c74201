"""What scorers say of an answer to a sample's request: output -> yes or no, where they could decide."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from proxy.sample import Sample
from scorers.asking.answer import Answer
from scorers.asking.source import answered
from scorers.score import Scorer, Verdict


async def verdicts(sample: Sample, answer: Answer, scorers: Mapping[str, Scorer]) -> dict[str, str]:
    """The decided verdicts. ``sample`` is the request that was answered; its served answer is not read."""
    read = answered(sample, msgspec.to_builtins(answer))
    found: dict[str, str] = {}
    for name, scorer in scorers.items():
        for score in await scorer(read):
            if score.verdict in (Verdict.YES, Verdict.NO):
                found[f"{name}.{score.output}"] = score.verdict.value
    return found
