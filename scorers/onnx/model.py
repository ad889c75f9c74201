"""T1: a classifier of one's own, run by ONNX Runtime in the scorer processes in place of one output's own scorer.

This module needs the extra ``onnx``; nothing imports it but a scorer process whose settings name a model directory.
What is longer than the model reads is unscored (``too_long``), never cut.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from proxy.config.settings import ScorerSettings
from scorers.onnx.card import Card, read_card
from scorers.reading.evidence import lacking
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.verdicts import Event, judged
from scorers.registry import FACTORIES
from scorers.score import Reason, Score


class Model:
    """A loaded directory. One thread: the processes are the parallelism."""

    def __init__(self, folder: Path, card: Card) -> None:
        self._card = card
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=providers)
        self._inputs = {node.name for node in self._session.get_inputs()}

    def probability(self, text: str, pair: str | None = None) -> float | Reason:
        """P(event) of a text, or of a pair; ``too_long`` beyond the model's length."""
        encoded = self._tokenizer.encode(text, pair)
        if len(encoded.ids) > self._card.max_length:
            return Reason.TOO_LONG
        if not encoded.ids:
            return Reason.NO_TEXT
        known: dict[str, list[int]] = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        feed: dict[str, Any] = {
            name: np.array([values], dtype=np.int64) for name, values in known.items() if name in self._inputs
        }
        logits = [float(value) for value in np.ravel(self._session.run(None, feed)[0])]
        return self._calibrated(self._log_odds(logits))

    def _log_odds(self, logits: list[float]) -> float:
        """Of the positive label against all others together."""
        if len(logits) != len(self._card.labels):
            raise ValueError("the model has not as many outputs as labels")
        at = self._card.labels.index(self._card.positive)
        if len(logits) == 1:
            return logits[0]
        others = [value for index, value in enumerate(logits) if index != at]
        highest = max(others)
        return logits[at] - highest - math.log(sum(math.exp(value - highest) for value in others))

    def _calibrated(self, odds: float) -> float:
        line = self._card.calibration
        x = max(-500.0, min(500.0, line.slope * odds + line.intercept))
        return 1 / (1 + math.exp(-x))


def modelled(settings: ScorerSettings) -> ReadingScorer:
    """The scorer that ``settings.model`` belongs to, with the model's score in place of its own for one output."""
    folder = Path(settings.model or "")
    card = read_card(folder)
    model = Model(folder, card)
    event = Event(card.scorer, card.output, f"onnx:{folder.name}:{card.version}", card.threshold).at(settings)
    own = FACTORIES[card.scorer](settings)

    def score(reading: Reading) -> list[Score]:
        kept = [score for score in own.score(reading) if score.output != card.output]
        return kept + [_score(reading, answer, event, card, model) for answer in reading.answers]

    return ReadingScorer(score)


def _score(reading: Reading, answer: Answer, event: Event, card: Card, model: Model) -> Score:
    sample = reading.sample
    reason = reading.unanswered if card.text == "request" else answer.unscorable
    text, pair = (reading.asked if card.text == "request" else answer.text), None
    if reason is None and card.text == "documents_answer":
        found = reading.documents
        if isinstance(found, Reason):
            reason = found
        else:
            text, pair = "\n".join(found), text
    if reason is None and not text.strip():
        reason = lacking(sample, Reason.NO_TEXT) if card.text == "request" else Reason.NO_TEXT
    return judged(sample, answer.choice, event, reason if reason is not None else model.probability(text, pair))
