"""The heads fitted again without the set that is measured: what stands for traffic that nobody has seen.

Whole sources are left out (of orders in documents tasks and kinds of attack, of which there is one source). The
thresholds of groundedness and context utilization are fitted without them too; the others are the shipped ones. Answers
in other languages are scored here, and nothing is said of cost. Needs NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from scorers.datasets.figures import Scored
from scorers.datasets.pairs import paired_accuracy
from scorers.datasets.written import written
from scorers.models.train import (
    context_utilization,
    groundedness,
    injection_figures,
    order_sense,
    refusal_answers,
)
from scorers.models.train import document_instructions as orders
from scorers.models.train.data import rows as lines
from scorers.models.train.heads import DEFAULT, Aim, Source, fit, of_kinds, values
from scorers.models.train.refusal_answers import AUTHORS, KEPT, Given
from scorers.models.train.refusal_sense import Crossed, logit
from scorers.prompt_injection import ATTEMPTED, INDIRECT, indirect, indirect_elsewhere
from scorers.reading.features.conflict import CONFLICTS
from scorers.reading.features.document_use import MEASURES as USED
from scorers.reading.ngrams import logistic
from scorers.reading.verdicts import Event
from scorers.refusal import REFUSED, SHIPPED, Heads
from scorers.report.table import Row, row_of

_PEOPLE, _MADE, _BUILT, _OURS = "people", "synthetic", "construction", "their writers"
_LABELS = {"halueval_qa_one": _MADE, "deepset_injection": _PEOPLE, "own": _BUILT}
_FITTED = "left out"
#: What was written apart for ``refused``, by source: with whole manners left out, or all that an author wrote.
_APART = {
    "written": "written apart, manners left out",
    "unsaid": "declined without saying so, manners left out",
    **{name: f"{name}, left out" for name in AUTHORS},
}
_WHERE = ("English", "seven other languages")
_GPTFUZZ = "gptfuzz_responses, all of it"


def left_out() -> Iterator[tuple[str, Callable[[Path], list[Row]]]]:
    """(output, how to measure it) of every output that has a trained head."""
    yield "refusal.refused", _refused
    yield "groundedness.ungrounded", _ungrounded
    yield "groundedness.contradicted", _contradicted
    yield "context_utilization.ignored_context", _ignored
    yield "prompt_injection.attempted", _attempted
    yield "prompt_injection.indirect", _indirect


def _ungrounded(folder: Path) -> list[Row]:
    output = "groundedness.ungrounded"
    read = groundedness.sources(folder, "ungrounded")
    return [
        row_of(
            output, name if part == "ungrounded" else f"{name}, summaries", _LABELS.get(name, _PEOPLE), _FITTED, scored
        )
        for part, (kinds, aim) in groundedness.PARTS.items()
        for name, scored in _heads(of_kinds(read, kinds), groundedness.WEIGHED, aim)
    ]


def _contradicted(folder: Path) -> list[Row]:
    output = "groundedness.contradicted"
    return [
        row_of(output, name, _LABELS.get(name, _PEOPLE), _FITTED, scored)
        for name, scored in _heads(groundedness.sources(folder, "contradicted"), CONFLICTS, DEFAULT)
    ]


def _ignored(folder: Path) -> list[Row]:
    found = []
    for name, scored in _heads(context_utilization.sources(folder), USED, context_utilization.AIM):
        for kind in sorted({row.group.partition(" ")[0] for row in scored}, reverse=True):
            own = [row for row in scored if row.group.startswith(f"{kind} ")]
            labels = _BUILT if kind.endswith("_swapped") else _LABELS.get(name, _PEOPLE)
            made = row_of("context_utilization.ignored_context", kind, labels, _FITTED, own)
            made.paired, made.pairs = paired_accuracy([(row.group, row.label, row.value) for row in own])
            found.append(made)
    return found


def _heads(found: list[Source], names: tuple[str, ...], aim: Aim) -> Iterator[tuple[str, list[Scored]]]:
    """The rows of each source on a head, threshold included, that was fitted on the others."""
    for out in found:
        head = fit([one for one in found if one is not out], names, False, aim)
        scored = zip(values(head, out, names), out.truth, out.group, strict=True)
        yield out.name, [Scored(v, v >= head.threshold, label, group) for v, label, group in scored]


def _grams(event: Event, value: float, label: bool, group: str) -> Scored:
    p = logistic(value)
    return Scored(p, p >= event.threshold, label, group)


def _refused(folder: Path) -> list[Row]:
    taken = [(_judged(one), one) for one in refusal_answers.everything(folder)]
    crossed = Crossed([one for _, one in taken])
    names = [_GPTFUZZ, *(f"{of}, {where}" for of in _APART.values() for where in _WHERE)]
    scored: dict[str, list[Scored]] = {name: [] for name in names}
    for part in dict.fromkeys(one.part for name, one in taken if name):
        heads = crossed.without(part)
        for name, one in taken:
            if name and one.part == part:
                scored[name].append(_declined(heads, one))
    for author in KEPT:
        scored[f"{author}, in no fit"] = [_declined(SHIPPED, one) for one in refusal_answers.apart(author)]
    return [
        row_of("refusal.refused", name, _PEOPLE if name == _GPTFUZZ else _OURS, _FITTED, own)
        for name, own in scored.items()
        if own
    ]


def _judged(one: Given) -> str:
    """The row that an answer counts in when its part is left out; nothing for what declines nothing."""
    if one.source in _APART:
        return f"{_APART[one.source]}, {_WHERE[not one.english]}"
    return _GPTFUZZ if one.source == "gptfuzz" and one.english else ""


def _declined(heads: Heads, one: Given) -> Scored:
    return _grams(REFUSED, logit(heads, one), one.positive, one.group)


def _attempted(folder: Path) -> list[Row]:
    found: dict[str, list[Scored]] = {}
    for one in injection_figures.left_out(folder):
        scored = Scored(one.value, one.value >= ATTEMPTED.threshold, one.attacks, one.group)
        found.setdefault(one.name, []).append(scored)
    return [
        row_of("prompt_injection.attempted", name, _LABELS.get(name, _BUILT), _FITTED, scored)
        for name, scored in found.items()
    ]


def _indirect(folder: Path) -> list[Row]:
    crossed, output = order_sense.Crossed(folder), "prompt_injection.indirect"
    found = []
    for number in orders.AUTHORS:
        part = order_sense.author(number)
        heads = crossed.without(part)
        told = [
            _grams(INDIRECT, order_sense.value(heads, one.text), bool(one.order), str(at))
            for at, one in enumerate(crossed.documents[part])
        ]
        found.append(row_of(output, f"written apart, {part}", _OURS, _FITTED, told))
    found += [row_of(output, name, _OURS, _FITTED, told) for name, told in _kept().items()]
    for name, left in orders.parts(list(lines(folder, "bipia_indirect"))):
        heads = crossed.without_rows({one["id"] for one in left})
        told = [
            _grams(INDIRECT, order_sense.value(heads, one["context"]), one["label"] == "injection", _attack(one))
            for one in left
        ]
        found.append(row_of(output, f"bipia_indirect, {name}", _BUILT, _FITTED, told))
    return found


def _kept() -> dict[str, list[Scored]]:
    """What the scorer says, as it is shipped, of documents in English and in other languages, by author."""
    told: dict[str, list[Scored]] = {}
    for one in chain(written(orders.KEPT), written(orders.KEPT_ELSEWHERE)):
        elsewhere = one["language"] != "en"
        value = (indirect_elsewhere if elsewhere else indirect)((one["context"],))[0]
        name = f"author {one['author']}, in no fit, {_WHERE[elsewhere]}"
        told.setdefault(name, []).append(_grams(INDIRECT, value, bool(one["planted"]), one["id"]))
    return told


def _attack(row: dict[str, Any]) -> str:
    return str(row.get("attack_text") or row["id"])
