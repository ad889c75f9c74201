"""OpenTelemetry for the proxy: a server span and a client span for each request, and the metrics of the conventions.

While a request is in progress, only its ids are created. The caller's ``traceparent`` is the parent of the server span.
The id of the client span replaces it in the request to the upstream. A background task builds the spans in slices from
finished Exchanges, with the recorded timestamps. A full queue drops requests and counts them. Without an exporter there
is no Tracer, and no cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from opentelemetry._logs import LogRecord
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import set_span_in_context as in_context

from proxy import __version__
from proxy.config.settings import Settings
from proxy.errors import Contained
from proxy.exchange import Exchange
from proxy.observe.sample_builder import build_redacted
from proxy.observe.tap import Content
from proxy.redact import Redactor, Unfit
from proxy.telemetry import genai
from proxy.telemetry.content_capture import messages
from proxy.telemetry.genai import Attributes
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import OTHER
from proxy.telemetry.otel import Exports, captures_content
from proxy.telemetry.otel_metrics import Meters

log = logging.getLogger("sightglass.otel")

#: Finished requests that wait for their spans, and the bytes of content that may wait with them.
_WAITING, _CONTENT_BYTES = 10_000, 16_000_000
_SLICE_SECONDS = 0.002
_SCOPE = InstrumentationScope("sightglass", __version__, "https://opentelemetry.io/schemas/1.41.0")
_random = random.Random()


class _Finished(NamedTuple):
    trace: Trace
    exchange: Exchange
    path: str
    secrets: tuple[str, ...]
    content: Content | None


class Trace:
    """The ids of one request in progress. ``trace_id`` is hexadecimal, as in an Exchange."""

    __slots__ = (
        "_begun",
        "_tracer",
        "client_id",
        "flags",
        "host",
        "method",
        "parameters",
        "parent",
        "port",
        "sent_after",
        "server_id",
        "trace",
    )

    def __init__(self, tracer: Tracer, method: str) -> None:
        self._tracer = tracer
        self._begun = perf_counter()
        self.method = method
        self.trace = self.server_id = self.client_id = self.parent = self.flags = self.port = 0
        self.host = ""
        self.sent_after: float | None = None
        self.parameters: Attributes = {}

    @property
    def ids(self) -> tuple[str, str, int] | None:
        """Trace id, id of the span that a score of this request belongs to, and flags; None if spans are off."""
        if not self.trace:
            return None
        span = self.server_id if self.sent_after is None else self.client_id
        return f"{self.trace:032x}", f"{span:016x}", self.flags

    def sent(self, head: bytes, host: str, port: int) -> bytes:
        """The head as sent upstream now, with the proxy's span as the parent."""
        self.sent_after = perf_counter() - self._begun
        self.host, self.port = host, port
        if not (self.trace and self._tracer.sends):
            return head
        value = b"00-%032x-%016x-%02x" % (self.trace, self.client_id, self.flags)
        return head[:-2] + b"traceparent: " + value + b"\r\n\r\n"

    def end(self, exchange: Exchange, path: str, secrets: tuple[str, ...], content: Content | None) -> None:
        """The request has ended: queue it. ``content`` is present if it was sampled."""
        self._tracer.put(_Finished(self, exchange, path, secrets, content))


class Tracer:
    """Spans and metrics of one process. ``models`` maps a model name to its metric attribute."""

    def __init__(self, exports: Exports, settings: Settings, instruments: Instruments) -> None:
        self._exports = exports
        self._spans = exports.spans
        propagators = os.environ.get("OTEL_PROPAGATORS", "tracecontext,baggage").lower().replace(" ", "").split(",")
        self._reads = "tracecontext" in propagators
        self.sends = self._spans is not None and self._reads and settings.traceparent_header
        self.models: Callable[[str | None], str] = lambda name: OTHER
        self._sampler = TracerProvider(resource=exports.resource, shutdown_on_exit=False).sampler
        self._limits = SpanLimits()
        self._waiting: deque[_Finished] = deque()
        self._held = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._dropped = instruments.counter("sightglass_telemetry_dropped_total", "traces", "queue_full")
        self._broken = instruments.counter("sightglass_telemetry_dropped_total", "traces", "not_built")
        self._contained = Contained(self._unbuilt)
        self._redactor = Redactor(settings.redaction)
        on_spans, in_events = captures_content(os.environ) if settings.content != "none" else (False, False)
        self._on_spans = on_spans and self._spans is not None
        self._events = exports.logs.get_logger("sightglass", __version__) if in_events and exports.logs else None
        self._meters = Meters(exports) if exports.meters is not None else None

    def begin(self, parent: tuple[str, str, int] | None, method: str) -> Trace:
        """The ids of a new request. ``parent`` is its ``traceparent``: trace id, span id, flags."""
        trace = Trace(self, method)
        if self._spans is None:
            return trace
        context: Context | None = None
        if parent is not None and self._reads:
            trace.trace, trace.parent, flags = int(parent[0], 16), int(parent[1], 16), parent[2]
            remote = SpanContext(trace.trace, trace.parent, is_remote=True, trace_flags=TraceFlags(flags))
            context = in_context(NonRecordingSpan(remote), Context())
            trace.flags = flags & 2  # "the trace id is random" is said on by everybody
        else:
            trace.trace = _random.getrandbits(128) or 1
        trace.server_id, trace.client_id = _random.getrandbits(64) or 1, _random.getrandbits(64) or 1
        decided = self._sampler.should_sample(context, trace.trace, method, SpanKind.SERVER)
        trace.flags |= decided.decision is Decision.RECORD_AND_SAMPLE
        return trace

    def put(self, finished: _Finished) -> None:
        """Queue one finished request. Never blocks."""
        if len(self._waiting) >= _WAITING:
            self._dropped.inc(2)
            return
        size = finished.content.size if finished.content is not None else 0
        if size and (not (self._on_spans or self._events) or self._held + size > _CONTENT_BYTES):
            finished, size = finished._replace(content=None), 0
        self._held += size
        self._waiting.append(finished)
        self._wake.set()

    def start(self) -> None:
        """Start building spans."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tracing")

    async def stop(self, timeout: float) -> None:
        """Build and send the waiting spans, for at most ``timeout`` seconds."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drain(), timeout / 2)
        await self._exports.stop(timeout / 2)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0.02)  # lets some gather
            await self._drain()

    async def _drain(self) -> None:
        begun = perf_counter()
        while self._waiting:
            finished = self._waiting.popleft()
            with self._contained:
                await self._one(finished)
            if perf_counter() - begun > _SLICE_SECONDS:
                await asyncio.sleep(0)
                begun = perf_counter()

    def _unbuilt(self, error: Exception) -> None:
        log.error("a request's spans could not be built (%s)", type(error).__name__)
        self._broken.inc(2)

    async def _one(self, finished: _Finished) -> None:
        trace, exchange = finished.trace, finished.exchange
        texts: Attributes = {}
        if finished.content is not None:
            self._held -= finished.content.size
            texts = await asyncio.to_thread(self._texts, finished)
        if self._spans is not None and trace.flags & 1 and self._exports.span_way.take(2):
            self._build(finished, texts if self._on_spans else {})
        if texts and self._events is not None and self._exports.log_way.take():
            self._events.emit(
                LogRecord(
                    timestamp=_nanoseconds(exchange.started_at + exchange.duration),
                    context=in_context(NonRecordingSpan(_context(trace, trace.client_id)), Context()),
                    event_name="gen_ai.client.inference.operation.details",
                    attributes=texts | genai.client_attributes(exchange, trace.host, trace.port),
                )
            )
        if self._meters is not None and trace.sent_after is not None and exchange.operation in genai.OPERATIONS:
            context = Context()
            if trace.flags & 1:  # a sampled one leaves its trace as exemplar
                context = in_context(NonRecordingSpan(_context(trace, trace.client_id)), context)
            self._meters.record(exchange, (trace.host, trace.port), trace.sent_after, context, self.models)

    def _build(self, finished: _Finished, texts: Attributes) -> None:
        trace, exchange = finished.trace, finished.exchange
        end = _nanoseconds(exchange.started_at + exchange.duration)
        parent = None
        if trace.parent:
            parent = SpanContext(trace.trace, trace.parent, is_remote=True, trace_flags=TraceFlags(trace.flags))
        server = _context(trace, trace.server_id)
        path = self._path(finished)
        attributes = genai.server_attributes(trace.method, path, exchange)
        self._emit(
            genai.server_name(trace.method, exchange),
            (server, parent),
            SpanKind.SERVER,
            attributes,
            (_nanoseconds(exchange.started_at), end),
        )
        if trace.sent_after is None:
            self._exports.span_way.note(1, True)  # room for two was taken
            return
        attributes = genai.client_attributes(exchange, trace.host, trace.port) | trace.parameters | texts
        client = _context(trace, trace.client_id)
        begun = _nanoseconds(exchange.started_at + trace.sent_after)
        self._emit(
            genai.client_name(trace.method, exchange), (client, server), SpanKind.CLIENT, attributes, (begun, end)
        )

    def _path(self, finished: _Finished) -> str:
        """The redacted path; a placeholder if a configured pattern cannot be used."""
        try:
            return self._redactor.text(finished.path, {}, finished.secrets)
        except Unfit:
            return "/redacted"

    def _emit(
        self,
        name: str,
        contexts: tuple[SpanContext, SpanContext | None],
        kind: SpanKind,
        attributes: Attributes,
        times: tuple[int, int],
    ) -> None:
        assert self._spans is not None
        limits = self._limits
        failed = "error.type" in attributes
        self._spans.on_end(
            ReadableSpan(
                name[:256],
                *contexts,
                self._exports.resource,
                BoundedAttributes(
                    limits.max_span_attributes, attributes, max_value_len=limits.max_span_attribute_length
                ),
                kind=kind,
                status=Status(StatusCode.ERROR) if failed else Status(),
                start_time=times[0],
                end_time=max(times),
                instrumentation_scope=_SCOPE,
            )
        )

    def _texts(self, finished: _Finished) -> Attributes:
        """The redacted messages of a sample. Text that cannot be redacted is not exported."""
        assert finished.content is not None
        if self._redactor.unfit:
            return {}
        sample = build_redacted(finished.exchange, finished.content, (1.0, "uniform"), self._redactor, finished.secrets)
        return messages(sample)


def _context(trace: Trace, span_id: int) -> SpanContext:
    return SpanContext(trace.trace, span_id, is_remote=False, trace_flags=TraceFlags(trace.flags))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
