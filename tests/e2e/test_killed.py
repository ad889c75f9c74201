"""Killed by SIGKILL at any moment: nothing in queue or store is lost or scored twice, and traffic does not notice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from support import plain, replies
from support.processes import Sightglass, wait_until
from support.upstream import ScriptedUpstream

BODY = {"model": replies.MODEL, "messages": [{"role": "user", "content": "Where is the lamp?"}]}


def children(parent: int) -> dict[str, int]:
    """Process ids of the supervisor's children: ``proxy`` and ``worker``."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    found = {}
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if "-m scorers" in command:
            found["worker"] = int(pid)
        elif "_proxy" in command:
            found["proxy"] = int(pid)
    return found


def query(file: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a SQLite file that others have open."""
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as connection:
        return connection.execute(statement).fetchall()


class Traffic(threading.Thread):
    """Requests one after another until told to stop. ``failures`` counts those that were not answered with 200."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.answered: list[str] = []
        self.bodies: set[bytes] = set()
        self.failures = 0
        self.slowest = 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        with plain.client(timeout=10) as client:
            while not self.stopped.is_set():
                begun = time.monotonic()
                try:
                    response = client.post(f"{self.url}/v1/chat/completions", json=BODY)
                except httpx.HTTPError:
                    self.failures += 1
                    time.sleep(0.05)
                    continue
                self.slowest = max(self.slowest, time.monotonic() - begun)
                if response.status_code == 200:
                    self.answered.append(response.headers["x-sightglass-request-id"])
                    self.bodies.add(response.content)
                else:
                    self.failures += 1


def test_a_worker_killed_under_load_loses_and_doubles_nothing(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """The worker dies four times under traffic: every answer is whole, and the ledger closes exactly."""
    sightglass = start_sightglass(upstream.url)
    traffic = Traffic(sightglass.url)
    traffic.start()
    moments = random.Random(7)
    for _ in range(4):
        time.sleep(moments.uniform(0.3, 1.0))
        wait_until(lambda: "worker" in children(sightglass.process.pid), 20, "a worker")
        killed = children(sightglass.process.pid)["worker"]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda pid=killed: children(sightglass.process.pid).get("worker", pid) != pid, 20, "a new worker")
    time.sleep(0.5)
    traffic.stopped.set()
    traffic.join()
    assert traffic.failures == 0
    assert len(traffic.bodies) == 1
    assert len(traffic.answered) > 100
    sightglass.wait_ready([f"{sightglass.console_url}/-/ready"])
    ledger = sightglass.wait_scored(len(traffic.answered), seconds=60)
    assert sum(sum(counts.values()) for counts in ledger["proxies"].values()) == len(traffic.answered)
    for scorer, counts in ledger["scorers"].items():
        assert sum(counts.values()) == len(traffic.answered), (scorer, counts)
    # What a killed worker had claimed comes back when its lease of 15 s ends.
    store = sightglass.data_dir / "store.db"
    wait_until(
        lambda: {row[0] for row in query(store, "SELECT request_id FROM exchanges")} == set(traffic.answered),
        30,
        "a row for every answer",
        every=0.5,
    )
    doubled = "SELECT 1 FROM scores GROUP BY sample_id, choice, scorer, output, version HAVING COUNT(*) > 1"
    assert query(store, doubled) == []
    (kept,) = query(store, "SELECT COUNT(*) FROM scores WHERE scorer = 'refusal'")
    assert kept[0] == len(traffic.answered)


#: What a proxy that dies may hold in memory, and lose: requests that are gathered (128 at most), and as many that are
#: being published. How many they are hangs on how fast the machine is.
_IN_MEMORY = 256


def test_a_proxy_killed_under_load_leaves_its_queue_whole(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """The proxy dies under traffic and is started again; what its queue held is scored once, and the counts agree. Only
    what it held in memory is missing."""
    sightglass = start_sightglass(upstream.url)
    traffic = Traffic(sightglass.url)
    traffic.start()
    time.sleep(1.0)
    os.kill(children(sightglass.process.pid)["proxy"], signal.SIGKILL)
    known = len(traffic.answered)
    wait_until(lambda: len(traffic.answered) > known + 50, 20, "traffic again")
    traffic.stopped.set()
    traffic.join()

    def settled() -> bool:
        ledger = sightglass.api("ledger")
        published = sum(counts.get("published", 0) for counts in ledger["proxies"].values())
        return (
            len(ledger["proxies"]) == 2
            and published >= len(traffic.answered) - _IN_MEMORY
            and all(
                sum(counts.values()) == published and not counts.get("pending") for counts in ledger["scorers"].values()
            )
        )

    wait_until(settled, 40, f"a ledger that closes: {sightglass.api('ledger')}", every=0.3)


def test_children_end_when_the_supervisor_is_killed(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """No orphan keeps a port: proxy and worker find that their supervisor has died and stop in order."""
    sightglass = start_sightglass(upstream.url)
    pids = children(sightglass.process.pid)
    assert set(pids) == {"proxy", "worker"}
    sightglass.process.kill()
    sightglass.process.wait()

    def gone() -> bool:
        return not any(os.path.exists(f"/proc/{pid}") for pid in pids.values())

    wait_until(gone, 20, "the children gone")
    sightglass.process.returncode = 0  # the fixture expects a quiet end, and this one was asked for
