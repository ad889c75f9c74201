"""Logistic heads over sentence vectors and a few dense features, by L-BFGS in NumPy; no randomness.

Each view of a text has a vector of its own, and a weight for each number of it. Weights are rounded to ``STEP``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scorers.models.train.linear import minimise
from scorers.reading.encoder import NEAR, SIZE, Sense, vectors

Matrix = NDArray[np.float64]
STEP = 0.01
#: Texts that are encoded together.
_TOGETHER = 32
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One training text: its views, its dense features by name, the label, and how much it counts."""

    views: tuple[str, ...]
    dense: dict[str, float]
    positive: bool
    weight: float


class Encoded:
    """The vectors of texts, each computed once."""

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.float32]] = {}

    def of(self, rows: Sequence[Seen]) -> Matrix:
        """A row for each of ``rows``: the vectors of its views beside each other."""
        new = list(dict.fromkeys(view for row in rows for view in row.views if view not in self._known))
        new.sort(key=len)
        for begun in range(0, len(new), _TOGETHER):
            part = new[begun : begun + _TOGETHER]
            self._known.update(zip(part, vectors(part), strict=True))
        return np.array([np.concatenate([self._known[view] for view in row.views]) for row in rows], dtype=np.float64)


def signs_of(rows: Sequence[Seen], encoded: Matrix, names: tuple[str, ...]) -> Matrix:
    """The dense features of each row, in the order of ``names``; ``encoded``: the vectors of its views."""
    found = np.array([[row.dense.get(name, 0.0) for name in names] for row in rows]).reshape(len(rows), -1)
    if NEAR in names:
        found[:, names.index(NEAR)] = (encoded[:, -2 * SIZE : -SIZE] * encoded[:, -SIZE:]).sum(axis=1)
    return found


def balanced(rows: Sequence[Seen]) -> tuple[Matrix, Matrix]:
    """The label of each row, 1 or -1, and how much it counts: both classes count equally."""
    sign = np.array([1.0 if row.positive else -1.0 for row in rows])
    share = np.array([row.weight for row in rows])
    for side in (1.0, -1.0):
        share[sign == side] *= 0.5 * len(rows) / max(1e-9, share[sign == side].sum())
    return sign, share


def fit(rows: Sequence[Seen], encoded: Matrix, dense: tuple[str, ...], penalty: float, dense_penalty: float) -> Sense:
    """The head of these rows; the classes count equally."""
    table = np.hstack([encoded, signs_of(rows, encoded, dense)])
    sign, share = balanced(rows)
    size = encoded.shape[1]
    penalties = np.concatenate([np.full(size, penalty), np.full(len(dense), dense_penalty), [0.0]])

    def loss(w: Matrix) -> tuple[float, Matrix]:
        margin = -sign * (table @ w[:-1] + w[-1])
        cost = share * np.logaddexp(0.0, margin)
        slope = -sign * share / (1.0 + np.exp(-np.clip(margin, -60, 60)))
        gradient = np.concatenate([table.T @ slope, [slope.sum()]])
        return float(cost.sum() + 0.5 * (penalties * w * w).sum()), gradient + penalties * w

    w = minimise(loss, np.zeros(size + len(dense) + 1), _ROUNDS)
    weights = (np.round(w[:size] / STEP) * STEP).astype(np.float32).reshape(-1, SIZE)
    named = {name: round(float(value), 3) for name, value in zip(dense, w[size:-1], strict=True)}
    return Sense(round(float(w[-1]), 3), weights, named)


def write(head: Sense, path: Path) -> None:
    """The head as JSON, one row a view."""
    views = [[round(float(value) / STEP) for value in row] for row in head.weights]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in views)
    told = f'{{"bias": {head.bias},\n"dense": {json.dumps(head.dense)},\n"step": {STEP},\n"views": [\n{lines}\n]}}\n'
    path.write_text(told, encoding="utf-8")
