"""The state of one request, from its start until it is recorded."""

from __future__ import annotations

from time import perf_counter, time
from typing import TYPE_CHECKING, Any, NamedTuple

from proxy.exchange import Decision, Exchange, Operation, Outcome, StreamEnd
from proxy.observe.background import Part
from proxy.observe.identity import new_request_id
from proxy.observe.request_headers import Ours
from proxy.observe.sampler import Verdict
from proxy.observe.tap import Tap
from proxy.upstream.fast_head import Head
from proxy.wire.facts import Facts

if TYPE_CHECKING:
    from proxy.telemetry.tracing import Trace


class Known(NamedTuple):
    """The hashes that identify a request."""

    conversation: str | None = None
    system_prompt: str | None = None
    tools: str | None = None
    parameters: str | None = None


_UNKNOWN, _NOTHING = Known(), Ours()
_NOT_OBSERVED = Verdict(Decision.NOT_OBSERVED)


class Progress:
    """The state of one request from its start until it is recorded.

    Times are seconds of ``perf_counter``. ``waited``: the wait for a connection; ``duration``: from the request line to
    the end.
    """

    # What most requests leave as it is stands in the class: there is one of these for every request.
    operation = Operation.OTHER
    path = ""
    generation = False
    app = upstream = "other"
    #: Why the request was made; None for production.
    purpose: str | None = None
    tap: Tap | None = None
    trace: Trace | None = None
    secrets: tuple[str, ...] = ()
    #: The session that names the conversation, where one was said in it alone.
    socket: str | None = None
    status: int | None = None
    overhead: float | None = None
    request_bytes = response_bytes = 0
    waited = duration = 0.0
    outcome: Outcome | None = None
    stream_end: StreamEnd | None = None
    error: str | None = None
    head: Head | None = None
    # What its recording finds out, step by step.
    facts: Facts
    document: dict[str, Any]
    exchange: Exchange
    #: Whether it asked for an answer whose text is observed.
    observed = False
    known = _UNKNOWN
    has_plain_id = False
    part: Part | None = None
    verdict = _NOT_OBSERVED

    def __init__(self, method: str) -> None:
        self.method = method
        self.started = perf_counter()
        self.started_at = time()
        self.request_id = new_request_id()
        self.ours = _NOTHING

    def elapsed(self) -> float:
        """Seconds since the request line was read."""
        return perf_counter() - self.started
