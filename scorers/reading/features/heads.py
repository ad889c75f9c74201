"""Small linear heads: a data file of rounded weights, read once; the same measures give the same value everywhere."""

from __future__ import annotations

import math
from collections.abc import Collection
from operator import mul
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parents[2] / "models"


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``value`` is P(event), the classes counted equally; ``threshold`` the value from which the verdict is yes.

    ``offsets``: kind of evidence -> the log-odds that are taken off there, so that the threshold means the same for
    each kind; none where the head knows no kinds. ``weights`` by name of measure; ``words`` what a stem that no
    document holds adds, halved.
    """

    bias: float
    weights: dict[str, float]
    threshold: float
    words: dict[str, float] = {}
    offsets: dict[str, float] = {}

    def logit(self, names: tuple[str, ...], measures: tuple[float, ...], absent: Collection[str] = ()) -> float:
        """The weighted sum. Raises ``KeyError`` for a measure that the head was not fitted with, and ``ValueError``
        where there is not one measure for each name."""
        if len(names) != len(measures):
            raise ValueError(f"{len(measures)} measures for {len(names)} names")
        parts = [self.bias, *map(mul, map(self.weights.__getitem__, names), measures)]
        if absent:
            parts += [0.5 * self.words[word] for word in sorted(absent) if word in self.words]
        return math.fsum(parts)

    def value(self, logit: float, kind: str) -> float:
        """P(event) for one kind of evidence."""
        return value(logit - self.offsets.get(kind, 0.0))


def value(logit: float) -> float:
    """The logistic of ``logit`` in [0, 1], rounded to six places so that no machine's library shows."""
    return round(1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit)))), 6)


def read(name: str) -> dict[str, Head]:
    """The heads of ``scorers/models/<name>.json`` by output. Raises ``OSError`` and ``msgspec.ValidationError``."""
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=dict[str, Head])


def written(heads: dict[str, Head]) -> str:
    """The data file's text: sorted, a weight a line, so that two versions can be compared."""
    plain: dict[str, Any] = msgspec.to_builtins(heads)
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=1).decode() + "\n"
