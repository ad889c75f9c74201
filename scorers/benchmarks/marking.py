"""Marks one answer of a run: whether it is right, by each reading that its benchmark has."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

import msgspec

from scorers.asking.answer import Answer
from scorers.asking.engine import Checked
from scorers.benchmarks import gsm8k, humaneval, mmlu
from scorers.benchmarks.item import Item
from scorers.benchmarks.sandbox import Outcome, Process, Sandbox


class Marker:
    """Marks answers; code runs in ``sandbox``, as many at once as there are processors."""

    def __init__(self, sandbox: Sandbox | None) -> None:
        self._sandbox = sandbox
        self._free = asyncio.Semaphore(max(1, os.cpu_count() or 1))

    async def __call__(self, item: Item, answer: Answer) -> Checked:
        """What became of an answer. The first reading is the one that counts."""
        if item.benchmark == gsm8k.NAME:
            return _checked(gsm8k.mark(answer.text, item.task), {"said": gsm8k.flexible(answer.text)})
        if item.benchmark == mmlu.NAME:
            right, choices = item.task
            letter = mmlu.letter(answer.text)
            said = choices[mmlu.LETTERS.index(letter)] if letter else None
            return _checked(mmlu.mark(answer.text, right), {"said": said})
        return await self._code(item.task, answer.text)

    async def _code(self, task: humaneval.Task, text: str) -> Checked:
        if self._sandbox is None:
            return Checked(None, None, failed="not_run")
        async with self._free:
            try:
                plain = await _ran(self._sandbox, text, msgspec.structs.replace(task, inputs=[]))
                marks = {"tests": plain.passed}
                outcome = plain
                if task.inputs:
                    outcome = await _ran(self._sandbox, text, task) if plain.passed else plain
                    marks["plus"] = outcome.passed
            except OSError as error:
                return Checked(None, None, [{"error": str(error)}], failed="sandbox")
        return _checked(marks, _why(outcome))


async def _ran(sandbox: Sandbox, text: str, task: humaneval.Task) -> Outcome:
    """Run an answer's code in a thread. Who is cancelled, as by Ctrl-C, does not wait for code that never ends."""
    running: list[Process] = []
    over = threading.Event()

    def started(process: Process) -> None:
        running.append(process)
        if over.is_set():
            process.kill()

    try:
        return await asyncio.to_thread(sandbox.run, text, task, started)
    except asyncio.CancelledError:
        over.set()
        for process in running:
            process.kill()
        raise


def _why(outcome: Outcome) -> dict[str, Any]:
    return {} if outcome.passed else {"why": outcome.why}


def _checked(marks: dict[str, bool], more: dict[str, Any]) -> Checked:
    first = next(iter(marks.values()))
    return Checked(first, float(first), [{"marks": marks, **more}])
