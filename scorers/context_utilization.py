"""Context utilization: was the answer written without using the documents that came with the request?

``ignored_context`` uses these measures (``scorers.reading.features.document_use``): the share of the answer's words
that the documents contain, in one place and anywhere (words of the question count less); shared trigrams; the longest
copied run; words that only the documents could have supplied; and their numbers, dates and times, compared by value.
The whole answer counts, not its worst sentence. The head is fitted by ``scorers.models.train.context_utilization``.
Model card: ``scorers/models/context_utilization.md``.

The explanation gives the share used, the part of the documents it comes from (start, middle, end), and the longest run.
An answer that is correct without its documents but happens to agree with them counts as one that used them.
"""

from __future__ import annotations

from proxy.config.settings import ScorerSettings
from scorers.reading.features.document_use import MEASURES, Usage, usage_of
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import read
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.score import Reason, Score, Verdict

NAME = "context_utilization"
OUTPUT = "ignored_context"
VERSION = "context_utilization-8"
_HEAD = read(NAME)[OUTPUT]
#: .5 for each kind of evidence.
THRESHOLD = _HEAD.threshold


def context_utilization(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: ``ignored_context`` per choice, weight 1/n. ``settings.threshold`` replaces the default threshold."""
    threshold = THRESHOLD if settings.threshold is None else settings.threshold

    def score(reading: Reading) -> list[Score]:
        return [_score(reading, answer, threshold) for answer in reading.answers]

    return ReadingScorer(score)


def _score(reading: Reading, answer: Answer, threshold: float) -> Score:
    used = _used(reading, answer)
    reason = used if isinstance(used, Reason) else None
    p = None if isinstance(used, Reason) else _HEAD.value(_HEAD.logit(MEASURES, used[0].measures), used[1])
    return Score(
        sample_id=reading.sample.id,
        scorer=NAME,
        output=OUTPUT,
        version=VERSION,
        choice=answer.choice.index,
        weight=1.0 / len(reading.answers),
        value=p,
        verdict=None if p is None else Verdict.YES if p >= threshold else Verdict.NO,
        unscored_reason=reason,
        explanation="" if isinstance(used, Reason) else told(used[0]),
    )


def _used(reading: Reading, answer: Answer) -> tuple[Usage, str] | Reason:
    """What was used, and the kind of evidence; else why that cannot be told."""
    index = reading.compared(answer)
    if isinstance(index, Reason):
        return index
    evidence = Evidence(index, reading.question)
    used = usage_of(answer.statements, reading.question, evidence)
    return (used, reading.kind) if used is not None else Reason.NO_CLAIMS


def told(used: Usage) -> str:
    """The explanation in one line: share used, where it comes from, longest run."""
    start, middle, end = (round(100 * third) for third in used.thirds)
    return (
        f"share used {used.share:.2f}; from start {start} %, middle {middle} %, end {end} % of the documents; "
        f"longest copied run {used.run} words"
    )
