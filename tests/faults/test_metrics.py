"""METRICS: what Prometheus is told, under names, endings and storms. M08 and M09 have files of their own."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from support import plain, replies
from support.patience import patient
from support.processes import wait_until
from support.proxying import CHAT, Proxy, Wire, post
from support.upstream import CUT, ScriptedUpstream, Step

StartProxy = Callable[..., Proxy]
_ODD = ('quo"te', "new\nline", "back\\slash", "x" * 10_000, "ünïcode", "\x00nul", "", 7, None, {"a": 1}, ["m"], True)


def page(proxy: Proxy) -> str:
    return plain.get(proxy.metrics_url, timeout=10).text


def series(proxy: Proxy) -> int:
    return sum(1 for line in page(proxy).splitlines() if line and not line.startswith("#"))


def test_m02_the_page_says_what_it_is(start_proxy: StartProxy) -> None:
    """Text and OpenMetrics have the content types of their formats."""
    proxy = start_proxy("http://127.0.0.1:1")
    text = plain.get(proxy.metrics_url, timeout=10).headers["content-type"]
    assert text.count("charset") == 1
    assert text.startswith("text/plain; version=")
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    shown = plain.get(proxy.metrics_url, headers=accept, timeout=10).headers["content-type"]
    assert shown.startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")


def test_m01_names_from_outside_make_no_series(start_proxy: StartProxy) -> None:
    """Models, paths, statuses, applications and user agents at random, over a socket: after the first hundreds nothing
    grows but ``other``. (100,000 of them, without a socket: tests/proxy/telemetry/test_recorder.py.)"""
    coin = random.Random(1)
    with ScriptedUpstream(lambda r: replies.http(coin.choice([200, 201, 400, 404, 418, 503]), b"{}")) as upstream:
        proxy = start_proxy(upstream.url, models={"max": 5})
        with Wire(proxy.port) as wire:

            def ask(number: int) -> None:
                path = coin.choice(["/v1/chat/completions", f"/v1/{number}", f"/x{number}/y"])
                name = f"m-{number}"
                headers = [f"User-Agent: a{number}", f"x-sightglass-app: app-{number}"]
                wire.post({**CHAT, "model": name}, target=path, headers=headers)
                wire.answer()

            for number in range(400):
                ask(number)
            proxy.wait_idle()
            settled, overflow = series(proxy), proxy.metric("sightglass_label_overflow_total")
            for number in range(400, 1600):
                ask(number)
        proxy.wait_idle()
        assert series(proxy) == settled < 10_000
        assert proxy.metric("sightglass_label_overflow_total") >= overflow + 1200
        assert proxy.metric("sightglass_requests_total") == 1600


def test_m02_odd_names_leave_a_valid_page(start_proxy: StartProxy) -> None:
    """Quotes, line breaks, 10 KB and what is no string as a model: the page parses, no label is over 128 bytes."""
    with ScriptedUpstream(lambda r: replies.chat_json("fine")) as upstream:
        proxy = start_proxy(upstream.url)
        for odd in _ODD:
            assert post(proxy.url, {**CHAT, "model": odd}).status_code == 200
        proxy.wait_idle()
        text = page(proxy)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                assert all(len(value.encode()) <= 128 for value in sample.labels.values()), sample
        assert proxy.metric("sightglass_requests_total") == len(_ODD)
        promtool = shutil.which("promtool")
        if promtool is not None:
            done = subprocess.run(
                [promtool, "check", "metrics"], input=text, text=True, capture_output=True, timeout=30, check=False
            )
            assert done.returncode == 0, done.stderr


def _endings() -> Callable[[Any], Any]:
    kinds = itertools.cycle(range(5))

    def script(request: Any) -> Any:
        kind = next(kinds)
        if kind == 0:
            return replies.chat_json("whole")
        if kind == 1:
            return replies.error(429)
        if kind == 2:
            return [CUT]
        if kind == 3:
            return replies.stream(replies.chat_events("a stream that is cut in the middle of it")[:3], last=CUT)
        return replies.stream(replies.chat_events("a stream of some words that ends well"), gap=0.01)

    return script


def chaos(proxy: Proxy, count: int) -> None:
    """Requests of every ending, some left by their client."""

    def one(number: int) -> None:
        with Wire(proxy.port) as wire:
            wire.post({**CHAT, "stream": number % 2 == 0})
            if number % 4 == 0:
                time.sleep(0.002 * (number % 7))
                wire.reset()
                return
            if number % 3:
                wire.answer()
            else:
                wire.until(b"\r\n\r\n")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(count)))


def test_m03_every_request_has_one_outcome(start_proxy: StartProxy) -> None:
    """Under chaos the outcomes and the access lines are as many as the requests, and so are the decisions."""
    with ScriptedUpstream(_endings()) as upstream:
        proxy = start_proxy(upstream.url)
        chaos(proxy, 300)
        proxy.wait_idle(10)
        wait_until(lambda: len(proxy.lines()) == int(proxy.metric("sightglass_requests_total")), 5, "access lines")
        lines = proxy.lines()
        assert len({line["request_id"] for line in lines}) == len(lines) >= 290  # a reset may come before the request
        counted = {
            outcome: int(proxy.metric("sightglass_requests_total", outcome=outcome))
            for outcome in {line["outcome"] for line in lines}
        }
        assert counted == {outcome: sum(line["outcome"] == outcome for line in lines) for outcome in counted}
        assert len(counted) >= 4, counted


def test_m04_nothing_is_in_flight_after_a_storm(start_proxy: StartProxy) -> None:
    """Clients that leave at any moment: both gauges of what is under way come back to zero."""
    with ScriptedUpstream(_endings()) as upstream:
        proxy = start_proxy(upstream.url)
        chaos(proxy, 200)
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 10, "nothing in flight")
        assert proxy.metric("sightglass_inflight_body_bytes") == 0


def test_m05_decisions_add_up_to_the_requests(start_proxy: StartProxy) -> None:
    """Published, sampled out, opted out, not observed and dropped, with what waits in the ring, are the requests; what
    was published is in the queue. (The scorers' side of the balance: tests/e2e/test_killed.py.)"""
    with ScriptedUpstream(_endings()) as upstream:
        proxy = start_proxy(upstream.url, sampling={"rate": 0.5, "unit": "request"})
        chaos(proxy, 200)
        upstream.script = lambda r: replies.chat_json("fine")
        for number in range(20):
            post(proxy.url, CHAT, **({"x-sightglass-no-store": "1"} if number % 2 else {}))
            plain.get(proxy.url + "/v1/models", timeout=10)
        proxy.wait_idle(10)
        requests = proxy.metric("sightglass_requests_total")
        decisions = proxy.metric("sightglass_sampling_decisions_total")
        assert decisions + proxy.metric("sightglass_ring_samples") == requests
        assert proxy.metric("sightglass_sampling_decisions_total", decision="opted_out") == 10
        published = proxy.metric("sightglass_sampling_decisions_total", decision="published")
        wait_until(lambda: len(proxy.samples()) == published, 5, "every published sample in the queue")


def test_m06_a_scrape_under_load_is_quick_and_never_goes_back(start_proxy: StartProxy) -> None:
    """While requests run, scrapes answer in well under a second (bounds are loose here), and no counter falls."""
    with ScriptedUpstream(lambda r: replies.chat_json("quick")) as upstream:
        proxy = start_proxy(upstream.url)
        seen, took = [], []
        with ThreadPoolExecutor(8) as pool:
            work = [pool.submit(post, proxy.url, CHAT) for _ in range(400)]
            while not all(item.done() for item in work):
                began = time.monotonic()
                seen.append(proxy.metric("sightglass_requests_total"))
                took.append(time.monotonic() - began)
        seen.append(proxy.metric("sightglass_requests_total"))
        assert seen == sorted(seen)
        assert len(took) >= 3
        assert sorted(took)[len(took) // 2] < patient(0.5)


def test_m07_times_are_those_of_the_script(start_proxy: StartProxy) -> None:
    """First chunk, first token and duration against what the upstream did on purpose; the bounds leave room for a busy
    machine, and nothing may be earlier than it happened."""
    script: list[Step] = list(replies.stream(replies.chat_events("one two three"), first=0.2, gap=0.1))
    with ScriptedUpstream(lambda r: list(script)) as upstream:
        proxy = start_proxy(upstream.url)
        began = time.monotonic()
        answer = post(proxy.url, {**CHAT, "stream": True})
        whole = (time.monotonic() - began) * 1000
        line = proxy.line_of(answer)
        assert 195 <= line["first_chunk_ms"] <= 400
        assert line["first_chunk_ms"] <= line["first_token_ms"] <= line["first_chunk_ms"] + 300
        assert line["first_token_ms"] < line["duration_ms"] <= whole + 5
        assert line["overhead_ms"] < 100
        for name, key in (("time_to_first_chunk", "first_chunk_ms"), ("request_duration", "duration_ms")):
            total = proxy.metric(f"sightglass_{name}_seconds_sum")
            assert abs(total * 1000 - line[key]) < 0.01
