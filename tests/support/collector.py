"""An OpenTelemetry collector of the tests' own: OTLP over HTTP on a real socket, its protobuf decoded."""

from __future__ import annotations

import contextlib
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from support.processes import free_ports, wait_until

_REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


def plain(value: AnyValue) -> Any:
    """An attribute's value in Python."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes(item: Any) -> dict[str, Any]:
    """The attributes of a span, a log record, a data point or a resource."""
    return {pair.key: plain(pair.value) for pair in item.attributes}


class Collector:
    """A context manager. ``status`` and ``answer`` are what it answers; ``hang`` keeps every caller waiting until the
    end."""

    def __init__(self, status: int = 200, hang: bool = False, answer: bytes = b"") -> None:
        self.status = status
        self.answer = answer
        self.hang = hang
        self.bodies: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self._released = threading.Event()
        outer = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.bodies.append((self.path, body))
                outer.headers.append({key.lower(): value for key, value in self.headers.items()})
                if outer.hang:
                    outer._released.wait(60)
                self.send_response(outer.status)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(outer.answer)))
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The endpoint without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def env(self) -> dict[str, str]:
        """The variables of a process that exports here, and soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_BLRP_SCHEDULE_DELAY": "100",
            "OTEL_METRIC_EXPORT_INTERVAL": "300",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
        }

    def _decoded(self, path: str) -> list[Any]:
        found = []
        for where, body in list(self.bodies):
            if where == path:
                message = _REQUESTS[path]()
                message.ParseFromString(body)
                found.append(message)
        return found

    def resources(self) -> list[dict[str, Any]]:
        """The resource of each export of spans."""
        return [
            attributes(group.resource) for message in self._decoded("/v1/traces") for group in message.resource_spans
        ]

    def spans(self) -> list[Span]:
        """Every span so far."""
        return [
            span
            for message in self._decoded("/v1/traces")
            for group in message.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    def events(self) -> list[Any]:
        """Every log record so far."""
        return [
            record
            for message in self._decoded("/v1/logs")
            for group in message.resource_logs
            for scope in group.scope_logs
            for record in scope.log_records
        ]

    def metrics(self) -> dict[str, Any]:
        """The newest form of each metric."""
        return {
            metric.name: metric
            for message in self._decoded("/v1/metrics")
            for group in message.resource_metrics
            for scope in group.scope_metrics
            for metric in scope.metrics
        }

    def wait_spans(self, number: int, seconds: float = 10.0) -> list[Span]:
        """Until so many spans are there."""
        wait_until(lambda: len(self.spans()) >= number, seconds, f"{number} spans")
        return self.spans()

    def everything(self) -> bytes:
        """All bytes of all exports, decompressed."""
        return b"".join(body for _, body in list(self.bodies))


def free_of_listeners() -> str:
    """An endpoint where nobody listens."""
    return f"http://127.0.0.1:{free_ports(1)[0]}"
