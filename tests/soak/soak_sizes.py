"""Full sizes: 10,000 idle streams, ten thousand requests that are left."""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path
from typing import Any

from support import replies
from support.abuse import a_few_words, check_after_storm, storm
from support.idle import IdleClients, IdleUpstreamProcess, raise_descriptor_limit
from support.processes import wait_until
from support.proxying import CHAT, Proxy, post
from support.upstream import ScriptedUpstream

_TIMEOUTS = {"connect": "5s", "first_byte": "120s", "idle": "120s"}
#: Resident bytes of the proxy for each open stream; docs/operations.md states it.
BYTES_A_STREAM = 32_000


def _memory(proxy: Proxy) -> int:
    """Resident bytes of all proxy processes."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in proxy.pids()]
    return sum(pages) * resource.getpagesize()


def _descriptors(proxy: Proxy) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in proxy.pids())


def test_o03_ten_thousand_idle_streams(start_proxy: Any) -> None:
    """Two descriptors and less than 32 KB each; meanwhile others are answered at once; all is given back. Where one
    process may not open 20,000 descriptors there are three of them."""
    count = 10_000
    processes = 1 if raise_descriptor_limit(2 * count + 1000) > 2 * count + 500 else 3
    with IdleUpstreamProcess() as upstream:
        limits = {"inflight": count + 10}
        proxy = start_proxy(upstream.url, limits=limits, timeouts=_TIMEOUTS, access_log=False, processes=processes)
        for _ in range(10):
            assert post(proxy.url, {**CHAT, "x": "quick"}).status_code == 200
        memory, files = _memory(proxy), _descriptors(proxy)
        with IdleClients(proxy.port, count) as clients:
            clients.wait_ready(60)
            each = (_memory(proxy) - memory) / count
            cpu, began = proxy.cpu_seconds(), time.monotonic()
            time.sleep(5)
            busy = (proxy.cpu_seconds() - cpu) / (time.monotonic() - began)
            print(f"\n{count} idle streams: {each:.0f} bytes each, {busy:.1%} of a processor a process")
            assert upstream.open >= count
            assert each < BYTES_A_STREAM
            assert busy < 0.2
            assert _descriptors(proxy) - files <= 2 * count + 20
            began = time.monotonic()
            assert post(proxy.url, {**CHAT, "x": "quick"}).status_code == 200
            assert time.monotonic() - began < 1
            assert clients.lost == 0
        wait_until(lambda: upstream.open < 25, 30, "the upstream's connections closed")
        wait_until(lambda: _descriptors(proxy) <= files + 20, 30, "descriptors closed")


def test_u10_ten_thousand_requests_are_left(start_proxy: Any) -> None:
    """Nothing leaks, every request has its decision, and all goes on."""
    with ScriptedUpstream(a_few_words) as upstream:
        proxy = start_proxy(upstream.url, timeouts=_TIMEOUTS)
        warm = proxy.descriptors()
        storm(proxy, 200, random.Random(10))
        check_after_storm(proxy, 10_000)
        upstream.script = lambda r: replies.chat_json("still here")
        for _ in range(50):
            assert post(proxy.url, CHAT).status_code == 200
        wait_until(lambda: proxy.descriptors() < warm + 70, 10, "descriptors closed")
