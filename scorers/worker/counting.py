"""Counts requests of our own, by purpose, application and how they ended."""

from __future__ import annotations

from proxy.exchange import Outcome
from proxy.telemetry.instruments import Instruments
from proxy.wire.usage import usage_of
from scorers.store.runs import Ask, Purpose

#: How a failure of ours is called among the results of requests.
_RESULTS = {"rate_limited": Outcome.RATE_LIMITED, "timeout": Outcome.TIMEOUT, "refused": Outcome.CLIENT_ERROR}
_CLIENTS = frozenset({"key", "money", "model"})


def count(metrics: Instruments, purpose: Purpose, app: str, ask: Ask) -> None:
    """Count one request that has ended."""
    result = Outcome.OK if ask.answer is not None else _RESULTS.get(ask.reason or "", Outcome.UPSTREAM_ERROR)
    if ask.reason in _CLIENTS:
        result = Outcome.CLIENT_ERROR
    labels = (purpose.value, app, result.value)
    metrics.counter("sightglass_offpath_requests_total", *labels).inc()
    usage = usage_of((ask.answer or {}).get("usage"))
    if usage is not None:
        tokens = usage.input + usage.cached_input + usage.cache_write + usage.output + usage.reasoning_output
        metrics.counter("sightglass_offpath_tokens_total", *labels).inc(tokens)
    if ask.cost_usd is not None:
        metrics.counter("sightglass_offpath_cost_usd_total", *labels).inc(ask.cost_usd)
