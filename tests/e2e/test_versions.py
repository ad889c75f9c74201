"""Version N and N-1 on one data folder: an upgrade and a rollback under load lose nothing.

N-1 is this repository at ``BASELINE``, unpacked from its history; without it there is nothing to compare with.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from support import plain, replies
from support.processes import ROOT, Child, free_ports, get_ok, wait_until
from support.servers import RedisServer
from support.upstream import ScriptedUpstream

BASELINE = "8c52ea12d7c3"
BODY = {"model": replies.MODEL, "messages": [{"role": "user", "content": "Where is the lamp?"}]}


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the older version."""
    return _unpacked(BASELINE, tmp_path_factory.mktemp("older"))


def _unpacked(version: str, folder: Path) -> Path:
    archive = subprocess.run(["git", "archive", version], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"no history with {version} here (a shallow clone, or no repository)")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


class Site:
    """A proxy and a worker run apart on one data folder, each from the tree that it is told."""

    def __init__(self, folder: Path, upstream: str, queue: str = "sqlite") -> None:
        data, metrics, console = free_ports(3)
        self.folder = folder
        self.url, self.console = f"http://127.0.0.1:{data}", f"http://127.0.0.1:{console}"
        config: dict[str, Any] = {
            "listen": f"127.0.0.1:{data}",
            "metrics_listen": f"127.0.0.1:{metrics}",
            "console_listen": f"127.0.0.1:{console}",
            "data_dir": str(folder / "data"),
            "upstreams": [{"name": "scripted", "base_url": upstream}],
            "queue": queue,
        }
        self.file = folder / f"sightglass-{data}.yaml"
        self.file.write_text(yaml.safe_dump(config), encoding="utf-8")
        self.running: dict[str, Child] = {}
        self.number = 0

    def start(self, command: str, tree: Path) -> Child:
        """Start ``proxy`` or ``worker`` from ``tree`` and wait until it is ready."""
        self.number += 1
        env = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
        env["PYTHONPATH"] = str(tree)
        where = [sys.executable, "-P", "-m", "proxy.cli", command, "--config", str(self.file)]
        child = Child(
            f"{command} {self.number}", where, self.folder / f"{command}-{self.file.stem}-{self.number}.log", tree, env
        )
        self.running[command] = child
        child.wait_ready([f"{self.url if command == 'proxy' else self.console}/-/ready"])
        return child

    def replace(self, command: str, tree: Path) -> None:
        """Stop one in order and start it from another tree."""
        child = self.running.pop(command)
        assert child.stop(40) == 0, child.output()[-3000:]
        assert "Traceback (most recent call last)" not in child.output(), child.output()[-3000:]
        self.start(command, tree)

    def ledger(self) -> dict[str, Any]:
        """The ledger as the running worker tells it."""
        return plain.get(f"{self.console}/api/ledger", timeout=10).json()  # type: ignore[no-any-return]

    def closes(self, answered: int) -> bool:
        """Whether every answer is in the ledger, and every scorer that both versions have has a result for each.

        Those that only the newer one has began later, and owe nothing for what was there before.
        """
        if not get_ok(f"{self.console}/-/ready"):
            return False
        ledger = self.ledger()
        published = sum(counts.get("published", 0) for counts in ledger["proxies"].values())
        return (
            published == answered
            and not any(counts.get("pending") for counts in ledger["scorers"].values())
            and all(sum(ledger["scorers"][name].values()) == published for name in ("refusal", "groundedness"))
        )


@pytest.fixture
def site(tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[Site]:
    """Where versions meet; what runs is stopped at the end."""
    made = Site(tmp_path, upstream.url)
    yield made
    for child in made.running.values():
        child.stop(40)


class Traffic(threading.Thread):
    """Requests one after another. While a proxy is replaced nobody listens: what was not answered is not counted."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.answered: list[str] = []
        self.wrong: list[int] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        with plain.client(timeout=10) as client:
            while not self.stopped.wait(0.01):
                try:
                    response = client.post(f"{self.url}/v1/chat/completions", json=BODY)
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if response.status_code == 200:
                    self.answered.append(response.headers["x-sightglass-request-id"])
                else:
                    self.wrong.append(response.status_code)


def test_an_upgrade_and_a_rollback_under_load_lose_nothing(site: Site, older: Path) -> None:
    """Both old; the worker new, then the proxy; the proxy old again, then the worker: every answer has its results."""
    site.start("worker", older)
    site.start("proxy", older)
    traffic = Traffic(site.url)
    traffic.start()
    counts = []
    try:
        for command, tree in (("worker", ROOT), ("proxy", ROOT), ("proxy", older), ("worker", older), ("worker", ROOT)):
            time.sleep(1.0)
            counts.append(len(traffic.answered))
            site.replace(command, tree)
        time.sleep(1.0)
    finally:
        traffic.stopped.set()
        traffic.join()
    assert traffic.wrong == []
    assert all(later - earlier > 10 for earlier, later in itertools.pairwise(counts)), counts
    answered = len(traffic.answered)
    wait_until(lambda: site.closes(answered), 90, f"{answered} in the ledger", 0.5)
    for identity in (traffic.answered[0], traffic.answered[len(traffic.answered) // 2], traffic.answered[-1]):
        entry = plain.get(f"{site.console}/api/ledger/{identity}").json()
        assert entry["decision"] == "published", entry
        results = {facts["result"] for facts in entry["scorers"].values()}
        assert results <= {"scored", "not_applicable", "not_begun"}, entry


#: The version before one group took the place of those of the scorers.
OWN_GROUPS = "dc1fafeb948e"


@pytest.fixture(scope="module")
def own_groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the last version whose scorers each had a group."""
    return _unpacked(OWN_GROUPS, tmp_path_factory.mktemp("own-groups"))


@pytest.fixture(params=["sqlite", "redis"])
def queue_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each queue in turn."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    with RedisServer(tmp_path / "redis") as server:
        yield server.url


def _scored(console: str) -> dict[str, float]:
    """How often each scorer of a worker has looked at a sample."""
    page = plain.get(f"{console}/metrics", timeout=10).text
    found = re.findall(r'^sightglass_scorer_duration_seconds_count\{scorer="(\w+)"\} (\S+)$', page, re.MULTILINE)
    return {name: float(count) for name, count in found}


@pytest.mark.real_servers
def test_workers_of_both_versions_at_once_score_nothing_twice(
    tmp_path: Path, upstream: ScriptedUpstream, own_groups: Path, queue_url: str
) -> None:
    """An old worker under load, a new one beside it, both to the end: each scorer looked at each sample once."""
    older, newer = Site(tmp_path, upstream.url, queue_url), Site(tmp_path, upstream.url, queue_url)
    try:
        older.start("worker", own_groups)
        older.start("proxy", own_groups)
        traffic = Traffic(older.url)
        traffic.start()
        try:
            wait_until(lambda: len(traffic.answered) > 60, 30, "traffic")
            newer.start("worker", ROOT)
            known = len(traffic.answered)
            wait_until(lambda: len(traffic.answered) > known + 150, 60, "traffic with both")
        finally:
            traffic.stopped.set()
            traffic.join()
        answered = len(traffic.answered)
        wait_until(lambda: older.closes(answered), 90, f"{answered} in the ledger", 0.5)
        both = [_scored(site.console) for site in (older, newer)]
        scorers = newer.ledger()["scorers"]
        assert {name: sum(counts[name] for counts in both) for name in scorers} == dict.fromkeys(scorers, answered)
        assert all(count > 0 for counts in both for count in counts.values())
        assert all(sum(results.values()) == answered for results in scorers.values())
    finally:
        for site in (newer, older):
            for child in site.running.values():
                child.stop(40)


@pytest.mark.real_servers
def test_a_rollback_to_groups_of_their_own_and_back_loses_nothing(
    tmp_path: Path, upstream: ScriptedUpstream, own_groups: Path, queue_url: str
) -> None:
    """Under load the worker is new, then old, then new: the ledger closes with one result of each scorer a sample."""
    site = Site(tmp_path, upstream.url, queue_url)
    try:
        site.start("worker", ROOT)
        site.start("proxy", ROOT)
        traffic = Traffic(site.url)
        traffic.start()
        try:
            for tree in (own_groups, ROOT):
                known = len(traffic.answered)
                wait_until(lambda known=known: len(traffic.answered) > known + 80, 60, "traffic")  # type: ignore[misc]
                wait_until(lambda: min(_scored(site.console).values(), default=0) > 20, 60, "some scored by each")
                site.replace("worker", tree)
            known = len(traffic.answered)
            wait_until(lambda: len(traffic.answered) > known + 40, 60, "traffic with the new one")
        finally:
            traffic.stopped.set()
            traffic.join()
        answered = len(traffic.answered)
        wait_until(lambda: site.closes(answered), 90, f"{answered} in the ledger", 0.5)
        scorers = site.ledger()["scorers"]
        assert all(sum(results.values()) == answered for results in scorers.values()), scorers
    finally:
        for child in site.running.values():
            child.stop(40)
