"""HumanEval: its files, the code of an answer, and pass@k. What runs in the sandbox is in ``test_sandbox``."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from scorers.benchmarks import files, humaneval
from support import benchmarks

HEAD = 'def twice(n: int) -> int:\n    """ Return n twice.\n    """\n'
TASK = humaneval.Task(entry_point="twice", head=HEAD, test="def check(candidate):\n    assert candidate(4) == 8\n")
RIGHT = "def twice(n: int) -> int:\n    return 2 * n\n"
ANSWERS = (
    f"```python\n{RIGHT}```",
    f"Here it is:\n\n```py\n{RIGHT}```\n\nUse it so:\n```python\nprint(twice(2))\n```",
    f"First an example:\n```python\nprint(1)\n```\nThen:\n```\n{RIGHT}```",
    RIGHT,
    "```python\n    return 2 * n\n```",
    "    return 2 * n\n",
    "return 2 * n",
    "```python\ntwice = lambda n: n + n\n```",
    f"<think>```python\ndef twice(n): return 0\n```</think>```python\n{RIGHT}```",
    "1. As a list:\n   ```python\n   def twice(n):\n       return n * 2\n   ```",
    f"```python\n{RIGHT}",
    f"```python\r\n{RIGHT}```".replace("\n", "\r\n"),
)


def _passes(program: str) -> bool:
    """Whether our own small program does what its test asks."""
    space: dict[str, object] = {}
    exec(program + "\n" + TASK.test + "\ncheck(twice)\n", space)
    return True


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_code_of_an_answer_is_found(answer: str) -> None:
    """In a block, in the first of several that defines the function, bare, or as the body alone; not in reasoning."""
    assert _passes(humaneval.program(answer, TASK))


def test_helpers_and_imports_of_the_prompt_are_there() -> None:
    """The prompt's own helper functions can be called by an answer that does not repeat them."""
    made = humaneval.Task(entry_point="twice", head="import math\n\ndef half(n):\n    return n / 2\n\n" + HEAD, test="")
    code = humaneval.program("```python\ndef twice(n):\n    return math.floor(half(n) * 4)\n```", made)
    assert _passes(code)


def test_files_are_read_and_inputs_added(tmp_path: Path) -> None:
    """A task has its test; with the added file also all inputs and the program that knows their outputs."""
    folder = benchmarks.write(tmp_path / "data")
    rows = humaneval.load(folder)
    keys = [item.key for item in humaneval.items(rows, {})]
    assert keys == [f"humaneval/{number}" for number in range(len(benchmarks.FUNCTIONS))]
    first = humaneval.items(rows, humaneval.load_plus(folder))[0].task
    assert len(first.inputs) == 5
    assert first.solution.startswith(first.head)
    (folder / "HumanEvalPlus-Mini.jsonl.gz").unlink()
    with pytest.raises(files.BadData, match="there is no such file"):
        humaneval.load_plus(folder)


def test_pass_at_k_is_unbiased() -> None:
    """It equals the share of all choices of k answers that hold a right one, as counted one by one."""
    for samples in range(1, 8):
        for right in range(samples + 1):
            for k in range(1, samples + 1):
                chosen = list(combinations(range(samples), k))
                share = sum(any(place < right for place in one) for one in chosen) / len(chosen)
                assert humaneval.pass_at(k, samples, right) == pytest.approx(share)
    assert humaneval.pass_at(3, 2, 1) is None
