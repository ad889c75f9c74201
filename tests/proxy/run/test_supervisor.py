"""The supervisor in a process of its own, with small children that note what happens to them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from support.patience import patient
from support.processes import Child, wait_until

_DRIVER = """
import json, sys, uvloop
from proxy.run.processes import log_to_stderr
from proxy.run.supervisor import Child, Supervisor
log_to_stderr("supervisor")
plan = json.loads(sys.argv[1])
proxies, workers = (
    [Child(name, ["-c", *rest], watched="beats" in rest[-1]) for name, *rest in plan[kind]]
    for kind in ("proxies", "workers")
)
sys.exit(uvloop.run(Supervisor(proxies, workers, plan["drain"], plan["patience"]).run()))
"""
#: argv: name, journal, what to do, ..., --parent-pipe, fd
_NOTE = """
import os, signal, sys, time
name, journal, action = sys.argv[1:4]
def note(what):
    with open(journal, "a") as file:
        file.write(f"{name} {what} {os.getpid()} {time.monotonic()}\\n")
def on_signal(number, frame):
    note(signal.Signals(number).name)
    if action == "stubborn":
        return
    if action == "wrong at a reload" and number == signal.SIGHUP:
        os._exit(2)
    if action == "slow":
        time.sleep(0.5)
    note("ended")
    sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, on_signal)
note("started")
if action.isdigit():
    sys.exit(int(action))
if action == "wrong later" and open(journal).read().count(f"{name} started") == 2:
    sys.exit(2)
if "beats" in action:
    from proxy.run.watchdog import beat
    import asyncio
    note(sys.argv[sys.argv.index("--restarts") + 1])
    async def run():
        beat(int(sys.argv[sys.argv.index("--beat-pipe") + 1]))
        await asyncio.sleep(0.3)
        if action == "beats, then not" and open(journal).read().count(f"{name} started") == 1:
            time.sleep(60)
        await asyncio.sleep(60)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    asyncio.run(run())
pipe = int(sys.argv[sys.argv.index("--parent-pipe") + 1])
if action == "orphan":
    os.read(pipe, 1)
    note("alone")
    sys.exit(0)
while True:
    time.sleep(0.05)
"""


class Line:
    """One line of the journal."""

    def __init__(self, text: str) -> None:
        self.name, self.what, pid, at = text.split()
        self.pid, self.at = int(pid), float(at)

    @property
    def event(self) -> str:
        return f"{self.name} {self.what}"


class Driver(Child):
    """A supervisor over children that are given as (name, action)."""

    def __init__(
        self,
        folder: Path,
        proxies: dict[str, str],
        workers: dict[str, str],
        drain: float = 5.0,
        patience: float = 10.0,
    ) -> None:
        self.journal = folder / "journal"
        plan = {
            "proxies": [[name, _NOTE, name, str(self.journal), action] for name, action in proxies.items()],
            "workers": [[name, _NOTE, name, str(self.journal), action] for name, action in workers.items()],
            "drain": drain,
            "patience": patience,
        }
        command = [sys.executable, "-c", _DRIVER, json.dumps(plan)]
        super().__init__("supervisor", command, folder / "supervisor.log", folder)

    def lines(self, event: str = "") -> list[Line]:
        """What the children noted, in order; all of it, or one event."""
        text = self.journal.read_text() if self.journal.exists() else ""
        found = [Line(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in found if event in ("", line.event)]

    def wait_for(self, event: str, count: int = 1, seconds: float = 10.0) -> None:
        """Until ``event`` was noted so often."""
        wait_until(lambda: len(self.lines(event)) >= count, seconds, f"{count} times {event!r}\n{self.output()}")


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Starts a supervisor; whatever still runs at the end is killed."""
    running: list[Driver] = []

    def start(proxies: dict[str, str], workers: dict[str, str], **changes: float) -> Driver:
        running.append(Driver(tmp_path, proxies, workers, **changes))
        return running[-1]

    yield start
    for driver in running:
        driver.process.kill()
        driver.process.wait()
        for line in driver.lines():
            try:
                os.kill(line.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def test_what_died_is_started_again_with_growing_pauses(drive: Callable[..., Driver]) -> None:
    """A child that dies comes back, each time after a longer pause; the others are left alone."""
    driver = drive({"proxy": "wait"}, {"worker": "3"})
    driver.wait_for("worker started", 5)
    times = [line.at for line in driver.lines("worker started")]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[0] >= 0.2
    assert gaps[1] >= 0.4
    assert gaps[2] >= 0.8
    assert len(driver.lines("proxy started")) == 1
    assert "worker ended with status 3; starting it again in 0.2 s" in driver.output()
    begun = time.monotonic()
    assert driver.stop() == 0
    assert time.monotonic() - begun < 3.0, "a child in its pause (3.2 s by now) holds nobody up"


def test_a_killed_child_is_started_again(drive: Callable[..., Driver]) -> None:
    """SIGKILL of the worker: a new one, while the proxy goes on."""
    driver = drive({"proxy": "wait"}, {"worker": "wait"})
    driver.wait_for("worker started")
    os.kill(driver.lines("worker started")[0].pid, signal.SIGKILL)
    driver.wait_for("worker started", 2)
    assert driver.stop() == 0
    assert len(driver.lines("proxy started")) == 1
    assert [line.event for line in driver.lines()][-1] == "worker ended"


@pytest.mark.parametrize("wrong", ["proxy", "worker"])
def test_a_child_that_is_configured_wrongly_stops_all(drive: Callable[..., Driver], wrong: str) -> None:
    """Exit status 2 of a child at its start: the others are stopped, and the status is 2."""
    actions = {"proxy": "wait", "worker": "wait"} | {wrong: "2"}
    driver = drive({"proxy": actions["proxy"]}, {"worker": actions["worker"]})
    assert driver.process.wait(patient(10)) == 2
    assert len(driver.lines(f"{wrong} started")) == 1


def test_status_2_later_is_a_crash_like_any_other(drive: Callable[..., Driver]) -> None:
    """Only the first start can show a wrong configuration; after that a child is started again."""
    driver = drive({"proxy": "wait"}, {"worker": "wrong later"})
    driver.wait_for("worker started")
    os.kill(driver.lines("worker started")[0].pid, signal.SIGKILL)
    driver.wait_for("worker started", 3)
    assert "worker ended with status 2; starting it again" in driver.output()
    assert driver.stop() == 0


def test_proxies_stop_before_the_worker(drive: Callable[..., Driver]) -> None:
    """The worker is told only when every proxy has ended, so that it can take what they flush."""
    driver = drive({"proxy0": "slow", "proxy1": "wait"}, {"worker": "wait"})
    for name in ("proxy0", "proxy1", "worker"):
        driver.wait_for(f"{name} started")
    assert driver.stop() == 0
    events = [line.event for line in driver.lines() if line.what != "started"]
    assert sorted(events[:-2]) == ["proxy0 SIGTERM", "proxy0 ended", "proxy1 SIGTERM", "proxy1 ended"]
    assert events[-2:] == ["worker SIGTERM", "worker ended"]


def test_ctrl_c_reaches_the_supervisor_alone(drive: Callable[..., Driver]) -> None:
    """Children are in sessions of their own, out of the terminal's reach: each is told once, by SIGTERM, in order."""
    driver = drive({"proxy": "slow"}, {"worker": "wait"})
    driver.wait_for("proxy started")
    driver.wait_for("worker started")
    assert os.getsid(driver.lines("proxy started")[0].pid) != os.getsid(driver.process.pid)
    driver.process.send_signal(signal.SIGINT)
    assert driver.process.wait(patient(10)) == 0
    events = [line.event for line in driver.lines() if line.what != "started"]
    assert events == ["proxy SIGTERM", "proxy ended", "worker SIGTERM", "worker ended"]


def test_a_second_signal_kills(drive: Callable[..., Driver]) -> None:
    """Who can not wait for the drain signals again: everything ends at once, and the status says so."""
    driver = drive({"proxy": "stubborn"}, {"worker": "stubborn"}, drain=60.0)
    driver.wait_for("proxy started")
    driver.wait_for("worker started")
    driver.process.send_signal(signal.SIGTERM)
    driver.wait_for("proxy SIGTERM")
    begun = time.monotonic()
    driver.process.send_signal(signal.SIGTERM)
    assert driver.process.wait(patient(10)) == 1
    assert time.monotonic() - begun < patient(3)
    for name in ("proxy", "worker"):
        with pytest.raises(ProcessLookupError):
            os.kill(driver.lines(f"{name} started")[0].pid, 0)


def test_a_reload_reaches_every_process(drive: Callable[..., Driver]) -> None:
    """SIGHUP is passed on to the proxies and to the worker."""
    driver = drive({"proxy0": "stubborn", "proxy1": "stubborn"}, {"worker": "stubborn"})
    for name in ("proxy0", "proxy1", "worker"):
        driver.wait_for(f"{name} started")
    driver.process.send_signal(signal.SIGHUP)
    driver.wait_for("proxy0 SIGHUP")
    driver.wait_for("proxy1 SIGHUP")
    driver.wait_for("worker SIGHUP")


def test_a_worker_that_a_reload_ends_stops_nobody_else(drive: Callable[..., Driver]) -> None:
    """Status 2 at the start stops everything. After a reload the worker is started again, and requests go on."""
    driver = drive({"proxy": "stubborn"}, {"worker": "wrong at a reload"})
    driver.wait_for("proxy started")
    driver.wait_for("worker started")
    driver.process.send_signal(signal.SIGHUP)
    driver.wait_for("worker started", 2)
    assert driver.process.poll() is None
    assert not driver.lines("proxy SIGTERM")


def test_children_notice_that_the_supervisor_is_gone(drive: Callable[..., Driver]) -> None:
    """After SIGKILL of the supervisor the pipe ends, so no child outlives it."""
    driver = drive({"proxy": "orphan"}, {"worker": "orphan"})
    driver.wait_for("proxy started")
    driver.wait_for("worker started")
    driver.process.kill()
    driver.wait_for("proxy alone")
    driver.wait_for("worker alone")


def test_a_child_whose_loop_does_not_turn_is_ended(drive: Callable[..., Driver]) -> None:
    """It is killed, whatever holds it, after it has said where it stands; the next life is told of it. One that beats
    is left alone for longer than the patience, and so is one that nobody watches."""
    driver = drive({"stuck": "beats, then not", "well": "beats"}, {"worker": "wait"}, patience=2.0)
    driver.wait_for("stuck ended=0,stuck=0")
    driver.wait_for("stuck ended=0,stuck=1", seconds=20)
    first, second = driver.lines("stuck started")
    assert second.at - first.at > 2.0
    log = driver.output()
    assert "stuck has not turned its loop for 2 s and is ended; its stacks follow" in log
    assert "in run" in log, "the stack of the function that holds the loop"
    assert [len(driver.lines(f"{name} started")) for name in ("well", "worker")] == [1, 1]
    assert driver.stop() == 0


def test_a_child_that_died_by_itself_was_not_stuck(drive: Callable[..., Driver]) -> None:
    """The reasons are counted apart."""
    driver = drive({"proxy": "beats"}, {})
    driver.wait_for("proxy ended=0,stuck=0")
    os.kill(driver.lines("proxy started")[0].pid, signal.SIGKILL)
    driver.wait_for("proxy ended=1,stuck=0")
    assert driver.stop() == 0


def test_a_supervisor_that_was_held_blames_nobody(drive: Callable[..., Driver]) -> None:
    """What its children said while it did not run counts when it runs again."""
    driver = drive({"proxy": "beats"}, {}, patience=1.5)
    driver.wait_for("proxy started")
    time.sleep(0.5)
    driver.process.send_signal(signal.SIGSTOP)
    time.sleep(4)
    driver.process.send_signal(signal.SIGCONT)
    time.sleep(2.5)
    assert len(driver.lines("proxy started")) == 1
    assert driver.stop() == 0
