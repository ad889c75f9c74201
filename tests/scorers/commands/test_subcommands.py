"""Commands with sub-commands: one line for what is not understood, and the usage on request."""

from __future__ import annotations

import pytest

from scorers.commands import benchmark, experiment, probe, run, stability, suite

_MAINS = {
    "benchmark": benchmark.main,
    "experiment": experiment.main,
    "probe": probe.main,
    "run": run.main,
    "stability": stability.main,
    "suite": suite.main,
}


@pytest.mark.parametrize("command", list(_MAINS))
def test_a_missing_or_unknown_subcommand_is_one_line_that_says_what_there_is(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, nothing on stdout, and every sub-command named. What is far too long is cut."""
    for argv, said in (([], "a command is missing"), (["frobnicate" * 50], "unknown command 'frobnicate")):
        assert _MAINS[command](argv) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith(f"sightglass {command}: {said}")
        assert len(err) < 250
        assert "run" in err or "status" in err or "show" in err


@pytest.mark.parametrize("command", list(_MAINS))
def test_help_is_printed_with_status_zero(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` and ``-h`` print the usage on stdout."""
    for flag in ("-h", "--help"):
        assert _MAINS[command]([flag]) == 0
        out, err = capsys.readouterr()
        assert out.startswith(f"usage: sightglass {command} ")
        assert err == ""
