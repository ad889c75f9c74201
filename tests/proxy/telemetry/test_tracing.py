"""Ids under way, spans afterwards: who is whose child, what goes upstream, and what a full queue does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings
from proxy.exchange import Exchange, Operation, Outcome
from proxy.observe.tap import Content
from proxy.telemetry import otel, tracing
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.tracing import Tracer
from support.collector import Collector, attributes

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\n\r\n"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that this process exports to."""
    with Collector() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def instruments() -> Instruments:
    """Metrics of a process."""
    return Instruments(CollectorRegistry(), "proxy")


def tracer_of(
    instruments: Instruments, signals: tuple[otel.Signal, ...] = ("traces", "metrics"), **config: Any
) -> Tracer:
    """A tracer that exports ``signals``."""
    exports = otel.start("proxy", "i", instruments, signals)
    assert exports is not None
    upstreams = [{"name": "near", "base_url": "http://127.0.0.1:1"}]
    return Tracer(exports, Settings.model_validate({"upstreams": upstreams, **config}), instruments)


def exchange(number: int = 0, **changes: Any) -> Exchange:
    """A finished chat completion."""
    base: dict[str, Any] = {
        "request_id": f"r{number}",
        "instance": "i",
        "started_at": time.time(),
        "app": "lamps",
        "operation": Operation.CHAT,
        "upstream": "near",
        "outcome": Outcome.OK,
        "duration": 0.5,
        "status": 200,
    }
    return Exchange(**base | changes)


async def test_ids_under_way(collector: Collector, instruments: Instruments) -> None:
    """A caller's trace goes on with our upstream span as parent; the sample is told of the span that was judged."""
    tracer = tracer_of(instruments)
    trace = tracer.begin((TRACE, PARENT, 1), "POST")
    assert trace.ids is not None
    assert trace.ids[0] == TRACE
    edge = trace.ids[1]
    head = trace.sent(HEAD, "h", 1)
    trace_id, span_id, flags = trace.ids
    assert (trace_id, flags) == (TRACE, 1)
    assert span_id not in (edge, PARENT), "refused before it went upstream: the edge's span; else the upstream's"
    assert head == HEAD[:-2] + f"traceparent: 00-{TRACE}-{span_id}-01\r\n\r\n".encode()
    await tracer.stop(4)


async def test_random_flag_is_passed_on(collector: Collector, instruments: Instruments) -> None:
    """Of the flags only 'sampled' is decided here."""
    tracer = tracer_of(instruments)
    for given, sent in ((0x03, 0x03), (0x02, 0x02), (0x01, 0x01), (0x00, 0x00), (0xFC, 0x00)):
        assert tracer.begin((TRACE, PARENT, given), "POST").flags == sent
    await tracer.stop(4)


@pytest.mark.parametrize(
    ("sampler", "argument", "parent", "sampled"),
    [
        ("always_on", "", 0, True),
        ("always_off", "", 1, False),
        ("parentbased_always_on", "", None, True),
        ("parentbased_always_off", "", None, False),
        ("parentbased_always_off", "", 1, True),
        ("parentbased_traceidratio", "0", None, False),
        ("traceidratio", "1.0", 0, True),
    ],
)
async def test_samplers(
    collector: Collector,
    instruments: Instruments,
    monkeypatch: pytest.MonkeyPatch,
    sampler: str,
    argument: str,
    parent: int | None,
    sampled: bool,
) -> None:
    """OTEL_TRACES_SAMPLER decides; what it leaves out still has ids."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", argument)
    tracer = tracer_of(instruments)
    trace = tracer.begin(None if parent is None else (TRACE, PARENT, parent), "POST")
    assert bool(trace.flags & 1) == sampled
    assert trace.ids is not None
    await tracer.stop(4)


async def test_half_of_many(collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ratio is one."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    tracer = tracer_of(instruments)
    assert 800 < sum(tracer.begin(None, "POST").flags for _ in range(2000)) < 1200
    await tracer.stop(4)


async def test_metrics_alone_leave_heads_and_ids_alone(collector: Collector, instruments: Instruments) -> None:
    """Without spans there is nothing to say to the provider, and the caller's ids are the sample's."""
    tracer = tracer_of(instruments, ("metrics",))
    trace = tracer.begin((TRACE, PARENT, 1), "POST")
    assert trace.ids is None
    assert trace.sent(HEAD, "h", 1) == HEAD
    assert not tracer.sends
    await tracer.stop(4)


async def test_other_propagators_are_left_to_others(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``tracecontext`` among OTEL_PROPAGATORS a traceparent is neither read nor written."""
    monkeypatch.setenv("OTEL_PROPAGATORS", "b3")
    tracer = tracer_of(instruments)
    trace = tracer.begin((TRACE, PARENT, 1), "POST")
    assert trace.ids is not None
    assert trace.ids[0] != TRACE
    assert trace.sent(HEAD, "h", 1) == HEAD
    await tracer.stop(4)


async def test_a_full_queue_drops_and_counts(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits and nothing grows; what was queued arrives, what was not is counted."""
    monkeypatch.setattr(tracing, "_WAITING", 10)
    tracer = tracer_of(instruments, ("traces",))
    for number in range(25):
        trace = tracer.begin(None, "POST")
        trace.sent(HEAD, "h", 1)
        trace.end(exchange(number), "/v1/chat/completions", (), None)
    assert instruments.counter("sightglass_telemetry_dropped_total", "traces", "queue_full").value == 30
    tracer.start()
    await asyncio.to_thread(collector.wait_spans, 20)
    await tracer.stop(4)
    assert len(collector.spans()) == 20


async def test_content_is_held_within_its_bytes(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound spans go without their text; without capture no content is held at all."""
    body = b'{"model":"m","messages":[{"role":"user","content":"lamp"}]}'
    answer = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"on the table"}}]}'
    content = Content(Operation.CHAT, body, answer, b"", False, False, None)
    off = tracer_of(instruments, ("traces",))
    off.begin(None, "POST").end(exchange(), "/", (), content)
    assert off._held == 0
    await off.stop(4)
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setattr(tracing, "_CONTENT_BYTES", content.size * 2)
    none = tracer_of(instruments, ("traces",), content="none")
    none.begin(None, "POST").end(exchange(), "/", (), content)
    assert none._held == 0
    await none.stop(4)
    seen = len(collector.spans())
    tracer = tracer_of(instruments, ("traces",))
    for number in range(5):
        trace = tracer.begin(None, "POST")
        trace.sent(HEAD, "h", 1)
        trace.end(exchange(number), "/", (), content)
    assert tracer._held == content.size * 2
    await tracer.stop(4)
    assert tracer._held == 0
    texts = [attributes(span).get("gen_ai.output.messages") for span in collector.spans()[seen:]]
    assert len([text for text in texts if text and "on the table" in text]) == 2


async def test_what_can_not_be_redacted_does_not_leave(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Privacy fails closed: the spans of that request are dropped and counted, the next ones arrive."""

    def broken(*arguments: object) -> None:
        raise ValueError("lamp")

    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setattr(tracing, "build_redacted", broken)
    tracer = tracer_of(instruments, ("traces",))
    content = Content(Operation.CHAT, b"{}", b"{}", b"", False, False, None)
    for held in (content, None):
        trace = tracer.begin(None, "POST")
        trace.sent(HEAD, "h", 1)
        trace.end(exchange(), "/", (), held)
    await tracer.stop(4)
    assert len(collector.spans()) == 2
    assert instruments.counter("sightglass_telemetry_dropped_total", "traces", "not_built").value == 2
    assert "lamp" not in caplog.text


async def test_the_loop_is_never_held_for_long(collector: Collector, instruments: Instruments) -> None:
    """Very many finished requests are worked off in slices."""
    tracer = tracer_of(instruments)
    for number in range(3000):
        trace = tracer.begin(None, "POST")
        trace.sent(HEAD, "h", 1)
        trace.end(exchange(number), "/v1/chat/completions", (), None)
    tracer.start()
    gaps = []
    for _ in range(60):
        begun = time.perf_counter()
        await asyncio.sleep(0.005)
        gaps.append(time.perf_counter() - begun)
    await tracer.stop(4)
    assert sorted(gaps)[30] < 0.1, "loose: other programs share the machine"


async def test_secrets_in_a_path_are_replaced(collector: Collector, instruments: Instruments) -> None:
    """A request's own credentials and whatever looks like a key."""
    tracer = tracer_of(instruments, ("traces",))
    trace = tracer.begin(None, "GET")
    trace.end(exchange(operation=Operation.FILES), "/v1/files/my-own-secret", ("my-own-secret",), None)
    await tracer.stop(4)
    (span,) = collector.spans()
    assert attributes(span)["url.path"] == "/v1/files/[API_KEY_1]"
    assert span.name == "GET /v1/files"
