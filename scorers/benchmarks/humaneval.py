"""HumanEval: functions to be written from a signature and a docstring, marked by tests that run them.

The program of an answer is the task's own prompt (its imports and helper functions), then the code of the answer, then
the tests. It only ever runs in a sandbox (``sandbox``).
"""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path
from typing import Any

import msgspec

from scorers.benchmarks import files
from scorers.benchmarks.item import Item, spoken

NAME = "humaneval"
_BLOCK = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)
_INSTRUCTION = (
    "Complete this Python function. Answer with the whole function in one code block, with its signature and the "
    "imports that it needs, and without tests or examples."
)


class Row(msgspec.Struct, frozen=True):
    """A line of the file."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


class PlusRow(msgspec.Struct, frozen=True):
    """A line of HumanEvalPlus: inputs, whose right outputs are those of its own solution. ``atol``: how far a float may
    be off."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    base_input: list[Any]
    plus_input: list[Any]
    atol: float = 0.0


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What marks an answer. ``inputs``: further inputs; their outputs are those of ``solution`` (a whole program)."""

    entry_point: str
    head: str
    test: str
    inputs: list[Any] = []
    solution: str = ""
    solution_entry: str = ""
    atol: float = 0.0


def prompt(stub: str) -> str:
    """What the model is asked."""
    return f"{_INSTRUCTION}\n\n```python\n{stub.strip()}\n```"


def load(folder: Path) -> list[Row]:
    """The tasks. Raises ``files.BadData``."""
    path = files.needed(folder, "HumanEval.jsonl.gz")
    found = files.rows(path, Row)
    for row in found:
        if f"def {row.entry_point}" not in row.prompt:
            raise files.BadData(f"{path}: {row.task_id}: prompt: expected the function {row.entry_point}, found none")
    return found


def load_plus(folder: Path) -> dict[str, PlusRow]:
    """The added inputs, by task. Raises ``files.BadData``."""
    return {row.task_id: row for row in files.rows(files.needed(folder, "HumanEvalPlus-Mini.jsonl.gz"), PlusRow)}


def task(row: Row, plus: PlusRow | None = None) -> Task:
    """What marks answers to ``row``."""
    made = Task(entry_point=row.entry_point, head=row.prompt, test=row.test)
    if plus is None:
        return made
    inputs = [*plus.base_input, *plus.plus_input]
    return msgspec.structs.replace(
        made,
        inputs=inputs,
        solution=plus.prompt + plus.canonical_solution,
        solution_entry=plus.entry_point,
        atol=plus.atol,
    )


def items(rows: list[Row], plus: dict[str, PlusRow]) -> list[Item]:
    """The items as published; ``task`` is a ``Task``."""
    return [
        Item(
            key=f"{NAME}/{row.task_id.rpartition('/')[2]}",
            prompt=prompt(row.prompt),
            task=task(row, plus.get(row.task_id)),
        )
        for row in rows
    ]


def code_of(answer: str, entry_point: str) -> str:
    """The code of an answer: the first block that defines the function, else the longest block, else all of it."""
    said = spoken(answer).replace("\r\n", "\n")
    blocks = [
        textwrap.dedent(str(block)) if _defines(entry_point, block) else str(block) for block in _BLOCK.findall(said)
    ]
    whole = next((block for block in blocks if _defines(entry_point, block)), None)
    if whole is not None:
        return whole
    return max(blocks, key=len) if blocks else said


def _defines(name: str, code: str) -> bool:
    return re.search(rf"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+{name}\b|{name}[ \t]*=)", code, re.MULTILINE) is not None


def program(answer: str, made: Task) -> str:
    """The module that an answer makes: the prompt's imports and helpers, then its code. An answer that is only the
    body of the function continues the prompt."""
    code = code_of(answer, made.entry_point)
    if _defines(made.entry_point, code):
        return f"{made.head}\n    pass\n\n{code}\n"
    indented = code.lstrip("\n")[:1] in (" ", "\t")
    return f"{made.head}\n{code if indented else textwrap.indent(code, '    ')}\n"


def pass_at(k: int, samples: int, right: int) -> float | None:
    """The unbiased estimate of pass@k from ``samples`` answers of which ``right`` pass: 1 - C(n - c, k) / C(n, k)
    (Chen et al. 2021). ``None`` where there are fewer than ``k`` answers."""
    if samples < k:
        return None
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)
