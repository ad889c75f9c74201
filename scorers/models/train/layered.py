"""Heads with a hidden layer over two sentence vectors and signs, by L-BFGS in NumPy; each layer begins at a fixed seed.

A head is the mean of ``HEADS`` that begin at different places, written as one with a layer as wide as all of theirs:
each alone depends on where it began, and on the last bits of the processor's products. Weights are rounded to ``STEP``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scorers.models.train.linear import minimise
from scorers.models.train.sense import Matrix, Seen, balanced, signs_of
from scorers.reading.encoder import SIZE
from scorers.reading.layered import PARTS, Layered

STEP = 0.002
HIDDEN, HEADS = 12, 5
_ROUNDS = 250
#: Spread of the weights that the hidden layer begins with, into it and out of it.
_INTO, _OUT = 0.3, 0.5


def fit(rows: Sequence[Seen], encoded: Matrix, signs: tuple[str, ...], penalty: float, sign_penalty: float) -> Layered:
    """The head of these rows; the classes count equally. ``penalty``: of the weights of vectors and of the layer."""
    made = [fit_one(rows, encoded, signs, penalty, sign_penalty, seed) for seed in range(HEADS)]
    biases, directs, hiddens, shifts, outs = zip(*made, strict=True)
    parts = (
        np.mean(directs, axis=0),
        np.hstack(hiddens),
        np.concatenate(shifts),
        np.concatenate(outs) / HEADS,
    )
    rounded = [(np.round(part / STEP) * STEP).astype(np.float32) for part in parts]
    return Layered(signs, round(float(np.mean(biases)), 3), *rounded)


def fit_one(
    rows: Sequence[Seen], encoded: Matrix, signs: tuple[str, ...], penalty: float, sign_penalty: float, seed: int
) -> tuple[float, Matrix, Matrix, Matrix, Matrix]:
    """One of the heads, from the layer that ``seed`` draws: its bias, then ``PARTS``."""
    table = np.hstack([encoded, signs_of(rows, encoded, signs)]).astype(np.float32)  # 13 s a head; doubles: 22
    sign, share = balanced(rows)
    width = table.shape[1]
    each = np.concatenate([np.full(2 * SIZE, penalty), np.full(len(signs), sign_penalty)])
    penalties = np.concatenate(
        [each, [0.0], np.full(width * HIDDEN, penalty), np.zeros(HIDDEN), np.full(HIDDEN, sign_penalty)]
    )

    def split(w: Matrix) -> tuple[Matrix, float, Matrix, Matrix, Matrix]:
        into = w[width + 1 : width + 1 + width * HIDDEN].reshape(width, HIDDEN)
        return w[:width], float(w[width]), into, w[-2 * HIDDEN : -HIDDEN], w[-HIDDEN:]

    def loss(w: Matrix) -> tuple[float, Matrix]:
        direct, bias, into, shift, out = split(w.astype(np.float32))
        layer = np.tanh(table @ into + shift)
        margin = -sign * (table @ direct + bias + layer @ out)
        cost = share * np.logaddexp(0.0, margin)
        slope = (-sign * share / (1.0 + np.exp(-np.clip(margin, -60, 60)))).astype(np.float32)
        inner = np.outer(slope, out) * (1.0 - layer * layer)
        gradient = np.concatenate(
            [table.T @ slope, [slope.sum()], (table.T @ inner).ravel(), inner.sum(axis=0), layer.T @ slope]
        )
        return float(cost.sum() + 0.5 * (penalties * w * w).sum()), gradient + penalties * w

    coin = np.random.default_rng(seed)
    begun = np.concatenate(
        [
            np.zeros(width + 1),
            coin.normal(0.0, _INTO, width * HIDDEN),
            np.zeros(HIDDEN),
            coin.normal(0.0, _OUT, HIDDEN),
        ]
    )
    direct, bias, hidden, shift, out = split(minimise(loss, begun, _ROUNDS))
    return bias, direct, hidden, shift, out


def write(head: Layered, path: Path) -> None:
    """The head as JSON, one row of the hidden layer a line."""

    def whole(numbers: Matrix) -> str:
        return json.dumps([round(float(value) / STEP) for value in numbers], separators=(",", ":"))

    rows = ",\n".join(whole(row) for row in head.hidden)
    parts = [
        f'"{name}": [\n{rows}\n]' if name == "hidden" else f'"{name}": {whole(getattr(head, name))}' for name in PARTS
    ]
    told = [f'"bias": {head.bias}', f'"signs": {json.dumps(head.signs)}', f'"step": {STEP}', *parts]
    path.write_text("{" + ",\n".join(told) + "}\n", encoding="utf-8")
