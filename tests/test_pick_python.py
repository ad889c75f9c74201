"""Which interpreter the environment is made with, of those on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "requirements" / "pick-python.sh"


Pick = Callable[..., str]


@pytest.fixture
def pick(tmp_path: Path) -> Pick:
    """``pick((name, body), ...)`` runs the script with these programs on the PATH, in this order, and nothing else."""

    def run(*programs: tuple[str, str]) -> str:
        folders = []
        for number, (name, body) in enumerate(programs):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
            folders.append(str(folder))
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in ("awk", "cat"):
            found = shutil.which(tool)
            assert found is not None
            (tools / tool).symlink_to(found)
        path = os.pathsep.join([*folders, str(tools)])
        done = subprocess.run(
            ["/bin/bash", str(SCRIPT)], env={"PATH": path}, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip().removeprefix(str(tmp_path) + "/")

    return run


def _takes(microseconds: int) -> str:
    return f"cat >/dev/null; echo {microseconds}"


def test_the_first_of_equals(pick: Pick) -> None:
    """As long as no other is clearly faster, the first on the PATH is taken."""
    assert pick(("python3", _takes(30_000)), ("python3", _takes(27_000)), ("python3.12", _takes(31_000))) == "0/python3"


def test_one_that_is_clearly_faster(pick: Pick) -> None:
    """Where it stands and what it is called does not matter then."""
    assert pick(("python3", _takes(30_000)), ("python3", _takes(21_000))) == "1/python3"


def test_what_can_not_be_used_is_passed_over(pick: Pick) -> None:
    """Too old, without venv, broken: whatever ends with an error."""
    assert pick(("python3", "cat >/dev/null; exit 1"), ("python3.13", _takes(90_000))) == "1/python3.13"


def test_nothing_to_pick(pick: Pick) -> None:
    """No interpreter at all is an empty line, for which make has its own words."""
    assert pick(("python3", "exit 127")) == ""


def test_a_real_one(pick: Pick) -> None:
    """The program that runs in an interpreter is one that the interpreter takes."""
    assert pick(("python3", f'exec {sys.executable} "$@"')) == "0/python3"
