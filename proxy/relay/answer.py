"""Relays the response of one request from the upstream to the client: the second half of ``forward``."""

from __future__ import annotations

import logging
from time import perf_counter

from proxy.edge.heads import Request
from proxy.edge.http import ClientConnection
from proxy.errors import (
    Contained,
    NoDescriptors,
    Refused,
    UpstreamError,
    UpstreamIdle,
    UpstreamTimeout,
    error_body,
    error_headers,
    shown,
)
from proxy.exchange import Outcome, StreamEnd
from proxy.net.header_lines import lines
from proxy.observe.ask_usage import UsageFilter
from proxy.plan import Plan
from proxy.record.cleaning import clean_message
from proxy.record.progress import Progress
from proxy.relay.own_headers import outcome_of_refusal, own_headers
from proxy.routing.router import response_headers
from proxy.upstream.connection import Connection
from proxy.upstream.fast_head import Head, first

log = logging.getLogger("sightglass.forward")

_PLAIN_HEAD = b"HTTP/1.1 %d %b\r\n%b\r\nx-sightglass-request-id: %b\r\nx-sightglass-overhead-ms: %.3f\r\n"
_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")


class Answering:
    """Relays one response. ``ended``: the response was sent or the client has left; ``_finish`` has been called."""

    _plan: Plan
    _client: ClientConnection
    _request: Request
    _progress: Progress
    _upstream: Connection | None = None
    _head_sent = _coded = ended = False
    _last = b""
    #: Seconds that were ours until the request went upstream.
    _ours = 0.0
    _usage: UsageFilter | None = None
    _extensions = b""

    def _release(self) -> None:
        """Give the upstream connection back."""
        raise NotImplementedError

    def _finish(self) -> None:
        """End the request, whatever the outcome."""
        raise NotImplementedError

    def on_head(self, head: Head) -> None:
        """Send the head to the client, with the proxy's two headers last."""
        progress, arrived = self._progress, perf_counter()
        progress.status, progress.head = head.status, head
        self._coded = bool(head.coding)
        if progress.tap is not None:
            try:
                progress.tap.head(head.kind, head.coding)
            except Exception as error:  # noqa: BLE001 - evaluation fails open; not Contained, which costs more a request
                self._stop_observing(error)
        self._head_sent = True
        if self._usage is not None:
            sized = bool(first(head.headers, b"content-length"))
            if not self._usage.can_read(head.kind, head.coding, sized):
                self._usage = None
        if head.block is not None and self._usage is None:
            progress.overhead = self._ours + (perf_counter() - arrived)
            own = (head.status, head.reason, head.block, progress.request_id.encode(), progress.overhead * 1000)
            self._client.start_lines(_PLAIN_HEAD % own, True)
            return
        headers = response_headers(head.headers, head.status)
        if self._usage is not None or head.status == 204:  # a 204 has no length (RFC 9110 8.6)
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
        if self._plan.tunnel and head.status == 101:
            headers += [(name, value) for name, value in head.headers if name.lower() in (b"connection", b"upgrade")]
        progress.overhead = self._ours + (perf_counter() - arrived)
        headers += own_headers(progress)
        if head.status == 101:
            self._extensions = b",".join(v for name, v in headers if name.lower() == b"sec-websocket-extensions")
            self._client.write(b"HTTP/1.1 101 %b\r\n%b\r\n" % (head.reason, lines(headers)))
            return
        bodiless = self._request.method == "HEAD" or head.status in (204, 304)
        self._client.start(head.status, head.reason, headers, bodiless)

    def on_chunk(self, chunk: bytes) -> None:
        """Send bytes to the client, then observe the copy."""
        progress = self._progress
        passed = chunk if self._usage is None else self._usage.feed(chunk)
        if passed:
            self._client.send(passed)
        if self._upstream is not None and not self._upstream.complete:
            self._client.flush()  # the client first; what ends here leaves with its end
        progress.response_bytes += len(chunk)
        self._last = chunk
        if progress.tap is not None:
            try:
                progress.tap.feed(chunk, perf_counter() - progress.started)
            except Exception as error:  # noqa: BLE001 - evaluation fails open; not Contained, which costs more a chunk
                self._stop_observing(error)

    def on_read(self) -> None:
        """Flush bytes that were not sent yet."""
        self._client.flush()

    def on_end(self) -> None:
        """The response is complete."""
        if self._usage is not None:
            self._pass_rest()
        self._release()
        self._client.finish()
        self._finish()

    def on_failed(self, error: UpstreamError) -> None:
        """Send an error of the proxy if no head was sent yet; otherwise cut the response visibly."""
        progress = self._progress
        if not self._head_sent:
            if not isinstance(error, NoDescriptors):
                progress.outcome = Outcome.TIMEOUT if isinstance(error, UpstreamTimeout) else Outcome.UPSTREAM_ERROR
            retry_after = 1 if error.status == 503 else None
            message = str(error) if error.status == 503 else f"{self._asked()}: {error}"
            self.refuse(Refused(error.status, message, error.code, retry_after=retry_after))
            return
        self._pass_rest()
        idle = isinstance(error, UpstreamIdle)
        progress.error = type(error).__name__
        if progress.tap is not None and progress.tap.is_sse:
            progress.outcome = Outcome.STREAM_INCOMPLETE
            progress.stream_end = StreamEnd.IDLE_TIMEOUT if idle else StreamEnd.UPSTREAM_CUT
            # Chunks and lengths show the cut by themselves, as they would without us, and clients that ask again after
            # a broken connection see one. Only a body that ends with the connection would pass for a whole one. Between
            # two events a frame can say so; inside one it would be taken for its data.
            if self._client.ends_with_connection and self._last.endswith(_EVENT_ENDS) and not self._coded:
                self._client.send(b"data: " + error_body(str(error), "server_error", "stream_incomplete") + b"\n\n")
        else:
            progress.outcome = Outcome.TIMEOUT if idle else Outcome.UPSTREAM_ERROR
        self._client.cut()
        self._finish()

    def _asked(self) -> str:
        """The upstream, and the model if the request names one, for an error message."""
        progress, model = self._progress, None
        if progress.tap is not None:
            with Contained(self._stop_observing):
                model = progress.tap.request_document().get("model")
        return f"upstream {progress.upstream}" + (f", model {shown(model)}" if isinstance(model, str) else "")

    def _pass_rest(self) -> None:
        if self._usage is not None and (rest := self._usage.rest()):
            self._client.send(rest)

    def on_client_writable(self, writable: bool) -> None:
        """Apply backpressure: a slow client throttles the upstream."""
        if self._upstream is not None:
            if writable:
                self._upstream.resume_reading()
            else:
                self._upstream.pause_reading()

    def refuse(self, refusal: Refused) -> None:
        """Answer without the upstream, in the error format of the provider."""
        if self.ended:
            return
        if self._head_sent:
            self._client.cut()
            self._finish()
            return
        progress = self._progress
        progress.outcome = progress.outcome or outcome_of_refusal(refusal.status)
        progress.status, progress.error = refusal.status, refusal.code or refusal.kind
        # Once something upstream is waited for, what was ours before that is known.
        progress.overhead = self._ours or progress.elapsed()
        message = refusal.message
        if "'" in message:  # a word of the client's, and that may be a key in a wrong place
            message = clean_message(message, progress.secrets)
        body = error_body(message, refusal.kind, refusal.code)
        self._release()
        headers = [*error_headers(body, refusal.retry_after), *own_headers(progress)]
        self._client.start(refusal.status, b"", headers, self._request.method == "HEAD")
        if self._request.method != "HEAD":
            self._client.send(body)
        self._client.finish()
        self._finish()

    def _stop_observing(self, error: Exception) -> None:
        log.error("a response could not be observed (%s)", type(error).__name__)
        self._progress.tap = None
