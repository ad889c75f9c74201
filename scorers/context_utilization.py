"""Context utilization: was the answer written without regard to the documents that came with the request?

``ignored_context`` rests on the share of the answer's words that the documents hold (words of the question count less),
in one place and anywhere, on shared trigrams, on the longest copied run and on words that only the documents could have
given (``scorers.reading.features.usage``). The whole answer counts, not its worst sentence. The weights are fitted by
``scorers.models.train.context_utilization``; model card: ``scorers/models/context_utilization.md``.

The explanation tells the share used, from where in the documents it comes (start, middle, end), and the longest run.
An answer that is right without its documents and happens to agree with them counts as one that used them.
"""

from __future__ import annotations

from proxy.config.settings import ScorerSettings
from proxy.sample import Choice, Sample
from scorers.reading.answer import answer
from scorers.reading.evidence import documents, question_text, unscorable
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import read, value
from scorers.reading.features.usage import MEASURES, Usage, usage
from scorers.reading.text import Language, language
from scorers.score import Reason, Score, Scorer, Verdict

NAME = "context_utilization"
OUTPUT = "ignored_context"
VERSION = "context_utilization-1"
_HEAD = read(NAME)[OUTPUT]
#: Mean specificity of .97 over the training sources.
THRESHOLD = _HEAD.threshold
#: Caps in characters; beyond them the answer is ``too_long``, so that one sample costs well under a second.
MAX_ANSWER = 60_000
MAX_EVIDENCE = 600_000


def context_utilization(settings: ScorerSettings) -> Scorer:
    """The scorer: ``ignored_context`` for each choice, weight 1/n. ``settings.threshold`` replaces the shipped one."""
    threshold = THRESHOLD if settings.threshold is None else settings.threshold

    async def score(sample: Sample) -> list[Score]:
        asked = question_text(sample)
        prepared = _prepared(sample, asked)
        return [_score(sample, choice, asked, prepared, threshold) for choice in sample.choices or (Choice(),)]

    return score


def _prepared(sample: Sample, asked: str) -> Evidence | Reason:
    found = documents(sample)
    if isinstance(found, Reason):
        return found
    if sample.request_truncated or sum(map(len, found)) > MAX_EVIDENCE:
        return Reason.TOO_LONG
    if language("\n".join(text[:1000] for text in found)) is not Language.ENGLISH:
        return Reason.UNSUPPORTED_LANGUAGE
    return Evidence(found, asked)


def _score(sample: Sample, choice: Choice, asked: str, prepared: Evidence | Reason, threshold: float) -> Score:
    used = _used(sample, choice, asked, prepared)
    reason = used if isinstance(used, Reason) else None
    p = None if isinstance(used, Reason) else value(_HEAD.logit(MEASURES, used.measures))
    return Score(
        sample_id=sample.id,
        scorer=NAME,
        output=OUTPUT,
        version=VERSION,
        choice=choice.index,
        weight=1.0 / max(1, len(sample.choices)),
        value=p,
        verdict=None if p is None else Verdict.YES if p >= threshold else Verdict.NO,
        unscored_reason=reason,
        explanation="" if isinstance(used, Reason) else told(used),
    )


def _used(sample: Sample, choice: Choice, asked: str, prepared: Evidence | Reason) -> Usage | Reason:
    reason = unscorable(sample, choice)
    if reason is not None:
        return reason
    if isinstance(prepared, Reason):
        return prepared
    text = answer(sample, choice)
    if len(text) > MAX_ANSWER or sample.response_truncated:
        return Reason.TOO_LONG
    if language(text) is not Language.ENGLISH:
        return Reason.UNSUPPORTED_LANGUAGE
    return usage(text, asked, prepared) or Reason.NO_CLAIMS


def told(used: Usage) -> str:
    """The detail in one line: share used, from where, longest run."""
    start, middle, end = (round(100 * third) for third in used.thirds)
    return (
        f"share used {used.share:.2f}; from start {start} %, middle {middle} %, end {end} % of the documents; "
        f"longest copied run {used.run} words"
    )
