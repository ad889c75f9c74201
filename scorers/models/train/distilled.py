"""Fits a distilled model (``scorers.distilled``) on labelled answers; ``make distill`` and ``sightglass distill`` do.

An answer is as bad as its worst claim, so each round fits on the claim that the last round found worst. Each source
counts the same, and so do its classes. The fit begins at groundedness's own head, and every weight is drawn back to
there. One thread, a fixed seed, NumPy alone: the same answers give the same weights on the same machine.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proxy.sample import Sample
from scorers.distilled.alignment import SIZE, WORD, Aligner, Matrix, Pairs
from scorers.distilled.network import HIDDEN, PAIR, SHAPES, Network
from scorers.distilled.scorer import Told, told
from scorers.groundedness import kind_in
from scorers.models.train.linear import minimise
from scorers.reading.encoder import SIZE as ENCODED
from scorers.reading.encoder import word_vectors
from scorers.reading.features.documents import Evidence
from scorers.reading.reading import Reading
from scorers.score import Reason

Vector = NDArray[np.float64]
#: Claims of one answer that are fitted on, and words of all answers that the matrix is made of.
_CLAIMS, _VOCABULARY = 12, 20_000
_ROUNDS, _STEPS = 3, 40
#: What draws the weights back, by part.
_PENALTY = {"layer": 8.0, "shift": 8.0, "pooled": 8.0, "weights": 8.0, "bias": 0.01}
#: What is fitted: all but the matrix.
_SHAPES = {name: shape for name, shape in SHAPES.items() if name != "matrix"}
#: What the answers of one source count together.
_SOURCE = 400.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled answer of a sample, and the ``source`` that it comes from."""

    sample: Sample
    choice: int
    ungrounded: bool
    source: str


class Claim(NamedTuple):
    """One claim as the network reads it: its pairs in half precision, how much each counts, and its measures."""

    pairs: NDArray[np.float16]
    counts: Matrix
    measures: tuple[float, ...]


@dataclass
class Answers:
    """Answers as the network reads them: the claims of each, and what is known of it. ``group``: its documents.
    ``head``: the log-odds that groundedness's own head gives it, beyond those at its threshold."""

    matrix: Matrix
    claims: list[list[Claim]] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    head: list[float] = field(default_factory=list)


def read(rows: list[Labelled]) -> tuple[Answers, Counter[str]]:
    """The answers that groundedness can score, and how many it cannot, by reason."""
    readings = [Reading(row.sample) for row in rows]
    found, left = Answers(_matrix(readings)), Counter[str]()
    aligner = Aligner(found.matrix)
    for at, row in enumerate(rows):
        reading, readings[at] = readings[at], Reading(row.sample)  # what was read is dropped with it
        answer = next((one for one in reading.answers if one.choice.index == row.choice), reading.answers[0])
        index = reading.compared(answer)
        if isinstance(index, Reason) or not answer.claims:
            left[str(index if isinstance(index, Reason) else Reason.NO_CLAIMS)] += 1
            continue
        evidence = Evidence(index, reading.acted, reading.instructions)
        claims = told(aligner, answer.claims[:_CLAIMS], evidence, reading.acted, kind_in(reading, index))
        found.claims.append([_claim(one) for one in claims])
        found.truth.append(row.ungrounded)
        found.source.append(row.source)
        found.group.append("\n".join(_documents(reading)))
        found.head.append(max(one.measures[0] for one in claims))
    return found, left


def _claim(one: Told) -> Claim:
    if one.pairs is None:
        return Claim(np.zeros((1, PAIR), dtype=np.float16), np.ones(1, dtype=np.float32), one.measures)
    return Claim(one.pairs.rows.astype(np.float16), one.pairs.counts, one.measures)


def _documents(reading: Reading) -> tuple[str, ...]:
    found = reading.documents
    return () if isinstance(found, Reason) else found


def _matrix(readings: list[Reading]) -> Matrix:
    """What words are read with: the directions in which the vectors of the most frequent words differ most."""
    counted: Counter[str] = Counter()
    for text in dict.fromkeys(text for one in readings for text in _documents(one)):
        counted.update(WORD.findall(text))
    common = sorted(counted, key=lambda word: (-counted[word], word))[:_VOCABULARY]
    if not common:
        return np.zeros((ENCODED, SIZE), dtype=np.float32)
    vectors, _ = word_vectors(common)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    # In half precision, as it will be read.
    return np.ascontiguousarray(directions[:, ::-1][:, :SIZE]).astype(np.float16).astype(np.float32)


def logits(network: Network, answers: Answers, at: list[int]) -> list[float]:
    """The log-odds of these answers: those of their worst claims."""
    return [max(_logit(network, claim) for claim in answers.claims[one]) for one in at]


def _logit(network: Network, claim: Claim) -> float:
    return network.logit(Pairs(claim.pairs.astype(np.float32), claim.counts, ()), claim.measures)


def fit(answers: Answers, at: list[int]) -> Network:
    """The network of these answers, rounded to half precision as its file holds it."""
    random = np.random.default_rng(0)
    begin = {name: np.zeros(shape) for name, shape in _SHAPES.items()}
    begin["layer"] += random.normal(0.0, 0.1, (PAIR, HIDDEN))
    begin["weights"][0] = 1.0
    start = np.concatenate([begin[name].ravel() for name in _SHAPES])
    centre = np.where(np.arange(len(start)) < PAIR * HIDDEN, 0.0, start)
    penalty = np.concatenate([np.full(begin[name].size, _PENALTY[name]) for name in _SHAPES])
    truth, weights = np.array([answers.truth[one] for one in at]), _balanced(answers, at)
    network, found = _network(start, answers.matrix), start
    for _ in range(_ROUNDS):
        worst = [max(answers.claims[one], key=partial(_logit, network)) for one in at]
        loss = _Loss(worst, truth, weights, centre, penalty)
        found = minimise(loss, found, _STEPS)
        network = _network(found, answers.matrix)
    return network


def _balanced(answers: Answers, at: list[int]) -> Vector:
    """What each answer counts: the same for every source, and for both classes within it."""
    keys = [(answers.source[one], answers.truth[one]) for one in at]
    counted = Counter(keys)
    return np.array([0.5 * _SOURCE / counted[key] for key in keys])


def _parts(w: Vector) -> dict[str, Vector]:
    found, begin = {}, 0
    for name, shape in _SHAPES.items():
        size = math.prod(shape)
        found[name] = w[begin : begin + size].reshape(shape)
        begin += size
    return found


def _network(w: Vector, matrix: Matrix) -> Network:
    rounded = {name: part.astype(np.float16).astype(np.float32) for name, part in _parts(w).items()}
    return Network(matrix=matrix, **rounded)


class _Loss:
    """The weighted logistic loss of one claim an answer, with its gradient."""

    def __init__(
        self, worst: list[Claim], truth: NDArray[np.bool_], weights: Vector, centre: Vector, penalty: Vector
    ) -> None:
        self._pairs = np.concatenate([claim.pairs for claim in worst]).astype(np.float32)
        sizes = [len(claim.counts) for claim in worst]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._owner = np.repeat(np.arange(len(worst)), sizes)
        self._counts = np.concatenate([claim.counts / claim.counts.sum() for claim in worst])[:, None]
        self._measures = np.array([claim.measures for claim in worst])
        self._sign, self._weights = np.where(truth, 1.0, -1.0), weights
        self._centre, self._penalty = centre, penalty

    def __call__(self, w: Vector) -> tuple[float, Vector]:
        part = _parts(w)
        linear = self._pairs @ part["layer"].astype(np.float32) + part["shift"].astype(np.float32)
        found = np.maximum(linear, 0.0)
        most = np.maximum.reduceat(found, self._starts)
        pooled = np.hstack([np.add.reduceat(found * self._counts, self._starts), most])
        margin = -self._sign * (self._measures @ part["weights"] + pooled @ part["pooled"] + part["bias"][0])
        slope = -self._sign * self._weights / (1.0 + np.exp(-np.clip(margin, -60, 60)))
        back = (slope[:, None] * part["pooled"]).astype(np.float32)[self._owner]
        back = back[:, :HIDDEN] * self._counts + back[:, HIDDEN:] * (found == most[self._owner])
        back *= linear > 0
        gradient = {
            "layer": self._pairs.T @ back,
            "shift": back.sum(axis=0),
            "pooled": pooled.T @ slope,
            "weights": self._measures.T @ slope,
            "bias": np.array([slope.sum()]),
        }
        away = w - self._centre
        cost = (self._weights * np.logaddexp(0.0, margin)).sum() + 0.5 * (self._penalty * away**2).sum()
        flat = np.concatenate([gradient[name].ravel() for name in _SHAPES]).astype(np.float64)
        return float(cost), flat + self._penalty * away
