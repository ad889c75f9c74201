"""Ctrl-C: real processes, at their start and while they wait for a terminal."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.patience import patient
from support.processes import wait_until

ENTRY = str(Path(sys.executable).with_name("sightglass"))


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that end with the test."""
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.communicate()


def start(running: list[subprocess.Popen[bytes]], words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A command with pipes on all three streams, which Python buffers unless it is told otherwise."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running.append(subprocess.Popen(words, cwd=folder, env=environ, bufsize=0, **pipes))
    return running[-1]


def command_line(pid: int) -> bytes:
    """The words of a running process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Exit status and stderr."""
    assert process.stderr is not None
    status = process.wait(patient(10))
    return status, process.stderr.read()


@pytest.mark.parametrize("words", [["export"], ["score", "-"], ["dead", "list"], ["worker", "--upstream", "http://x"]])
def test_at_the_start_it_ends_quietly(started: list[subprocess.Popen[bytes]], tmp_path: Path, words: list[str]) -> None:
    """While a command is still being loaded: status 130, and not a word."""
    process = start(started, [ENTRY, *words], tmp_path)
    wait_until(lambda: b"-m\0scorers" in command_line(process.pid), 10, "the other program", every=0.001)
    os.kill(process.pid, signal.SIGINT)
    assert ended(process) == (130, b"")


@pytest.mark.parametrize("command", ["score", "import"])
def test_a_read_from_a_terminal_ends_at_once(
    started: list[subprocess.Popen[bytes]], tmp_path: Path, command: str
) -> None:
    """``score -`` tells of each line and waits for the next, as ``import -`` does. Ctrl-C ends both with status 130."""
    process = start(started, [ENTRY, command, "-"], tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    if command == "score":
        process.stdin.write(json.dumps({"prompt": "Where?", "response": "There."}).encode() + b"\n")
        assert select.select([process.stdout], [], [], patient(20))[0], "no scores of the line that was sent"
        assert process.stdout.readline().startswith(b"{")
    else:
        wait_until(lambda: _reads(process.pid), 20, "it reads", every=0.01)
    os.kill(process.pid, signal.SIGINT)
    status, said = ended(process)
    assert status == 130
    assert b"Traceback" not in said


def _reads(pid: int) -> bool:
    """Whether the process waits in read(0, ...)."""
    words = Path(f"/proc/{pid}/syscall").read_text().split()
    return words[0] == "0" and words[1] == "0x0" if len(words) > 1 else False
