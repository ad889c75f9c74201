"""Suites through the real packages: written by us, read, used and written by them, read by us again.

Each package has an environment of its own in ``build/formats`` (``tests/formats/install.sh``): ``make test`` installs
the small ones, ``make test-formats`` all of them. Their services are listeners on loopback. A package that is not
there is named and its tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from scorers.cases import case as cases
from scorers.cases.case import Case
from scorers.cases.suite import Suite
from scorers.formats import suites
from scorers.formats.answers import Recorded
from scorers.formats.promptfoo import PROMPT
from scorers.formats.recorded import decode
from scorers.formats.rows import Wrong
from scorers.formats.table import recognised
from support.odd_messages import odd_cases

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "build" / "formats"
PROGRAMS = ROOT / "tests" / "formats" / "programs"
CALL = {"id": "t1", "type": "function", "function": {"name": "tide_table", "arguments": '{"port":"Cuxhaven"}'}}
DOCUMENTS = [
    {
        "id": "plain",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When is high tide?"}],
        "expected": "At noon.",
        "tags": ["tide", "short"],
        "metadata": {"ticket": 7, "where": {"port": "Cuxhaven"}},
    },
    {
        "id": "with a tool",
        "messages": [
            {"role": "user", "content": 'Tide for "Cuxhaven" {{1+1}} {{env.HOME}} {% raw %} file:///etc/hostname'},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "t1", "content": "12:04"},
            {"role": "user", "content": "So?\nGrüße \u2028 \U0001f30a"},
        ],
        "assert": [{"contains": "12:04"}, {"not_contains": "{{env.HOME}}"}, {"score": {"refusal.refused": "no"}}],
        "tags": ["tide"],
        "weight": 12.5,
        "conversation": "c-9",
        "parameters": {"temperature": 0},
    },
    {"id": "json", "messages": [{"role": "user", "content": "As JSON."}], "expected": {"tide": {"time": "12:04"}}},
]
SUITE = Suite(name="tides", cases=tuple(cases.read(document) for document in DOCUMENTS))
Trip = Callable[..., Path]


@pytest.fixture
def trip(tmp_path: Path) -> Trip:
    """Run a program of ``tests/formats`` in an environment over a file; the file that it has written."""

    def run(environment: str, program: str, source: Path, *words: str, target: str = "out.jsonl") -> Path:
        python = BUILT / environment / "bin" / "python"
        if not (BUILT / environment / ".installed").exists():
            pytest.skip(f"{environment} is not in build/formats (tests/formats/install.sh, make test-formats)")
        out = tmp_path / target
        done = subprocess.run(
            [python, PROGRAMS / f"{program}_trip.py", source, out, *words],
            check=False,
            env={**_alone(), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "none"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return out

    return run


def _alone() -> dict[str, str]:
    """The environment of a program that reaches nobody but loopback."""
    kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    return {**kept, "no_proxy": "127.0.0.1"}


def written(tmp_path: Path, form: str, suffix: str = "jsonl") -> Path:
    file = tmp_path / f"suite.{suffix}"
    file.write_bytes(suites.write(SUITE, form)[0])
    return file


def read(file: Path, form: str) -> dict[str, Case]:
    with file.open("rb") as stream:
        assert recognised(stream.peek(), file.name) == form
        return {case.id: case for case in suites.read(stream, file.name, form).cases}


def answers(file: Path, form: str) -> list[tuple[str, str]]:
    """The id and text of every answer in a file, as samples have them."""
    with file.open("rb") as stream:
        given = Recorded(stream, file.name, form)
        lines = [line for _, line in given]
    assert not any(isinstance(line, Wrong) for line in lines)
    samples = [decode(line) for line in lines if isinstance(line, bytes)]
    return [(sample.id, sample.choices[0].text) for sample in samples]


ALL = {case.id: case for case in SUITE.cases}


@pytest.mark.parametrize(
    ("form", "environment", "program", "words"),
    [
        ("braintrust", "sdks", "braintrust", ["dataset"]),
        ("langfuse", "sdks", "langfuse", []),
        ("openai-evals", "sdks", "openai", ["evals"]),
    ],
)
def test_a_dataset_through_its_sdk(
    tmp_path: Path, trip: Trip, form: str, environment: str, program: str, words: list[str]
) -> None:
    """What the SDK sends to its service is the suite again, whole."""
    assert read(trip(environment, program, written(tmp_path, form), *words), form) == ALL


def test_humanloops_datapoints(tmp_path: Path, trip: Trip) -> None:
    """Messages and what is expected come back; everything else was counted as lost."""
    found = read(trip("sdks", "humanloop", written(tmp_path, "humanloop")), "humanloop")
    assert [(case.messages, case.expected) for case in found.values()] == [
        (case.messages, case.expected) for case in SUITE.cases
    ]


def test_lines_to_train_on(tmp_path: Path, trip: Trip) -> None:
    """The file is uploaded byte by byte; the cases with an answer come back."""
    file = written(tmp_path, "openai-finetune")
    sent = trip("sdks", "openai", file, "finetune")
    assert sent.read_bytes() == file.read_bytes()
    assert [case.messages for case in read(sent, "openai-finetune").values()] == [
        SUITE.cases[0].messages,
        SUITE.cases[2].messages,
    ]


def test_results_of_braintrust(tmp_path: Path, trip: Trip) -> None:
    """``Eval`` over an exported suite: its results hold the cases, and the answers of those that did not raise."""
    out = trip("sdks", "braintrust", written(tmp_path, "braintrust"), "results")
    found = read(out, "braintrust")
    assert _bare(found) == _bare(ALL)
    assert found["plain"].metadata["scores"] == {"exact": 1.0}
    assert answers(out, "braintrust") == [("plain", "At noon."), ("with a tool", "12:04")]


def _bare(found: dict[str, Case]) -> dict[str, Case]:
    """Cases without the scores of a run, in the order of their names."""
    return {
        name: msgspec.structs.replace(
            found[name], metadata={key: value for key, value in found[name].metadata.items() if key != "scores"}
        )
        for name in sorted(found)
    }


@pytest.mark.parametrize("log", ["eval", "json"])
def test_a_log_of_inspect(tmp_path: Path, trip: Trip, log: str) -> None:
    """Inspect reads the exported suite and runs it; its log, packed or plain, holds the cases and all answers."""
    out = trip("inspect", "inspect", written(tmp_path, "inspect"), log, target=f"log.{log}")
    assert _bare(read(out, "inspect")) == _bare(ALL)
    assert sorted(answers(out, "inspect")) == [
        ("plain", "12:04"),
        ("plain#1", "12:04"),
        ("with a tool", "12:04"),
        ("with a tool#1", "12:04"),
    ]


@pytest.mark.parametrize("log", ["eval", "json"])
def test_odd_messages_through_inspect(tmp_path: Path, trip: Trip, log: str) -> None:
    """Inspect takes every one of them and runs it; its log holds the cases as they were."""
    odd = odd_cases()
    file = tmp_path / "suite.jsonl"
    file.write_bytes(suites.write(Suite(name="odd", cases=tuple(odd)), "inspect")[0])
    found = read(trip("inspect", "inspect", file, log, target=f"log.{log}"), "inspect")
    assert _bare(found) == {case.id: case for case in sorted(odd, key=lambda case: case.id)}


def test_samples_of_lm_eval(tmp_path: Path, trip: Trip) -> None:
    """Two filters and two repeats: each question is one case, each answer one sample; the other filter is counted."""
    questions = tmp_path / "questions.jsonl"
    rows = [{"question": "Tides a day?", "answer": "2"}, {"question": "Moons?", "answer": "1"}]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = trip("lm-eval", "lm_eval", questions)
    with out.open("rb") as stream:
        assert recognised(stream.peek()) == "lm-eval"
        found = suites.read(stream, "out", "lm-eval")
    assert [(case.id, case.messages[0]["content"], case.expected) for case in found.cases] == [
        ("0", "Question: Tides a day?", "2"),
        ("1", "Question: Moons?", "1"),
    ]
    assert any(note.startswith("filter loose: 2 cases: lost") for note in found.notes)
    assert answers(out, "lm-eval") == [(name, "Two of them. #### 2") for name in ("0", "0#1", "1", "1#1")]


# --- promptfoo ---------------------------------------------------------------------------------------------------


def promptfoo(tmp_path: Path, *words: object) -> None:
    command = BUILT / "promptfoo" / "node_modules" / ".bin" / "promptfoo"
    if not (BUILT / "promptfoo" / ".installed").exists():
        pytest.skip("promptfoo is not in build/formats (make test-formats)")
    off = ("DISABLE_TELEMETRY", "DISABLE_UPDATE", "DISABLE_REMOTE_GENERATION", "DISABLE_SHARING")
    env = {**_alone(), **{f"PROMPTFOO_{name}": "1" for name in off}, "PROMPTFOO_CONFIG_DIR": str(tmp_path / "home")}
    quiet = ["--no-table", "--no-progress-bar", "--no-cache"]
    done = subprocess.run(
        [command, "eval", *map(str, words), *quiet],
        check=False,
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode in (0, 100), done.stderr[-3000:]  # 100: an assertion has failed


@pytest.mark.parametrize("suffix", ["json", "jsonl", "yaml"])
def test_results_of_promptfoo(tmp_path: Path, suffix: str) -> None:
    """An exported suite, run twice: recorded text arrives as it is, whatever it looks like, and comes back."""
    (tmp_path / "prompt.txt").write_text(PROMPT)
    tests = written(tmp_path, "promptfoo")
    out = tmp_path / f"out.{suffix}"
    promptfoo(tmp_path, "-t", tests, "-p", "prompt.txt", "-r", "echo", "-o", out, "--repeat", "2")
    with out.open("rb") as stream:
        found = {case.id: case for case in suites.read(stream, out.name, "promptfoo").cases}
    assert found == ALL
    said = answers(out, "promptfoo")
    assert sorted(name for name, _ in said) == sorted([*ALL, *(f"{name}#1" for name in ALL)])
    for name, text in said:  # the provider echoes its prompt
        assert json.loads(text) == list(ALL[name.removesuffix("#1")].messages)


def test_a_configuration_of_promptfoo(tmp_path: Path) -> None:
    """A configuration, as OpenAI's evals leave: its cases are asked what promptfoo itself asks."""
    file = tmp_path / "promptfooconfig.yaml"
    file.write_text(
        "prompts:\n"
        '  - \'[{"role": "system", "content": "Brief."}, {"role": "user", "content": "Tide at {{ item.port }}?"}]\'\n'
        "providers: [echo]\n"
        "defaultTest: {assert: [{type: not-contains, value: sorry}]}\n"
        "tests:\n"
        "  - vars: {item: {port: 'Husum \"old\"'}}\n"
        "    assert: [{type: contains, value: Husum}, {type: latency, threshold: 5000}]\n"
        "  - vars: {item: {port: Wyk}}\n"
        "    description: wyk\n"
    )
    out = tmp_path / "out.json"
    promptfoo(tmp_path, "-c", file, "-o", out)
    asked = [json.loads(row["prompt"]["raw"]) for row in json.loads(out.read_text())["results"]["results"]]
    for form in ("openai-evals", "promptfoo"):
        with file.open("rb") as stream:
            found = suites.read(stream, file.name, form).cases
        assert [list(case.messages) for case in found] == asked
        assert [item.document() for item in found[0].assertions] == [
            {"not_contains": "sorry"},
            {"contains": "Husum"},
            {"max_seconds": 5.0},
        ]
        assert found[1].id == "wyk"
