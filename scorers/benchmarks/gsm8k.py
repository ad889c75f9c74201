"""GSM8K: word problems with a number as their answer, and a worked solution that ends with ``#### number``.

Two answers are read, as lm-evaluation-harness (task ``gsm8k``, version 3) reads them. *Strict*: the number behind the
first ``####``, which also marks whether the model kept the form that was asked for. *Flexible*: the last number of the
answer. Both are compared as text without thousands commas, dollar signs and a full stop at the end.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from scorers.benchmarks import files
from scorers.benchmarks.item import Item, spoken

NAME = "gsm8k"
_STRICT = re.compile(r"#### (-?[0-9.,]+)")
_FLEXIBLE = re.compile(r"-?[$0-9.,]{2,}|-?[0-9]+")
_IGNORED = re.compile(r"[,$]")
_FINAL = "#### "
_INSTRUCTION = (
    "Solve this problem step by step. End your answer with a line that holds only four hash signs, a space and the "
    "final number, such as: #### 12"
)

#: Worked examples of our own, for ``--shots`` where there is no file of training items.
EXAMPLES = (
    (
        "A tram has 6 cars. Each car seats 32 people, and 45 seats are free. How many people are seated?",
        "The tram has 6 * 32 = 192 seats.\nOf these, 192 - 45 = 147 are taken.\n#### 147",
    ),
    (
        "Ilse mends 4 nets a day, and Bram mends 3. How many nets do they mend together in 9 days?",
        "Together they mend 4 + 3 = 7 nets a day.\nIn 9 days these are 7 * 9 = 63 nets.\n#### 63",
    ),
    (
        "A roll of wire is 90 meters long. An electrician cuts off 5 pieces of 12 meters. How much wire is left?",
        "The pieces are 5 * 12 = 60 meters together.\nThe roll still has 90 - 60 = 30 meters.\n#### 30",
    ),
    (
        "A jar holds 84 buttons. Half of them are blue, and a third of the rest are red. How many are red?",
        "Half of the buttons are 84 / 2 = 42, so 42 are not blue.\nA third of them are 42 / 3 = 14.\n#### 14",
    ),
    (
        "Petra buys 3 lamps for $28 each and pays with a $100 note. How many dollars does she get back?",
        "The lamps cost 3 * 28 = 84 dollars.\nShe gets back 100 - 84 = 16 dollars.\n#### 16",
    ),
    (
        "A ferry makes 8 trips on a weekday and 5 on each day of the weekend. How many trips is that in a week?",
        "On weekdays it makes 5 * 8 = 40 trips.\nOn the weekend it makes 2 * 5 = 10.\nThat is 40 + 10 = 50.\n#### 50",
    ),
    (
        "Omar is 3 times as old as Lina. In 4 years, Lina will be 16. How old is Omar now?",
        "Lina is 16 - 4 = 12 years old now.\nOmar is 3 * 12 = 36.\n#### 36",
    ),
    (
        "A kiln fires 240 tiles. 15% of them crack, and the others are packed in boxes of 12. How many boxes are full?",
        "15% of 240 are 36 tiles.\nThat leaves 240 - 36 = 204 tiles.\nThey fill 204 / 12 = 17 boxes.\n#### 17",
    ),
)


class Row(msgspec.Struct, frozen=True):
    """A line of the file. ``answer``: steps with calculator marks, and ``#### number`` at the end."""

    question: str
    answer: str

    @property
    def final(self) -> str:
        """The number behind the last ``####``, as it is written."""
        return self.answer.rpartition(_FINAL)[2].strip()


def prompt(question: str) -> str:
    """What the model is asked."""
    return f"{_INSTRUCTION}\n\n{question.strip()}"


def load(folder: Path) -> list[Row]:
    """The test items. Raises ``files.BadData``."""
    path = files.needed(folder, "gsm8k_test.jsonl")
    found = files.rows(path, Row)
    for number, row in enumerate(found, 1):
        if _FINAL not in row.answer or not plain(row.final):
            raise files.BadData(f"{path}: item {number}: answer: expected a number behind {_FINAL.strip()}, found none")
    return found


def shots(folder: Path, number: int) -> tuple[tuple[str, str], ...]:
    """Worked examples: the first training items where the folder has them, else our own. Raises ``files.BadData``."""
    if not number:
        return ()
    path = files.find(folder, "gsm8k_train.jsonl")
    if path is not None:
        examples = [(row.question, re.sub(r"<<.*?>>", "", row.answer)) for row in files.rows(path, Row)[:number]]
    else:
        examples = list(EXAMPLES[:number])
    if len(examples) < number:
        raise files.BadData(f"--shots {number}: there are {len(examples)} worked examples of {NAME}")
    return tuple((prompt(question), answer) for question, answer in examples)


def items(rows: list[Row], examples: tuple[tuple[str, str], ...] = ()) -> list[Item]:
    """The items as published; ``task`` is the final number."""
    return [
        Item(key=f"{NAME}/{number}", prompt=prompt(row.question), task=row.final, shots=examples)
        for number, row in enumerate(rows)
    ]


def strict(answer: str) -> str | None:
    """The number behind the first ``####``, as it is written; ``None`` where there is none."""
    found = _STRICT.search(answer)
    return found[1] if found else None


def flexible(answer: str) -> str | None:
    """The last number, as it is written; ``None`` where there is none."""
    found = _FLEXIBLE.findall(answer)
    return found[-1].strip() if found else None


def plain(number: str) -> str:
    """A number as it is compared: without commas, dollar signs and a full stop at the end."""
    return _IGNORED.sub("", number).removesuffix(".")


def mark(answer: str, final: str) -> dict[str, bool]:
    """Whether an answer is right, by both readings."""
    said = spoken(answer)
    right = plain(final)
    return {name: found is not None and plain(found) == right for name, found in _readings(said)}


def _readings(said: str) -> tuple[tuple[str, str | None], ...]:
    return ("flexible", flexible(said)), ("strict", strict(said))
