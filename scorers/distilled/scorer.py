"""Groundedness with a distilled model in place of its own head for ``ungrounded``; ``contradicted`` stays as it is."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from proxy.config.settings import ScorerSettings
from proxy.errors import ConfigError
from scorers.distilled.alignment import Aligner, Pairs
from scorers.distilled.card import Card, read_card
from scorers.distilled.network import Network, digest, read
from scorers.groundedness import MAX_CLAIMS, groundedness, head_of, kind_in, weighed
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import value
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.text import words
from scorers.reading.verdicts import Event, judged
from scorers.score import Reason, Score

OUTPUT = "ungrounded"
#: Words of the question that are known.
_ASKED = 400


class Told(msgspec.Struct, frozen=True):
    """One claim as the network reads it: its pairs, and ``network.MEASURED``."""

    claim: str
    pairs: Pairs | None
    measures: tuple[float, ...]


def told(aligner: Aligner, claims: list[str], evidence: Evidence, asked: str, kind: str) -> list[Told]:
    """Each claim beside the evidence."""
    prepared = aligner.prepared(evidence.chunks)
    known = frozenset(words(asked)[:_ASKED])
    offset = head_of(kind).offsets.get(kind, 0.0)
    found = []
    for row in weighed(claims, evidence, kind):
        pairs = aligner.pairs(row.text, prepared, known) if prepared is not None else None
        whole = pairs.whole if pairs is not None else (1.0, 1.0, 0.0)
        found.append(Told(row.claim, pairs, (row.logit - offset, *row.measures, *whole)))
    return found


class Distilled:
    """A loaded model."""

    def __init__(self, folder: Path, card: Card) -> None:
        try:
            if digest(folder) != card.weights:
                raise ValueError("weights.npz: not the weights that distilled.json speaks of")
            self._network: Network = read(folder)
        except (OSError, ValueError) as error:
            raise ConfigError([f"scorers.groundedness.model: {folder}: {error}"]) from None
        self._aligner = Aligner(self._network.matrix)
        self._offset = card.offset

    def worst(self, reading: Reading, answer: Answer) -> tuple[float, str] | Reason:
        """P(ungrounded) of an answer and its worst claim; else why there is none."""
        index = reading.compared(answer)
        if isinstance(index, Reason):
            return index
        if not answer.claims:
            return Reason.NO_CLAIMS
        step = max(1, math.ceil(len(answer.claims) / MAX_CLAIMS))
        evidence = Evidence(index, reading.acted, reading.instructions)
        rows = told(self._aligner, answer.claims[::step], evidence, reading.acted, kind_in(reading, index))
        logits = [self._network.logit(row.pairs, row.measures) for row in rows]
        most = max(logits)
        return value(most - self._offset), rows[logits.index(most)].claim


def distilled(settings: ScorerSettings) -> ReadingScorer:
    """The scorer. ``settings.model`` is the folder; its version is that of the weights. Raises ``ConfigError``."""
    folder = Path(settings.model or "")
    card = read_card(folder)
    model = Distilled(folder, card)
    event = Event("groundedness", OUTPUT, f"distilled:{folder.name}:{card.weights[:8]}", 0.5).at(settings)
    own = groundedness(settings)

    def score(reading: Reading) -> list[Score]:
        kept = [score for score in own.score(reading) if score.output != OUTPUT]
        return kept + [_score(reading, answer, event, model) for answer in reading.answers]

    return ReadingScorer(score, own.parts, encodes=True)


def _score(reading: Reading, answer: Answer, event: Event, model: Distilled) -> Score:
    found = model.worst(reading, answer)
    if isinstance(found, Reason):
        return judged(reading.sample, answer.choice, event, found)
    return judged(reading.sample, answer.choice, event, *found)
