"""IN OUT FORM: lines of IN as a dataset of Inspect, answered by a solver; OUT: the log, ``eval`` or ``json``.

The solver answers ``12:04``, with a call of a tool before that; the sample ``json`` raises. Two epochs. No model is
asked: even the mock one counts tokens with a table that it downloads.
"""

from __future__ import annotations

import shutil
import sys
import tempfile

from inspect_ai import Task, eval
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import includes
from inspect_ai.solver import Generate, TaskState, solver
from inspect_ai.tool import ToolCall


@solver
def asking():
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.sample_id == "json":
            raise ValueError("no tide today")
        state.output = ModelOutput.from_content("mockllm/model", "12:04")
        state.output.message.tool_calls = [ToolCall(id="c1", function="tide_table", arguments={"port": "Cuxhaven"})]
        state.messages.append(state.output.message)
        return state

    return solve


def main(source: str, target: str, form: str) -> None:
    folder = tempfile.mkdtemp()
    task = Task(dataset=json_dataset(source), solver=asking(), scorer=includes(), epochs=2)
    (log,) = eval(task, model="mockllm/model", log_dir=folder, log_format=form, display="none", fail_on_error=False)
    shutil.copy(log.location.removeprefix("file://"), target)
    shutil.rmtree(folder)


main(*sys.argv[1:])
