"""Linear heads over measures of claims: fit, threshold and figures, shared by the training of several scorers.

An answer is as bad as its worst row, so each round fits a logistic sum on the row that the last round found worst.
Measures may only speak for the event (their weights are squares of what is solved for); words may do both. Each source
counts the same however many answers it has, and so do its classes. No randomness; weights are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scorers.datasets.figures import Scored, figures
from scorers.models.train.linear import minimise
from scorers.reading.features.heads import Head
from scorers.reading.features.kinds import KINDS, RETOLD

Matrix = NDArray[np.float64]
#: Specificity asked for where a head knows no kinds, as the mean of the sources' own.
SPECIFICITY = 0.97
#: How many groups a source must have of a kind to count, and how many sources a kind for an offset of its own.
FEWEST_GROUPS, _FEWEST_SOURCES = 15, 3
_STEPS = 0.02
#: All kinds together, and all but summaries.
_ANY, _ANSWERS = "", "answers"
_PARTS = {_ANSWERS: frozenset(KINDS) - RETOLD, **{kind: frozenset((kind,)) for kind in KINDS}}
#: The source that is ours.
OWN = "own"
_PENALTY = 3.0
_WORD_PENALTY = 5.0
#: Rows that a word must be in to get a weight.
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Aim:
    """The mean specificity of a kind's sources that its offset is chosen for; perhaps ``without_worst`` of them.

    ``retold``: the same of summaries.
    """

    specificity: float = 0.95
    retold: float = 0.95
    without_worst: bool = False

    def of(self, kind: str) -> float:
        """What is asked of a kind, or of all together."""
        return self.retold if kind in RETOLD or kind == _ANY else self.specificity


DEFAULT = Aim()


@dataclass
class Source:
    """Claims of one source: a row of measures and the absent words of each, whose answer it is.

    Of each answer: its truth, the group of answers that it belongs to, and (all or none) its kind of evidence.
    """

    name: str
    share: float
    rows: list[tuple[float, ...]] = field(default_factory=list)
    absent: list[frozenset[str]] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)


def fit(taken: list[Source], names: tuple[str, ...], words: bool, aim: Aim = DEFAULT) -> Head:
    """The head of these sources, threshold included."""
    counted: dict[str, int] = {}
    for one in taken:
        for absent in one.absent if words else ():
            for word in absent:
                counted[word] = counted.get(word, 0) + 1
    vocabulary = sorted(word for word, n in counted.items() if n >= _FEWEST and any(map(str.isalpha, word)))
    rows = np.concatenate([_rows(one, vocabulary) for one in taken])
    starts = np.cumsum([0] + [len(one.truth) for one in taken])
    owner = np.concatenate([np.array(one.owner) + start for one, start in zip(taken, starts, strict=False)])
    truth = np.concatenate([np.array(one.truth) for one in taken])
    weights = np.concatenate([_balanced(one) for one in taken])
    found = _solve(rows, owner, truth, weights, len(names))
    head = Head(
        bias=round(float(found[-1]), 3),
        weights={name: round(float(w), 3) for name, w in zip(names, found, strict=False)},
        words={
            word: r for word, w in zip(vocabulary, found[len(names) : -1], strict=True) if (r := round(float(w), 2))
        },
        threshold=1.0,
    )
    if any(one.kind for one in taken):
        return Head(head.bias, head.weights, 0.5, head.words, offsets(head, taken, names, aim))
    return Head(head.bias, head.weights, threshold(head, taken, names), head.words)


def _rows(source: Source, vocabulary: list[str]) -> Matrix:
    at = {word: position for position, word in enumerate(vocabulary)}
    words = np.zeros((len(source.rows), len(vocabulary)))
    for row, absent in zip(words, source.absent, strict=True):
        row[[at[word] for word in absent if word in at]] = 0.5
    return np.hstack([np.array(source.rows), words])


def _balanced(source: Source) -> Matrix:
    truth = np.array(source.truth)
    weights = np.ones(len(truth))
    for side in (True, False):
        weights[truth == side] *= 500.0 * source.share / max(1, int((truth == side).sum()))
    return weights


def _solve(rows: Matrix, owner: NDArray[np.int64], truth: NDArray[np.bool_], weights: Matrix, dense: int) -> Matrix:
    """Weights and bias; the first ``dense`` weights are squares of what is solved for."""
    sign = np.where(truth, 1.0, -1.0)
    penalty = np.concatenate([np.full(dense, _PENALTY), np.full(rows.shape[1] - dense, _WORD_PENALTY)])
    u = np.concatenate([np.ones(dense), np.zeros(rows.shape[1] - dense + 1)])

    def real(u: Matrix) -> Matrix:
        return np.concatenate([u[:dense] ** 2, u[dense:]])

    for _ in range(5):
        scores = rows @ real(u)[:-1]
        order = np.lexsort((scores, owner))
        worst = rows[order[np.append(owner[order][1:] != owner[order][:-1], True)]]

        def loss(u: Matrix, worst: Matrix = worst) -> tuple[float, Matrix]:
            w = real(u)
            margin = -sign * (worst @ w[:-1] + w[-1])
            slope = -sign * weights / (1.0 + np.exp(-np.clip(margin, -60, 60)))
            gradient = np.append(worst.T @ slope + penalty * w[:-1], slope.sum())
            gradient[:dense] *= 2.0 * u[:dense]
            cost = (weights * np.logaddexp(0.0, margin)).sum() + 0.5 * (penalty * w[:-1] ** 2).sum()
            return float(cost), gradient

        u = minimise(loss, u, 200)
    return real(u)


def logits(head: Head, source: Source, names: tuple[str, ...]) -> list[float]:
    """The logit of each answer: that of its worst claim."""
    worst = [-60.0] * len(source.truth)
    for owner, row, absent in zip(source.owner, source.rows, source.absent, strict=True):
        worst[owner] = max(worst[owner], head.logit(names, row, absent))
    return worst


def values(head: Head, source: Source, names: tuple[str, ...]) -> list[float]:
    """The value of each answer, by its kind of evidence."""
    found = logits(head, source, names)
    return [head.value(logit, kind) for logit, kind in zip(found, source.kind or [""] * len(found), strict=True)]


def offsets(head: Head, taken: list[Source], names: tuple[str, ...], aim: Aim) -> dict[str, float]:
    """Kind -> the least logit, in steps, at which the mean specificity of the kind's sources is as asked.

    A kind with too few sources takes the offset of all kinds together; one that is no summary, that of all but these.
    """
    supported: dict[str, list[Matrix]] = {}
    for one in taken:
        if one.name == OWN:
            continue  # by construction its answers are nearer to their documents than those of any model
        found = np.array(logits(head, one, names))
        rows = [(kind, at) for at, (label, kind) in enumerate(zip(one.truth, one.kind, strict=True)) if not label]
        supported.setdefault(_ANY, []).append(found[[at for _, at in rows]])
        for part, kinds in _PARTS.items():
            own = [at for kind, at in rows if kind in kinds]
            if len({one.group[at] for at in own}) >= FEWEST_GROUPS:
                supported.setdefault(part, []).append(found[own])
    levels = {
        part: _level(parts, aim.of(part), aim.without_worst)
        for part, parts in supported.items()
        if part == _ANY or len(parts) >= _FEWEST_SOURCES
    }
    rest = {kind: levels[_ANY] if kind in RETOLD else levels.get(_ANSWERS, levels[_ANY]) for kind in KINDS}
    return {kind: levels.get(kind, rest[kind]) for kind in KINDS}


def level(head: Head, source: Source, names: tuple[str, ...], specificity: float) -> float:
    """The least logit, in steps, at which one source's specificity is as asked."""
    found = [at for at, label in zip(logits(head, source, names), source.truth, strict=True) if not label]
    return _level([np.array(found)], specificity, without_worst=False)


def _level(parts: list[Matrix], specificity: float, without_worst: bool) -> float:
    """The least logit, in steps, below which the asked mean share of the parts is."""
    left = 1 if without_worst and len(parts) > 1 else 0
    at = -6.0
    while np.mean(sorted(np.mean(own < at) for own in parts)[left:]) < specificity:
        at += _STEPS
    return round(at, 2)


def threshold(head: Head, taken: list[Source], names: tuple[str, ...]) -> float:
    """The least value, in steps of .005, at which the sources' mean specificity is as asked."""
    supported = []
    for one in taken:
        supported.append([v for v, label in zip(values(head, one, names), one.truth, strict=True) if not label])
    for step in range(1, 200):
        if np.mean([np.mean([v < step / 200 for v in one]) for one in supported]) >= SPECIFICITY:
            return step / 200
    return 0.995


def told(name: str, head: Head, source: Source, names: tuple[str, ...]) -> str:
    """One line of figures of a source that the head has not seen."""
    rows = [
        Scored(v, v >= head.threshold, label)
        for v, label in zip(values(head, source, names), source.truth, strict=True)
    ]
    found = figures(rows)
    area, hit = ("   –" if x is None or not found.positives else f"{x:.3f}" for x in (found.auroc, found.sensitivity))
    return f"{name:24} n {found.positives}+{found.negatives} AUROC {area} sens {hit} spec {found.specificity or 0:.3f}"


def left_out(output: str, found: list[Source], names: tuple[str, ...], aim: Aim = DEFAULT) -> None:
    """Print the figures of each source on a head, offsets included, that has not seen it."""
    for out in found:
        head = fit([one for one in found if one is not out], names, False, aim)
        print(output, told(out.name, head, out, names), f"threshold {head.threshold}")


def _groups(one: Source, kinds: frozenset[str]) -> int:
    return len({group for group, kind in zip(one.group, one.kind, strict=True) if kind in kinds})


def of_kinds(found: list[Source], kinds: frozenset[str]) -> list[Source]:
    """The answers of ``found`` whose evidence is of one of the ``kinds``; of sources that have enough, if any has."""
    enough = any(_groups(one, kinds) >= FEWEST_GROUPS for one in found)
    kept = []
    for one in found:
        places = {at: new for new, at in enumerate(at for at, kind in enumerate(one.kind) if kind in kinds)}
        if not places or (enough and one.name != OWN and _groups(one, kinds) < FEWEST_GROUPS):
            continue
        part = Source(one.name, one.share)
        for owner, row, absent in zip(one.owner, one.rows, one.absent, strict=True):
            if owner in places:
                part.owner.append(places[owner])
                part.rows.append(row)
                part.absent.append(absent)
        part.truth = [one.truth[at] for at in places]
        part.group = [one.group[at] for at in places]
        part.kind = [one.kind[at] for at in places]
        kept.append(part)
    return kept
