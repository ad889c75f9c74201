"""Runs the code that a model wrote, in a sandbox: bubblewrap (``bwrap``), never bare.

Inside: no network, no user of the machine, no environment, only the system's programs, read-only, and an empty ``/tmp``
in memory. Limits: ``LIMITS`` and ``SECONDS``. The namespaces of the kernel do the work; where they are not to be had
(no bwrap, user namespaces switched off, limits that do not hold), there is no sandbox, and nothing is run.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scorers.benchmarks.humaneval import Task, program

#: Time of one run by the clock, s, and what each of its processes may use: bytes, processes, files, CPU seconds.
SECONDS = 30.0
LIMITS = {
    "RLIMIT_AS": 512 << 20,
    "RLIMIT_NPROC": 8,
    "RLIMIT_NOFILE": 32,
    "RLIMIT_FSIZE": 1 << 20,
    "RLIMIT_CORE": 0,
    "RLIMIT_CPU": 10,
}
_SCRATCH = 16 << 20
_NOBODY = 65_534
_SHOWN = 200
_TOP = ("bin", "lib", "lib64", "sbin")
_INSIDE = Path(__file__).with_name("inside.py")
#: What a sandbox must keep: no other network device than ``lo``, no other user, no writing, few processes.
_PROBE = """
import os, socket, time
def probe():
    found = []
    if [name for _, name in socket.if_nameindex()] not in ([], ["lo"]):
        found.append("network")
    if os.getuid() != 65534 or os.environ.get("HOME"):
        found.append("user")
    for path in ("/usr/sightglass-probe", "/sightglass-probe"):
        try:
            open(path, "w").close()
            found.append("file system")
        except OSError:
            pass
    children = []
    try:
        for _ in range(24):
            child = os.fork()
            if not child:
                time.sleep(20)
                os._exit(0)
            children.append(child)
        found.append("process limit")
    except OSError:
        pass
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
    return ", ".join(found)
"""
_PROBED = Task(entry_point="probe", head="def probe():", test="def check(candidate):\n    assert not candidate()\n")


Process = subprocess.Popen[bytes]


class Outcome(msgspec.Struct, frozen=True):
    """Whether the tests passed; else why not, in words."""

    passed: bool
    why: str = ""


class NoSandbox(Exception):
    """There is none here; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How code is run. ``words``: the command before the program's own. ``user``: whom root becomes first. ``seconds``:
    the longest time of a run."""

    words: tuple[str, ...]
    user: int | None
    seconds: float = SECONDS

    def run(self, answer: str, task: Task, started: Callable[[Process], object] = lambda process: None) -> Outcome:
        """Run an answer's code with the task's tests. Blocking, for at most ``seconds``; never raises for the code.

        ``started`` gets the process, which may be killed: the tests have not passed then."""
        return self.run_program(program(answer, task), task, started)

    def run_program(
        self, code: str, task: Task, started: Callable[[Process], object] = lambda process: None
    ) -> Outcome:
        """The same for a whole module. Raises ``OSError`` where the sandbox cannot be started."""
        token = secrets.token_hex(16)
        limits = LIMITS | {"RLIMIT_CPU": min(LIMITS["RLIMIT_CPU"], math.ceil(self.seconds))}
        code = code.encode("utf-8", "replace").decode()  # a lone surrogate is in no source
        job = {**msgspec.to_builtins(task), "program": code, "token": token, "limits": limits}
        words = (*self.words, "-I", "-S", "-c", _INSIDE.read_text(encoding="utf-8"))
        # The token goes through a pipe, which cannot be read twice; a file takes the output, as files have a limit.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            with subprocess.Popen(  # noqa: S603 - the command is ours
                words,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
                env={},
                cwd="/",
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            ) as process:
                started(process)
                try:
                    process.communicate(msgspec.json.encode(job), timeout=self.seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    return Outcome(False, f"it took longer than {self.seconds:g} s")
                finally:
                    process.kill()
            out.seek(0)
            if out.read(2 * len(token)) == token.encode():
                return Outcome(True)
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4_096))
            return Outcome(False, _why(errors.read(), process.returncode))


def _why(said: bytes, status: int) -> str:
    """The last line of what went wrong, printable and short."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return f"it ended before its tests were over (exit status {status})"
    return "".join(c if c.isprintable() else " " for c in lines[-1])[:_SHOWN]


def find(bwrap: str | None = None) -> Sandbox:
    """A sandbox that was tried: it runs our own probe, and keeps it from what it must. Raises ``NoSandbox``."""
    path = bwrap or shutil.which("bwrap")
    if path is None:
        raise NoSandbox("bwrap is not installed (the package is called bubblewrap)")
    said = "no Python that it could run"
    for made in _possible(path):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            outcome = made.run_program(_PROBE, _PROBED)
            if outcome.passed:
                return made
            said = outcome.why
    raise NoSandbox(f"bwrap gives no sandbox here: {said}")


def _possible(bwrap: str) -> Iterator[Sandbox]:
    """Ways to run it, the strictest first: older ones know no ``--disable-userns``, some containers allow no /proc."""
    user = _NOBODY if os.geteuid() == 0 else None
    for python in dict.fromkeys((str(Path(sys.executable).resolve()), "/usr/bin/python3", "/usr/local/bin/python3")):
        if not Path(python).exists():
            continue
        for extra in (("--disable-userns", "--proc", "/proc"), ("--proc", "/proc"), ("--disable-userns",), ()):
            yield Sandbox((bwrap, *_ISOLATED, *extra, *_system(python), python), user)


_ISOLATED = (
    *("--unshare-all", "--unshare-user", "--new-session", "--die-with-parent", "--clearenv", "--cap-drop", "ALL"),
    *("--uid", str(_NOBODY), "--gid", str(_NOBODY), "--hostname", "sandbox"),
    *("--dev", "/dev", "--size", str(_SCRATCH), "--tmpfs", "/tmp", "--chdir", "/tmp"),  # noqa: S108 - its own
)


def _system(python: str) -> tuple[str, ...]:
    """The mounts of the system's programs, read-only, and of the interpreter where it is not among them."""
    words = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in _TOP:
        top = Path("/") / name
        if top.is_symlink():
            words += ["--symlink", str(top.readlink()), str(top)]
        elif top.is_dir():
            words += ["--ro-bind", str(top), str(top)]
    prefix = Path(python).parents[1]
    if not prefix.is_relative_to("/usr") and prefix != Path("/"):
        words += ["--ro-bind", str(prefix), str(prefix)]
    return (*words, "--remount-ro", "/", "--remount-ro", "/dev")
