"""MMLU: questions with four options in 57 subjects. The model writes its answer, and the letter is read of it.

Likelihoods of the four letters, which the first figures of MMLU used, cannot be had over chat. Figures of chat models
ask for a last line ``Answer: LETTER`` instead. The last such line counts, without Markdown. An answer that is nothing
but a letter, or that says "the answer is B", is taken as well.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path

import msgspec

from scorers.benchmarks import files
from scorers.benchmarks.item import Item, spoken

NAME = "mmlu"
LETTERS = "ABCD"
_MARKUP = re.compile(r"\*\*|__|`|\$?\\boxed\{(?:\\text\{)?|\\(?:text|mathrm|mathbf|textbf)\{|\\[()\[\]]")
_LINE = re.compile(r"(?i:answer)\s*:\s*[$({\[]*\s*([A-Da-d])(?![A-Za-z0-9])")
_SAID = re.compile(r"(?i:answer\s+is)\s*:?\s*(?i:option\s+)?[$({\[]*\s*([A-D])(?![A-Za-z0-9'’])")
_LETTER = re.compile(r"\s*[({\[]?([A-Da-d])[)}\]]?[.:)]?\s*")
_BEGINS = re.compile(r"\s*[({\[]?([A-D])[)}\]]?[.:)]\s")
#: Options that speak of other options, or of their place: they mean something else in another order.
_PLACED = re.compile(
    r"(?i:\b(?:all|none|any|both|neither|each|two|more)\b.{0,20}\b(?:above|below|these|those|options?|choices?|answers?)\b)"
    r"|(?i:\b(?:above|below)\s*\.?\s*$)|(?i:^\s*(?:all|none|both|neither|either)\s*(?:[.,;:]|$))"
    r"|\b[A-D]\b\s*(?:,|and|or|&)\s*\(?[A-D]\b|\([A-D]\)|(?i:\b(?:options?|choices?|answers?)\s+[A-D]\b)"
)


class Row(msgspec.Struct, frozen=True):
    """A line of the file. ``answer``: which of ``choices`` is right, from 0."""

    subject: str
    question: str
    choices: tuple[str, str, str, str]
    answer: int


def prompt(row: Row) -> str:
    """What the model is asked."""
    options = "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, row.choices, strict=True))
    return (
        "Answer this multiple choice question. Think step by step first. Then end with a line of the form "
        f"'Answer: LETTER', where LETTER is one of {', '.join(LETTERS)}.\n\n{row.question.strip()}\n\n{options}"
    )


def load(folder: Path, name: str = "mmlu_test.jsonl.gz") -> list[Row]:
    """All rows of a file. Raises ``files.BadData``."""
    path = files.needed(folder, name)
    found = files.rows(path, Row)
    for number, row in enumerate(found, 1):
        if not 0 <= row.answer < len(LETTERS):
            raise files.BadData(f"{path}: item {number}: answer: expected 0 to 3, found {row.answer}")
    return found


def distinct(rows: list[Row]) -> list[tuple[int, Row]]:
    """Each question once, with its number in the file. A question with the same options that was there before is left
    out, in whichever subject that was."""
    seen: set[tuple[str, tuple[str, ...], int]] = set()
    found = []
    for number, row in enumerate(rows):
        same = (row.question, row.choices, row.answer)
        if same not in seen:
            seen.add(same)
            found.append((number, row))
    return found


def shots(folder: Path, number: int) -> dict[str, tuple[tuple[str, str], ...]]:
    """Worked examples by subject, from the file of development items. Raises ``files.BadData``."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if number:
        for row in load(folder, "mmlu_dev.jsonl.gz"):
            found[row.subject].append((prompt(row), f"Answer: {LETTERS[row.answer]}"))
    short = next((subject for subject, examples in found.items() if len(examples) < number), None)
    if short is not None:
        raise files.BadData(f"--shots {number}: there are {len(found[short])} worked examples of {NAME} in {short}")
    return {subject: tuple(examples[:number]) for subject, examples in found.items()}


def items(rows: list[tuple[int, Row]], examples: dict[str, tuple[tuple[str, str], ...]]) -> list[Item]:
    """The items as published; ``task`` is the right letter and the options in the order in which they are shown."""
    return [_item(number, row, examples) for number, row in rows]


def _item(number: int, row: Row, examples: dict[str, tuple[tuple[str, str], ...]]) -> Item:
    task = (LETTERS[row.answer], row.choices)
    own = examples.get(row.subject, ())
    return Item(key=f"{NAME}/{number}", prompt=prompt(row), task=task, group=row.subject, shots=own)


def shuffled(number: int, row: Row, seed: int) -> Row | None:
    """The row with its options in another order, the right one at another letter; ``None`` where an option speaks of
    others or of its place."""
    if any(_PLACED.search(choice) for choice in row.choices) or len(set(row.choices)) < len(LETTERS):
        return None
    chance = random.Random(f"{NAME}/{number}/{seed}")
    order = list(range(len(LETTERS)))
    while order.index(row.answer) == row.answer:
        chance.shuffle(order)
    first, second, third, fourth = (row.choices[place] for place in order)
    changed = (first, second, third, fourth)
    return msgspec.structs.replace(row, choices=changed, answer=order.index(row.answer))


def letter(answer: str) -> str | None:
    """The letter that an answer gives; ``None`` where it gives none."""
    said = _MARKUP.sub("", spoken(answer))
    for pattern in (_LINE, _SAID):
        found = pattern.findall(said)
        if found:
            return str(found[-1]).upper()
    alone = _LETTER.fullmatch(said) or _BEGINS.match(said)
    return alone[1].upper() if alone else None


def mark(answer: str, right: str) -> dict[str, bool]:
    """Whether an answer gives the right letter."""
    return {"letter": letter(answer) == right}
