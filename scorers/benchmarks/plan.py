"""What a run of benchmarks asks: the items as published, drawn at random where fewer are wanted, and their variants."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from scorers.benchmarks import gsm8k, gsm8k_marks, gsm8k_names, gsm8k_numbers, humaneval, humaneval_variants, mmlu
from scorers.benchmarks.humaneval import PlusRow, Row
from scorers.benchmarks.item import Item
from scorers.benchmarks.sandbox import Sandbox
from scorers.store.runs import AskKey

NAMES = (gsm8k.NAME, humaneval.NAME, mmlu.NAME)
_T = TypeVar("_T")
_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be asked. ``sample``: items of each benchmark, ``None`` for all; ``variants``: of each kind, for each
    item; ``shots``: worked examples before a question of GSM8K or MMLU."""

    benchmarks: tuple[str, ...]
    folder: Path
    sample: int | None = None
    variants: int = 1
    plus: bool = False
    shots: int = 0
    seed: int = 0


@dataclass(slots=True)
class Plan:
    """The items by the key of their asks. ``not_run``: benchmark -> why nothing of it is asked. ``notes``: what people
    are told before: how many items could be varied, and how each variant was checked."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def item(self, key: AskKey) -> Item:
        """The item of an ask."""
        return self.items[key.case_id, key.arm]

    def add(self, items: Sequence[Item]) -> None:
        """Add items."""
        for item in items:
            self.items[item.key, item.variant] = item

    def version(self) -> str:
        """A hash of all that is asked: a run is only gone on with as it was begun."""
        whole = hashlib.sha256()
        for item in self.items.values():
            whole.update(msgspec.json.encode((item.key, item.variant, item.messages())))
        return whole.hexdigest()[:16]


def make(wanted: Wanted, sandbox: Sandbox | None, why_not: str = "") -> Plan:
    """The plan. ``sandbox``: what HumanEval's code runs in; without one it is planned and not run. Blocking: each
    variant of HumanEval is tried. Raises ``files.BadData``."""
    plan = Plan()
    if gsm8k.NAME in wanted.benchmarks:
        _gsm8k(plan, wanted)
    if humaneval.NAME in wanted.benchmarks:
        _humaneval(plan, wanted, sandbox)
        if sandbox is None:
            plan.not_run[humaneval.NAME] = why_not
    if mmlu.NAME in wanted.benchmarks:
        _mmlu(plan, wanted)
    return plan


def _drawn(items: Sequence[_T], wanted: Wanted, name: str) -> list[_T]:
    """At most ``sample`` of them, by chance and in their order; the same for the same seed."""
    if wanted.sample is None or wanted.sample >= len(items):
        return list(items)
    places = random.Random(f"{name}/{wanted.seed}").sample(range(len(items)), wanted.sample)
    return [items[place] for place in sorted(places)]


def _seeds(key: str, wanted: Wanted) -> list[tuple[int, str]]:
    return [(number, f"{key}/{wanted.seed}/{number}") for number in range(1, wanted.variants + 1)]


def _gsm8k(plan: Plan, wanted: Wanted) -> None:
    rows = gsm8k.load(wanted.folder)
    shots = gsm8k.shots(wanted.folder, wanted.shots)
    drawn = _drawn(list(zip(gsm8k.items(rows, shots), rows, strict=True)), wanted, gsm8k.NAME)
    plan.add([item for item, _ in drawn])
    if not wanted.variants:
        return
    varied = {"numbers": 0, "names": 0}
    for item, row in drawn:
        sums = gsm8k_marks.read(row)
        found = [
            ("numbers", gsm8k_numbers.changed(sums, seed) if sums else None) for _, seed in _seeds(item.key, wanted)
        ]
        for _, seed in _seeds(item.key, wanted):
            question = gsm8k_names.changed(row.question, seed)
            found.append(("names", (question, row.final) if question else None))
        made = _variants(item, [(kind, pair) for kind, pair in found if pair], gsm8k.prompt)
        plan.add(made)
        for kind in varied:
            varied[kind] += any(other.kind == kind for other in made)
    plan.notes.append(
        f"gsm8k: {varied['numbers']} of {len(drawn)} items with other numbers (each step recomputed, round trip), "
        f"{varied['names']} with other names or units (numbers and answer unchanged)"
    )


def _variants(item: Item, pairs: Sequence[tuple[str, tuple[str, str]]], prompt: Callable[[str], str]) -> list[Item]:
    """The item with other questions and answers; what was there before is left out."""
    seen = {item.prompt}
    made: list[Item] = []
    for kind, (question, answer) in pairs:
        text = prompt(question)
        if text not in seen:
            seen.add(text)
            number = 1 + sum(other.kind == kind for other in made)
            made.append(msgspec.structs.replace(item, prompt=text, task=answer, variant=f"{kind}.{number}"))
    return made


def _mmlu(plan: Plan, wanted: Wanted) -> None:
    rows = mmlu.distinct(mmlu.load(wanted.folder))
    shots = mmlu.shots(wanted.folder, wanted.shots)
    drawn = _drawn(rows, wanted, mmlu.NAME)
    items = mmlu.items(drawn, shots)
    plan.add(items)
    varied = 0
    for item, (number, row) in zip(items, drawn, strict=True):
        seen = {item.prompt}
        for place, _ in _seeds(item.key, wanted):
            other = mmlu.shuffled(number, row, wanted.seed * 1_000 + place)
            if other is not None and mmlu.prompt(other) not in seen:
                seen.add(mmlu.prompt(other))
                task = (mmlu.LETTERS[other.answer], other.choices)
                variant = f"shuffled.{len(seen) - 1}"
                plan.add([msgspec.structs.replace(item, prompt=mmlu.prompt(other), task=task, variant=variant)])
        varied += len(seen) > 1
    if wanted.variants:
        plan.notes.append(
            f"mmlu: {varied} of {len(drawn)} items with their options in another order (checked: the right option is "
            "the same one; items whose options speak of each other are left out)"
        )


def _humaneval(plan: Plan, wanted: Wanted, sandbox: Sandbox | None) -> None:
    rows = _drawn(humaneval.load(wanted.folder), wanted, humaneval.NAME)
    plus = humaneval.load_plus(wanted.folder) if wanted.plus else {}
    items = humaneval.items(rows, plus)
    plan.add(items)
    if sandbox is None or not wanted.variants:
        return
    tried: list[tuple[Item, Row]] = []
    for item, row in zip(items, rows, strict=True):
        for kind, change in (("renamed", humaneval_variants.renamed), ("docstring", humaneval_variants.reworded)):
            seen = {item.prompt}
            for _, seed in _seeds(item.key, wanted):
                found = change(row, seed)
                if found is None or humaneval.prompt(found.row.prompt) in seen:
                    continue
                seen.add(humaneval.prompt(found.row.prompt))
                tried.append((_task_item(item, found.row, plus, f"{kind}.{len(seen) - 1}"), found.row))
    with ThreadPoolExecutor(_TOGETHER) as pool:
        passed = list(pool.map(partial(_passes, sandbox), tried))
    plan.add([item for (item, _), good in zip(tried, passed, strict=True) if good])
    plan.notes.append(
        f"humaneval: {sum(passed)} of {len(tried)} variants asked (each canonical solution passed in the sandbox; "
        "those whose solution did not are left out)"
    )


def _task_item(item: Item, row: Row, plus: dict[str, PlusRow], variant: str) -> Item:
    task = humaneval.task(row, plus.get(row.task_id))
    return msgspec.structs.replace(item, prompt=humaneval.prompt(row.prompt), task=task, variant=variant)


def _passes(sandbox: Sandbox, tried: tuple[Item, Row]) -> bool:
    """Whether the canonical solution of a changed task passes its tests, without the added inputs."""
    item, row = tried
    bare = msgspec.structs.replace(item.task, inputs=[])
    return sandbox.run_program(row.prompt + row.canonical_solution, bare).passed
