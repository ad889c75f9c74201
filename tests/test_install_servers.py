"""The script that installs real servers: what it finds missing, whom it asks, what it says when it can not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "install-servers.sh"
TOOLS = ("bash", "id", "tee", "chmod", "rm", "env", "ls", "cat")
RUNNABLE = "#!/bin/sh\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PATH of its own: the tools that the script uses, a redis-server, and nothing to install with."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    _program(tmp_path, "redis-server", "")
    return tmp_path


def _program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_text(RUNNABLE + body, encoding="utf-8")
    path.chmod(0o755)


def _run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(folder)}
    return subprocess.run(
        ["/bin/bash", str(SCRIPT), *options],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def test_lists_what_is_missing(folder: Path) -> None:
    """Packages whose program is on the PATH are not wanted, the others are."""
    wanted = _run(folder, "--list-missing").stdout.split()
    assert "redis-server" not in wanted
    assert {"prometheus", "prometheus-alertmanager", "chromium"} <= set(wanted)


def test_says_what_will_be_skipped(folder: Path) -> None:
    """Where nothing can be installed, each missing package is named with its tests, and the build goes on."""
    done = _run(folder)
    assert done.returncode == 0
    assert "no apt-get here" in done.stderr
    assert "SKIPPED without prometheus: " in done.stderr
    assert "redis-server" not in done.stderr


def test_installs_with_sudo(folder: Path) -> None:
    """A normal user installs only what is missing, each package by itself, through sudo."""
    log = folder / "log"
    _program(folder, "id", "echo 1000\n")
    # sudo drops its own option; writing below /usr/sbin is kept from this test.
    _program(folder, "sudo", f'shift; case "$1" in tee|chmod|rm) exit 0;; esac; echo "sudo $*" >>{log}; exec "$@"\n')
    made = f'for name; do :; done; [ "$name" = chromium ] || cp {folder}/redis-server {folder}/$name\n'
    (folder / "cp").symlink_to(shutil.which("cp") or "")
    _program(folder, "apt-get", f'[ "$1" = update ] || {{ {made} }}\n')
    (folder / "true").symlink_to(shutil.which("true") or "")
    done = _run(folder)
    assert done.returncode == 0
    calls = log.read_text(encoding="utf-8").splitlines()
    assert any(call.startswith("sudo apt-get update") for call in calls)
    installs = [call.rsplit(" ", 1)[1] for call in calls if " install " in call]
    assert {"prometheus", "prometheus-alertmanager", "chromium"} <= set(installs)
    assert "redis-server" not in installs
    assert "SKIPPED without chromium: " in done.stderr
    assert "SKIPPED without prometheus: " not in done.stderr
