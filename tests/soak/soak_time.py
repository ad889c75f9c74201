"""Long times: ten minutes of comments, five of blank lines, and as long as one likes under clients that leave.

All three go on at once, each on a proxy of its own, so that the whole takes as long as the longest.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import replies
from support.processes import wait_until
from support.proxying import CHAT, Proxy, Wire
from support.upstream import CUT, Recorded, ScriptedUpstream, Step

STREAM = {**CHAT, "stream": True}
COMMENT = b": keep-alive\n\n"
#: As they are in production; nothing is scaled down here.
_TIMEOUTS = {"connect": "5s", "first_byte": "60s", "idle": "30s"}
_EVERY = 15.0


class _Silent(threading.Thread):
    """One request whose answer takes ``seconds``; ``pieces`` with the moment each came, and the answer's head."""

    def __init__(self, folder: Path, seconds: float, streamed: bool) -> None:
        super().__init__(daemon=True)
        self.count = max(1, round(seconds / _EVERY))
        self.pieces: list[tuple[float, bytes]] = []
        self.clean = False
        self._streamed = streamed
        self.filler = COMMENT if streamed else b"\n"
        self.final = b"".join(replies.chat_events("At last.", usage=None)) if streamed else _document()
        self.upstream = ScriptedUpstream(self._script)
        self.upstream.__enter__()
        folder.mkdir()
        self.proxy = Proxy(folder, self.upstream.url, timeouts=_TIMEOUTS)

    def _script(self, request: Recorded) -> Iterator[Step]:
        kind = "text/event-stream" if self._streamed else "application/json"
        yield replies.head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        for _ in range(self.count):
            yield replies.chunk(self.filler)
            yield _EVERY
        yield replies.chunk(self.final) + b"0\r\n\r\n"

    def run(self) -> None:
        """Ask, and read to the end."""
        with Wire(self.proxy.port, timeout=60) as wire:
            wire.post(STREAM if self._streamed else CHAT)
            answer = wire.head()
            for piece in wire.pieces(answer):
                self.pieces.append((time.monotonic(), piece))
            self.clean = answer.clean
            self.request_id = answer.headers["x-sightglass-request-id"]

    def check(self) -> None:
        """Every piece came by itself, when it was sent; the end is clean, and the answer was read."""
        self.join(self.count * _EVERY + 60)
        assert not self.is_alive()
        assert self.clean
        assert [piece for _, piece in self.pieces] == [self.filler] * self.count + [self.final]
        gaps = [late - early for (early, _), (late, _) in zip(self.pieces, self.pieces[1:], strict=False)]
        assert all(_EVERY - 1 < gap < _EVERY + 2 for gap in gaps), gaps
        assert self.proxy.line_of(self.request_id)["outcome"] == "ok"
        assert self.proxy.sample_of(self.request_id).choices[0].text == "At last."

    def stop(self) -> None:
        """End both servers."""
        self.proxy.finish()
        self.upstream.__exit__(None, None, None)


def _document() -> bytes:
    step = replies.chat_json("At last.")[0]
    assert isinstance(step, bytes)
    return step.split(b"\r\n\r\n", 1)[1]


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory, soak_seconds: float) -> Iterator[dict[str, _Silent]]:
    """Both silent answers, under way from the first test of this file on."""
    folder = tmp_path_factory.mktemp("silent")
    running = {
        "comments": _Silent(folder / "comments", min(600.0, soak_seconds), streamed=True),
        "blank": _Silent(folder / "blank", min(300.0, soak_seconds), streamed=False),
    }
    for item in running.values():
        item.start()
    yield running
    for item in running.values():
        item.stop()


def _provider(chance: random.Random) -> Callable[[Recorded], Iterator[Step]]:
    words = "a few words more or less, and then some more of them " * 3

    def script(request: Recorded) -> Iterator[Step]:
        kind = chance.random()
        if kind < 0.05:
            yield from replies.error(429, {"retry-after": "0"})
        elif kind < 0.1:
            yield from replies.stream(replies.chat_events(words)[:4], gap=0.002, last=CUT)
        elif b'"stream": true' in request.body:
            yield from replies.stream(replies.chat_events(words), gap=0.004)
        else:
            yield from replies.chat_json(words)

    return script


def _client(port: int, until: float, chance: random.Random, done: list[int]) -> None:
    """One request after another, each with its own question; a third is left before its end."""
    while time.monotonic() < until:
        with Wire(port, timeout=20) as wire:
            for _ in range(chance.randrange(1, 20)):
                question = [{"role": "user", "content": f"Where is lamp {chance.randrange(10**9)}?"}]
                wire.post({**CHAT, "messages": question, "stream": chance.random() < 0.6})
                done[0] += 1
                if chance.random() < 0.33:
                    time.sleep(chance.random() * 0.02)
                    if chance.random() < 0.5:
                        wire.reset()
                    break
                answer = wire.answer()
                if not answer.clean or answer.headers.get("connection") == "close":
                    break
                time.sleep(0.02)


def _state(proxy: Proxy) -> tuple[int, int, int]:
    """(resident bytes, descriptors, threads) of the proxy process at rest."""
    proxy.wait_idle(60)
    status = Path(f"/proc/{proxy.pids()[0]}/status").read_text()
    threads = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:"))
    return proxy.memory(), proxy.descriptors(), threads


def _load(proxy: Proxy, seconds: float, seed: int) -> int:
    until, done = time.monotonic() + seconds, [[0] for _ in range(8)]
    clients = [
        threading.Thread(target=_client, args=(proxy.port, until, random.Random(seed * 100 + number), done[number]))
        for number in range(8)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 20, "nothing in flight")
    return sum(count for (count,) in done)


def test_l08_clients_that_leave_cost_nothing(start_proxy: Any, silent: Any, soak_seconds: float) -> None:
    """SOAK_SECONDS of clients of which a third leaves: after the first third, in which caches fill, memory, descriptors
    and threads are flat, and the books balance."""
    with ScriptedUpstream(_provider(random.Random(8))) as upstream:
        proxy = start_proxy(upstream.url, timeouts=_TIMEOUTS, access_log=False, sampling={"rate": 0.1})
        states, requests = [], 0
        for number in range(6):
            requests += _load(proxy, soak_seconds / 6, number)
            states.append(_state(proxy))
            print(f"\n{requests} requests: {states[-1][0] // 1000} kB, {states[-1][1:]} descriptors and threads")
        memory, files, threads = zip(*states[1:], strict=True)
        assert memory[-1] - memory[0] < 4_000_000 + 0.02 * memory[0], memory
        assert max(files) - min(files) <= 20, files
        assert max(threads) - min(threads) <= 1, threads
        counted = proxy.metric("sightglass_requests_total")
        assert counted == proxy.metric("sightglass_sampling_decisions_total")
        assert 0.8 * requests < counted <= requests
        assert proxy.metric("sightglass_rows_dropped_total") == 0


def test_s05_blank_lines(silent: dict[str, _Silent]) -> None:
    """Five minutes of blank lines before the JSON, each of them live."""
    silent["blank"].check()


def test_s04_comments(silent: dict[str, _Silent]) -> None:
    """Ten minutes of a reasoning model that sends only comments."""
    silent["comments"].check()
