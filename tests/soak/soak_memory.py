"""Memory of every process under sampled traffic of mixed sizes; docs/operations.md states the figures.

``SOAK_REQUESTS`` (30,000) is how many requests are sent over twenty connections.
"""

from __future__ import annotations

import os
import random
import resource
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from support import replies
from support.processes import Sightglass
from support.proxying import CHAT
from support.upstream import Recorded, ScriptedUpstream, Step

_MB = 1_000_000
#: No process of ours may have more.
MOST = 300 * _MB
_CONNECTIONS = 20
_ASKED = (1_000, 10_000, 50_000, 200_000, 500_000, 1_500_000)
_ANSWERED = (300, 5_000, 50_000, 250_000)
_WORDS = ["the", "ferry", "left", "the", "old", "pier", "before", "the", "gulls", "had", "found", "their", "bread"]


def _text(size: int) -> str:
    chance = random.Random(size)
    return " ".join(chance.choice(_WORDS) for _ in range(size // 5))[:size]


def _answers() -> Callable[[Recorded], list[Step]]:
    ready = [replies.chat_json(_text(size)) for size in _ANSWERED]
    ready += [list(replies.stream(replies.chat_events(_text(size)))) for size in _ANSWERED]
    return lambda request: random.choice(ready)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _tree(int(child))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def test_no_process_grows_beyond_its_bound(start_sightglass: Callable[..., Sightglass]) -> None:
    """Twenty connections, requests of 1 KB to 1.5 MB, answers of 300 bytes to 250 KB, all sampled."""
    requests = int(os.environ.get("SOAK_REQUESTS", "30000"))
    bodies = [{**CHAT, "messages": [{"role": "user", "content": _text(size)}]} for size in _ASKED]
    most: dict[int, int] = {}
    done = threading.Event()
    with ScriptedUpstream(_answers()) as upstream:
        running = start_sightglass(upstream.url, access_log=False)

        def watch() -> None:
            while not done.wait(0.2):
                for pid in _tree(running.process.pid):
                    most[pid] = max(most.get(pid, 0), _resident(pid))

        def client(count: int) -> None:
            with httpx.Client(timeout=60, trust_env=False) as session:
                for _ in range(count):
                    answer = session.post(f"{running.url}/v1/chat/completions", json=random.choice(bodies))
                    assert answer.status_code == 200
                    upstream.requests.clear()

        watcher = threading.Thread(target=watch)
        watcher.start()
        begun = time.monotonic()
        with ThreadPoolExecutor(_CONNECTIONS) as threads:
            list(threads.map(client, [requests // _CONNECTIONS] * _CONNECTIONS))
        time.sleep(10)
        done.set()
        watcher.join()
    peaks = ", ".join(f"{size / _MB:.0f}" for size in sorted(most.values()))
    print(f"\n{requests} requests in {time.monotonic() - begun:.0f} s: peaks of the processes in MB: {peaks}")
    assert max(most.values()) < MOST, peaks
