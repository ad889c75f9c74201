"""A model directory of one's own: ``model.onnx``, ``tokenizer.json`` and ``scorer.json``, which says what it scores.

``scorer.json``: ``task`` (``refusal.refused``), ``labels`` in the order of the model's outputs and the ``positive``
one, ``max_length`` in tokens, ``text`` (what it reads), ``calibration`` (slope and intercept over the log-odds) and
``threshold``.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from proxy.errors import ConfigError
from scorers.score import OUTPUTS

FILES = ("model.onnx", "tokenizer.json", "scorer.json")
_LIBRARIES = ("onnxruntime", "tokenizers")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """P(event) = logistic(slope * log-odds + intercept)."""

    slope: float = 1.0
    intercept: float = 0.0


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``scorer.json``. ``text``: the answer alone, the request alone, or documents and answer as a pair."""

    task: str
    labels: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]
    positive: str
    max_length: Annotated[int, msgspec.Meta(ge=8, le=32_768)] = 512
    text: Literal["answer", "request", "documents_answer"] = "answer"
    calibration: Line = Line()
    threshold: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "1"

    @property
    def scorer(self) -> str:
        """The scorer whose output the model gives."""
        return self.task.partition(".")[0]

    @property
    def output(self) -> str:
        """The output."""
        return self.task.partition(".")[2]


def read_card(folder: Path, scorer: str | None = None) -> Card:
    """The card in ``folder``, which must be one for ``scorer`` if that is given. Raises ``ConfigError``, one line."""
    key = f"scorers.{scorer or 'NAME'}.model"
    if any(find_spec(name) is None for name in _LIBRARIES):
        raise ConfigError([f"{key}: needs onnxruntime and tokenizers: install sightglass-proxy[onnx]"])
    for name in FILES:
        if not (folder / name).is_file():
            raise ConfigError([f"{key}: {folder} has no {name}"])
    try:
        card = msgspec.json.decode((folder / "scorer.json").read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError([f"{key}: scorer.json: {error}"]) from None
    if card.scorer != (scorer or card.scorer) or card.output not in OUTPUTS.get(card.scorer, ()):
        raise ConfigError([f"{key}: scorer.json: task: not an output of this scorer: {card.task}"])
    if card.positive not in card.labels:
        raise ConfigError([f"{key}: scorer.json: positive: not one of labels"])
    return card
