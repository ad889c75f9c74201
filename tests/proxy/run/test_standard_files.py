"""Commands whose standard output is closed, full, or read by nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import ROOT

CONFIG = 'upstreams: [{name: u, base_url: "http://127.0.0.1:1"}]\n'
_COMMANDS = ["check-config sightglass.yaml", "completion bash", "prices check"]


def said(folder: Path, words: str, to: str) -> tuple[int, str]:
    """The exit status of a command whose output goes somewhere, and what it says on stderr."""
    (folder / "sightglass.yaml").write_text(CONFIG)
    command = f'"{sys.executable}" -m proxy.cli {words} {to}'
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", _COMMANDS)
def test_a_closed_output_is_no_error(words: str, tmp_path: Path) -> None:
    """As from a scheduler that gives none: nobody reads it, and nothing else becomes it."""
    status, told = said(tmp_path, words, ">&-")
    assert (status, "Traceback" in told) == (0, False), told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [*_COMMANDS[:2], "--version", "--help", ""])
def test_a_full_disk_is_one_line(words: str, tmp_path: Path) -> None:
    """With its reason, and exit status 2."""
    status, told = said(tmp_path, words, ">/dev/full")
    assert (status, told) == (2, "sightglass: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize("words", _COMMANDS)
def test_a_reader_that_has_left_is_no_error(words: str, tmp_path: Path) -> None:
    """``| head``."""
    status, told = said(tmp_path, words, '| true; exit "${PIPESTATUS[0]}"')
    assert (status, "Traceback" in told) == (0, False), told


_REFUSED = '{"prompt": "Where is the lamp?", "response": "I\'m sorry, but I can\'t help with that."}\n'
_GATE = "score recorded.jsonl --scorer refusal --fail-above refusal.refused=0.05"


@pytest.mark.parametrize(
    "to", ['| true; exit "${PIPESTATUS[0]}"', '2>&1 | true; exit "${PIPESTATUS[0]}"', "2>&-", "2>/dev/full", ">&-"]
)
def test_the_verdict_of_a_gate_is_its_status_whoever_reads(to: str, tmp_path: Path) -> None:
    """A limit that is exceeded is status 1, and not 0 because nobody read the scores or the errors."""
    (tmp_path / "recorded.jsonl").write_text(_REFUSED * 2_000)
    status, told = said(tmp_path, _GATE, to)
    assert (status, "Traceback" in told) == (1, False), told


@pytest.mark.parametrize("to", ['2>&1 | true; exit "${PIPESTATUS[0]}"', "2>/dev/full", "2>&-"])
def test_an_error_that_nobody_reads_is_one(to: str, tmp_path: Path) -> None:
    """Status 2 of a wrong argument, and neither 0 nor the 1 of a verdict."""
    assert said(tmp_path, "suite run nothing --model m --base-url http://127.0.0.1:1", to)[0] == 2
    assert said(tmp_path, "check-config nothing.yaml", to)[0] == 2
