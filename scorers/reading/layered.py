"""A head over sentence vectors that sees what stands beside what: one hidden layer beside a logistic head.

A logistic head adds up what a text says and what stands around it. Whether an order fits its surroundings is in neither
of the two alone. The head takes the vectors of two views of a text, how near they are, and signs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.reading.encoder import NEAR, STEP, vectors
from scorers.reading.ngrams import FOLDER

Matrix = NDArray[np.float32]
#: The parts of the file, whole numbers times its ``step``.
PARTS = ("direct", "hidden", "shift", "out")


@dataclass(frozen=True, slots=True)
class Layered:
    """``direct`` and each column of ``hidden`` have a weight for each number of both vectors, then for each of
    ``signs``. ``shift``: added in the hidden layer; ``out``: the weights of what leaves it."""

    signs: tuple[str, ...]
    bias: float
    direct: Matrix
    hidden: Matrix
    shift: Matrix
    out: Matrix

    @classmethod
    def read(cls, name: str) -> Layered:
        """The head in ``models/<name>.json``. Raises ``OSError`` or ``ValueError``."""
        doc = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        parts = {key: np.array(doc[key], dtype=np.float32) * np.float32(doc["step"]) for key in PARTS}
        return cls(tuple(doc["signs"]), float(doc["bias"]), **parts)

    def logit(self, views: Sequence[str], shown: Mapping[str, float]) -> float:
        """The log-odds of a text that has these two views and these signs."""
        seen = vectors(views)
        near = float(seen[0] @ seen[1])
        signs = [near if name == NEAR else shown.get(name, 0.0) for name in self.signs]
        row = np.concatenate([seen.ravel(), np.array(signs, dtype=np.float32)])
        told = self.bias + float(row @ self.direct) + float(np.tanh(row @ self.hidden + self.shift) @ self.out)
        return round(told / STEP) * STEP
