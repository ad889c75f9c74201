"""``sightglass serve`` with Redis between proxy and worker: any start order, and a ledger that closes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from support import plain, replies
from support.processes import Sightglass, free_ports, wait_until
from support.servers import RedisServer
from support.upstream import ScriptedUpstream

pytestmark = pytest.mark.real_servers
BODY = {"model": replies.MODEL, "messages": [{"role": "user", "content": "Where is the lamp?"}]}


def ask(sightglass: Sightglass, times: int) -> None:
    with plain.client(timeout=10) as client:
        for _ in range(times):
            assert client.post(f"{sightglass.url}/v1/chat/completions", json=BODY).status_code == 200


def test_samples_are_scored_through_a_redis_that_comes_late_and_forgets(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Proxy and worker start without Redis; it comes, is emptied, and every sample that it kept is scored once."""
    (port,) = free_ports(1)
    sightglass = start_sightglass(upstream.url, queue=f"redis://127.0.0.1:{port}/2")
    ask(sightglass, 20)
    with RedisServer(tmp_path / "redis", port=port) as server:
        ledger = sightglass.wait_scored(20, seconds=60)
        with server.client() as client:
            client.flushall()
        ask(sightglass, 20)
        ledger = sightglass.wait_scored(40, seconds=60)
        assert sum(counts.get("published", 0) for counts in ledger["proxies"].values()) == 40
        for scorer, counts in ledger["scorers"].items():
            assert sum(counts.values()) == 40, (scorer, counts)
        with server.client(db=2) as client:
            wait_until(lambda: client.xlen("{sg:0}:rows") == 0, 10, "everything acknowledged and deleted")
            assert client.xlen("{sg:0}:sample") == 0


def test_a_worker_killed_with_claims_in_redis_loses_nothing(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """What the dead worker held goes to the next one when its lease ends; the ledger closes exactly."""
    with RedisServer(tmp_path / "redis") as server:
        sightglass = start_sightglass(upstream.url, queue=server.url)
        ask(sightglass, 60)
        os.kill(_worker(sightglass.process.pid), signal.SIGKILL)
        ask(sightglass, 60)
        sightglass.wait_ready([f"{sightglass.console_url}/-/ready"])
        ledger = sightglass.wait_scored(120, seconds=60)
        for scorer, counts in ledger["scorers"].items():
            assert sum(counts.values()) == 120, (scorer, counts)


def _worker(supervisor: int) -> int:
    """The supervisor's child that runs the scorers."""
    for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if b"scorers" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("no worker")
