"""What ``suite import`` and ``suite export`` promise about files: everybody's, and wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scorers.commands.suite import main

CASE = {"id": "a", "input": "When is high tide?", "expected": "At noon."}


class Shell:
    """The command over one store, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words: str, status: int = 0) -> tuple[str, list[str]]:
        """What is written on stdout, and the lines on stderr."""
        assert main([*words, "--data-dir", str(self.folder / "data")]) == status
        found = self._capsys.readouterr()
        return found.out, found.err.splitlines()

    def file(self, *rows: object, name: str = "file.jsonl") -> str:
        path = self.folder / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return str(path)

    def suites(self) -> list[str]:
        """The names of the suites in the store."""
        return [row["name"] for row in json.loads(self("list", "--json")[0])["suites"]]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A store with one suite, so that it is there."""
    made = Shell(tmp_path, capsys)
    made("import", made.file(CASE), "--name", "first")
    return made


@pytest.mark.parametrize("form", ["braintrust", "langfuse", "promptfoo", "inspect", "openai-evals", "jsonl"])
def test_out_and_in_through_the_store(shell: Shell, form: str) -> None:
    """A suite that leaves in any format that holds all of it has the same version when it comes back."""
    rows = [CASE, {"id": "b", "input": "So?", "assert": [{"contains": "noon"}, {"max_seconds": 2}], "weight": 2.5}]
    _, said = shell("import", shell.file(*rows), "--name", "tides")
    version = said[-1].split(" version ")[1].split(":")[0]
    out = str(shell.folder / f"out-{form}.jsonl")
    shell("export", "tides", "--format", form, "--output", out)
    _, said = shell("import", out, "--name", "again")
    assert f"version {version}: 2 cases" in said[-1]


def test_cases_may_stand_in_a_list(shell: Shell) -> None:
    """Over many lines or on one; ``suite run`` and others say that it has to be imported; what is packed is told."""
    second = {"id": "b", "input": "So?", "expected": "Soon."}
    lines = shell.file(CASE, second)
    _, said = shell("import", lines, "--name", "tides")
    version = said[-1].split(" version ")[1]
    for indent in (None, 2):
        listed = shell.file(json.dumps([CASE, second], indent=indent), name="listed.json")
        _, said = shell("import", listed, "--name", "tides")
        assert version in said[-1]
    _, said = shell("show", listed, status=2)
    assert said == [
        f"sightglass suite show: {listed}: this looks like cases of a suite; import it with: "
        f"suite import {listed} --format jsonl"
    ]
    Path(listed).write_bytes(b"\x1f\x8b\x08\x00\x00")
    for command in ("import", "show"):
        _, said = shell(command, listed, status=2)
        assert said[0].endswith(f"{listed}: this is packed with gzip: unpack it first")


def test_a_tool_that_is_not_read_is_named_once(shell: Shell) -> None:
    """Not an unknown key for each of its lines; the same where a suite is shown or run."""
    file = shell.file(*[{"input": "Hi", "actual_output": None, "expected_output": "Moin"}] * 3)
    for command in ("import", "show"):
        _, [said] = shell(command, file, status=2)
        assert said.startswith(
            f"sightglass suite {command}: {file}: this looks like a file of DeepEval, which is not read"
        )


@pytest.mark.parametrize(
    "line",
    [
        {"id": "a", "input": [{"role": "user", "content": "Hi"}], "target": "Moin"},
        {"datasetName": "d", "id": "a", "input": "Hi", "expectedOutput": "Moin"},
        {"vars": {"q": "Hi"}, "assert": [{"type": "contains", "value": "Moin"}]},
        {"cases": [{"id": "a", "input": "Hi", "expected": "Moin"}]},
    ],
    ids=["inspect", "langfuse", "promptfoo", "ours"],
)
def test_a_long_first_line_is_recognised(shell: Shell, line: dict[str, object]) -> None:
    """A file is taken for what it is, also where its first case has 200 KB; on one line as over many."""
    filled = json.loads(json.dumps(line).replace('"Hi"', json.dumps("Hi " * 70_000)))
    _, said = shell("import", shell.file(filled), "--name", "long")
    assert said[-1].endswith(": 1 cases")
    _, said = shell("import", shell.file({"input": filled, "actual_output": "Moin"}), status=2)
    assert "a file of DeepEval, which is not read" in said[0]


def test_labels_of_a_file_with_numbers_as_ids(shell: Shell) -> None:
    """Ids may be numbers there as in cases, and a byte order mark may stand before them."""
    shell("import", shell.file({"id": 7, "input": "Tide?"}), "--name", "numbers")
    labels = shell.file("\ufeff" + json.dumps({"id": 7, "expected": "noon"}), name="labels.jsonl")
    _, said = shell("label", "numbers", "--from-file", labels)
    assert said[-1].endswith("1 of 1 cases labelled")


def test_what_is_lost_is_said(shell: Shell) -> None:
    """Each field with the number of cases, on stderr."""
    _, said = shell("export", "first", "--format", "humanloop", "--output", str(shell.folder / "out.jsonl"))
    assert "sightglass suite export: id: 1 case: lost: it has no place in this format" in said


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [CASE, {**CASE, "assert": [{"contain": "x"}], "id": "b"}],
            "line 2: assert[0].contain: expected one of the keys",
        ),
        ([CASE, CASE], "line 2: id: expected each id once, found 'a' again"),
        ([CASE, {**CASE, "id": "b", "input": "x" * 10_000_000}], "line 2: "),
        ([CASE, '{"id": "b", "input": '], "line 2: expected a JSON object, found no JSON"),
        (
            [{"input": "Hi", "output": "x", "scores": 3, "expected": 1, "tags": []}],
            "line 1: scores: expected an object",
        ),
    ],
)
def test_a_wrong_file_leaves_the_store_as_it_was(shell: Shell, rows: list[object], says: str) -> None:
    """One wrong line: status 2, its place and what was expected; no case of the file is in the store."""
    _, said = shell("import", shell.file(*rows), "--name", "second", status=2)
    assert any(says in line for line in said), said
    assert shell.suites() == ["first"]


def test_a_folder_whose_cases_were_changed_is_refused(shell: Shell) -> None:
    """The manifest's version is a hash of the cases: others than it names are not taken."""
    shell("export", "first", "--output", str(shell.folder / "suite"))
    cases = shell.folder / "suite" / "cases.jsonl"
    cases.write_text(cases.read_text().replace("noon", "one"))
    _, said = shell("import", str(shell.folder / "suite"), "--name", "second", status=2)
    assert "version: expected" in said[0]
    assert shell.suites() == ["first"]


def test_recorded_samples_become_cases_whose_answers_may_be_accepted(shell: Shell) -> None:
    """A file of ``sightglass export`` is a suite to label: what was served is at hand for ``--accept``."""
    rows = [
        {"id": "r1", "messages": [{"role": "user", "content": "Tide?"}], "response": "At noon.", "model": "m"},
        {"id": "r2", "messages": [{"role": "user", "content": "Ebb?"}, {"role": "assistant", "content": "At six."}],
         "response": None},
    ]  # fmt: skip
    shell("import", shell.file(*rows), "--format", "jsonl", "--name", "served")
    shell("label", "served", "--accept")
    shell("export", "served", "--output", str(shell.folder / "out.jsonl"))
    cases = [json.loads(line) for line in (shell.folder / "out.jsonl").read_text().splitlines()]
    assert [(case["id"], case["expected"]) for case in cases] == [("r1", "At noon."), ("r2", "At six.")]


def test_half_an_answer_is_not_accepted(shell: Shell) -> None:
    """Of a case that says that its answer was cut, --accept takes nothing; it says how many cases it leaves."""
    ask = {"messages": [{"role": "user", "content": "Tide?"}]}
    rows = [
        {"id": "whole", **ask, "source": {"answer": "At noon."}},
        {"id": "half", **ask, "source": {"answer": "At no", "answer_cut": True}},
    ]
    shell("import", shell.file(*rows), "--name", "served")
    _, said = shell("label", "served", "--accept")
    assert said[0].endswith("1 case is left: there is no served answer to accept, or not all of it is known")
    _, said = shell("label", "served", "half", "--accept", status=2)
    assert "half: there is no served answer to accept" in said[0]
    shell("export", "served", "--output", str(shell.folder / "out.jsonl"))
    cases = [json.loads(line) for line in (shell.folder / "out.jsonl").read_text().splitlines()]
    assert {case["id"]: case.get("expected") for case in cases} == {"whole": "At noon.", "half": None}


def test_two_people_label_at_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one says at the prompt is added to what others said and imported in the meantime; a case that has gone
    stays gone."""
    rows = [{"id": name, "input": f"Question {name}?"} for name in ("a", "b", "gone")]
    shell("import", shell.file(*rows), "--name", "shared")

    class Slow:
        """Somebody who answers the first two questions, after others have been quicker."""

        lines = iter(["e mine\n", "s\n", "e lost\n"])

        def readline(self) -> str:
            line = next(self.lines, "")
            if line.startswith("e mine"):
                others = [{**rows[1], "expected": "theirs"}, rows[0], {"id": "new", "input": "And this?"}]
                assert main(["import", shell.file(*others), "--name", "shared", "--data-dir", data]) == 0
            return line

    data = str(shell.folder / "data")
    monkeypatch.setattr("sys.stdin", Slow())
    shell("label", "shared")
    found = json.loads(shell("show", "shared", "--json")[0])
    assert {case["id"]: case.get("expected") for case in found["items"]} == {"a": "mine", "b": "theirs", "new": None}


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"max_tokens": "many"}, "max_tokens: expected a whole number above 0, found the text 'many'"),
        ({"max_tokens": 0}, "max_tokens: expected a whole number above 0, found the number 0"),
        ({"seed": 1.5}, "seed: expected a whole number, found the number 1.5"),
        ({"temperature": "hot"}, "temperature: expected a number, found the text 'hot'"),
        ({"stop": [1]}, "stop[0]: expected a text that is not empty"),
        ({"reasoning_effort": 3}, "reasoning_effort: expected a text that is not empty"),
    ],
)
def test_parameters_that_no_endpoint_takes(shell: Shell, parameters: dict[str, object], says: str) -> None:
    """A wrong line, in files of ours and in what another tool kept for us; it ended a run with a traceback."""
    good = {"temperature": 0, "top_p": None, "stop": ["x"], "seed": 7, "max_tokens": 5, "presence_penalty": -1.5}
    shell("import", shell.file({**CASE, "parameters": good}), "--name", "good")
    for row in (
        {**CASE, "parameters": parameters},
        {**LANGFUSE, "metadata": {"sightglass": {"parameters": parameters}}},
    ):
        _, said = shell("import", shell.file(row), "--name", "second", status=2)
        assert f"line 1: parameters.{says}" in said[0]
    assert shell.suites() == ["first", "good"]


LANGFUSE = {"datasetName": "d", "id": "a", "input": "Hi", "expectedOutput": "Moin"}


ROW = {"id": "a", "input": "Tide?", "expected": "Noon.", "tags": ["t"]}


def test_a_case_of_ours_with_the_keys_of_another_tool(shell: Shell) -> None:
    """The first case may be a row of Braintrust's, word by word: nothing of those behind it is lost, and what is wrong
    with one is told."""
    rest = {**ROW, "id": "b", "assert": [{"contains": "n"}], "weight": 3.0, "conversation": "v"}
    _, said = shell("import", shell.file(ROW, rest), "--name", "tides")
    assert len(said) == 1
    out, _ = shell("export", "tides", "--output", "-")
    kept = json.loads(out.splitlines()[1])
    assert (kept["assert"], kept["weight"], kept["conversation"]) == ([{"contains": "n"}], 3.0, "v")
    wrong = shell.file(ROW, {**rest, "asert": []}, name="wrong.jsonl")
    for words in (("show", wrong), ("import", wrong)):
        _, [told] = shell(*words, status=2)
        assert "line 2: asert: expected one of the keys" in told


def test_a_row_of_another_tool_with_the_keys_of_ours(shell: Shell) -> None:
    """What our export keeps for itself is put back, and an answer of a trace is its text."""
    held = {**ROW, "metadata": {"sightglass": {"assert": [{"contains": "n"}]}}}
    answer = {**ROW, "expected": {"role": "assistant", "content": "Noon.", "tool_calls": None}}
    for row, key, value in ((held, "assert", [{"contains": "n"}]), (answer, "expected", "Noon.")):
        shell("import", shell.file(row), "--name", "tides")
        out, _ = shell("export", "tides", "--output", "-")
        assert json.loads(out)[key] == value
