"""A folder of small benchmarks in the files' own forms, with items of our own: for tests without the real ones.

``write(folder)`` makes all files. GSM8K: ``PROBLEMS`` templates, each with several numbers, with marks. MMLU:
questions of sums in three subjects, two of them twice. HumanEval: ``FUNCTIONS``, with added inputs.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

#: Question, steps (``{}`` in the order of the numbers), and how the final number follows.
PROBLEMS: tuple[tuple[str, str, str], ...] = (
    (
        "Anna has {a} boxes with {b} candles each. She gives {c} candles away. How many candles does Anna keep?",
        "There are {a}*{b}=<<{a}*{b}={x}>>{x} candles.\nAnna keeps {x}-{c}=<<{x}-{c}={y}>>{y}.",
        "a*b-c",
    ),
    (
        "A baker sells {a} loaves on Monday and {b} loaves on Tuesday. Each loaf costs ${c}. How many dollars is that?",
        "He sells {a}+{b}=<<{a}+{b}={x}>>{x} loaves.\nThat is ${x}*{c}=$<<{x}*{c}={y}>>{y}.",
        "(a+b)*c",
    ),
    (
        "Tom runs {a} miles a day for {b} days and then {c} more miles. How many miles does Tom run?",
        "He runs {a}*{b}=<<{a}*{b}={x}>>{x} miles first.\nIn all {x}+{c}=<<{x}+{c}={y}>>{y} miles.",
        "a*b+c",
    ),
    (
        "A shelf holds {a} books. Mary takes {b} of them and brings {c} new ones. How many books are there then?",
        "{a}-{b}=<<{a}-{b}={x}>>{x} are left.\nThen {x}+{c}=<<{x}+{c}={y}>>{y} books are there.",
        "a-b+c",
    ),
    (
        "Paul packs {a} crates of {b} pounds and {c} pounds of straw. How many pounds does Paul pack?",
        "The crates weigh <<{a}*{b}={x}>>{x} pounds.\nTogether <<{x}+{c}={y}>>{y} pounds.",
        "a*b+c",
    ),
)
SUBJECTS = ("sums", "products", "differences")
FUNCTIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "sum_numbers",
        "head": "from typing import List\n\n\ndef sum_numbers(numbers: List[int]) -> int:\n",
        "doc": "Return the sum of the given numbers.\n    >>> sum_numbers([1, 2, 3])\n    6",
        "body": "    total = 0\n    for number in numbers:\n        total += number\n    return total\n",
        "cases": [([[1, 2, 3]], 6), ([[]], 0), ([[-4, 4]], 0)],
        "more": [[[7]], [[100, -1]]],
    },
    {
        "name": "count_char",
        "head": "\n\ndef count_char(text: str, char: str) -> int:\n",
        "doc": 'Count how many times a character is found in the string.\n    >>> count_char("tree", "e")\n    2',
        "body": "    return sum(1 for one in text if one == char)\n",
        "cases": [(["tree", "e"], 2), (["", "x"], 0), (["aAa", "a"], 2)],
        "more": [["zzz", "z"]],
    },
    {
        "name": "mean_value",
        "head": "from typing import List\n\n\ndef mean_value(numbers: List[float]) -> float:\n",
        "doc": "For a given list of numbers, return their mean.\n    >>> mean_value([1.0, 2.0])\n    1.5",
        "body": "    return sum(numbers) / len(numbers)\n",
        "cases": [([[1.0, 2.0]], 1.5), ([[4.0]], 4.0)],
        "more": [[[0.1, 0.2, 0.3]]],
    },
    {
        "name": "shout_words",
        "head": "def _louder(word: str) -> str:\n    return word.upper()\n\n\ndef shout_words(s: str) -> str:\n",
        "doc": "Return the string with every word in upper case.\n    >>> shout_words(\"go on\")\n    'GO ON'",
        "body": '    return " ".join(_louder(word) for word in s.split(" "))\n',
        "cases": [(["go on"], "GO ON"), ([""], ""), (["a  b"], "A  B")],
        "more": [["Tide"]],
    },
    {
        "name": "largest_gap",
        "head": "from typing import List\n\n\ndef largest_gap(numbers: List[int]) -> int:\n",
        "doc": "Return the largest gap between two neighbours.\n    >>> largest_gap([1, 4, 6])\n    3",
        "body": "    return max((abs(m - n) for m, n in zip(numbers, numbers[1:])), default=0)\n",
        "cases": [([[1, 4, 6]], 3), ([[5]], 0), ([[9, 2]], 7)],
        "more": [[[0, -8, 1]]],
    },
    {
        "name": "only_even",
        "head": "from typing import List\n\n\ndef only_even(numbers: List[int]) -> List[int]:\n",
        "doc": "Return only the even numbers.\n    >>> only_even([3, 4])\n    [4]",
        "body": "    return [number for number in numbers if number % 2 == 0]\n",
        "cases": [([[3, 4]], [4]), ([[]], []), ([[2, -2, 1]], [2, -2])],
        "more": [[[11, 12, 14]]],
    },
    {
        "name": "is_sorted_string",
        "head": "def is_sorted_string(text: str) -> bool:\n",
        "doc": 'Check if the letters of a string are in order.\n    >>> is_sorted_string("abz")\n    True',
        "body": "    return list(text) == sorted(text)\n",
        "cases": [(["abz"], True), (["ba"], False), ([""], True)],
        "more": [["aab"]],
    },
    {
        "name": "count_words",
        "head": "def count_words(text: str) -> int:\n",
        "doc": 'Return the number of words in the given string.\n    >>> count_words("a tide comes")\n    3',
        "body": "    return len(text.split())\n",
        "cases": [(["a tide comes"], 3), ([""], 0)],
        "more": [["  one  two "]],
    },
)


def _values(number: int) -> dict[str, int]:
    chance = random.Random(number)
    found = {"a": chance.randint(40, 99), "b": chance.randint(11, 39), "c": chance.randint(3, 9)}
    while len(set(found.values())) < len(found):
        found["c"] = chance.randint(3, 9)
    return found


def problems(count: int) -> list[dict[str, str]]:
    """``count`` items in the form of ``gsm8k_test.jsonl``."""
    rows = []
    for number in range(count):
        question, steps, rule = PROBLEMS[number % len(PROBLEMS)]
        values = _values(number)
        a, b, c = values["a"], values["b"], values["c"]
        x = {"a*b-c": a * b, "(a+b)*c": a + b, "a*b+c": a * b, "a-b+c": a - b}[rule]
        y = {"a*b-c": x - c, "(a+b)*c": x * c, "a*b+c": x + c, "a-b+c": x + c}[rule]
        full = {**values, "x": x, "y": y}
        rows.append({"question": question.format(**full), "answer": f"{steps.format(**full)}\n#### {y:,}"})
    return rows


def choices(count: int) -> list[dict[str, Any]]:
    """``count`` questions in the form of ``mmlu_test.jsonl``."""
    rows = []
    for number in range(count):
        subject = SUBJECTS[number % len(SUBJECTS)]
        chance = random.Random(f"mmlu {number}")
        left, right = chance.randint(20, 99), chance.randint(2, 19)
        sign, value = {
            "sums": ("plus", left + right),
            "products": ("times", left * right),
            "differences": ("minus", left - right),
        }[subject]
        options = [value, value + 1, value + 2, value + 10]
        chance.shuffle(options)
        question = f"What is {left} {sign} {right}, as in row {number}?"
        shown = [str(option) for option in options]
        rows.append({"subject": subject, "question": question, "choices": shown, "answer": options.index(value)})
    return rows


def tasks() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The functions in the forms of HumanEval and of HumanEvalPlus."""
    plain, plus = [], []
    for number, made in enumerate(FUNCTIONS):
        prompt = f'{made["head"]}    """ {made["doc"]}\n    """\n'
        lines = [f"    assert candidate(*{arguments!r}) == {value!r}\n" for arguments, value in made["cases"]]
        common = {"task_id": f"HumanEval/{number}", "prompt": prompt, "entry_point": made["name"]}
        test = f"\n\nMETADATA = {{}}\n\n\ndef check(candidate):\n{''.join(lines)}\n"
        plain.append({**common, "canonical_solution": made["body"], "test": test})
        inputs = {"base_input": [list(case[0]) for case in made["cases"]], "plus_input": made["more"], "atol": 0}
        plus.append({**common, "canonical_solution": made["body"], "contract": "", **inputs})
    return plain, plus


def write(folder: Path, sums: int = 40, questions: int = 30) -> Path:
    """All files of the three benchmarks, small; returns the folder. Two rows of MMLU stand in it twice."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = choices(questions)
    plain, plus = tasks()
    _lines(folder / "gsm8k_test.jsonl", problems(sums))
    _lines(folder / "mmlu_test.jsonl.gz", [*asked, *asked[:2]])
    _lines(folder / "mmlu_dev.jsonl.gz", choices(questions + 15)[questions:])
    _lines(folder / "HumanEval.jsonl.gz", plain)
    _lines(folder / "HumanEvalPlus-Mini.jsonl.gz", plus)
    return folder


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
