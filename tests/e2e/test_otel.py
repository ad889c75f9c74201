"""OpenTelemetry on the wire: the real exporter against a receiver that decodes its protobuf, and without one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from proxy.telemetry import genai
from support import replies
from support.collector import Collector, attributes
from support.processes import Sightglass, wait_until
from support.proxying import CHAT, Proxy, Wire, post
from support.upstream import CLOSE, CUT, ScriptedUpstream

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{PARENT}-01"
STREAMED = {**CHAT, "stream": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    """The provider of this file's own proxy."""
    with ScriptedUpstream(lambda request: replies.chat_json("The lamp is on the table.")) as server:
        yield server


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """The collector of this file's own proxy."""
    with Collector() as server:
        yield server


@pytest.fixture(scope="module")
def traced(
    provider: ScriptedUpstream, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """One proxy that exports to the collector."""
    proxy = Proxy(tmp_path_factory.mktemp("traced"), provider.url + "/v1", env=collector.env, apps=["lamps"])
    yield proxy
    proxy.finish()


@pytest.fixture
def start_traced(tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[Callable[..., Proxy]]:
    """``start_traced(env, **config)``: a proxy of the test's own."""
    running: list[Proxy] = []

    def start(env: dict[str, str], **config: Any) -> Proxy:
        folder = tmp_path / f"proxy-{len(running)}"
        folder.mkdir()
        running.append(Proxy(folder, upstream.url + "/v1", env, **config))
        return running[-1]

    yield start
    for proxy in running:
        proxy.end_now()
    for proxy in running:
        assert "Traceback" not in proxy.output(), proxy.output()[-4000:]


def pair_of(collector: Collector, request_id: str) -> tuple[Span, Span]:
    """The edge's and the upstream's span of one request."""
    found: list[Span] = []

    def there() -> bool:
        spans = collector.spans()
        found[:] = [span for span in spans if attributes(span).get("sightglass.request_id") == request_id]
        found.extend(span for span in spans if found and span.parent_span_id == found[0].span_id)
        return len(found) == 2

    wait_until(there, 10, f"both spans of {request_id}")
    return found[0], found[1]


def points(collector: Collector, name: str) -> list[Any]:
    """The data points of a histogram in every export so far."""
    return [
        point
        for message in collector._decoded("/v1/metrics")
        for group in message.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.histogram.data_points
    ]


def test_both_spans_of_a_request(traced: Proxy, provider: ScriptedUpstream, collector: Collector) -> None:
    """The caller's span is the parent of the edge's, that of the upstream's, whose id the provider is told."""
    provider.requests.clear()
    body = {**CHAT, "temperature": 0.5, "max_tokens": 100, "n": 1}
    begun = time.time_ns()
    answer = post(f"{traced.url}/apps/lamps", body, traceparent=CALLER)
    ended = time.time_ns()
    server, client = pair_of(collector, answer.headers["x-sightglass-request-id"])
    assert (server.name, server.kind) == ("POST /v1/chat/completions", Span.SPAN_KIND_SERVER)
    assert (client.name, client.kind) == ("chat gpt-4o-mini", Span.SPAN_KIND_CLIENT)
    assert {server.trace_id.hex(), client.trace_id.hex()} == {TRACE}
    assert server.parent_span_id.hex() == PARENT
    assert provider.requests[0].header("traceparent") == f"00-{TRACE}-{client.span_id.hex()}-01"
    assert begun - 50_000_000 <= server.start_time_unix_nano <= client.start_time_unix_nano
    assert client.start_time_unix_nano < client.end_time_unix_nano <= server.end_time_unix_nano <= ended + 50_000_000
    edge, upstream = attributes(server), attributes(client)
    wanted = {
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "url.path": "/v1/chat/completions",
        "http.response.status_code": 200,
        "sightglass.app": "lamps",
        "sightglass.outcome": "ok",
    }
    assert wanted.items() <= edge.items()
    wanted = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "server.address": "127.0.0.1",
        "server.port": provider.port,
    }
    assert wanted.items() <= upstream.items()
    assert "error.type" not in edge | upstream
    assert {server.status.code, client.status.code} == {Status.STATUS_CODE_UNSET}
    kept = traced.sample_of(answer).exchange
    assert (kept.trace_id, kept.span_id, kept.trace_flags) == (TRACE, client.span_id.hex(), 1)
    resource = collector.resources()[0]
    assert resource["service.name"] == "sightglass-proxy"
    assert {"service.version", "service.instance.id"} <= set(resource)


def test_a_request_without_a_caller_begins_a_trace(
    traced: Proxy, provider: ScriptedUpstream, collector: Collector
) -> None:
    """Our own ids: the edge's span has no parent, and the sample names the upstream's span all the same."""
    provider.requests.clear()
    answer = post(traced.url, CHAT)
    server, client = pair_of(collector, answer.headers["x-sightglass-request-id"])
    assert server.parent_span_id == b""
    assert int(server.trace_id.hex(), 16)
    assert provider.requests[0].header("traceparent") == f"00-{server.trace_id.hex()}-{client.span_id.hex()}-01"
    kept = traced.sample_of(answer).exchange
    assert (kept.trace_id, kept.span_id) == (client.trace_id.hex(), client.span_id.hex())


@pytest.mark.parametrize(
    "given",
    [
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}",
        "nonsense",
        "",
    ],
)
def test_a_traceparent_that_is_none(
    traced: Proxy, provider: ScriptedUpstream, collector: Collector, given: str
) -> None:
    """What W3C Trace Context calls invalid is no parent and is not passed on."""
    provider.requests.clear()
    answer = post(traced.url, CHAT, traceparent=given)
    server, client = pair_of(collector, answer.headers["x-sightglass-request-id"])
    assert server.parent_span_id == b""
    assert provider.requests[0].header("traceparent") == f"00-{server.trace_id.hex()}-{client.span_id.hex()}-01"


def test_a_traceparent_in_any_case_and_of_a_later_version(traced: Proxy, collector: Collector) -> None:
    """The header's name has any case; a later version may say more behind the flags."""
    answers = [
        post(traced.url, CHAT, TraceParent=CALLER),
        post(traced.url, CHAT, traceparent=f"cc-{TRACE}-{PARENT}-01-what-comes"),
    ]
    for answer in answers:
        server, _ = pair_of(collector, answer.headers["x-sightglass-request-id"])
        assert (server.trace_id.hex(), server.parent_span_id.hex()) == (TRACE, PARENT)


def test_a_caller_that_does_not_sample_is_followed(
    traced: Proxy, provider: ScriptedUpstream, collector: Collector
) -> None:
    """Flags 00: no span is exported, the ids go on with flags 00, and metrics count the request."""
    provider.requests.clear()
    answer = post(traced.url, CHAT, traceparent=CALLER[:-1] + "0")
    assert provider.requests[0].header("traceparent")[-2:] == "00"
    kept = traced.sample_of(answer).exchange
    assert (kept.trace_id, kept.trace_flags) == (TRACE, 0)
    later = post(traced.url, CHAT)
    pair_of(collector, later.headers["x-sightglass-request-id"])
    silent = answer.headers["x-sightglass-request-id"]
    assert not [span for span in collector.spans() if attributes(span).get("sightglass.request_id") == silent]


def test_streams_and_failures(traced: Proxy, provider: ScriptedUpstream, collector: Collector) -> None:
    """A stream's first chunk, a provider's error, a cut and a refusal of ours, each as the conventions say it."""
    provider.script = lambda r: replies.stream(replies.chat_events("The lamp."))
    streamed = post(traced.url, STREAMED)
    provider.script = lambda r: replies.error(429)
    limited = post(traced.url, CHAT)
    provider.script = lambda r: [b"HTTP/1.1 200 OK\r\n", CUT]
    cut = post(traced.url, CHAT)
    provider.script = lambda r: replies.chat_json("The lamp is on the table.")
    _, client = pair_of(collector, streamed.headers["x-sightglass-request-id"])
    assert attributes(client)["gen_ai.response.time_to_first_chunk"] > 0
    assert attributes(client)["gen_ai.request.stream"] is True
    server, client = pair_of(collector, limited.headers["x-sightglass-request-id"])
    assert attributes(client)["error.type"] == "429"
    assert client.status.code == Status.STATUS_CODE_ERROR
    assert server.status.code == Status.STATUS_CODE_UNSET, "a client's error is not the server's"
    server, client = pair_of(collector, cut.headers["x-sightglass-request-id"])
    assert (cut.status_code, attributes(client)["error.type"]) == (502, "502")
    assert server.status.code == client.status.code == Status.STATUS_CODE_ERROR
    denied = post(f"{traced.url}/upstreams/nobody", CHAT)
    wanted = denied.headers["x-sightglass-request-id"]

    def alone() -> list[Span]:
        return [span for span in collector.spans() if attributes(span).get("sightglass.request_id") == wanted]

    wait_until(lambda: len(alone()) == 1, 10, "the edge's span of a refused request")
    assert not [span for span in collector.spans() if span.parent_span_id == alone()[0].span_id]


def test_the_metrics_of_the_conventions(traced: Proxy, provider: ScriptedUpstream, collector: Collector) -> None:
    """Duration, tokens and time to the first chunk, with the given boundaries and an exemplar of a sampled trace."""
    provider.script = lambda r: replies.stream(replies.chat_events("The lamp.", usage=replies.USAGE))
    answer = post(traced.url, STREAMED, traceparent=CALLER)
    assert answer.status_code == 200
    provider.script = lambda r: replies.chat_json("The lamp is on the table.")
    post(traced.url, CHAT)
    wait_until(lambda: bool(points(collector, "gen_ai.client.operation.time_to_first_chunk")), 10, "metrics")
    wait_until(lambda: bool(points(collector, "gen_ai.client.token.usage")), 10, "tokens")
    duration = points(collector, "gen_ai.client.operation.duration")[-1]
    assert tuple(duration.explicit_bounds) == genai.DURATION_BOUNDS
    assert attributes(duration)["gen_ai.operation.name"] == "chat"
    tokens = points(collector, "gen_ai.client.token.usage")
    assert tuple(tokens[-1].explicit_bounds) == tuple(4**power for power in range(14))
    assert {attributes(point)["gen_ai.token.type"] for point in tokens} == {"input", "output"}
    units = {name: metric.unit for name, metric in collector.metrics().items()}
    assert units == {
        "gen_ai.client.operation.duration": "s",
        "gen_ai.client.operation.time_to_first_chunk": "s",
        "gen_ai.client.token.usage": "{token}",
    }

    def exemplars() -> set[str]:
        # A bucket keeps its last one until it is exported: asked again, so that no later request has taken its place.
        post(traced.url, STREAMED, traceparent=CALLER)
        found = points(collector, "gen_ai.client.operation.duration")
        return {exemplar.trace_id.hex() for point in found for exemplar in point.exemplars}

    wait_until(lambda: TRACE in exemplars(), 10, "the caller's trace among the exemplars")


def test_a_tunnel_is_one_pair_of_spans(traced: Proxy, collector: Collector, provider: ScriptedUpstream) -> None:
    """A WebSocket's handshake carries our span upstream, and the spans last as long as the tunnel."""
    provider.requests.clear()
    provider.script = lambda r: [
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n",
        0.3,
        CLOSE,
    ]
    headers = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    headers += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Traceparent: {CALLER}"]
    with Wire(traced.port) as client:
        client.request("GET", "/v1/realtime?model=gpt-4o-mini", headers=headers)
        answer = client.head()
        assert answer.status == 101
        assert client.closed(5)
    provider.script = lambda r: replies.chat_json("The lamp is on the table.")
    server, upstream = pair_of(collector, answer.headers["x-sightglass-request-id"])
    assert (server.name, upstream.name) == ("GET /v1/realtime", "GET")
    assert provider.requests[0].header("traceparent") == f"00-{TRACE}-{upstream.span_id.hex()}-01"
    assert upstream.end_time_unix_nano - upstream.start_time_unix_nano > 200_000_000


def test_names_from_outside_stay_bounded(traced: Proxy, provider: ScriptedUpstream, collector: Collector) -> None:
    """Models that nobody answered for are 'other' in the metrics, and odd methods and paths give no span's name."""
    provider.script = lambda r: replies.error(404)
    for number in range(40):
        post(traced.url, {**CHAT, "model": f"made-up-{number}"})
    provider.script = lambda r: replies.chat_json("The lamp is on the table.")
    answer = post(traced.url, CHAT)
    pair_of(collector, answer.headers["x-sightglass-request-id"])
    time.sleep(0.7)
    models = {
        attributes(point)["gen_ai.request.model"] for point in points(collector, "gen_ai.client.operation.duration")
    }
    assert models <= {"gpt-4o-mini", "other"}


def test_content_goes_out_when_asked_for_and_redacted(
    start_traced: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """``span_and_event``: messages on the span and in an event, without keys and addresses; opting out opts out."""
    upstream.script = lambda r: replies.chat_json("Write to lamp.keeper@example.org.")
    with Collector() as collector:
        env = collector.env | {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_and_event"}
        proxy = start_traced(env)
        body = {
            **CHAT,
            "messages": [
                {"role": "system", "content": "You look after lamps."},
                {"role": "user", "content": "I am moth@example.org. Where is the lamp?"},
            ],
        }
        answer = post(proxy.url, body)
        _, client = pair_of(collector, answer.headers["x-sightglass-request-id"])
        found = attributes(client)
        (asked,) = json.loads(found["gen_ai.input.messages"])
        assert asked["role"] == "user"
        assert asked["parts"][0]["content"].startswith("I am [EMAIL_")
        (said,) = json.loads(found["gen_ai.output.messages"])
        assert said["parts"][0]["content"].startswith("Write to [EMAIL_")
        assert json.loads(found["gen_ai.system_instructions"]) == [{"type": "text", "content": "You look after lamps."}]
        wait_until(lambda: len(collector.events()) == 1, 10, "the event")
        (event,) = collector.events()
        assert event.event_name == "gen_ai.client.inference.operation.details"
        assert event.span_id == client.span_id
        private = post(proxy.url, body, **{"x-sightglass-no-store": "1"})
        _, client = pair_of(collector, private.headers["x-sightglass-request-id"])
        assert "gen_ai.input.messages" not in attributes(client)
        assert b"example.org" not in collector.everything()


def test_variables_are_honoured(start_traced: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """Name, resource, headers, compression, sampler and signal switches come from OTEL_*."""
    with Collector() as collector:
        env = collector.env | {
            "OTEL_SERVICE_NAME": "lamps-proxy",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=shed,service.version=9",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=moths",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "12",
        }
        proxy = start_traced(env)
        for _ in range(5):
            post(proxy.url, CHAT)
        post(proxy.url, CHAT, traceparent=CALLER)
        spans = collector.wait_spans(2)
        assert {span.trace_id.hex() for span in spans} == {TRACE}
        assert attributes(spans[0])["url.path"] == "/v1/chat/com"
        resource = collector.resources()[0]
        assert resource["service.name"] == "lamps-proxy"
        assert resource["deployment.environment.name"] == "shed"
        assert resource["service.version"] == "9"
        assert collector.headers[0]["x-tenant"] == "moths"
        assert collector.headers[0]["content-encoding"] == "gzip"
        time.sleep(0.5)
        assert {path for path, _ in collector.bodies} == {"/v1/traces"}


@pytest.mark.parametrize(
    "change",
    [
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_off_is_off(start_traced: Callable[..., Proxy], upstream: ScriptedUpstream, change: dict[str, str]) -> None:
    """Nothing is exported and the caller's traceparent goes on as it came; the sample names the caller's span."""
    with Collector() as collector:
        proxy = start_traced(collector.env | change)
        answer = post(proxy.url, CHAT, traceparent=CALLER)
        assert upstream.requests[-1].header("traceparent") == CALLER
        post(proxy.url, CHAT)
        assert upstream.requests[-1].header("traceparent") is None
        proxy.wait_idle()
        kept = proxy.sample_of(answer).exchange
        assert (kept.trace_id, kept.span_id, kept.trace_flags) == (TRACE, PARENT, 1)
        time.sleep(0.5)
        assert collector.bodies == []


def test_our_traceparent_can_be_switched_off(start_traced: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """``traceparent_header: false``: spans are exported, and upstream goes what the client sent."""
    with Collector() as collector:
        proxy = start_traced(collector.env, traceparent_header=False)
        post(proxy.url, CHAT, traceparent=CALLER)
        post(proxy.url, CHAT)
        assert [request.header("traceparent") for request in upstream.requests] == [CALLER, None]
        assert len(collector.wait_spans(4)) == 4


def test_newer_names_behind_their_switch(start_traced: Callable[..., Proxy]) -> None:
    """``gen_ai_latest_experimental`` gives the renamed metrics, and those alone."""
    with Collector() as collector:
        proxy = start_traced(collector.env | {"OTEL_SEMCONV_STABILITY_OPT_IN": "http,gen_ai_latest_experimental"})
        post(proxy.url, CHAT)
        wait_until(lambda: len(collector.metrics()) >= 3, 10, "metrics")
        assert set(collector.metrics()) == {
            "gen_ai.client.inference.duration",
            "gen_ai.client.inference.usage.input_tokens",
            "gen_ai.client.inference.usage.output_tokens",
        }


def test_a_collector_that_comes_back(start_traced: Callable[..., Proxy]) -> None:
    """After an outage spans arrive again, and the log says so once."""
    with Collector(500) as collector:
        proxy = start_traced(collector.env)
        post(proxy.url, CHAT)
        wait_until(lambda: proxy.metric("sightglass_degraded", component="telemetry") == 1, 15, "degraded")
        collector.status = 200
        answer = post(proxy.url, CHAT)
        pair_of(collector, answer.headers["x-sightglass-request-id"])
        wait_until(lambda: proxy.metric("sightglass_degraded", component="telemetry") == 0, 15, "in order again")


def test_spans_of_the_last_requests_are_sent_at_the_end(
    start_traced: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """What waits when the proxy is told to stop is exported before it ends."""
    with Collector() as collector:
        proxy = start_traced(collector.env | {"OTEL_BSP_SCHEDULE_DELAY": "60000"})
        for _ in range(5):
            post(proxy.url, CHAT)
        assert collector.spans() == []
        proxy.finish()
        assert len(collector.spans()) == 10


def test_each_score_is_an_event_of_the_judged_span(
    start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """Proxy, queue, worker: the event of a score has the trace and the upstream span of the answer it judges."""
    upstream.script = lambda r: replies.chat_json("I am sorry, but I can not help with that.")
    with Collector() as collector:
        sightglass = start_sightglass(upstream.url, env=collector.env, scorers={"refusal": {}})
        for headers in ({"traceparent": CALLER}, {}):
            assert post(sightglass.url, CHAT, **headers).status_code == 200
        sightglass.wait_scored(2)
        wait_until(lambda: len(collector.events()) >= 2, 15, "two events")
        clients = {span.span_id: span for span in collector.wait_spans(4) if span.kind == Span.SPAN_KIND_CLIENT}
        judged = [event for event in collector.events() if event.event_name == "gen_ai.evaluation.result"]
        assert {event.span_id for event in judged} == set(clients)
        for event in judged:
            assert event.trace_id == clients[event.span_id].trace_id
            assert attributes(event)["gen_ai.evaluation.name"] == "refusal.refused"
            assert attributes(event)["gen_ai.response.id"] == "chatcmpl-1"
            assert 0.0 <= attributes(event)["gen_ai.evaluation.score.value"] <= 1.0
        assert TRACE in {event.trace_id.hex() for event in judged}
        assert b"can not help" not in collector.everything()


def test_scores_are_kept_while_the_collector_hangs(
    start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """The worker scores and ends in time; its events are dropped and counted."""
    with Collector(hang=True) as collector:
        env = collector.env | {"OTEL_BLRP_MAX_QUEUE_SIZE": "5", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "5"}
        sightglass = start_sightglass(upstream.url, env=env, scorers={"refusal": {}})
        for _ in range(20):
            assert post(sightglass.url, CHAT).status_code == 200
        sightglass.wait_scored(20)
        wait_until(lambda: 'signal="logs"' in sightglass.metrics("worker"), 10, "dropped events counted")
