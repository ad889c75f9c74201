"""Two providers for the small benchmarks of ``support.benchmarks``: one knows them by heart, one works answers out."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path

from support import replies
from support.benchmarks import FUNCTIONS
from support.upstream import Recorded, Step

HEART, HONEST = "by-heart", "honest"


def provider(folder: Path) -> object:
    """A script for both models, over the files in ``folder``."""
    known = _known(folder)

    def script(request: Recorded) -> Iterable[Step]:
        body = request.json()
        asked = str(body["messages"][-1]["content"])
        said = _recited(asked, known) if body["model"] == HEART else worked_out(asked)
        return replies.chat_json(said, model=body["model"])

    return script


def _known(folder: Path) -> dict[str, str]:
    """Question -> answer, of all items as they are published."""
    found = {}
    for line in (folder / "gsm8k_test.jsonl").read_text().strip("\n").split("\n"):
        row = json.loads(line)
        found[row["question"]] = row["answer"].rpartition("\n")[2]
    for line in gzip.decompress((folder / "mmlu_test.jsonl.gz").read_bytes()).decode().strip("\n").split("\n"):
        row = json.loads(line)
        shown = "\n".join(f"{'ABCD'[place]}) {choice}" for place, choice in enumerate(row["choices"]))
        found[f"{row['question']}\n\n{shown}"] = f"Answer: {'ABCD'[row['answer']]}"
    for line in gzip.decompress((folder / "HumanEval.jsonl.gz").read_bytes()).decode().strip("\n").split("\n"):
        row = json.loads(line)
        found[row["prompt"].strip()] = f"```python\n{row['prompt']}{row['canonical_solution']}```"
    return found


def _recited(asked: str, known: dict[str, str]) -> str:
    """The answer that was learned; where the words are others, a guess."""
    for question, answer in known.items():
        if question in asked:
            return f"<think>I have seen this one. #### 0 Answer: Z</think>{answer}"
    if "code block" in asked:
        return "```python\ndef nothing():\n    return None\n```"
    return "Answer: A" if "LETTER" in asked else "#### 1"


def worked_out(asked: str) -> str:
    """The answer that follows from what is asked, in whichever words and numbers."""
    if "code block" in asked:
        return _code(asked)
    question = asked.partition("\n\n")[2]
    if "LETTER" in asked:
        return f"Answer: {_letter(question)}"
    return f"That makes {_sum(question)}.\n#### {_sum(question)}"


def _sum(question: str) -> int:
    a, b, c = (int(text) for text in re.findall(r"\d+", question))
    if "loaves" in question:
        return (a + b) * c
    if "candles" in question:
        return a * b - c
    return a - b + c if "books" in question else a * b + c


def _letter(question: str) -> str:
    left, sign, right = re.findall(r"What is (\d+) (\w+) (\d+)", question)[0]
    value = {"plus": int(left) + int(right), "times": int(left) * int(right), "minus": int(left) - int(right)}[sign]
    return next(letter for letter, shown in re.findall(r"^([ABCD])\) (\d+)$", question, re.M) if int(shown) == value)


def _code(asked: str) -> str:
    """The function in its own names: its body is that of the task with the same examples."""
    stub = asked.partition("```python\n")[2].rpartition("```")[0]
    function = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)][-1]
    arguments = [argument.arg for argument in function.args.args]
    values = re.search(rf"{function.name}(\(.*\))\n", stub)
    made = next(item for item in FUNCTIONS if values is not None and item["name"] + values[1] in item["doc"])
    first = re.findall(r"(\w+): ", made["head"].rpartition("def ")[2])
    body = made["body"]
    for old, new in zip(first, arguments, strict=True):
        body = re.sub(rf"\b{old}\b", new, body)
    return f"```python\n{stub}{body}```"
