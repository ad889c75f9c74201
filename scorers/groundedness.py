"""Groundedness: does the answer claim what its documents do not say (``ungrounded``), or the opposite
(``contradicted``)?

Each claim sentence of the answer is compared with the documents (``scorers.reading.features``). The measures are: how
much of it is found in one place, anywhere, and word for word; values and names found nowhere; a replaced value or
name; a negation on one side only; and opposite words. Two small heads weigh these measures. They are fitted by
``scorers.models.train.groundedness`` on labelled sets. The worst sentence decides, and the explanation names it. Each
kind of evidence has an offset of its own, so that one threshold means the same for all. Model card:
``scorers/models/groundedness.md``.

``contradicted`` is a hint: it is in no rate and in no drift. It says nothing where the documents do not speak of the
same thing. Neither output detects a fluent sentence whose small edit keeps the words of the documents.
"""

from __future__ import annotations

import math

import msgspec

from proxy.config.settings import ScorerSettings
from scorers.reading.features.conflict import CONFLICTS, conflict
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import Head, read, value
from scorers.reading.features.index import Index
from scorers.reading.features.kinds import RETOLD, narrowed
from scorers.reading.features.support import MEASURES, measured, said, support
from scorers.reading.reading import COMPARED, Answer, Reading, ReadingScorer
from scorers.score import Reason, Score, Verdict

NAME = "groundedness"
OUTPUTS = ("ungrounded", "contradicted")
VERSION = "groundedness-10"
#: The head of ``ungrounded`` for summaries.
SUMMARIES = "ungrounded in summaries"
_HEADS = read(NAME)
#: .5 for each kind of evidence; of ``contradicted`` the mean specificity over the training sources is .97.
UNGROUNDED_THRESHOLD = _HEADS["ungrounded"].threshold
CONTRADICTED_THRESHOLD = _HEADS["contradicted"].threshold
#: Most distinct claims examined. Where there are more, this many are taken, evenly spaced.
MAX_CLAIMS = 120
_SHOWN = 200
#: What the head of ``ungrounded`` weighs.
WEIGHED = (*MEASURES, *CONFLICTS)


class Finding(msgspec.Struct, frozen=True):
    """One claim sentence with its logits for ungrounded and contradicted. ``told`` is set where a conflict is found."""

    sentence: str
    ungrounded: float
    contradicted: float
    told: bool


def head_of(kind: str) -> Head:
    """The head of ``ungrounded`` for a kind of evidence: summaries have one of their own."""
    return _HEADS[SUMMARIES if kind in RETOLD else "ungrounded"]


class Weighed(msgspec.Struct, frozen=True):
    """One claim: its ``text`` as it was compared, ``measures`` (``WEIGHED``), and the head's logit for ungrounded."""

    claim: str
    text: str
    measures: tuple[float, ...]
    logit: float


def weighed(claims: list[str], evidence: Evidence, kind: str) -> list[Weighed]:
    """Weigh each claim beside evidence of a ``kind``: one step for all of them, then the next, which is faster than
    one by one."""
    for claim in claims:
        said(claim, evidence)
    found = [support(claim, evidence) for claim in claims]
    conflicts = [conflict(one, evidence) for one in found]
    head, rows = head_of(kind), []
    for one, worded, against in zip(found, measured(found), conflicts, strict=True):
        measures = (*worded, *against)
        rows.append(Weighed(one.claim, one.text, measures, head.logit(WEIGHED, measures)))
    return rows


def examine(claims: list[str], evidence: Evidence, kind: str) -> list[Finding]:
    """Weigh each claim beside evidence of a ``kind`` with both heads."""
    contradicted = _HEADS["contradicted"]
    return [
        Finding(one.claim, one.logit, contradicted.logit(CONFLICTS, against), any(against))
        for one in weighed(claims, evidence, kind)
        for against in [one.measures[-len(CONFLICTS) :]]
    ]


def groundedness(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: ``ungrounded`` and ``contradicted`` per choice, weight 1/n.

    ``settings.threshold`` replaces the threshold of ``ungrounded``.
    """
    thresholds = (UNGROUNDED_THRESHOLD if settings.threshold is None else settings.threshold, CONTRADICTED_THRESHOLD)

    def score(reading: Reading) -> list[Score]:
        return [made for answer in reading.answers for made in _scores(reading, answer, thresholds)]

    return ReadingScorer(score, (*COMPARED, _claims))


def _claims(reading: Reading) -> list[list[str]]:
    return [answer.claims for answer in reading.answers if not isinstance(reading.compared(answer), Reason)]


def _scores(reading: Reading, answer: Answer, thresholds: tuple[float, float]) -> list[Score]:
    result = _examined(reading, answer)
    weight = 1.0 / len(reading.answers)
    scores = []
    for output, threshold in zip(OUTPUTS, thresholds, strict=True):
        p, sentence = (None, "") if isinstance(result, Reason) else _worst(*result, output)
        scores.append(
            Score(
                sample_id=reading.sample.id,
                scorer=NAME,
                output=output,
                version=VERSION,
                choice=answer.choice.index,
                weight=weight,
                value=p,
                verdict=None if p is None else Verdict.YES if p >= threshold else Verdict.NO,
                unscored_reason=result if isinstance(result, Reason) else None,
                explanation=sentence,
            )
        )
    return scores


def _examined(reading: Reading, answer: Answer) -> tuple[list[Finding], str] | Reason:
    """What is found of each claim, and the kind of evidence; else why nothing."""
    index = reading.compared(answer)
    if isinstance(index, Reason):
        return index
    found = answer.claims
    if not found:
        return Reason.NO_CLAIMS
    evidence = Evidence(index, reading.acted, reading.instructions)
    step = max(1, math.ceil(len(found) / MAX_CLAIMS))
    kind = kind_in(reading, index)
    return examine(found[::step], evidence, kind), kind


def kind_in(reading: Reading, index: Index) -> str:
    """The kind of evidence whose level counts: that of the reading, or a note."""
    return narrowed(reading.kind, index, reading.handed)


def _worst(findings: list[Finding], kind: str, output: str) -> tuple[float, str]:
    if output == "ungrounded":
        worst = max(findings, key=lambda finding: finding.ungrounded)
        return head_of(kind).value(worst.ungrounded, kind), worst.sentence[:_SHOWN]
    worst = max(findings, key=lambda finding: finding.contradicted)
    return value(worst.contradicted), worst.sentence[:_SHOWN] if worst.told else ""
