"""OpenTelemetry exporters, configured by the environment. Each one is bounded and can fail without affecting traffic.

OpenTelemetry's own ``OTEL_*`` variables are read. A signal is not started if it has no endpoint
(``OTEL_EXPORTER_OTLP_ENDPOINT`` or the one of the signal), if its exporter is ``none``, or if ``OTEL_SDK_DISABLED`` is
``true``. Items that do not fit into a queue, and items that the collector did not accept, are counted. A collector that
is unavailable causes one log line when it fails and one when it recovers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    ConsoleLogRecordExporter,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricExporter,
    MetricExportResult,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult

from proxy import __version__
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.otlp_session import CollectorSession

log = logging.getLogger("sightglass.otel")

Signal = Literal["traces", "metrics", "logs"]

_QUEUE = 2048
#: Encoding a batch holds the interpreter; a small one does not show in a request's time. ``OTEL_BSP_*`` overrides it.
_BATCH = 128
#: Libraries whose own words about a collector that is away are replaced by our two lines.
_LOUD = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal", "opentelemetry.sdk.metrics", "urllib3")


#: Variables that name a provider of credentials for an exporter; with the signal and ``_``, or without.
_CREDENTIALS = "OTEL_PYTHON_EXPORTER_OTLP_HTTP_{}CREDENTIAL_PROVIDER"


class Way:
    """The path of one signal to its exporter. ``limit`` bounds the number of items on it.

    ``take`` is called from the event loop, ``note`` from the exporter's thread. Each writes to a separate counter.
    """

    def __init__(self, signal: Signal, limit: int, instruments: Instruments) -> None:
        self._signal = signal
        self._limit = limit
        self._put = self._done = 0
        self._full = instruments.counter("sightglass_telemetry_dropped_total", signal, "queue_full")
        self._failed = instruments.counter("sightglass_telemetry_dropped_total", signal, "export_failed")
        self._rejected = instruments.counter("sightglass_telemetry_dropped_total", signal, "rejected")
        self._rejection_told = False
        #: The session of its exporter, if it exports over HTTP.
        self.session: CollectorSession | None = None
        self._degraded = instruments.gauge("sightglass_degraded", "telemetry")
        self._in_order = True

    def take(self, number: int = 1) -> bool:
        """Whether there is room for this number of items. If not, they are counted as dropped."""
        if self._put - self._done + number > self._limit:
            self._full.inc(number)
            return False
        self._put += number
        return True

    def note(self, number: int, well: bool) -> None:
        """This number of items has left, whether the collector accepted them or not."""
        self._done += number
        if not well:
            self._failed.inc(number)
        elif self.session is not None and (rejected := min(number, self.session.rejected)):
            self._rejected.inc(rejected)
            if not self._rejection_told:
                self._rejection_told = True
                log.error("the collector rejected some %s; traffic goes on, they are counted", self._signal)
        if well != self._in_order:
            self._in_order = well
            self._degraded.set(0 if well else 1)
            if well:
                log.warning("the collector takes %s again", self._signal)
            else:
                why = f" ({self.session.reason})" if self.session is not None and self.session.reason else ""
                log.error(
                    "the collector does not take %s%s; traffic goes on, they are dropped and counted", self._signal, why
                )

    def over_http(self) -> CollectorSession | None:
        """The session for its exporter, which this way then reads; ``None`` where a variable names a provider of
        credentials, which makes a session of its own."""
        providers = (_CREDENTIALS.format(""), _CREDENTIALS.format(f"{self._signal.upper()}_"))
        if not any(os.environ.get(name) for name in providers):
            self.session = CollectorSession()
        return self.session

    def guarded(self, number: int, export: Callable[[], bool]) -> bool:
        """Run one export and contain any failure."""
        try:
            well = export()
        except Exception:  # noqa: BLE001 - the edge to a library: whatever broke in it stays in its thread
            well = False
        self.note(number, well)
        return well


class _Spans(SpanExporter):
    def __init__(self, inner: SpanExporter, way: Way) -> None:
        self._inner, self._way = inner, way

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        well = self._way.guarded(len(spans), lambda: self._inner.export(spans) is SpanExportResult.SUCCESS)
        return SpanExportResult.SUCCESS if well else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self._inner.shutdown()


class _Logs(LogRecordExporter):
    def __init__(self, inner: LogRecordExporter, way: Way) -> None:
        self._inner, self._way = inner, way

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        well = self._way.guarded(len(batch), lambda: self._inner.export(batch) is LogRecordExportResult.SUCCESS)
        return LogRecordExportResult.SUCCESS if well else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        self._inner.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 10_000) -> bool:
        return self._inner.force_flush(timeout_millis)


class _Metrics(MetricExporter):
    def __init__(self, inner: MetricExporter, way: Way) -> None:
        super().__init__(inner._preferred_temporality, inner._preferred_aggregation)
        self._inner, self._way = inner, way

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:  # noqa: ANN401
        # One export, one count: sums and histograms are cumulative, so the next one makes good for it.
        well = self._way.guarded(
            1, lambda: self._inner.export(metrics_data, timeout_millis, **kwargs) is MetricExportResult.SUCCESS
        )
        return MetricExportResult.SUCCESS if well else MetricExportResult.FAILURE

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:  # noqa: ANN401
        self._inner.shutdown(timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._inner.force_flush(timeout_millis)


class Exports:
    """The exporters of one process. ``spans``, ``meters`` and ``logs`` may be None. Created by ``start``."""

    def __init__(self, resource: Resource, instruments: Instruments) -> None:
        self.resource = resource
        self._instruments = instruments
        self.spans: BatchSpanProcessor | None = None
        self.meters: MeterProvider | None = None
        self.logs: LoggerProvider | None = None
        self.span_way = Way("traces", _size("OTEL_BSP_MAX_QUEUE_SIZE", _QUEUE), instruments)
        self.log_way = Way("logs", _size("OTEL_BLRP_MAX_QUEUE_SIZE", _QUEUE), instruments)

    def begin(self, signal: Signal, kinds: Sequence[str]) -> None:
        """Start exporting ``signal`` in these kinds. Passes on the exception caused by an invalid variable."""
        if signal == "traces":
            exporter = (
                OTLPSpanExporter(session=self.span_way.over_http())
                if "otlp" in kinds
                else ConsoleSpanExporter(out=sys.stderr)
            )
            size = min(_size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", _BATCH), _size("OTEL_BSP_MAX_QUEUE_SIZE", _QUEUE))
            self.spans = BatchSpanProcessor(_Spans(exporter, self.span_way), max_export_batch_size=size)
        elif signal == "logs":
            out = (
                OTLPLogExporter(session=self.log_way.over_http())
                if "otlp" in kinds
                else ConsoleLogRecordExporter(out=sys.stderr)
            )
            size = min(_size("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", _BATCH), _size("OTEL_BLRP_MAX_QUEUE_SIZE", _QUEUE))
            self.logs = LoggerProvider(self.resource, shutdown_on_exit=False)
            processor = BatchLogRecordProcessor(_Logs(out, self.log_way), max_export_batch_size=size)
            self.logs.add_log_record_processor(processor)
        else:
            way = Way("metrics", 1, self._instruments)
            sink = (
                OTLPMetricExporter(session=way.over_http())
                if "otlp" in kinds
                else ConsoleMetricExporter(out=sys.stderr)
            )
            readers: list[MetricReader] = [PeriodicExportingMetricReader(_Metrics(sink, way))]
            self.meters = MeterProvider(readers, self.resource, shutdown_on_exit=False)

    async def stop(self, timeout: float) -> None:
        """Send the waiting items, for at most ``timeout`` seconds. A collector that hangs is abandoned."""
        parts = [part for part in (self.spans, self.logs, self.meters) if part is not None]
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        left = len(parts)

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                ended.set()

        def end(part: BatchSpanProcessor | LoggerProvider | MeterProvider) -> None:
            try:
                part.shutdown()
            finally:
                with contextlib.suppress(RuntimeError):  # the loop may have ended without us
                    loop.call_soon_threadsafe(count)

        # Daemon threads of our own: the interpreter waits for those of an executor at its end.
        for part in parts:
            threading.Thread(target=end, args=(part,), daemon=True, name="otel-stop").start()
        with contextlib.suppress(TimeoutError):
            if parts:
                await asyncio.wait_for(ended.wait(), timeout)


def kinds_of(signal: Signal, environ: Mapping[str, str]) -> list[str]:
    """How ``signal`` is exported: ``otlp``, ``console``, both or none."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    name = f"OTEL_{signal.upper()}_EXPORTER"
    endpoint = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    kinds = []
    for kind in (item.strip().lower() for item in environ.get(name, "otlp").split(",")):
        if kind == "console":
            kinds.append(kind)
        elif kind == "otlp":
            if environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environ.get(endpoint):
                kinds.append(kind)
        elif kind not in ("none", ""):
            log.error("%s: %r is not built in (otlp, console or none)", name, kind[:40])
    protocol = environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL") or environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"
    )
    if "otlp" in kinds and protocol.strip().lower() != "http/protobuf":
        log.error("OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is built in; %s are not exported", signal)
        kinds.remove("otlp")
    return kinds


def start(process: str, instance: str, instruments: Instruments, signals: Sequence[Signal]) -> Exports | None:
    """The exporters of one process; ``None`` if the environment requests none.

    ``process`` names the service unless ``OTEL_SERVICE_NAME`` or ``OTEL_RESOURCE_ATTRIBUTES`` does. An invalid variable
    disables its signal and causes one log line. It never prevents the start, because traffic comes first.
    """
    wanted = {signal: kinds for signal in signals if (kinds := kinds_of(signal, os.environ))}
    if not wanted:
        return None
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    exports = Exports(_resource(process, instance), instruments)
    for signal, kinds in wanted.items():
        try:
            exports.begin(signal, kinds)
        except Exception as error:  # noqa: BLE001 - the edge to a library that reads variables we do not know
            # The type only: a variable's value may be a key.
            log.error("%s are not exported: an OTEL_* variable cannot be used (%s)", signal, type(error).__name__)
    return exports


def _resource(process: str, instance: str) -> Resource:
    ours = {"service.version": __version__, "service.instance.id": instance}
    found = Resource.create()
    if str(found.attributes.get("service.name", "")).startswith("unknown_service"):
        ours["service.name"] = f"sightglass-{process}"
    return found.merge(Resource({key: value for key, value in ours.items() if key not in _given()}))


def _given() -> frozenset[str]:
    """The resource attributes that the environment sets."""
    listed = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
    return frozenset(item.partition("=")[0].strip() for item in listed)


def _size(name: str, default: int) -> int:
    """A positive number from the environment."""
    value = os.environ.get(name, "").strip()
    if value and not (value.isdigit() and int(value) > 0):
        log.error("%s: not a positive number; %d is used", name, default)
        return default
    return int(value) if value else default


def captures_content(environ: Mapping[str, str]) -> tuple[bool, bool]:
    """Where the text of samples may be exported: (on spans, in events). Neither by default.

    ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT``: ``span_only``, ``event_only``, ``span_and_event``,
    ``no_content``; the older ``true`` means ``span_only``.
    """
    word = environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "").strip().lower()
    return word in ("true", "span_only", "span_and_event"), word in ("event_only", "span_and_event")


def signals_of_the_proxy() -> tuple[Signal, ...]:
    """The signals that the proxy exports. Log records are exported only if content goes into events."""
    return ("traces", "metrics", "logs") if captures_content(os.environ)[1] else ("traces", "metrics")
