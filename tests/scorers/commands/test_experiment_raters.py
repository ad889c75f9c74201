"""``sightglass experiment link|raters|votes``: links, progress without votes, and looks that are written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scorers.commands.experiment import main
from scorers.experiments.people import ENTER
from scorers.store.raters import LinkOver
from scorers.store.store import Store
from scorers.store.votes import Choice
from support.experiments import NAME, RUN, begin, decide


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an experiment of twelve pairs, six of which one rater has voted on."""
    store = Store.open("sqlite", tmp_path / "data")
    begin(store, 12)
    for _ in range(6):
        shown = store.votes.next(RUN, "rita")
        assert shown is not None
        store.votes.vote(RUN, "rita", shown.id, Choice.LEFT)
    store.close()
    return tmp_path / "data"


def run(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command."""
    status = main([*words, "--data-dir", str(folder)])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_a_link(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed, works once for its name and experiment, and not after its hours."""
    status, out, err = run(folder, capsys, "link", NAME, "sami")
    assert status == 0
    assert "works once" in err
    _, told, _ = run(folder, capsys, "link", NAME, "tess", "--hours", "0.000001", "--json")
    path = json.loads(told)["path"]
    assert path.startswith(f"{ENTER}?link=")
    store = Store.open("sqlite", folder)
    found = store.raters.find(store.raters.enter(out.strip().partition("=")[2]))
    assert found is not None
    assert (found.voter, found.experiment) == ("sami", NAME)
    assert found.made_by.endswith("(command)")
    with pytest.raises(LinkOver, match="expired"):
        store.raters.enter(path.partition("=")[2])
    store.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["link", "none", "sami"], "no such experiment"),
        (["link", NAME, "a b"], "RATER"),
        (["link", NAME, "sami", "--hours", "0"], "--hours"),
        (["raters", "none"], "no such experiment"),
        (["votes", "none"], "no such experiment"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    """One line on stderr, status 2."""
    status, out, err = run(folder, capsys, *words)
    assert (status, out) == (2, "")
    assert says in err


def test_progress_tells_no_votes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the verdict the report has numbers of pairs and agreement, and no arm."""
    _, out, _ = run(folder, capsys, "raters", NAME)
    assert out.startswith("rita")
    assert "agreement: not known yet (n = 0)" in out
    _, told, _ = run(folder, capsys, "raters", NAME, "--json")
    assert json.loads(told)["raters"][0]["voter"] == "rita"
    for word in ("candidate", "control", "left", "right"):
        assert word not in out + told


def test_a_look_is_written_down(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the verdict with the name of who looked; after it votes are no secret."""
    _, out, err = run(folder, capsys, "votes", NAME)
    assert out.startswith("candidate ")
    assert "was recorded" in err
    assert "looked before the verdict" in run(folder, capsys, "raters", NAME)[1]
    store = Store.open("sqlite", folder)
    decide(store, "ship")
    store.close()
    _, told, err = run(folder, capsys, "votes", NAME, "--json")
    assert json.loads(told)["recorded"] is False
    assert err == ""
