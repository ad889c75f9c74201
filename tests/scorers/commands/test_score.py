"""What ``sightglass score`` promises."""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scorers.commands.score import main
from scorers.registry import FACTORIES
from scorers.score import OUTPUTS
from support.processes import ROOT

REFUSED = {"prompt": "Hi", "response": "I'm sorry, but I can't help with that."}
ANSWERED = {"prompt": "Hi", "response": "The harbour opens at six."}
KEYS = ["id", "choice", "scorer", "output", "version", "value", "verdict", "unscored_reason", "explanation"]

_RUN = "import scorers.cli; sys.exit(scorers.cli.main(sys.argv[1:]))"


@pytest.fixture
def recorded(tmp_path: Path):
    def write(*rows: object) -> str:
        path = tmp_path / "recorded.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


def test_one_line_a_score(recorded, capsys):
    """Each sample gives one JSON line for each output, with exactly the published keys; the summary is on stderr."""
    assert main([recorded(REFUSED, ANSWERED)]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert all(list(row) == KEYS for row in rows)
    without_judge = [
        (scorer, output)
        for scorer in FACTORIES
        for output in OUTPUTS[scorer]
        if output not in ("over_refused", "under_refused", "missed", "needless")
    ]
    assert [(row["id"], row["scorer"], row["output"]) for row in rows] == [
        (identity, *pair) for identity in "12" for pair in without_judge
    ]
    assert [row["verdict"] for row in rows if row["output"] == "refused"] == ["yes", "no"]
    assert rows[1]["unscored_reason"] == "no_evidence"
    assert "refusal.refused" in captured.err
    assert "0.500" in captured.err


def test_a_folder_without_room_is_one_line(recorded):
    """Where the language identifier has no room in the temporary folder, no sample has a score and one line says why;
    files of at most 60 MB stand for the full folder."""
    path = recorded({"prompt": "Wo?", "response": "Le phare est ouvert tous les jours."}, ANSWERED)
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000_000, 60_000_000)); {_RUN}"
    words = [sys.executable, "-c", limited, "score", path, "--scorer", "refusal"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(
        f"sightglass score: refusal cannot work here: {tempfile.gettempdir()}: File too large"
    )


@pytest.mark.parametrize(("share", "status"), [("0.5", 0), ("0.49", 1), ("1", 0), ("0", 1)])
def test_the_gate(recorded, capsys, share, status):
    """Exit 1 when the share of yes is above the given one, and only above."""
    path = recorded(REFUSED, ANSWERED)
    assert main([path, "--scorer", "refusal", "--fail-above", f"refusal.refused={share}"]) == status


def test_a_gate_that_judged_nothing_does_not_pass(recorded, capsys):
    """Unscored is never a pass: without a single scored answer the gate fails with status 2."""
    assert main([recorded(ANSWERED), "--fail-above", "groundedness.ungrounded=0.5"]) == 2
    assert "no answer was scored" in capsys.readouterr().err


def test_a_bad_line_costs_only_itself(recorded, capsys):
    """A line that can not be read is named by its number; the others are scored; the status is 2."""
    assert main([recorded(REFUSED, "", "nonsense", ANSWERED), "--scorer", "refusal"]) == 2
    captured = capsys.readouterr()
    assert [json.loads(line)["id"] for line in captured.out.splitlines()] == ["1", "4"]
    assert "line 3: not JSON" in captured.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--scorer", "nonsense"], "unknown scorer 'nonsense'"),
        (["--fail-above", "nonsense"], "--fail-above nonsense"),
        (["--fail-above", "refusal.refused=2"], "from 0 to 1"),
        (["--fail-above", "refusal.refused=nan"], "from 0 to 1"),
        (["--fail-above", "refusal.nonsense=0.1"], "known output"),
        (["--scorer", "refusal", "--fail-above", "groundedness.ungrounded=0.1"], "does not run"),
        (["--config", "/nonexistent.yaml"], "/nonexistent.yaml"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_arguments_are_one_line(recorded, capsys, options, told):
    """Exit 2, nothing on stdout, one line on stderr."""
    assert main([recorded(ANSWERED), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["missing.jsonl"], ["."], [], ["a\0b"]], ids=["missing", "folder", "none", "nul"]
)
def test_a_file_that_can_not_be_read(capsys, arguments):
    """Exit 2 with one line."""
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_file_may_follow_the_options(recorded, capsys):
    """``--scorer NAME FILE`` is understood."""
    assert main(["--scorer", "refusal", recorded(ANSWERED)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_stdin(monkeypatch, capsys):
    """``-`` reads stdin; a byte order mark is no fault."""
    data = b"\xef\xbb\xbf" + json.dumps(ANSWERED).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["-", "--scorer", "refusal"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_labels_give_sensitivity_and_specificity(recorded, capsys):
    """Where samples carry labels the summary compares, with intervals; --json says it to machines."""
    rows = [{**REFUSED, "labels": {"refusal.refused": "yes"}}, {**ANSWERED, "labels": {"refusal.refused": "no"}}]
    assert main([recorded(*rows), "--scorer", "refusal", "--json"]) == 0
    summary = json.loads(capsys.readouterr().err)["outputs"][0]
    assert (summary["ratio"], summary["scored"]) == (0.5, 2)
    assert summary["sensitivity"]["value"] == summary["specificity"]["value"] == 1
    assert main([recorded(*rows), "--scorer", "refusal"]) == 0
    assert "sensitivity" in capsys.readouterr().err


def test_settings_come_from_the_configuration(recorded, tmp_path, capsys):
    """A threshold in the file decides the verdict."""
    config = tmp_path / "c.yaml"
    config.write_text("upstreams: [{name: u, base_url: 'http://localhost'}]\nscorers: {refusal: {threshold: 0.999}}\n")
    assert main([recorded(REFUSED), "--config", str(config)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["scorer"], row["verdict"]) for row in rows] == [("refusal", "no")]


def test_documents_in_system_messages_are_configured(recorded, tmp_path, capsys):
    """Marked blocks of a system message are evidence for the applications that the file names, and for no others."""
    config = tmp_path / "c.yaml"
    config.write_text("upstreams: [{name: u, base_url: 'http://localhost'}]\nevidence: {system: [guide]}\n")
    told = "Context: The ferry to Holm leaves the east pier at nine and carries forty cars."
    asked = [{"role": "system", "content": told}, {"role": "user", "content": "When does it leave?"}]
    answer = "The ferry to Holm leaves the east pier at nine."
    rows = [{"app": app, "messages": asked, "response": answer} for app in ("guide", "other")]
    found = []
    for options in ([], ["--config", str(config)]):
        assert main([recorded(*rows), "--scorer", "groundedness", *options]) == 0
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        found.append([row["unscored_reason"] or row["verdict"] for row in lines if row["output"] == "ungrounded"])
    assert found == [["no_evidence", "no_evidence"], ["no", "no_evidence"]]


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("rows", [["nonsense"], [{"prompt": "Hi"}]])
def test_of_an_input_error_only_the_error_is_told(recorded, capsys, rows, options):
    """No summary of nothing stands before the one line."""
    assert main([recorded(*rows), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("sightglass score: ")


def test_stdout_is_scores_only(recorded, capsys):
    """With ``--json`` the summary is one object on stderr, in place of the table."""
    assert main([recorded(REFUSED), "--json"]) == 0
    captured = capsys.readouterr()
    assert all(list(json.loads(line)) == KEYS for line in captured.out.splitlines())
    assert captured.err.count("\n") == 1
    assert list(json.loads(captured.err)) == ["outputs"]


def test_long_names_do_not_break_the_columns(recorded, capsys):
    """Every column of the summary begins or ends in one place."""
    assert main([recorded(REFUSED, ANSWERED)]) == 0
    head, *lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("context_utilization.ignored_context ") for line in lines)
    for line in lines:
        if not line.startswith(" "):
            assert line[head.index(" n ") + 1].isdigit()
            assert line[head.index("not scored") - 1] == " "
            assert line[head.index("not scored")] != " "


def test_an_empty_file(recorded, capsys):
    """Nothing in, nothing out."""
    assert main([recorded("")]) == 0
    assert capsys.readouterr().out == ""


def test_at_most_twenty_problems_are_told(recorded, capsys):
    """A file full of wrong lines says twenty of them and how many more there are; what is right is scored."""
    assert main([recorded(*["{}"] * 50, ANSWERED), "--scorer", "refusal"]) == 2
    captured = capsys.readouterr()
    told = [line for line in captured.err.splitlines() if line.startswith("sightglass score: ")]
    assert len(told) == 21
    assert told[-1] == "sightglass score: and 30 more problems"
    assert len(captured.out.splitlines()) == 1


def test_a_file_of_another_tool_is_named_and_its_answers_are_taken(recorded, capsys):
    """Without ``--format`` one sentence says which to give; with it the answers are scored, and losses are counted."""
    row = {"input": "Hi", "expected": "Moin", "scores": {}, "error": None}
    path = recorded({**row, "output": REFUSED["response"]}, {**row, "output": None, "error": "gone"})
    assert main([path]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "--format braintrust" in captured.err
    assert main([path, "--format", "braintrust", "--scorer", "refusal"]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["verdict"] for line in captured.out.splitlines()] == ["yes"]
    assert "a case that ended in an error: 1 case: lost" in captured.err
