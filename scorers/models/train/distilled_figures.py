"""How a distilled model does on what it has not seen, beside groundedness's own head: the parts of its card.

Sources are left out one by one, in the fit and in the choice of the threshold; where there are fewer than three, fifths
of the documents are. The sources' models have seen the other parts, and so has the threshold. Intervals of differences
are percentiles of a seeded bootstrap over documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorers.distilled.card import WINS, Held, Part, Range
from scorers.distilled.network import Network
from scorers.models.train.distilled import Answers, fit, logits
from scorers.statistics.ppi import wilson

Vector = NDArray[np.float64]
Truth = NDArray[np.bool_]
#: Answers of each class that a source must have to be a part of its own.
FEWEST = 15
#: Documents that a part must have: fewer say nothing of others.
_DOCUMENTS = 8
#: Parts of the documents, where sources are too few.
_FOLDS = 3
#: Specificity that thresholds are chosen for, and at which sensitivities are compared.
LEVEL = 0.95
_ROUNDS, _T = 400, 1.96
_STEPS = 0.02


class TooFew(ValueError):
    """There are not enough labelled answers; the message says what is needed."""


class Found(NamedTuple):
    """The model fitted on everything, the log-odds at its threshold, and its figures part by part."""

    network: Network
    offset: float
    held_out: Literal["source", "documents"]
    parts: list[Part]


def parts_of(answers: Answers) -> tuple[Literal["source", "documents"], dict[str, list[int]]]:
    """The parts that are held out, by name: positions of answers. Raises ``TooFew``."""
    sources = _enough(answers, lambda at: answers.source[at])
    if len(sources) >= WINS:
        return "source", sources
    folds = _enough(answers, lambda at: f"documents {_fold(answers.group[at])}")
    if len(folds) < WINS:
        yes = sum(answers.truth)
        raise TooFew(
            f"{yes} ungrounded and {len(answers.truth) - yes} other answers: at least {WINS} sources, or {WINS} thirds "
            f"of the documents, must have {FEWEST} of each about {_DOCUMENTS} documents"
        )
    return "documents", folds


def _fold(group: str) -> int:
    return int.from_bytes(hashlib.sha256(group.encode("utf-8", "replace")).digest()[:4], "big") % _FOLDS + 1


def _enough(answers: Answers, name: Callable[[int], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at in range(len(answers.truth)):
        found.setdefault(name(at), []).append(at)
    truth = answers.truth
    return {
        key: own
        for key, own in sorted(found.items())
        if FEWEST <= sum(truth[at] for at in own) <= len(own) - FEWEST
        and len({answers.group[at] for at in own}) >= _DOCUMENTS
    }


def distil(answers: Answers, step: Callable[[], object] = lambda: None) -> Found:
    """The model of these answers with the figures of its parts. ``step`` is called after each fit. Raises ``TooFew``.

    Answers of a source that is no part are in every fit, unless they are about a document of the part.
    """
    held_out, parts = parts_of(answers)
    everything = range(len(answers.truth))
    said: dict[str, Vector] = {}
    for name, own in parts.items():
        groups, inside = {answers.group[at] for at in own}, set(own)
        rest = [at for at in everything if at not in inside and answers.group[at] not in groups]
        said[name] = np.array(logits(fit(answers, rest), answers, own))
        step()
    network = fit(answers, list(everything))
    step()
    truth = {name: np.array([answers.truth[at] for at in own]) for name, own in parts.items()}
    sides = {name: (said[name][~truth[name]], said[name][truth[name]]) for name in parts}
    figures = []
    for name, own in parts.items():
        offset = _level([both for other, both in sides.items() if other != name])
        head = np.array([answers.head[at] for at in own])
        figures.append(_part(name, truth[name], said[name] - offset, head, [answers.group[at] for at in own]))
    return Found(network, _level(list(sides.values())), held_out, figures)


def _level(parts: list[tuple[Vector, Vector]]) -> float:
    """The least log-odds, in steps, below which ``LEVEL`` of the supported answers are, in the mean of the parts
    (supported, ungrounded); where ``LEVEL`` of the ungrounded are above it by far, the middle between both."""
    at = -8.0
    while at < 8.0 and np.mean([np.mean(own < at) for own, _ in parts]) < LEVEL:
        at += _STEPS
    most = float(np.mean([np.quantile(wrong, 1.0 - LEVEL) for _, wrong in parts]))
    return round((at + max(at, most)) / 2, 2)


def _part(name: str, truth: Truth, model: Vector, head: Vector, groups: list[str]) -> Part:
    areas, hits = [], []
    for drawn in _bootstrap(groups):
        label = truth[drawn]
        if label.any() and not label.all():
            one, other = (_measured(values[drawn], label) for values in (model, head))
            areas.append(one[0] - other[0])
            hits.append(one[1] - other[1])
    yes = int(truth.sum())
    return Part(
        name=name,
        ungrounded=yes,
        grounded=len(truth) - yes,
        model=_held(model, truth),
        head=_held(head, truth),
        auroc_gain=_middle(areas),
        sensitivity_gain=_middle(hits),
    )


def _bootstrap(groups: list[str]) -> Iterator[NDArray[np.int64]]:
    """Positions of the answers of documents drawn with replacement."""
    names = {name: at for at, name in enumerate(dict.fromkeys(groups))}
    of = np.array([names[group] for group in groups])
    members = [np.flatnonzero(of == at) for at in range(len(names))]
    random = np.random.default_rng(1)
    for _ in range(_ROUNDS):
        yield np.concatenate([members[at] for at in random.integers(len(members), size=len(members))])


def _measured(values: Vector, truth: Truth) -> tuple[float, float]:
    """AUROC, ties as one half, and sensitivity at specificity ``LEVEL`` of these values themselves."""
    yes, no = values[truth], np.sort(values[~truth])
    area = (np.searchsorted(no, yes, "left") + np.searchsorted(no, yes, "right")).mean() / 2 / len(no)
    return float(area), float((yes > no[int(np.ceil(LEVEL * len(no))) - 1]).mean())


def _held(values: Vector, truth: Truth) -> Held:
    area, sensitivity = _measured(values, truth)
    found, specificity = float((values[truth] >= 0).mean()), float((values[~truth] < 0).mean())
    yes, no = int(truth.sum()), int((~truth).sum())
    return Held(
        auroc=round(area, 4),
        sensitivity=round(sensitivity, 4),
        sensitivity_interval=_wilson(sensitivity, yes),
        found=round(found, 4),
        found_interval=_wilson(found, yes),
        specificity=round(specificity, 4),
        specificity_interval=_wilson(specificity, no),
    )


def _wilson(share: float, n: int) -> Range:
    lower, upper = wilson(share, n, _T)
    return round(lower, 4), round(upper, 4)


def _middle(values: list[float]) -> Range:
    ordered = sorted(values) or [0.0]
    last = len(ordered) - 1
    return round(ordered[round(0.025 * last)], 4), round(ordered[round(0.975 * last)], 4)
