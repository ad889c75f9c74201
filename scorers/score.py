"""Score: one output of a scorer, the closed sets of verdicts and reasons, and the table of outputs.

A score's value is P(the event that the output names) in [0, 1], or it is unscored with a reason. Unscored never means
zero and never enters a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from proxy.sample import Sample


class Verdict(StrEnum):
    """Whether the event happened, at the scorer's threshold."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Reason(StrEnum):
    """Why an answer has no score."""

    NO_TEXT = "no_text"
    NO_EVIDENCE = "no_evidence"
    EVIDENCE_OFF_WIRE = "evidence_off_wire"
    EVIDENCE_NOT_TEXT = "evidence_not_text"
    NO_CLAIMS = "no_claims"
    TOOL_CALL_ONLY = "tool_call_only"
    INCOMPLETE = "incomplete"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    TOO_LONG = "too_long"
    NO_OCCASION = "no_occasion"
    SAMPLED_OUT = "sampled_out"
    BUDGET = "budget"
    JUDGE_ERROR = "judge_error"
    UNPARSEABLE = "unparseable"
    TIMEOUT = "timeout"
    CRASHED = "crashed"


class Result(StrEnum):
    """The result of one sample in one scorer: a column of the ledger and a label of a metric."""

    SCORED = "scored"
    NOT_APPLICABLE = "not_applicable"
    SAMPLED_OUT = "sampled_out"
    BUDGET = "budget"
    JUDGE_ERROR = "judge_error"
    UNPARSEABLE = "unparseable"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    DEAD = "dead"
    TRIMMED = "trimmed"


#: Reasons that are the sample's nature rather than a failure; in the ledger they are ``not_applicable``.
NOT_APPLICABLE = frozenset(
    {
        Reason.NO_TEXT,
        Reason.NO_EVIDENCE,
        Reason.EVIDENCE_OFF_WIRE,
        Reason.EVIDENCE_NOT_TEXT,
        Reason.NO_CLAIMS,
        Reason.TOOL_CALL_ONLY,
        Reason.INCOMPLETE,
        Reason.UNSUPPORTED_LANGUAGE,
        Reason.TOO_LONG,
        Reason.NO_OCCASION,
    }
)

#: Scorer -> the events its outputs name. The judge's own outputs are listed with their scorer.
OUTPUTS: dict[str, tuple[str, ...]] = {
    "refusal": ("refused", "over_refused", "under_refused"),
    "groundedness": ("ungrounded", "contradicted"),
    "abstention": ("abstained", "hedged"),
    "clarification": ("asked", "missed", "needless"),
    "context_utilization": ("ignored_context",),
    "prompt_injection": ("attempted", "indirect", "leaked"),
    "format": ("invalid",),
}


def known_output(scorer: str | None, output: str | None) -> None:
    """Raise ``ValueError``, naming what there is, for a scorer or an output that is in no table; ``None`` is any."""
    if scorer is not None and scorer not in OUTPUTS:
        raise ValueError(f"scorer: there is no {scorer[:64]!r}; there are {', '.join(OUTPUTS)}")
    own = OUTPUTS[scorer] if scorer is not None else tuple(name for names in OUTPUTS.values() for name in names)
    if output is not None and output not in own:
        whose = f"{scorer} has" if scorer is not None else "there are"
        raise ValueError(f"output: there is no {output[:64]!r}; {whose} {', '.join(own)}")


#: Outputs that only a judge can tell. Of all others its score is a second opinion: kept, and in no ratio.
JUDGE_OUTPUTS = frozenset(
    {
        ("refusal", "over_refused"),
        ("refusal", "under_refused"),
        ("clarification", "missed"),
        ("clarification", "needless"),
    }
)
#: Outputs that are shown with an answer and count nowhere: no rate, no metric, no drift. Kept in store and files.
HINTS = frozenset({("groundedness", "contradicted")})
#: What the version of a judge's score begins with, and the name of its group and its column in the ledger.
JUDGE = "judge"


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One output for one choice of one sample, keyed by (sample_id, choice, scorer, output, version).

    Exactly one of ``value`` and ``unscored_reason`` is set. ``weight`` is the choice's share of its sample (1/n).
    Raises ``ValueError`` when the value is no probability, so NaN cannot reach a store or a metric.
    """

    sample_id: str
    scorer: str
    output: str
    version: str
    choice: int = 0
    weight: float = 1.0
    value: float | None = None
    verdict: Verdict | None = None
    unscored_reason: Reason | None = None
    explanation: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.unscored_reason is None):
            raise ValueError("a score has either a value or a reason why it has none")
        if (self.value is None) != (self.verdict is None):
            raise ValueError("a verdict goes with a value, and only with one")
        if self.value is not None and not (math.isfinite(self.value) and 0.0 <= self.value <= 1.0):
            raise ValueError(f"a score's value is a probability, not {self.value!r}")

    @property
    def hint(self) -> bool:
        """Whether this output is only shown, and in no ratio."""
        return (self.scorer, self.output) in HINTS

    @property
    def second_opinion(self) -> bool:
        """Whether this is a judge's score for an output that a scorer also scores."""
        return self.version.startswith(JUDGE) and (self.scorer, self.output) not in JUDGE_OUTPUTS


#: The one extension point: takes a sample, gives one Score per choice and output. Raising counts as ``crashed``.
#: One that computes runs in an isolated process, one sample after another; a function of the sample's reading that the
#: others share is a ``reading.ReadingScorer``. One that waits for the network is wrapped in ``OnLoop`` by its factory.
Scorer = Callable[[Sample], Awaitable[list[Score]]]


@dataclass(frozen=True, slots=True)
class OnLoop:
    """A scorer that waits for the network and computes almost nothing. It runs on the worker's event loop.

    ``concurrency`` samples are processed at once. It must never block the loop for more than a few milliseconds.
    """

    score: Scorer
    concurrency: int = 8

    async def __call__(self, sample: Sample) -> list[Score]:
        return await self.score(sample)


class TryAgain(Exception):
    """Raised by an ``OnLoop`` scorer after a failure that may be temporary.

    The sample is retried, after a pause with jitter, while its time-out allows. After that its result has this
    ``reason``.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class LeftOut(Exception):
    """Raised by an ``OnLoop`` scorer for a sample that it skips: no scores, only the ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def result_of(scores: list[Score]) -> Result:
    """The ledger's result for a sample: scored if any output is scored, else the result that its first reason
    implies."""
    if any(score.value is not None for score in scores):
        return Result.SCORED
    reason = scores[0].unscored_reason if scores else Reason.NO_TEXT
    assert reason is not None
    return Result.NOT_APPLICABLE if reason in NOT_APPLICABLE else Result(reason.value)
