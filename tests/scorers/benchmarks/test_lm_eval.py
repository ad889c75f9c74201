"""GSM8K's two readings of an answer, beside those of the real lm-evaluation-harness (0.4.13).

The package has an environment of its own in ``build/formats`` (``make test-formats``). Where it is not there, the test
is skipped; ``test_gsm8k`` holds the same forms with what is right for each.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from scorers.benchmarks import gsm8k

ROOT = Path(__file__).resolve().parents[3]
HARNESS = ROOT / "build" / "formats" / "lm-eval"
PROGRAM = ROOT / "tests" / "formats" / "programs" / "lm_eval_gsm8k.py"

#: How models end an answer: N is the number as it is written, M another number.
FORMS = (
    "#### N",
    "M + M = N\n#### N",
    "First M, then N.\n#### N\n",
    "#### $N",
    "####N",
    "### N",
    "#### N dollars",
    "#### N.",
    "#### **N**",
    "**#### N**",
    "#### M\nWait, that is wrong.\n#### N",
    "#### N\nCheck: M - M leaves it so.",
    "The answer is N.",
    "The answer is **N**",
    "So there are N of them in all!",
    "N",
    "-N",
    "= N",
    "It costs $N.",
    "It costs $N.00",
    "N%",
    "N/M",
    "M:N",
    "\\boxed{N}",
    "The total is N km, M km of them by boat.",
    "N, that is, N.",
    "Answer: N\n\nNote: figures from step M.",
    "about N,",
    "Nth",
    "x = N; y = M",
    "There is no number to be had here.",
    "",
    "#### ",
    "#### none",
    "... N ...",
    "N...",
    "1. M\n2. N",
    "#### −N",
    "#### ٣",
    "He has N (N) left\n\n####  N",
)


def _written(number: int, chance: random.Random) -> str:
    return chance.choice((f"{number}", f"{number:,}", f"{number}", f"{number}.50"))


def answers(count: int) -> list[dict[str, str]]:
    """Answers in all forms, of which about half hold the right number."""
    chance = random.Random(21)
    found = []
    for place in range(count):
        right = chance.choice((chance.randint(1, 99), chance.randint(100, 99_999), -chance.randint(1, 500)))
        said = right if chance.random() < 0.6 else chance.randint(1, 99_999)
        text = FORMS[place % len(FORMS)]
        text = text.replace("N", _written(said, chance)).replace("M", str(chance.randint(2, 9_999)))
        target = f"A step of <<1+1=2>>2.\n#### {right:,}" if chance.random() < 0.5 else f"A step.\n#### {right}"
        found.append({"answer": text, "target": target})
    return found


def test_both_readings_agree_with_lm_evaluation_harness(tmp_path: Path) -> None:
    """Of 2,000 answers in 40 forms, at least 99.5 % are marked as lm-evaluation-harness marks them, by each reading."""
    if not (HARNESS / ".installed").exists():
        pytest.skip("lm-eval is not in build/formats (make test-formats)")
    rows = answers(2_000)
    source, out = tmp_path / "answers.jsonl", tmp_path / "marks.json"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    subprocess.run(
        [HARNESS / "bin" / "python", PROGRAM, source, out],
        check=True,
        capture_output=True,
        timeout=240,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
    )
    theirs = json.loads(out.read_text())
    ours = [gsm8k.mark(row["answer"], row["target"].rpartition("#### ")[2]) for row in rows]
    for own, other in (("strict", "strict-match"), ("flexible", "flexible-extract")):
        same = sum(mine[own] == bool(their[other]) for mine, their in zip(ours, theirs, strict=True))
        right = sum(bool(their[other]) for their in theirs)
        assert 100 < right < 1_900, f"{other}: {right} right answers tell nothing"
        assert same >= 0.995 * len(rows), f"{other}: {same} of {len(rows)} alike"
