"""The commands that need scorers, as ``sightglass`` starts them."""

from __future__ import annotations

import pytest

from scorers.cli import main


def test_a_worker_shows_the_options_of_serve(capsys: pytest.CaptureFixture[str]) -> None:
    """All four, each with what it means for a worker."""
    with pytest.raises(SystemExit) as ended:
        main(["worker", "--help"])
    assert ended.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    for option in ("--config", "--upstream URL", "--listen HOST:PORT", "--data-dir DIR"):
        assert option in told
    assert "the worker itself calls no upstream" in told
    assert "the worker itself only opens console_listen" in told
    assert "--parent-pipe" not in told


@pytest.mark.parametrize(("option", "value"), [("--listen", "nowhere"), ("--upstream", "ftp://127.0.0.1/v1")])
def test_a_wrong_option_of_a_worker_is_told(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it has no use for is read all the same: one line, status 2."""
    words = ["worker", option, value, *(["--upstream", "http://127.0.0.1/v1"] if option == "--listen" else [])]
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unknown_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It names those that there are."""
    assert main(["nonsense"]) == 2
    assert capsys.readouterr().err.startswith("usage: sightglass worker|")
