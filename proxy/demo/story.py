"""The story of the built-in provider: a quiet week, a provider that changes, a worker that dies. Printed on stdout.

Every chapter asks Sightglass for its findings and waits for a bounded time. If a finding does not come, it says so.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
from tqdm import tqdm

from proxy.demo.children import Child, DemoError, worker_of
from proxy.demo.dialogues import Dialogue, dialogues
from proxy.demo.provider import FINGERPRINTS
from proxy.demo.report import Findings
from proxy.demo.traffic import Application

SIGNAL = "refusal.refused"
#: Shares of refusals before and after the provider changes.
BEFORE, AFTER = 0.05, 0.25
#: Conversations of each chapter; the alarm usually comes well before the last of them.
HEALTHY, QUIET, CHANGED, KILLED = 120, 45, 480, 36
#: Seconds that each wait may take.
_SCORED, _ALARM, _CLOSED = 20.0, 20.0, 40.0


class Story:
    """The chapters. ``left()`` returns the remaining seconds. Chapters without enough time are shortened."""

    def __init__(
        self,
        application: Application,
        findings: Findings,
        serve: Child,
        addresses: tuple[str, str],
        config: Path,
        left: Callable[[], float],
    ) -> None:
        self._application = application
        self._findings = findings
        self._serve = serve
        self._provider, self._console = addresses
        self._config = config
        self._left = left
        self._every: Iterator[Dialogue] = itertools.cycle(dialogues())

    def tell(self) -> None:
        """Run all chapters."""
        self._chapter("Live traffic", f"{HEALTHY} conversations of four applications, every one of them sampled")
        self._send(HEALTHY)
        self._wait_scored()
        self._baseline()
        self._chapter("Quiet", "the same traffic against that baseline")
        self._send(QUIET)
        self._wait_scored()
        self._say("no alarm" if not self._findings.drifted(SIGNAL) else "an alarm already, which is a false one")
        self._change()
        self._kill()

    # --- the chapters ----------------------------------------------------------------------------------------------

    def _baseline(self) -> None:
        self._chapter("A baseline", "simulated: these conversations, repeated over the seven days before")
        command = [sys.executable, "-P", "-m", "scorers", "rehearse", "--config", str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise DemoError(f"no baseline could be made: {lines[-1] if lines else done.returncode}")
        self._say(f"{done.stdout.strip()} signals are watched against it; the console marks each as simulated")

    def _change(self) -> None:
        self._chapter("The provider changes", f"a new fingerprint, and refusals go from {BEFORE:.0%} to {AFTER:.0%}")
        behaviour = {"fingerprint": FINGERPRINTS[1], "refusals": AFTER}
        httpx.post(f"{self._provider}/demo/behaviour", json=behaviour, trust_env=False).raise_for_status()
        begun, sent = time.monotonic(), self._application.requests
        alarms = self._send(CHANGED, until=self._alarms)
        limit = self._limit(_ALARM)
        while not alarms and time.monotonic() < limit:
            time.sleep(0.5)
            alarms = self._alarms()
        if not alarms:
            return self._say(f"no alarm yet; {self._console}/drift tells how near it is")
        self._say(f"alarm after {time.monotonic() - begun:.0f} s and {self._application.requests - sent} requests:")
        for line in alarm_lines(alarms[0]):
            self._say(f"  {line}")
        self._say(f"  {self._console}/drift")

    def _kill(self) -> None:
        self._chapter("The worker is killed", "SIGKILL, in the middle of the traffic")
        pid = worker_of(self._serve)
        if pid is None:
            return self._say("its process was not found on this system; nothing was killed")
        os.kill(pid, signal.SIGKILL)
        same, total = self._compare()
        self._say(f"process {pid} is gone; {same} of {total} streamed answers came through byte for byte")
        published, missing, limit = 0, {"": 1}, self._limit(_CLOSED)
        while any(missing.values()) and time.monotonic() < limit:
            time.sleep(0.5)
            with contextlib.suppress(httpx.HTTPError):  # the console is the worker's, and comes back with it
                published, missing = self._findings.balance()
                if published < self._application.requests:
                    missing = {"": 1}
        if any(missing.values()):
            return self._say(f"the ledger has not closed yet: {max(missing.values())} samples without a result")
        self._say(f"a new worker took over, and the ledger closes: {published:,} published =")
        self._say(f"  {published:,} with a result in each of {len(missing)} scorers; nothing lost, nothing twice")
        self._say(f"  {self._console}/ledger")

    # --- what the chapters are made of -----------------------------------------------------------------------------

    def _alarms(self) -> list[dict[str, Any]]:
        return self._findings.drifted(SIGNAL)

    def _send(self, count: int, until: Callable[[], list[dict[str, Any]]] | None = None) -> list[dict[str, Any]]:
        """Send so many conversations, or until ``until`` gives something, asked once a second; what it gave."""
        asked, found = time.monotonic(), []
        with tqdm(total=None if until else count, desc="conversations", unit="", file=sys.stderr, leave=False) as bar:
            for _ in self._application.send_all(itertools.islice(self._every, count)):
                bar.update()
                if self._left() <= 0:
                    break
                if until is not None and time.monotonic() - asked > 1.0:
                    asked, found = time.monotonic(), until()
                    if found:
                        break
        self._serve.check()
        if not self._application.requests:
            raise DemoError(f"no request was answered: {self._application.first_error or 'nothing was sent'}")
        return found

    def _wait_scored(self) -> None:
        self._findings.wait_scored(self._application.requests, self._limit(_SCORED))

    def _limit(self, seconds: float) -> float:
        """The moment until which to wait: in so many seconds, or earlier when time is short (monotonic)."""
        return time.monotonic() + max(0.0, min(seconds, self._left()))

    def _compare(self) -> tuple[int, int]:
        """Streamed answers that are, byte for byte, what the provider says that it sent; and all of them."""

        def same(dialogue: Dialogue) -> bool:
            try:
                identity, digest = self._application.bytes_of(dialogue)
            except openai.OpenAIError:
                return False
            sent = httpx.get(f"{self._provider}/demo/sent/{identity}", trust_env=False)
            return sent.status_code == 200 and sent.json()["sha256"] == digest

        asked = [dialogue for dialogue in itertools.islice(self._every, 2 * KILLED) if not dialogue.tool][:KILLED]
        with ThreadPoolExecutor(6, thread_name_prefix="compared") as pool:
            return sum(pool.map(same, asked)), len(asked)

    def _chapter(self, title: str, what: str) -> None:
        print(f"\n{title}: {what}", flush=True)

    def _say(self, line: str) -> None:
        print(f"  {line}", flush=True)


def alarm_lines(alarm: dict[str, Any]) -> list[str]:
    """An alarm of ``/api/drift`` in words: what went from where to where, and what changed with it."""
    lines = [
        f"{alarm['signal']} of {alarm['app']}, {alarm['model']}: flagged {alarm['baseline']:.1%} -> "
        f"{alarm['current']:.1%} (n = {alarm['samples']}), evidence {alarm['statistic']:,.0f} against a "
        f"threshold of {alarm['threshold']:,.0f}"
    ]
    causes = [
        f"cause: {cause['dimension']} {cause['from']} -> {cause['to']}, which explains {cause['share']:.0%} of it"
        for cause in alarm["causes"][:2]
    ]
    return [*lines, *(causes or ["nothing that the proxy sees changed with it"])]
