"""LIFECYCLE: stopping, reloading and dying lose nothing that could be kept, and say what was lost."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import plain, replies
from support.patience import patient
from support.processes import free_ports, get_ok, wait_until
from support.proxying import CHAT, Answer, Proxy, Wire, post
from support.upstream import STALL, ScriptedUpstream

STREAM = {**CHAT, "stream": True}
EVENTS = replies.chat_events("a story that takes a little longer to tell than the others", usage=None)


def _ready(proxy: Proxy) -> int:
    return plain.get(proxy.url + "/-/ready", timeout=5).status_code


def _refused(proxy: Proxy) -> bool:
    try:
        socket.create_connection(("127.0.0.1", proxy.port), timeout=2).close()
    except OSError:
        return True
    return False


@pytest.fixture(scope="module", autouse=True)
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], tuple[int, float, str]]]:
    """A proxy that is told to stop while its queue is stuck, with this file's first test; a call waits for its end:
    status, seconds that it took, log."""
    with ScriptedUpstream(lambda r: replies.chat_json("lost")) as upstream:
        proxy = Proxy(tmp_path_factory.mktemp("stuck"), upstream.url)
        assert post(proxy.url, CHAT).status_code == 200
        proxy.wait_idle()
        db = _hold_queue(proxy)
        for _ in range(40):
            assert post(proxy.url, CHAT).status_code == 200
        took: list[float] = []
        began = time.monotonic()
        proxy.process.terminate()

        def wait() -> None:
            proxy.process.wait(patient(60))
            took.append(time.monotonic() - began)

        waiting = threading.Thread(target=wait)
        waiting.start()

        def end() -> tuple[int, float, str]:
            waiting.join(60)
            return proxy.process.returncode, took[0], proxy.output()

        yield end
        waiting.join(60)
        db.execute("ROLLBACK")
        db.close()


def test_l01_streams_finish_when_the_proxy_is_told_to_stop(start_proxy: Any) -> None:
    """SIGTERM with 50 streams under way: readiness turns 503 first while requests are still served, then no new
    connection is taken, every stream ends byte-identical, the ring is flushed, exit 0 within the grace."""
    with ScriptedUpstream(lambda r: replies.stream(EVENTS, gap=0.45)) as upstream:
        proxy = start_proxy(upstream.url, limits={"drain_seconds": 20})
        wires = [Wire(proxy.port) for _ in range(50)]
        for wire in wires:
            wire.post(STREAM)
        heads = [wire.head() for wire in wires]
        proxy.process.terminate()
        time.sleep(0.15)
        assert _ready(proxy) == 503
        late = Wire(proxy.port)
        late.request("GET", "/-/healthy")
        assert late.answer().status == 200
        wait_until(lambda: _refused(proxy), 3, "no new connections")
        results: list[tuple[bytes, bool]] = []

        def read(wire: Wire, head: Answer) -> None:
            body = b"".join(wire.pieces(head))
            results.append((body, head.clean))

        threads = [threading.Thread(target=read, args=pair) for pair in zip(wires, heads, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert results == [(b"".join(EVENTS), True)] * 50
        assert proxy.process.wait(patient(10)) == 0
        for wire in [*wires, late]:
            wire.sock.close()
        assert [line["outcome"] for line in proxy.lines()].count("ok") == 50
        assert len(proxy.samples()) == 50
        assert "Traceback" not in proxy.output()


def test_l02_what_does_not_end_in_time_is_cut(start_proxy: Any) -> None:
    """Streams longer than ``drain_seconds`` are cut without a clean end, said in the log and in their records; samples
    are flushed and the exit is in time."""
    with ScriptedUpstream(lambda r: replies.stream(EVENTS[:3], last=STALL)) as upstream:
        proxy = start_proxy(
            upstream.url,
            limits={"drain_seconds": 1},
            timeouts={"connect": "2s", "first_byte": "600s", "idle": "600s"},
        )
        wires = [Wire(proxy.port) for _ in range(5)]
        for wire in wires:
            wire.post(STREAM)
        heads = [wire.head() for wire in wires]
        time.sleep(0.2)
        began = time.monotonic()
        proxy.process.terminate()
        for wire, head in zip(wires, heads, strict=True):
            body = b"".join(wire.pieces(head))
            assert not head.clean
            assert body.startswith(b"".join(EVENTS[:3]))
            assert b"[DONE]" not in body
            wire.sock.close()
        assert proxy.process.wait(patient(15)) == 0
        assert time.monotonic() - began < patient(10)
        text = proxy.output()
        assert "cut" in text
        assert "Traceback" not in text
        lines = proxy.lines()
        assert len(lines) == 5
        assert all(line["outcome"] == "stream_incomplete" for line in lines), "it is not the client that left"
        assert len(proxy.samples()) == 5


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_l03_a_second_signal_ends_it_at_once(start_proxy: Any, second: signal.Signals) -> None:
    """A second SIGTERM or SIGINT does not wait for the streams."""
    with ScriptedUpstream(lambda r: replies.stream(EVENTS[:3], last=STALL)) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"connect": "2s", "first_byte": "60s", "idle": "60s"})
        with Wire(proxy.port) as wire:
            wire.post(STREAM)
            head = wire.head()
            children = proxy.pids()
            proxy.process.terminate()
            time.sleep(1.0)
            assert proxy.process.poll() is None
            began = time.monotonic()
            proxy.process.send_signal(second)
            proxy.process.wait(patient(5))
            assert time.monotonic() - began < patient(3)
            list(wire.pieces(head))
            assert not head.clean
        wait_until(lambda: not any(_alive(pid) for pid in children), 5, "the proxy process ended too")


def _alive(pid: int) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_l05_reloading_under_traffic_fails_no_request(start_proxy: Any) -> None:
    """The file is read again 60 times under traffic, every third time it is invalid: no request fails, an invalid file
    keeps the old configuration and says why, and neither connections nor memory pile up."""
    with (
        ScriptedUpstream(lambda r: replies.chat_json("from the first")) as first,
        ScriptedUpstream(lambda r: replies.chat_json("from the second")) as second,
    ):
        proxy = start_proxy(first.url)
        done = threading.Event()
        answers: list[tuple[int, bytes]] = []

        def traffic() -> None:
            wire = Wire(proxy.port)
            while not done.is_set():
                wire.post(CHAT)
                answer = wire.answer()
                answers.append((answer.status, answer.body))
                time.sleep(0.005)
            wire.sock.close()

        threads = [threading.Thread(target=traffic) for _ in range(4)]
        for thread in threads:
            thread.start()
        files = proxy.descriptors()
        [child] = proxy.pids()
        for number in range(60):
            if number % 3 == 2:
                proxy.file.write_text('{"upstreams": [{"name": "x", "base_url": "nonsense"}], "unknown_key": 1}')
            else:
                target = (first, second)[number % 3]
                proxy.write(upstreams=[{"name": "scripted", "base_url": target.url}])
            proxy.process.send_signal(signal.SIGHUP)
            time.sleep(0.03)
        proxy.write(upstreams=[{"name": "scripted", "base_url": second.url}])
        proxy.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b"second" in answers[-1][1], 5, "the last configuration in use")
        done.set()
        for thread in threads:
            thread.join(5)
        assert {status for status, _ in answers} == {200}
        assert {body.count(b"from the second") for _, body in answers} == {0, 1}
        assert len(answers) > 100
        assert proxy.pids() == [child]
        assert "unknown_key: unknown key" in proxy.output()
        assert "upstreams[0].base_url" in proxy.output()
        wait_until(lambda: proxy.descriptors() <= files + 20, 5, "connections of old configurations closed")


def test_l06_a_rotated_key_is_used_by_new_requests(start_proxy: Any) -> None:
    """Requests under way end with the upstream key that they began with; those after the reload use the new one."""
    with ScriptedUpstream(lambda r: replies.stream(EVENTS, gap=0.12)) as upstream:

        def entry(key: str) -> list[dict[str, str]]:
            return [{"name": "scripted", "base_url": upstream.url, "api_key": key}]

        proxy = start_proxy(upstream.url, upstreams=entry("sk-old-123456789"))
        with Wire(proxy.port) as wire:
            wire.post(STREAM)
            head = wire.head()
            proxy.write(upstreams=entry("sk-new-123456789"))
            proxy.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "was reloaded" in proxy.output(), 5, "the reload")
            assert post(proxy.url, STREAM).status_code == 200
            assert b"".join(wire.pieces(head)) == b"".join(EVENTS)
            assert head.clean
        keys = [request.header("authorization") for request in upstream.requests]
        assert keys == ["Bearer sk-old-123456789", "Bearer sk-new-123456789"]
        assert "sk-new" not in proxy.output()
        assert "sk-old" not in proxy.output()


def _hold_queue(proxy: Proxy) -> sqlite3.Connection:
    db = sqlite3.connect(proxy.data_dir / "queue.db", isolation_level=None, check_same_thread=False)
    db.execute("BEGIN EXCLUSIVE")
    return db


def test_l07_what_the_ring_holds_is_flushed(start_proxy: Any) -> None:
    """The queue is stuck at SIGTERM and free a second later: everything is in it at the end."""
    with ScriptedUpstream(lambda r: replies.chat_json("kept")) as upstream:
        proxy = start_proxy(upstream.url)
        assert post(proxy.url, CHAT).status_code == 200
        proxy.wait_idle()
        db = _hold_queue(proxy)
        for _ in range(40):
            assert post(proxy.url, CHAT).status_code == 200
        assert proxy.metric("sightglass_ring_samples") > 0
        proxy.process.terminate()
        time.sleep(1.2)
        db.execute("ROLLBACK")
        db.close()
        assert proxy.process.wait(patient(15)) == 0
        assert len(proxy.samples()) == 41
        assert "Traceback" not in proxy.output()


def test_l09_telemetry_that_is_not_there_is_not_waited_for(start_proxy: Any) -> None:
    """No collector behind the OTLP endpoint and no Prometheus that scrapes: the proxy is up in time and serves."""
    (nobody,) = free_ports(1)
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        began = time.monotonic()
        proxy = start_proxy(upstream.url, env={"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{nobody}"})
        assert time.monotonic() - began < patient(15)
        for _ in range(20):
            assert post(proxy.url, CHAT).status_code == 200
        began = time.monotonic()
        proxy.finish()
        assert time.monotonic() - began < patient(10)


def test_l09_the_upstream_may_come_later(start_proxy: Any) -> None:
    """The proxy starts before its upstream and is ready; requests are 502 until the upstream is there, then 200."""
    with ScriptedUpstream(lambda r: replies.chat_json("later")) as upstream:
        port = upstream.port
    proxy = start_proxy(f"http://127.0.0.1:{port}")
    assert _ready(proxy) == 200
    assert post(proxy.url, CHAT).status_code == 502
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        client, _ = listener.accept()
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        client.recv(1)
        client.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert post(proxy.url, CHAT).status_code == 200
    proxy.finish()
    thread.join(5)
    listener.close()


def test_l10_a_process_that_crashes_is_replaced(start_proxy: Any) -> None:
    """Two processes on one port, one is killed: the other serves, a new one comes, and its metrics begin at zero with
    an instance of their own."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url, processes=2)
        pages = [f"http://127.0.0.1:{proxy.metrics_port + index}/metrics" for index in range(2)]
        wait_until(lambda: all(get_ok(page) for page in pages), 10, "both metrics pages")
        for _ in range(40):
            assert post(proxy.url, CHAT).status_code == 200
        served = [_requests(page) for page in pages]
        assert sum(served) == 40
        victim = next(pid for pid in proxy.pids() if b"--index\x000" in Path(f"/proc/{pid}/cmdline").read_bytes())
        other = next(pid for pid in proxy.pids() if pid != victim)
        os.kill(victim, signal.SIGKILL)
        failures = 0
        for _ in range(40):  # what was queued at the dead socket is lost; everything else is served
            try:
                failures += post(proxy.url, CHAT).status_code != 200
            except httpx.HTTPError:
                failures += 1
        assert failures <= 1
        wait_until(lambda: len(proxy.pids()) == 2 and victim not in proxy.pids(), 10, "a new process")
        assert other in proxy.pids()
        wait_until(lambda: get_ok(pages[0]), 10, "its metrics page")
        assert _requests(pages[0]) <= 40
        assert _requests(pages[1]) >= served[1]
        assert "ended with status -9" in proxy.output()


def _requests(page: str) -> float:
    text = plain.get(page, timeout=5).text
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("sightglass_requests_total{")
    )


def test_l07_what_cannot_be_flushed_is_counted(stuck: Callable[[], tuple[int, float, str]]) -> None:
    """The queue stays stuck: the exit comes within the budget, and the log says that requests were lost."""
    status, took, text = stuck()
    assert (status, "Traceback" in text) == (0, False), text[-3000:]
    assert took < patient(20)
    assert "out of order" in text or "unpublished" in text


def test_l11_a_process_whose_loop_does_not_turn_is_replaced(start_proxy: Any) -> None:
    """A proxy process that stands still, whatever holds it, is ended after ten seconds and started again, and counted;
    what was under way there is cut, and new requests are served."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as upstream:
        proxy = start_proxy(upstream.url)
        assert post(proxy.url, CHAT).status_code == 200
        assert proxy.metric("sightglass_process_restarts_total") == 0
        [held] = proxy.pids()
        os.kill(held, signal.SIGSTOP)
        began = time.monotonic()
        wait_until(lambda: held not in proxy.pids(), patient(30), "the end of the process that was held")
        assert time.monotonic() - began > 8
        wait_until(lambda: get_ok(proxy.metrics_url), patient(20), "a new process")
        assert post(proxy.url, CHAT).status_code == 200
        assert proxy.metric("sightglass_process_restarts_total", reason="stuck") == 1
        assert proxy.metric("sightglass_process_restarts_total", reason="ended") == 0
        assert "has not turned its loop for 10 s" in proxy.output()
        proxy.finish()
