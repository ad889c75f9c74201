"""A PostgreSQL that no longer answers, without closing anything: what watches the worker sees it, traffic does not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support import plain
from support.processes import Sightglass, wait_until
from support.servers import PostgresCluster
from support.upstream import ScriptedUpstream

BODY = {"model": "m", "messages": [{"role": "user", "content": "Where is the lamp?"}]}
DEGRADED = 'sightglass_degraded{component="store"} '


@contextmanager
def stopped(server: PostgresCluster) -> Iterator[None]:
    """All processes of the server are stopped (SIGSTOP): it accepts, and answers nothing."""
    listed = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=True)
    pids = [server.pid, *map(int, listed.stdout.split())]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def ask(running: Sightglass) -> None:
    plain.post(f"{running.url}/v1/chat/completions", json=BODY).raise_for_status()


def test_a_store_that_hangs_is_seen(start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream) -> None:
    """The metrics can be read and say it, readiness says it at once; what came meanwhile is scored afterwards."""
    with PostgresCluster() as server:
        running = start_sightglass(upstream.url, store=server.url(), scorers={"refusal": {}})
        ask(running)
        running.wait_scored(1)
        with plain.client(base_url=running.console_url, timeout=8.0) as console:
            with stopped(server):
                ask(running)
                assert console.get("/-/ready").status_code == 503
                for _ in range(12):  # people who look at pages, which wait for the store
                    with plain.client(base_url=running.console_url, timeout=0.2) as person:
                        try:
                            person.get("/api/ledger")
                        except httpx.TimeoutException:
                            continue
                wait_until(lambda: f"{DEGRADED}1.0" in console.get("/metrics").text, 30, "the store as degraded")
                assert console.get("/-/healthy").status_code == 200
            wait_until(lambda: f"{DEGRADED}0.0" in console.get("/metrics").text, 30, "the store in order")
            assert console.get("/-/ready").status_code == 200
        running.wait_scored(2)
        running.finish()


def test_a_stop_does_not_wait_for_a_store_that_hangs(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """SIGTERM ends a worker although its threads wait for a server that never answers; it says so, and ends well."""
    with PostgresCluster() as server:
        worker = Sightglass(tmp_path, upstream.url, {"store": server.url(), "scorers": {"refusal": {}}}, None, "worker")
        worker.wait_ready([f"{worker.console_url}/-/ready"])
        with stopped(server):
            assert worker.stop(20) == 0
    assert "this worker ends without waiting for it" in worker.output()
    assert "Traceback" not in worker.output()
