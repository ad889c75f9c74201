"""``make bench-queues``: samples a second of CPU through each queue, and forwarded traffic without its Redis.

First part: what one core publishes and consumes; CPU seconds of the client's process and, apart, of the server's.
Second part: latency of one connection through ``sightglass proxy`` while its Redis is well, stopped, deaf and dead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from proxy.queue.protocol import Item, Kind, SampleQueue
from proxy.queue.redis import RedisQueue
from proxy.queue.sqlite import SqliteQueue
from support.forwarder import Forwarder
from support.processes import free_ports
from support.proxying import Proxy
from support.servers import RedisServer
from tests.bench import cpu

_SAMPLE_BYTES = 2_000
_BATCH, _CLAIM = 200, 50
_GROUPS = ("one", "two")
_BODY = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where is the lamp?"}]})


@dataclass(frozen=True, slots=True)
class Passage:
    """Microseconds of CPU a sample: the client's process and the server's, to publish and (two groups) to consume."""

    name: str
    publish: float
    publish_server: float
    consume: float
    consume_server: float


async def _consume(queue: SampleQueue, group: str) -> int:
    done = 0
    while claimed := await queue.claim(group, "bench", _CLAIM, 15):
        await queue.acknowledge(group, "bench", [item.sequence for item in claimed])
        done += len(claimed)
    return done


async def _passage(name: str, queue: SampleQueue, samples: int, server: list[int]) -> Passage:
    for group in _GROUPS:
        await queue.ensure_group(group, (Kind.SAMPLE,))
    spent = []
    payload = os.urandom(_SAMPLE_BYTES)

    async def publish() -> None:
        for start in range(0, samples, _BATCH):
            await queue.publish([Item(f"{name}-{start + n}", Kind.SAMPLE, payload) for n in range(_BATCH)])

    async def consume() -> None:
        for group in _GROUPS:
            assert await _consume(queue, group) == samples

    for work in (publish, consume):
        before, there = time.process_time(), cpu.seconds(server)
        await work()
        spent += [(time.process_time() - before) / samples * 1e6, (cpu.seconds(server) - there) / samples * 1e6]
    assert await queue.fill() == 0.0
    await queue.close()
    return Passage(name, *spent)


def _percentiles(port: int, seconds: float) -> tuple[int, float, float]:
    """Requests, and their 50th and 99th percentile in milliseconds, over one connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    took = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        begun = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", _BODY, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        took.append((time.perf_counter() - begun) * 1000)
    connection.close()
    took.sort()
    return len(took), took[len(took) // 2], took[len(took) * 99 // 100]


def _traffic(folder: Path, seconds: float) -> None:
    (upstream,) = free_ports(1)
    serving = subprocess.Popen([sys.executable, "-m", "tests.bench.upstream", str(upstream)])
    try:
        with RedisServer(folder / "redis") as server, Forwarder(server.port) as between:
            url = f"http://127.0.0.1:{upstream}/v1"
            proxy = Proxy(folder, url, queue=between.url, access_log=False)

            def swallow() -> None:
                between.swallow = True

            def well() -> None:
                between.swallow = False
                server.resume()

            states: list[tuple[str, Callable[[], None]]] = [
                ("warm-up", well),
                ("well", well),
                ("stopped (SIGSTOP)", server.pause),
                ("well again", well),
                ("black-holed", swallow),
                ("well again", well),
                ("killed (SIGKILL)", server.kill),
            ]
            print(f"\n{'Redis':<20} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'degraded':>9}")
            for name, change in states:
                change()
                count, median, high = _percentiles(proxy.port, seconds)
                gauge = proxy.metric("sightglass_degraded", component="queue")
                print(f"{name:<20} {count:>9} {median:>8.2f} {high:>8.2f} {gauge:>9.0f}", flush=True)
                if name.startswith("well"):
                    proxy.wait_idle(15)
            proxy.end_now()
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(5)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.queues", description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of traffic in each state")
    arguments = parser.parse_args()
    samples = max(1, arguments.samples // _BATCH) * _BATCH
    with tempfile.TemporaryDirectory(prefix="bench-queues-") as name:
        folder = Path(name)
        with RedisServer(folder / "redis-throughput") as server:
            passages = [
                asyncio.run(_passage("sqlite", SqliteQueue(folder / "queue.db", 10**9), samples, [])),
                asyncio.run(_passage("redis", RedisQueue(server.url, 10**9, 5.0), samples, [server.process.pid])),
            ]
        print(
            f"{samples} samples of {_SAMPLE_BYTES} bytes, {len(_GROUPS)} groups; us of CPU a sample (client + server)"
        )
        print(f"{'queue':<8} {'publish':>16} {'a second':>10} {'consume':>16} {'a second':>10}")
        for each in passages:
            into, out = each.publish + each.publish_server, each.consume + each.consume_server
            print(
                f"{each.name:<8} {each.publish:>8.1f} +{each.publish_server:>6.1f} {1e6 / into:>10,.0f}"
                f" {each.consume:>8.1f} +{each.consume_server:>6.1f} {1e6 / out:>10,.0f}"
            )
        _traffic(folder, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
