"""The two processes of the demonstration: started on free loopback ports, stopped by their process id."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

PREFERRED = (8080, 8081, 8082)


class DemoError(Exception):
    """The demonstration cannot continue. The message is one clear line."""


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _first_here() -> bool:
    """Whether no other demonstration runs on this machine; holds that place until the process ends.

    Two that start in the same second would find the same ports free, and one would talk to the other's listeners.
    """
    place = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(place)
        return False
    return True


def pick_ports() -> list[int]:
    """Four ports: data, metrics and console (the usual ones where they are free) and the provider's."""
    first = _first_here()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(4)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        any_ports = [item.getsockname()[1] for item in sockets]
    usual = [port if first and _free(port) else other for port, other in zip(PREFERRED, any_ports, strict=False)]
    return [*usual, any_ports[3]]


class Child:
    """One process in its own session, so that Ctrl-C does not reach it. Its output goes to a file."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - modules of ours
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self, url: str, seconds: float = 30.0) -> None:
        """Wait until ``url`` answers 200. Raises ``DemoError``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url, timeout=2.0, trust_env=False).status_code == 200:
                    return
            time.sleep(0.05)
        raise DemoError(f"{self.name} was not ready within {seconds:g} s: {self._last_line()}")

    def check(self) -> None:
        """Raises ``DemoError`` if the process has ended."""
        status = self._process.poll()
        if status is not None:
            raise DemoError(f"{self.name} ended with status {status}: {self._last_line()}")

    def _last_line(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "no output"

    def terminate(self) -> None:
        """Ask the process to end."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 10.0) -> None:
        """Wait until the process has ended; kill it if it does not end."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def worker_of(serve: Child) -> int | None:
    """The process id of the worker that ``sightglass serve`` started; ``None`` while there is none to be found."""
    for pid, parent, words in _processes():
        if parent == serve.pid and "scorers" in words and "worker" in words:
            return pid
    return None


def _processes() -> Iterator[tuple[int, int, list[str]]]:
    """Process id, parent's id and command line of every process that can be seen: from /proc, else by ps."""
    if not Path("/proc/self/stat").exists():
        command = ["ps", "-A", "-o", "pid=,ppid=,command="]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        for line in listed.stdout.splitlines():
            pid, parent, *words = line.split()
            yield int(pid), int(parent), words
        return
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            # The name in parentheses may hold anything; what follows its last one does not.
            parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            yield int(folder.name), int(parent), words
