"""Child processes of the bench: started, and waited for until they take connections."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.processes import Child, wait_until


def start(
    name: str, command: list[str], folder: Path, cwd: Path, port: int, env: dict[str, str] | None = None
) -> Child:
    """A child that listens on ``port``; its output is in ``folder``. Fails with its log when it does not come up."""
    folder.mkdir(exist_ok=True)
    child = Child(name, command, folder / "out.log", cwd, env)

    def listens() -> bool:
        assert child.process.poll() is None, f"{name} ended at its start:\n{child.output()[-3000:]}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens, 30, f"{name} listens")
    return child
