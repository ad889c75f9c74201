"""A provider whose answers are known, and the real command line over it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from support import replies
from support.processes import ROOT
from support.upstream import Recorded, ScriptedUpstream, Step

STEADY, WORSE = "gpt-4o-mini", "gpt-4.1-nano"
DECLINES = "I'm sorry, but I can't help with that."


def oven(request: Recorded) -> Iterable[Step]:
    """Knows at which heat loaf number N is baked; the worse model knows it of two loaves in three."""
    body = request.json()
    number = int(re.findall(r"loaf (\d+)", body["messages"][-1]["content"])[-1])
    lost = body["model"] == WORSE and number % 3 == 0
    return replies.chat_json(DECLINES if lost else heat(number), model=body["model"])


def heat(number: int) -> str:
    """The right answer."""
    return f"Bake it at {150 + number} degrees."


def question(number: int) -> str:
    """What is asked of the oven. Each question has words of its own, so that none nearly repeats another."""
    words = ("rye", "spelt", "oat", "wheat", "barley", "maize", "millet", "buckwheat", "emmer")
    grain, form, salt = words[number % 9], words[number // 9 % 9], words[number // 3 % 9]
    return f"A {grain} dough with {form} and {salt} stands here: how hot for loaf {number}?"


def lines(*cases: dict[str, Any]) -> str:
    """Cases as JSONL."""
    return "".join(json.dumps(case) + "\n" for case in cases)


def suite(folder: Path, count: int, name: str = "own.jsonl") -> str:
    """A file of so many cases, each a conversation of its own."""
    cases = ({"id": f"l{n}", "input": question(n), "assert": [{"contains": heat(n)}]} for n in range(count))
    (folder / name).write_text(lines(*cases))
    return name


def run(provider: ScriptedUpstream, file: str, model: str = STEADY) -> list[str]:
    """The words of a run of a file."""
    return ["suite", "run", file, "--model", model, "--base-url", provider.url, "--json"]


def sightglass(
    folder: Path, *words: str, env: dict[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """The real command line, run in ``folder``; it never prints a traceback."""
    environ = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SIGHTGLASS_", "OTEL_", "OPENAI_")) and key != "PYTHONPATH"
    }
    environ |= {"PYTHONPATH": str(ROOT), **(env or {})}
    command = [sys.executable, "-m", "proxy.cli", *words]
    done = subprocess.run(
        command, cwd=folder, env=environ, input=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr[-4000:]
    return done


def passed(done: subprocess.CompletedProcess[str], status: int = 0) -> Any:
    """What a command with ``--json`` printed; its exit status must be ``status``."""
    assert done.returncode == status, f"{done.returncode}: {done.stdout[-1500:]} {done.stderr[-3000:]}"
    return json.loads(done.stdout)
