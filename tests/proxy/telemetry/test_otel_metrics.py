"""The conventions' histograms, read back from the SDK: values, attributes, and names behind their switch."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry

from proxy.exchange import Exchange, Operation, Outcome, Usage
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.otel import Exports
from proxy.telemetry.otel_metrics import Meters


def recorded(*exchanges: Exchange) -> dict[str, list[tuple[dict[str, Any], int, float]]]:
    """Name -> (attributes, count, sum) of each data point."""
    reader = InMemoryMetricReader()
    exports = Exports(Resource({}), Instruments(CollectorRegistry(), "proxy"))
    exports.meters = MeterProvider([reader], shutdown_on_exit=False)
    meters = Meters(exports)
    for exchange in exchanges:
        meters.record(exchange, ("api.openai.com", 443), 0.1, Context(), lambda name: name or "other")
    data = reader.get_metrics_data()
    exports.meters.shutdown()
    assert data is not None
    return {
        metric.name: [(dict(p.attributes or {}), p.count, round(p.sum, 6)) for p in metric.data.data_points]  # type: ignore[union-attr]
        for group in data.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
    }


def exchange(**changes: Any) -> Exchange:
    """A finished stream of half a second."""
    base: dict[str, Any] = {
        "request_id": "r",
        "instance": "i",
        "started_at": 1.0,
        "app": "lamps",
        "operation": Operation.CHAT,
        "upstream": "near",
        "outcome": Outcome.OK,
        "duration": 0.5,
        "streamed": True,
        "first_chunk": 0.2,
        "model_asked": "lamp-1",
        "status": 200,
    }
    return Exchange(**base | changes)


def test_times_begin_when_the_request_was_sent() -> None:
    """What happened in us before is not the provider's; the first chunk is that of streams alone."""
    found = recorded(exchange(), exchange(streamed=False), exchange(duration=0.05, first_chunk=None))
    ((attributes, count, total),) = found["gen_ai.client.operation.duration"]
    assert (count, total) == (3, 0.8)
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "lamp-1",
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    ((_, count, total),) = found["gen_ai.client.operation.time_to_first_chunk"]
    assert (count, total) == (1, 0.1)
    assert "gen_ai.client.token.usage" not in found, "unmetered is not zero"


def test_tokens_by_type_and_failures_by_kind() -> None:
    """Input and output are two series; a failure has its own duration series and no tokens of its own making."""
    usage = Usage(input=10, cached_input=5, output=7, reasoning_output=3)
    failed = exchange(outcome=Outcome.RATE_LIMITED, status=429, streamed=False, model_served="lamp-1-b")
    found = recorded(exchange(usage=usage), failed)
    tokens = {point[0]["gen_ai.token.type"]: point[1:] for point in found["gen_ai.client.token.usage"]}
    assert tokens == {"input": (1, 15), "output": (1, 10)}
    errors = [point[0].get("error.type") for point in found["gen_ai.client.operation.duration"]]
    assert sorted(errors, key=str) == ["429", None]
    assert {point[0].get("gen_ai.response.model") for point in found["gen_ai.client.operation.duration"]} == {
        None,
        "lamp-1-b",
    }


def test_the_newer_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the switch the renamed metrics, and none of the old ones."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http, gen_ai_latest_experimental")
    found = recorded(exchange(usage=Usage(input=1, output=2)))
    assert set(found) == {
        "gen_ai.client.inference.duration",
        "gen_ai.client.inference.time_to_first_chunk",
        "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.output_tokens",
    }
    assert "gen_ai.token.type" not in found["gen_ai.client.inference.usage.input_tokens"][0][0]
