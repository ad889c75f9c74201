"""The two headers that the proxy adds to every response, and the outcome recorded for a refused request."""

from __future__ import annotations

from proxy.exchange import Outcome
from proxy.record.progress import Progress


def own_headers(progress: Progress) -> list[tuple[bytes, bytes]]:
    """The headers that every response carries about its request."""
    milliseconds = b"%.3f" % ((progress.overhead or 0.0) * 1000)
    return [
        (b"x-sightglass-request-id", progress.request_id.encode()),
        (b"x-sightglass-overhead-ms", milliseconds),
    ]


def outcome_of_refusal(status: int) -> Outcome:
    """The outcome of a request that the proxy answered itself."""
    if status == 503:
        return Outcome.SHED
    return Outcome.CLIENT_ERROR if status < 500 else Outcome.UPSTREAM_ERROR
