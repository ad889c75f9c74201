"""What we say of a request ourselves: two headers on every answer, and how one counts that we refuse."""

from __future__ import annotations

from proxy.exchange import Outcome
from proxy.record.finish import Progress


def own_headers(progress: Progress) -> list[tuple[bytes, bytes]]:
    """What every answer says of its request."""
    milliseconds = b"%.3f" % ((progress.overhead or 0.0) * 1000)
    return [
        (b"x-sightglass-request-id", progress.request_id.encode()),
        (b"x-sightglass-overhead-ms", milliseconds),
    ]


def outcome_of_refusal(status: int) -> Outcome:
    """How a request ended that we answered ourselves."""
    if status == 503:
        return Outcome.SHED
    return Outcome.CLIENT_ERROR if status < 500 else Outcome.UPSTREAM_ERROR
