"""OVERLOAD: bounded memory, early refusals, and no one request that holds the others."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support import plain, replies
from support.idle import IdleClients, IdleUpstream, raise_descriptor_limit
from support.patience import patient
from support.processes import Sightglass, wait_until
from support.proxying import CHAT, Proxy, Wire, post
from support.upstream import STALL, ScriptedUpstream


def _offer(proxy: Proxy, clients: int, seconds: float) -> tuple[Counter[int], list[float], list[Any]]:
    """So many clients ask again and again: statuses, how long each refusal took, and one refusal."""
    statuses: Counter[int] = Counter()
    refusals: list[float] = []
    example: list[Any] = []
    until = time.monotonic() + seconds

    def run() -> None:
        wire = Wire(proxy.port)
        while time.monotonic() < until:
            began = time.monotonic()
            wire.post(CHAT)
            answer = wire.answer()
            statuses[answer.status] += 1
            if answer.status == 503:
                refusals.append(time.monotonic() - began)
                example.append(answer)
                time.sleep(0.1)
            if answer.headers.get("connection") == "close":
                wire.sock.close()
                wire = Wire(proxy.port)
        wire.sock.close()

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return statuses, refusals, example


class Slow(threading.Thread):
    """A client that sends one header line in a while and never ends; ``ended``: after how many seconds it was told to
    go, and what it was told."""

    def __init__(self, port: int, begin: bytes, drop: bytes) -> None:
        super().__init__(daemon=True)
        self._port, self._begin, self._drop = port, begin, drop
        self.ended: float | None = None
        self.told = b""

    def run(self) -> None:
        """Drip until the other side closes, for at most 20 seconds."""
        began = time.monotonic()
        with Wire(self._port, timeout=0.5) as wire:
            wire.send(self._begin)
            while time.monotonic() - began < 20:
                try:
                    data = wire.sock.recv(4096)
                    if not data:
                        break
                    self.told += data
                except TimeoutError:
                    with contextlib.suppress(OSError):
                        wire.send(self._drop)
                except OSError:
                    break
            self.ended = time.monotonic() - began


def test_o01_what_is_too_much_is_refused_at_once(start_proxy: Any) -> None:
    """Five times the capacity: what fits is served as before, the rest gets 503 and Retry-After quickly, in OpenAI's
    shape."""
    with ScriptedUpstream(lambda r: [0.1, *replies.chat_json("served")]) as upstream:
        proxy = start_proxy(upstream.url, limits={"inflight": 10}, timeouts={"connect": "20s", "first_byte": "20s"})
        peak, refusals, _ = _offer(proxy, 10, 1.2)
        assert refusals == []
        under_load, refusals, examples = _offer(proxy, 50, 1.2)
        assert set(under_load) == {200, 503}
        assert under_load[200] >= 0.75 * peak[200], (peak, under_load)
        assert statistics.median(refusals) < patient(0.2)
        refusal = examples[0]
        assert refusal.headers["x-sightglass-error"] == "1"
        assert int(refusal.headers["retry-after"]) >= 1
        error = refusal.json()["error"]
        assert (error["type"], error["code"]) == ("server_error", "overloaded")
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
        shed = {"outcome": "shed", "operation": "chat"}  # what was refused is counted as what it was
        assert proxy.metric("sightglass_requests_total", **shed) == under_load[503]


def test_o02_bodies_in_flight_have_a_budget(start_proxy: Any) -> None:
    """30 screenshots of 1 MB at once against a budget of 12 MB: some get through, some 503, memory stays bounded."""
    with ScriptedUpstream(lambda r: [0.3, *replies.chat_json("seen")]) as upstream:
        proxy = start_proxy(
            "",
            upstreams=[
                {"name": "one", "base_url": upstream.url, "models": ["gpt-*"]},
                {"name": "two", "base_url": upstream.url, "models": ["*"]},
            ],
            limits={"inflight_body_bytes": 12_000_000, "body_bytes": 4_000_000},
            timeouts={"connect": "5s", "first_byte": "20s", "idle": "20s"},
        )
        image = "data:image/png;base64," + "A" * 1_000_000
        content = [{"type": "image_url", "image_url": {"url": image}}]
        body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}).encode()
        before = proxy.reset_peak()
        with contextlib.ExitStack() as stack:
            wires = [stack.enter_context(Wire(proxy.port)) for _ in range(30)]
            for wire in wires:  # every body is under way before any is whole
                wire.send(
                    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body[:500_000]
                )
            shed = {"outcome": "shed", "operation": "chat"}  # half of each is more than the budget already
            wait_until(lambda: (proxy.metric("sightglass_requests_total", **shed) or 0) >= 1, 20, "one is shed")
            with ThreadPoolExecutor(len(wires)) as pool:
                statuses = Counter(pool.map(lambda wire: _rest_of(wire, body[500_000:]), wires))
        assert set(statuses) <= {200, 503, 413, 0}
        assert statuses[503] + statuses[413] >= 1, statuses
        assert statuses[200] >= 5, statuses
        assert proxy.memory("VmHWM") - before < 60_000_000
        assert proxy.metric("sightglass_inflight_body_bytes") == 0
        too_large = post(proxy.url, {**CHAT, "x": "y" * 5_000_000})
        assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, "body_too_large")


def _rest_of(wire: Wire, rest: bytes) -> int:
    """Send what is left of a body; the status of the answer, 0 where the connection ended while we were sending."""
    with contextlib.suppress(OSError):
        wire.send(rest)
    try:
        return wire.answer().status
    except (OSError, AssertionError):
        return 0


def test_o03_idle_streams_cost_little(start_proxy: Any) -> None:
    """2,000 silent streams: two descriptors and less than 32 KB each, the next request is answered as always, and all
    is given back."""
    count = 2000
    if raise_descriptor_limit(4 * count) < 2 * count + 200:
        pytest.skip("too few descriptors may be opened here")
    with IdleUpstream() as upstream:
        proxy = start_proxy(
            upstream.url,
            limits={"inflight": count + 10},
            timeouts={"connect": "5s", "first_byte": "60s", "idle": "60s"},
            access_log=False,
        )
        assert post(proxy.url, {**CHAT, "x": "quick"}).status_code == 200
        memory, files = proxy.memory(), proxy.descriptors()
        with IdleClients(proxy.port, count) as clients:
            clients.wait_ready(15)
            assert proxy.metric("sightglass_inflight_requests") == count
            assert proxy.descriptors() - files <= 2 * count + 10
            assert proxy.memory() - memory < count * 32_000
            began = time.monotonic()
            assert post(proxy.url, {**CHAT, "x": "quick"}).status_code == 200
            assert time.monotonic() - began < patient(1)
            assert clients.lost == 0
        wait_until(lambda: upstream.open < 5, 10, "the upstream's connections closed")
        wait_until(lambda: proxy.descriptors() <= files + 10, 10, "descriptors closed")
        proxy.wait_idle(10)


def test_o05_a_full_ring_never_holds_a_request(start_proxy: Any) -> None:
    """The queue is stuck and the ring full at a sampling rate of 1: requests are as quick as ever, drops are counted,
    and every request has one decision."""
    with ScriptedUpstream(lambda r: replies.chat_json("a sentence " * 400)) as upstream:
        proxy = start_proxy(upstream.url, limits={"ring_bytes": 50_000}, sampling={"rate": 1.0, "unit": "request"})
        quiet = _latencies(proxy, 60)
        proxy.wait_idle()
        with contextlib.closing(sqlite3.connect(proxy.data_dir / "queue.db", isolation_level=None)) as db:
            db.execute("BEGIN EXCLUSIVE")
            stuck = _latencies(proxy, 300)
            db.execute("ROLLBACK")
        assert statistics.median(stuck) < 2 * statistics.median(quiet) + 0.05
        assert max(stuck) < patient(1.0)
        proxy.wait_idle(40)
        dropped = proxy.metric("sightglass_sampling_decisions_total", decision="dropped_ring_full")
        assert dropped > 100
        assert proxy.metric("sightglass_sampling_decisions_total") == 360
        assert proxy.metric("sightglass_requests_total") == 360


def _latencies(proxy: Proxy, count: int) -> list[float]:
    took = []
    with Wire(proxy.port) as wire:
        for _ in range(count):
            began = time.monotonic()
            wire.post(CHAT)
            assert wire.answer().status == 200
            took.append(time.monotonic() - began)
    return took


def _queued(proxy: Proxy) -> int:
    """How many samples the embedded queue holds."""
    with contextlib.closing(sqlite3.connect(f"file:{proxy.data_dir / 'queue.db'}?mode=ro", uri=True, timeout=5)) as db:
        count: int = db.execute("SELECT count(*) FROM items WHERE kind = 'sample'").fetchone()[0]
    return count


def test_o06_a_large_sampled_body_does_not_hold_the_loop(start_proxy: Any) -> None:
    """Bodies of 30 MB (their first 4 MB are kept) pass. While the sample of one with 40,000 messages is built, the
    health page answers again and again: no wait is nearly as long as that."""
    with ScriptedUpstream(lambda r: replies.chat_json("a long answer " * 50_000)) as upstream:
        proxy = start_proxy(
            upstream.url,
            limits={"capture_bytes": 4_000_000},
            timeouts={"connect": "5s", "first_byte": "20s", "idle": "20s"},
        )
        words = "the quick brown fox jumps over the lazy dog 4111 1111 1111 1111 " * 470_000
        large = json.dumps({"model": "m", "messages": [{"role": "user", "content": words}]}).encode()
        assert len(large) > 30_000_000
        messages = [
            {"role": "user", "content": f"card {n} is 4111 1111 1111 1111, call 555-0142"} for n in range(40_000)
        ]
        many = json.dumps({"model": "m", "messages": messages}).encode()
        assert len(many) < 4_000_000
        with Wire(proxy.port, timeout=30) as wire:
            for _ in range(3):
                wire.post(large)
                assert wire.answer().status == 200
            proxy.wait_idle(20)
            wire.post(many)
            assert wire.answer().status == 200
            began = time.monotonic()
            lags: list[float] = []
            while _queued(proxy) < 4:
                asked = time.monotonic()
                wire.request("GET", "/-/healthy")
                assert wire.answer().status == 200
                lags.append(time.monotonic() - asked)
        built = time.monotonic() - began
        assert len(lags) > 10
        assert max(lags) < 0.6 * built, (built, sorted(lags)[-5:])


def test_o07_without_descriptors_it_sheds_and_recovers(start_proxy: Any) -> None:
    """64 descriptors and 100 clients: the process lives, says no instead of dying, and serves when they have gone."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url, shell='ulimit -n 64; exec "$@"')
        wires = []
        for _ in range(100):
            wire = Wire(proxy.port, timeout=3)
            with contextlib.suppress(OSError):
                wire.post(CHAT)
            wires.append(wire)
        statuses: Counter[int] = Counter()
        for wire in wires:
            wire.sock.settimeout(0.05 if statuses[0] > 2 else 1)
            try:
                statuses[wire.answer().status] += 1
            except (OSError, AssertionError):
                statuses[0] += 1
        assert statuses[200] >= 1, statuses
        assert set(statuses) <= {200, 502, 503, 0}
        cpu, began = proxy.cpu_seconds(), time.monotonic()
        time.sleep(1.0)
        assert proxy.cpu_seconds() - cpu < 0.7 * (time.monotonic() - began), "spins while it cannot accept"
        for wire in wires:
            wire.sock.close()

        def served() -> bool:
            try:
                return post(proxy.url, CHAT).status_code == 200
            except OSError:
                return False

        wait_until(served, 10, "served again")
        for _ in range(20):
            assert served()
        assert proxy.stop() == 0
        said = [line for line in proxy.output().splitlines() if "descriptors" in line or "open files" in line]
        assert len(said) == 1, said
        assert "file descriptors run out (the limit is 64)" in said[0]


def test_o07_with_few_left_it_says_no(start_proxy: Any) -> None:
    """While descriptors last for an answer, a request is 503 with ``retry-after``, and the queue goes on."""
    with ScriptedUpstream(lambda r: [*list(replies.stream(replies.chat_events("so far")))[:2], STALL]) as upstream:
        proxy = start_proxy(
            upstream.url, shell='ulimit -n 64; exec "$@"', timeouts={"idle": "60s", "first_byte": "60s"}
        )
        statuses: Counter[int] = Counter()
        with contextlib.ExitStack() as stack:
            while not statuses[503] and statuses.total() < 40:
                wire = stack.enter_context(Wire(proxy.port))
                wire.post({**CHAT, "stream": True})
                answer = wire.head()
                statuses[answer.status] += 1
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert proxy.line_of(answer)["outcome"] == "shed"
            assert statuses[200] >= 5, statuses
            assert proxy.descriptors() < 64, "the reserve is left"
        assert "out of order" not in proxy.output()


def test_o07_idle_clients_make_room(start_proxy: Any) -> None:
    """Clients that keep their connections and ask nothing are closed for those that ask."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url, shell='ulimit -n 64; exec "$@"')
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                wire = stack.enter_context(Wire(proxy.port))
                wire.post(CHAT)
                assert wire.answer().status in (200, 503)
            wait_until(lambda: post(proxy.url, CHAT).status_code == 200, 10, "served though all keep theirs")


def test_o07_the_limit_is_what_the_system_allows(start_proxy: Any) -> None:
    """A soft limit from another time is raised as far as nobody has to be asked."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url, shell='ulimit -S -n 64; exec "$@"')
        limits = Path(f"/proc/{proxy.pids()[0]}/limits").read_text()
        soft = next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3]
        assert int(soft) > 64


@pytest.mark.parametrize("fault", ["blocked", "full"])
def test_o08_a_stdout_that_takes_nothing_holds_nobody(tmp_path: Path, start_proxy: Any, fault: str) -> None:
    """The access log's reader sleeps, or its disk is full: requests are served, lost lines are counted."""
    target = Path("/dev/full")
    reader = -1
    if fault == "blocked":
        target = tmp_path / "pipe"
        os.mkfifo(target)
        reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url, shell=f'exec "$@" >{target}')
        took = _latencies(proxy, 300)
        assert max(took) < patient(1)
        assert proxy.metric("sightglass_requests_total", outcome="ok") == 300
        if fault == "full":
            wait_until(lambda: proxy.metric("sightglass_access_log_dropped_total") > 0, 5, "lost lines counted")
        assert proxy.stop(15) in (0, 1)
    if reader >= 0:
        os.close(reader)


def test_o08_a_full_disk_under_the_queue_holds_nobody(start_proxy: Any) -> None:
    """No file may grow beyond 64 KB: samples cannot be kept, requests are served, the process says so once and ends
    well."""
    with ScriptedUpstream(lambda r: replies.chat_json("a sentence " * 400)) as upstream:
        proxy = start_proxy(upstream.url, shell='ulimit -f 128; exec "$@" >/dev/null', access_log=False)
        took = _latencies(proxy, 100)
        assert max(took) < patient(1)
        wait_until(lambda: proxy.metric("sightglass_degraded", component="queue") == 1, 10, "degraded")
        assert max(_latencies(proxy, 50)) < patient(1)
        assert proxy.output().count("out of order") == 1
        assert proxy.stop(20) == 0
        assert "Traceback" not in proxy.output()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB, in memory; skipped where it may not be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system may not be mounted")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_o08_a_full_disk_under_all_of_it_costs_no_sample(
    small_disk: Path, start_sightglass: Callable[..., Sightglass]
) -> None:
    """Queue and store are on a disk that becomes full: requests are served, the log says so, the pages answer. Once
    there is room, every sample is scored."""
    with ScriptedUpstream(lambda r: replies.chat_json("The old pier was rebuilt by the council. " * 60)) as upstream:
        everything = {"rate": 1.0, "unit": "request"}
        sightglass = start_sightglass(upstream.url, data_dir=str(small_disk / "data"), sampling=everything)
        sent = 0
        with plain.client(timeout=20) as client:
            while shutil.disk_usage(small_disk).free or sent < 600:
                asked = [{"role": "user", "content": f"Number {sent}: tell me of the pier. " + "word " * 800}]
                answer = client.post(f"{sightglass.url}/v1/chat/completions", json={"model": "m", "messages": asked})
                assert answer.status_code == 200
                sent += 1
                assert sent < 3000, "the disk does not become full"
            wait_until(lambda: "disk is full" in sightglass.output(), 20, "the log says why")
            for page in ("/", "/samples", "/api/ledger"):
                assert client.get(f"{sightglass.console_url}{page}").status_code == 200
            wait_until(lambda: "This worker cannot reach" in client.get(sightglass.console_url).text, 20, "it is shown")
            told = client.get(f"{sightglass.console_url}/-/ready").json()
            assert (told["ready"], bool(told["waiting"])) == (True, True)
        subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)

        def scored() -> bool:
            own = sightglass.api("ledger")["scorers"]["refusal"]
            return own.get("scored") == sent and own["pending"] == 0

        wait_until(scored, 60, "every sample is scored", every=0.5)
        with plain.client(timeout=20) as client:
            ready = f"{sightglass.console_url}/-/ready"
            wait_until(lambda: client.get(ready).json()["waiting"] == [], 20, "nothing waits any more")
            assert "This worker cannot reach" not in client.get(sightglass.console_url).text


def test_o04_slow_heads_and_bodies_are_ended(start_proxy: Any) -> None:
    """Slowloris: a head that never ends is answered 408, a body that stops ends the connection, each after its time-out
    (1 s); the others are served meanwhile, and nothing stays in flight."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\n"
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        timeouts = {"connect": "2s", "first_byte": "20s", "idle": "20s", "request_head": "1s", "request_body": "1s"}
        proxy = start_proxy(upstream.url, timeouts=timeouts)
        slow = {
            "head": Slow(proxy.port, head, b"X-Slow: 1\r\n"),
            "body": Slow(proxy.port, head + b"Host: localhost\r\nContent-Length: 1000\r\n\r\n{", b""),
        }
        for client in slow.values():
            client.start()
        assert post(proxy.url, CHAT).status_code == 200
        for client in slow.values():
            client.join(10)
        ended = {name: client.ended for name, client in slow.items()}
        assert all(seconds is not None and 0.8 < seconds < 6 for seconds in ended.values()), ended
        assert slow["head"].told.startswith(b"HTTP/1.1 408")
        assert slow["body"].told == b""
        assert post(proxy.url, CHAT).status_code == 200
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")


def _sum(sightglass: Sightglass, name: str, decision: str = "") -> float:
    """A metric of the proxy, all of its children with this ``decision`` together."""
    samples = (sample for family in text_string_to_metric_families(sightglass.metrics()) for sample in family.samples)
    return sum(s.value for s in samples if s.name == name and s.labels.get("decision", "") == decision)


def test_o08_what_a_full_disk_costs_is_counted(small_disk: Path, start_sightglass: Callable[..., Sightglass]) -> None:
    """The disk is full for longer than the ring has room: requests are served, each lost sample is counted, and once
    there is room all goes on by itself: what was kept is scored, and the ledger knows of every request."""
    ballast = small_disk / "ballast"
    with ScriptedUpstream(lambda r: replies.chat_json("The old pier was rebuilt by the council. " * 60)) as upstream:
        own = {"sampling": {"rate": 1.0, "unit": "request"}, "limits": {"ring_bytes": 300_000}}
        sightglass = start_sightglass(upstream.url, data_dir=str(small_disk / "data"), **own)
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], capture_output=True, check=False)
        asked = [{"role": "user", "content": "Tell me of the pier. " + "word " * 800}]
        with plain.client(timeout=20) as client:
            for _ in range(400):
                answer = client.post(f"{sightglass.url}/v1/chat/completions", json={"model": "m", "messages": asked})
                assert answer.status_code == 200
        wait_until(lambda: _sum(sightglass, "sightglass_ring_samples") > 200, 20, "what is sent waits")
        ballast.unlink()
        wait_until(lambda: _sum(sightglass, "sightglass_ring_samples") == 0, 30, "the ring is empty", every=0.2)
        # A busy machine takes longer, and sampling is lowered meanwhile.
        ways = ("published", "dropped_ring_full", "dropped_queue", "sampled_out")

        def counted() -> dict[str, float]:
            return {way: _sum(sightglass, "sightglass_sampling_decisions_total", way) for way in ways}

        wait_until(lambda: sum(counted().values()) == 400, 30, "each request has its verdict", every=0.2)
        counts = counted()
        assert counts["dropped_ring_full"] > 0, counts

        def settled() -> bool:
            ledger = sightglass.api("ledger")
            told = sum(proxy.get(way, 0) for proxy in ledger["proxies"].values() for way in ways)
            scored = ledger["scorers"].get("refusal", {})
            return told == 400 and scored.get("scored") == counts["published"] and scored.get("pending") == 0

        wait_until(
            settled, 60, "every sample that was kept is scored, and every request stands in the ledger", every=0.5
        )
