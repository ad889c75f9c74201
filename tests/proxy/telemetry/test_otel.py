"""What the environment asks of OpenTelemetry, and ways that are bounded whatever the exporter does."""

from __future__ import annotations

import asyncio
import time

import pytest
import requests  # noqa: TID251 - the client of the exporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags
from prometheus_client import CollectorRegistry

from proxy.telemetry import otel
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.otlp_session import CollectorSession, rejected
from support.collector import Collector, free_of_listeners
from support.patience import patient

ENDPOINT = "http://collector.test:4318"


@pytest.fixture
def instruments() -> Instruments:
    """Metrics of a process."""
    return Instruments(CollectorRegistry(), "proxy")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No OTEL_* of whoever runs the tests."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environ", "kinds"),
    [
        ({}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ENDPOINT}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": ENDPOINT}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_TRACES_EXPORTER": "zipkin"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_METRICS_EXPORTER": "none"}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc"}, ["otlp"]),
        ({"OTEL_TRACES_EXPORTER": "console"}, ["console"]),
    ],
)
def test_how_spans_are_exported(environ: dict[str, str], kinds: list[str]) -> None:
    """An endpoint starts a signal, its own switch or the common one stops it; what is not built in is not guessed."""
    assert otel.kinds_of("traces", environ) == kinds


@pytest.mark.parametrize(
    ("word", "where"),
    [
        ("", (False, False)),
        ("no_content", (False, False)),
        ("false", (False, False)),
        ("true", (True, False)),
        ("SPAN_ONLY", (True, False)),
        ("event_only", (False, True)),
        ("Span_And_Event", (True, True)),
    ],
)
def test_where_content_may_go(word: str, where: tuple[bool, bool]) -> None:
    """The field's words in any case; everything else is off."""
    assert otel.captures_content({"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": word}) == where


def test_nothing_asked_nothing_started(instruments: Instruments) -> None:
    """Without an endpoint there is no exporter and no thread."""
    assert otel.start("proxy", "i", instruments, ("traces", "metrics", "logs")) is None


async def test_a_variable_that_can_not_be_used(
    instruments: Instruments, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Costs its signal and one line that names no value; the rest goes on."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", free_of_listeners())
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "sk-hidden")
    monkeypatch.setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "many")
    exports = otel.start("proxy", "i", instruments, ("traces", "logs"))
    assert exports is not None
    assert exports.logs is not None
    await exports.stop(2)
    assert "sk-hidden" not in caplog.text
    assert "OTEL_BLRP_MAX_QUEUE_SIZE" in caplog.text


def test_a_way_is_bounded(instruments: Instruments, caplog: pytest.LogCaptureFixture) -> None:
    """What finds no room and what the collector did not take is counted apart; a change is said once."""
    way = otel.Way("traces", 10, instruments)
    assert way.take(10)
    assert not way.take(2)
    assert not way.guarded(4, lambda: False)
    assert not way.guarded(3, lambda: 1 // 0 == 0)
    assert way.take(7)
    assert not way.take()
    assert way.guarded(10, lambda: True)
    count = instruments.counter
    assert count("sightglass_telemetry_dropped_total", "traces", "queue_full").value == 3
    assert count("sightglass_telemetry_dropped_total", "traces", "export_failed").value == 7
    assert len([line for line in caplog.messages if "does not take" in line]) == 1
    assert len([line for line in caplog.messages if "again" in line]) == 1


async def test_stopping_does_not_wait_for_a_collector_that_hangs(
    instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time given is the time taken, however long the exporter would wait."""
    with Collector(hang=True) as collector:
        for name, value in collector.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "30")
        exports = otel.start("worker", "i", instruments, ("metrics",))
        assert exports is not None
        assert exports.meters is not None
        exports.meters.get_meter("m").create_counter("c").add(1)
        begun = time.monotonic()
        await exports.stop(0.5)
        assert time.monotonic() - begun < patient(3)
        await asyncio.sleep(0)


def test_the_service_has_a_name(instruments: Instruments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours by process, unless the environment names one."""
    assert otel._resource("worker", "i").attributes["service.name"] == "sightglass-worker"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "lamps")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=theirs")
    found = otel._resource("worker", "i").attributes
    assert (found["service.name"], found["service.instance.id"]) == ("lamps", "theirs")


def _span() -> ReadableSpan:
    return ReadableSpan("chat m-1", start_time=1, end_time=2, context=SpanContext(1, 2, False, TraceFlags(1)))


async def _exported(instruments: Instruments, monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    """Three spans sent to the collector of ``env``, or given up."""
    for name, value in {**env, "OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_BSP_SCHEDULE_DELAY": "60000"}.items():
        monkeypatch.setenv(name, value)
    exports = otel.start("proxy", "i", instruments, ("traces",))
    assert exports is not None and exports.spans is not None
    for _ in range(3):
        assert exports.span_way.take()
        exports.spans.on_end(_span())
    await exports.stop(patient(10))


@pytest.mark.parametrize(("said", "counted"), [(2, 2), (9, 3), (0, 0)])
async def test_what_a_collector_rejects_is_counted(
    said: int, counted: int, instruments: Instruments, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """OTLP's partial success is a status 200: what it rejects is counted apart, at most what was sent, and its words,
    which may hold anything, are not repeated."""
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = said
    answer.partial_success.error_message = "no span of sk-hidden-4711"
    with Collector(answer=answer.SerializeToString()) as collector:
        await _exported(instruments, monkeypatch, collector.env)
    count = instruments.counter
    assert count("sightglass_telemetry_dropped_total", "traces", "rejected").value == counted
    assert count("sightglass_telemetry_dropped_total", "traces", "export_failed").value == 0
    assert caplog.messages == (
        ["the collector rejected some traces; traffic goes on, they are counted"] if counted else []
    )


def test_an_answer_that_cannot_be_read_rejects_nothing() -> None:
    """Some collectors answer with JSON or with nothing at all."""
    assert [rejected(body) for body in (b"", b"{}", b'{"partialSuccess": {}}', b"\xff" * 20)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("401", "status 401"),
        ("away", "no connection"),
        ("hangs", "no answer in time"),
        ("no TLS", "its TLS certificate was not accepted, or it does not speak TLS"),
    ],
)
async def test_the_log_says_why_a_collector_takes_nothing(
    kind: str, why: str, instruments: Instruments, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line names the reason in our own words: neither an address nor a header, which may be secret."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=sk-hidden-4711")
    with Collector(status=401 if kind == "401" else 200, hang=kind == "hangs") as collector:
        env = dict(collector.env)
        if kind == "no TLS":
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = env["OTEL_EXPORTER_OTLP_ENDPOINT"].replace("http:", "https:")
        if kind == "away":
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = free_of_listeners()
        await _exported(instruments, monkeypatch, env)
    line = f"the collector does not take traces ({why}); traffic goes on, they are dropped and counted"
    assert caplog.messages == [line]
    assert instruments.counter("sightglass_telemetry_dropped_total", "traces", "export_failed").value == 3


def test_a_trial_for_which_no_time_was_left_keeps_the_reason() -> None:
    """The exporter tries again within one limit of time. On a busy machine the second trial has none left."""
    session = CollectorSession()
    away = requests.Request("POST", free_of_listeners(), data=b"").prepare()
    with pytest.raises(ValueError, match="timeout"):
        session.send(away, timeout=-0.1)
    assert session.reason == "no answer in time"
    for limit in (5.0, -0.1):
        with pytest.raises((requests.exceptions.ConnectionError, ValueError)):
            session.send(away, timeout=limit)
        assert session.reason == "no connection"
    with Collector() as collector:
        session.send(
            requests.Request("POST", f"{collector.env['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces", data=b"").prepare()
        )
    assert session.reason == ""
