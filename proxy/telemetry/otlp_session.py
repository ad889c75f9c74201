"""The HTTP session of an OpenTelemetry exporter, which remembers why an export failed and what was rejected of it.

The exporter itself reports neither: a failure has no reason that could be logged without the library's own words (which
may quote an address with a key), and OTLP's partial success (a status 200 whose body says how many items were not
accepted) is not read. OTLP: https://opentelemetry.io/docs/specs/otlp/#partial-success.
"""

from __future__ import annotations

from typing import Any

# The exporter's own client: its constructors take such a session.
import requests  # noqa: TID251
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

_LATE = "no answer in time"
#: What went wrong, without any word of the library: the first kind that fits. A TLS error is also one of connecting.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "its TLS certificate was not accepted, or it does not speak TLS"),
    (requests.exceptions.Timeout, _LATE),
    (requests.exceptions.ConnectionError, "no connection"),
)


class CollectorSession(requests.Session):
    """``reason``: why the last request failed, in a few words, or empty. ``rejected``: how many items of the last
    accepted request the collector did not take. Used by one exporter's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.reason, self.rejected = "", 0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401
        """Send, and remember. Raises what ``requests`` raises."""
        self.rejected = 0
        try:
            response = super().send(request, **options)
        except requests.exceptions.RequestException as error:
            self.reason = next((said for kind, said in _KINDS if isinstance(error, kind)), type(error).__name__)
            raise
        except ValueError:  # no time was left for this trial: the one before it says why
            self.reason = self.reason or _LATE
            raise
        if response.ok:
            self.reason, self.rejected = "", rejected(response.content)
        else:
            self.reason = f"status {response.status_code}"
        return response


def rejected(body: bytes) -> int:
    """How many items the body of an accepted export says were rejected; 0 where it does not say.

    The answers for traces, metrics and logs have one form on the wire.
    """
    answer = ExportTraceServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return 0
    return max(0, answer.partial_success.rejected_spans)
