"""Groundedness: does the answer say what its documents do not (``ungrounded``), or the opposite (``contradicted``)?

Each claim sentence of the answer is compared with the documents (``scorers.reading.features``): how much of it is
found in one place, anywhere, word for word; numbers and names found nowhere; a replaced number or name, a negation on
one side only, opposite words. Two small heads weigh these measures, fitted by
``scorers.models.train.groundedness`` on labelled sets; the worst sentence decides and is named.
Model card: ``scorers/models/groundedness.md``.

``contradicted`` is the weaker of the two: read it as a hint. Neither sees a fluent sentence whose small edit keeps the
words of the documents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from proxy.config.settings import ScorerSettings
from proxy.sample import Choice, Sample
from scorers.reading.answer import answer
from scorers.reading.evidence import documents, unscorable, user_text
from scorers.reading.features.claims import claims
from scorers.reading.features.conflict import CONFLICTS, conflict
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import read, value
from scorers.reading.features.support import MEASURES, support
from scorers.reading.text import Language, language
from scorers.score import Reason, Score, Scorer, Verdict

NAME = "groundedness"
OUTPUTS = ("ungrounded", "contradicted")
VERSION = "groundedness-2"
_HEADS = read(NAME)
#: Mean specificity of .97 over the training sources.
UNGROUNDED_THRESHOLD = _HEADS["ungrounded"].threshold
CONTRADICTED_THRESHOLD = _HEADS["contradicted"].threshold
#: Caps in characters; beyond them the answer is ``too_long``, so that one sample costs well under a second.
MAX_ANSWER = 60_000
MAX_EVIDENCE = 600_000
#: Distinct claims examined; of more, this many are taken, evenly spread.
_MAX_CLAIMS = 120
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim sentence with the logits of its being ungrounded and contradicted; ``told`` where a conflict shows."""

    sentence: str
    ungrounded: float
    contradicted: float
    told: bool


def examine(sentence: str, evidence: Evidence) -> Finding:
    """One claim weighed by both heads."""
    found = support(sentence, evidence)
    conflicts = conflict(found, evidence)
    return Finding(
        sentence,
        _HEADS["ungrounded"].logit(MEASURES, found.measures),
        _HEADS["contradicted"].logit(CONFLICTS, conflicts, found.absent(evidence)),
        any(conflicts[:-1]),
    )


def groundedness(settings: ScorerSettings) -> Scorer:
    """The scorer: ``ungrounded`` and ``contradicted`` for each choice, weight 1/n.

    ``settings.threshold`` replaces the threshold of ``ungrounded``.
    """
    thresholds = (UNGROUNDED_THRESHOLD if settings.threshold is None else settings.threshold, CONTRADICTED_THRESHOLD)

    async def score(sample: Sample) -> list[Score]:
        found = documents(sample)
        evidence: Evidence | Reason
        if isinstance(found, Reason):
            evidence = found
        elif sample.request_truncated or sum(map(len, found)) > MAX_EVIDENCE:
            evidence = Reason.TOO_LONG
        elif language("\n".join(text[:1000] for text in found)) is not Language.ENGLISH:
            evidence = Reason.UNSUPPORTED_LANGUAGE
        else:
            evidence = Evidence(found, user_text(sample))
        choices = sample.choices or (Choice(),)
        return [made for choice in choices for made in _scores(sample, choice, evidence, thresholds)]

    return score


def _scores(
    sample: Sample, choice: Choice, evidence: Evidence | Reason, thresholds: tuple[float, float]
) -> list[Score]:
    result = _examined(sample, choice, evidence)
    weight = 1.0 / max(1, len(sample.choices))
    scores = []
    for output, threshold in zip(OUTPUTS, thresholds, strict=True):
        p, sentence = (None, "") if isinstance(result, Reason) else _worst(result, output)
        scores.append(
            Score(
                sample_id=sample.id,
                scorer=NAME,
                output=output,
                version=VERSION,
                choice=choice.index,
                weight=weight,
                value=p,
                verdict=None if p is None else Verdict.YES if p >= threshold else Verdict.NO,
                unscored_reason=result if isinstance(result, Reason) else None,
                explanation=sentence,
            )
        )
    return scores


def _examined(sample: Sample, choice: Choice, evidence: Evidence | Reason) -> list[Finding] | Reason:
    reason = unscorable(sample, choice)
    if reason is not None:
        return reason
    if isinstance(evidence, Reason):
        return evidence
    text = answer(sample, choice)
    if len(text) > MAX_ANSWER or sample.response_truncated:
        return Reason.TOO_LONG
    if language(text) is not Language.ENGLISH:
        return Reason.UNSUPPORTED_LANGUAGE
    found = list(dict.fromkeys(claims(text)))
    if not found:
        return Reason.NO_CLAIMS
    step = max(1, math.ceil(len(found) / _MAX_CLAIMS))
    return [examine(sentence, evidence) for sentence in found[::step]]


def _worst(findings: list[Finding], output: str) -> tuple[float, str]:
    if output == "ungrounded":
        worst = max(findings, key=lambda finding: finding.ungrounded)
        return value(worst.ungrounded), worst.sentence[:_SHOWN]
    worst = max(findings, key=lambda finding: finding.contradicted)
    return value(worst.contradicted), worst.sentence[:_SHOWN] if worst.told else ""
