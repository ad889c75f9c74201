"""``sightglass experiment``: what stands in the store, in JSON and for people, and an end to it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scorers.cli import main
from scorers.store.experiments import Enrolment
from scorers.store.store import Store
from tests.scorers.store.test_experiments import a_pair, a_run

KEYS = {
    *("name", "kind", "app", "state", "pairs", "skipped", "cost_usd", "outcomes", "verdict", "more_pairs", "noise"),
    "reasons",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one experiment that has begun."""
    for name in list(os.environ):
        if name.startswith("SIGHTGLASS_"):
            monkeypatch.delenv(name)
    store = Store.open("sqlite", tmp_path)
    store.experiments.begin(a_run(), Enrolment(1.0))
    store.experiments.enrol("e1", [a_pair(n) for n in range(2)], Enrolment(2.0, "s-1", 2))
    store.close()
    return tmp_path


def test_list_and_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The designed keys, whatever has been asked so far; and lines for people."""
    assert main(["experiment", "list", "--data-dir", str(folder), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["experiments"]
    assert main(["experiment", "status", "thinner", "--data-dir", str(folder), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status == listed
    assert set(status) == KEYS
    assert (status["name"], status["state"], status["verdict"]) == ("thinner", "running", "undecided")
    assert main(["experiment", "status", "thinner", "--data-dir", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("thinner ")
    assert "calls: planned 4, done 0, skipped 0, failed 0, pending 4" in shown


def test_stop(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends the run in the store, which the worker sees; again is no error."""
    for _ in range(2):
        assert main(["experiment", "stop", "thinner", "--data-dir", str(folder), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "stopped"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["status", "none"], "none: there is no such experiment"),
        (["pause"], "unknown command 'pause'; expected one of list, status, stop"),
        ([], "a command is missing"),
    ],
)
def test_errors_are_one_line(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], line: str) -> None:
    """Exit status 2, and what there is."""
    more = ["--data-dir", str(folder)] if len(words) > 1 else []
    assert main(["experiment", *words, *more]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
