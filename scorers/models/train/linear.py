"""Logistic regression over n-gram sets and dense features, by L-BFGS in NumPy; deterministic, one thread.

The model is that of ``scorers.reading.ngrams``: for each set, the sum of weights of known n-grams over the square
root of how many are known. The vocabulary is fixed in two rounds: fit with every n-gram that enough texts have, keep
the heaviest, fit again, round.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scorers.reading.ngrams import STEP, Head, Part, gram_sets

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One training text: a text for each part, dense features by name, the label, and how much it counts."""

    texts: tuple[str, ...]
    dense: dict[str, float]
    positive: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Plan:
    """How to fit: parts, dense names, fewest texts an n-gram is in, n-grams kept a set, penalties."""

    parts: tuple[Part, ...]
    dense: tuple[str, ...] = ()
    fewest: int = 3
    kept: int = 6000
    penalty: float = 1.0
    dense_penalty: float = 0.1
    rounds: int = 150


def fit(rows: list[Row], plan: Plan) -> Head:
    """The head that ``plan`` makes of ``rows``; the classes count equally."""
    sets = [
        [s for text, part in zip(row.texts, plan.parts, strict=True) for s in gram_sets(text, part)] for row in rows
    ]
    count = 2 * len(plan.parts)
    vocabularies = [_frequent((row[at] for row in sets), plan.fewest) for at in range(count)]
    weights, _, _ = _solve(rows, sets, vocabularies, plan)
    vocabularies = [_heaviest(v, w, plan.kept) for v, w in zip(vocabularies, weights, strict=True)]
    weights, dense, bias = _solve(rows, sets, vocabularies, plan)
    rounded = [
        {gram: value for gram, at in v.items() if (value := round(float(w[at]) / STEP))}
        for v, w in zip(vocabularies, weights, strict=True)
    ]
    pairs = [(rounded[at], rounded[at + 1]) for at in range(0, count, 2)]
    named = {name: round(float(value), 3) for name, value in zip(plan.dense, dense, strict=True)}
    return Head(round(bias, 3), named, plan.parts, pairs)


def write(head: Head, path: Path) -> None:
    """The head as sorted JSON, one n-gram a line, so that two versions can be compared."""
    parts = [
        {
            "words_up_to": part.words,
            "character_lengths": list(part.characters),
            "words": dict(sorted(pair[0].items())),
            "characters": dict(sorted(pair[1].items())),
        }
        for part, pair in zip(head.parts, head.weights, strict=True)
    ]
    doc = {"bias": head.bias, "dense": head.dense, "parts": parts}
    path.write_text(json.dumps(doc, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")


def _frequent(sets: object, fewest: int) -> dict[str, int]:
    seen: Counter[str] = Counter()
    for found in sets:  # type: ignore[attr-defined]
        seen.update(found)
    return {gram: at for at, gram in enumerate(sorted(gram for gram, n in seen.items() if n >= fewest))}


def _heaviest(vocabulary: dict[str, int], weights: Vector, kept: int) -> dict[str, int]:
    order = sorted(vocabulary, key=lambda gram: (-abs(round(float(weights[vocabulary[gram]]), 4)), gram))[:kept]
    return {gram: at for at, gram in enumerate(sorted(order))}


def _solve(
    rows: list[Row], sets: list[list[set[str]]], vocabularies: list[dict[str, int]], plan: Plan
) -> tuple[list[Vector], Vector, float]:
    starts = np.cumsum([0, *map(len, vocabularies)])
    columns: list[NDArray[np.int64]] = []
    values: list[Vector] = []
    lengths = []
    for row in sets:
        length = 0
        for at, (found, known) in enumerate(zip(row, vocabularies, strict=True)):
            hits = np.array(sorted(known[gram] for gram in found & known.keys()), dtype=np.int64)
            if len(hits):
                columns.append(hits + int(starts[at]))
                values.append(np.full(len(hits), 1.0 / np.sqrt(len(hits))))
                length += len(hits)
        lengths.append(length)
    owner = np.repeat(np.arange(len(rows)), lengths)
    column = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
    value = np.concatenate(values) if values else np.zeros(0)
    extra = np.array([[row.dense.get(name, 0.0) for name in plan.dense] for row in rows]).reshape(len(rows), -1)
    sign = np.array([1.0 if row.positive else -1.0 for row in rows])
    share = np.array([row.weight for row in rows])
    for side in (1.0, -1.0):
        share[sign == side] *= 0.5 * len(rows) / max(1e-9, share[sign == side].sum())
    size, dense = int(starts[-1]), extra.shape[1]
    penalty = np.concatenate([np.full(size, plan.penalty), np.full(dense, plan.dense_penalty), [0.0]])

    def loss(w: Vector) -> tuple[float, Vector]:
        z = np.bincount(owner, weights=value * w[column], minlength=len(rows)) + extra @ w[size:-1] + w[-1]
        margin = -sign * z
        cost = share * np.logaddexp(0.0, margin)
        slope = -sign * share / (1.0 + np.exp(-np.clip(margin, -60, 60)))
        gradient = np.concatenate(
            [np.bincount(column, weights=value * slope[owner], minlength=size), extra.T @ slope, [slope.sum()]]
        )
        return float(cost.sum() + 0.5 * (penalty * w * w).sum()), gradient + penalty * w

    w = minimise(loss, np.zeros(size + dense + 1), plan.rounds)
    return [w[a:b] for a, b in pairwise(starts)], w[size:-1], float(w[-1])


def minimise(loss: Callable[[Vector], tuple[float, Vector]], w: Vector, rounds: int) -> Vector:
    """L-BFGS with ten pairs and a backtracking line search."""
    value, gradient = loss(w)
    steps: list[tuple[Vector, Vector, float]] = []
    for _ in range(rounds):
        direction = gradient.copy()
        kept = []
        for s, y, rho in reversed(steps):
            a = rho * float(s @ direction)
            direction -= a * y
            kept.append(a)
        if steps:
            s, y, rho = steps[-1]
            direction *= 1.0 / (rho * float(y @ y))
        else:
            direction /= max(1.0, float(np.linalg.norm(gradient)))
        for (s, y, rho), a in zip(steps, reversed(kept), strict=True):
            direction += (a - rho * float(y @ direction)) * s
        slope, rate = float(direction @ gradient), 1.0
        for _ in range(30):
            tried, at = loss(w - rate * direction)
            if tried <= value - 1e-4 * rate * slope:
                break
            rate *= 0.5
        else:
            break
        step, change = -rate * direction, at - gradient
        done = value - tried < 1e-6 * abs(value)
        w, value, gradient = w + step, tried, at
        if done:
            break
        if float(step @ change) > 1e-12:
            steps = [*steps[-9:], (step, change, 1.0 / float(step @ change))]
    return w
