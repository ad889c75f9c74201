"""METRICS, the part that leaves by OpenTelemetry: a collector that is down or slow."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from support.collector import Collector, free_of_listeners
from support.patience import patient
from support.processes import wait_until
from support.proxying import CHAT, Proxy, post
from support.upstream import ScriptedUpstream


@pytest.mark.parametrize("collector_is", ["absent", "hanging", "failing"])
def test_m08_a_collector_that_is_down_touches_nothing(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream, collector_is: str
) -> None:
    """Traffic is answered as ever, the queue stays bounded, what is lost is counted, and the end is in time."""
    with Collector(500 if collector_is == "failing" else 200, hang=collector_is == "hanging") as collector:
        env = collector.env | {"OTEL_BSP_MAX_QUEUE_SIZE": "50", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"}
        if collector_is == "absent":
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = free_of_listeners()
        proxy = start_proxy(upstream.url, env=env)
        slowest = 0.0
        for _ in range(120):
            begun = time.perf_counter()
            assert post(proxy.url, CHAT).json()["choices"][0]["message"]["content"]
            slowest = max(slowest, time.perf_counter() - begun)
        assert slowest < patient(1)
        dropped = "sightglass_telemetry_dropped_total"
        wait_until(lambda: proxy.metric(dropped, signal="traces") > 0, 15, "dropped spans counted")
        if collector_is == "hanging":
            # All but what the queue and one batch hold, for either reason: meanwhile batches may have been given up.
            wait_until(lambda: proxy.metric(dropped, signal="traces") >= 240 - 60, 15, "the rest")
        wait_until(lambda: proxy.metric("sightglass_degraded", component="telemetry") == 1, 15, "degraded")
        assert proxy.metric("sightglass_requests_total", outcome="ok") == 120
        begun = time.monotonic()
        proxy.finish()
        assert time.monotonic() - begun < 10
        lines = [line for line in proxy.output().splitlines() if "does not take" in line]
        assert 1 <= len(lines) <= 2, "one line a signal, not one an export"
