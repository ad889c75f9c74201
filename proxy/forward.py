"""Forwards one request and its response: a state machine between a client connection and an upstream connection.

Bytes go to the client first; copies go to the tap. Nothing here waits for a queue, a store or a scorer. A failed
observation never fails the request. Each finished request is handed to ``Settling`` exactly once, whatever its outcome.
"""

from __future__ import annotations

import asyncio

from proxy.core import Core
from proxy.edge.heads import Request
from proxy.edge.http import ClientConnection
from proxy.errors import (
    ConnectFailed,
    Refused,
    ShuttingDown,
    UnsafeField,
)
from proxy.exchange import Outcome, StreamEnd
from proxy.observe.ask_usage import UsageFilter, asking, without_coding
from proxy.observe.tap import Tap
from proxy.plan import plan_of
from proxy.record.batching import Settling
from proxy.record.progress import Progress
from proxy.relay.answer import Answering
from proxy.relay.held_bytes import EARLY_BYTES, Budget, Held
from proxy.relay.model_list import listed
from proxy.relay.own_headers import own_headers
from proxy.relay.tunnel import Tunnel
from proxy.relay.websocket_exchanges import listening
from proxy.routing.router import model_of
from proxy.routing.target import Target
from proxy.telemetry.instruments import Instruments
from proxy.upstream.connection import Connection
from proxy.upstream.framing import Piece


class Forwarder:
    """Serves every forwarded request. ``core`` can be replaced; a request keeps the one that it began with."""

    def __init__(self, core: Core, instruments: Instruments) -> None:
        self.core = core
        self.settling = Settling()
        self.inflight = 0
        self.held = Budget()
        instruments.gauge("sightglass_inflight_requests").set_function(lambda: self.inflight)
        instruments.gauge("sightglass_inflight_body_bytes").set_function(lambda: self.held.used)

    def serve(self, client: ClientConnection, request: Request) -> Call | None:
        """Begin one request; ``None`` if it was refused at once."""
        call = Call(self, client, request)
        self.inflight += 1
        client.handler = call
        try:
            call.begin()
        except Refused as refusal:
            call.refuse(refusal)
        return None if call.ended else call


class Call(Answering):
    """One request in progress: the client's handler and the upstream's listener."""

    _target: Target | None = None
    _connecting: asyncio.Task[None] | None = None
    _request_ended = _chunked = False

    def __init__(self, forwarder: Forwarder, client: ClientConnection, request: Request) -> None:
        self._client, self._request = client, request
        self._progress = Progress(request.method)
        self._forwarder = forwarder
        self._core = forwarder.core
        self._held = Held(forwarder.held)

    # --- the request --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Choose the upstream, if the head is sufficient. Raises ``Refused``."""
        request, progress, core = self._request, self._progress, self._core
        limits = core.settings.limits
        plan = self._plan = plan_of(core, request)
        progress.ours, progress.secrets, progress.generation = plan.ours, plan.secrets, plan.generation
        if core.tracer is not None and plan.purpose is None:
            progress.trace = core.tracer.begin(plan.ours.parent, request.method)
        progress.operation, progress.path = plan.operation, plan.path
        if plan.refusal is None:
            progress.app = plan.label or core.recorder.app(plan.app)
            progress.purpose = plan.purpose
        if self._client.unwelcome or self._forwarder.inflight > limits.inflight:
            raise Refused(503, "too many requests in flight", "overloaded", retry_after=1)
        if plan.refusal is not None:
            # Not raised: a plan is shared by requests, and an exception would gather the traceback of each of them.
            self.refuse(plan.refusal)
            return
        if request.length is not None and request.length > limits.body_bytes:
            raise Refused(413, "the request body is larger than this proxy takes", "body_too_large")
        self._target, self._chunked = None if plan.asks_usage else plan.target, plan.chunked
        if not plan.tunnel:
            progress.tap = Tap(plan.reads, limits.capture_bytes, plan.coding)
        if plan.expects and self._client.modern:
            self._client.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes | memoryview) -> None:
        """A piece of the request body."""
        progress, limits = self._progress, self._core.settings.limits
        progress.request_bytes += len(piece)
        if progress.request_bytes > limits.body_bytes:
            self.refuse(Refused(413, "the request body is larger than this proxy takes", "body_too_large"))
            return
        if progress.tap is not None:
            progress.tap.request(piece)
        if self._upstream is not None:
            self._upstream.send_body(piece)
            if self._upstream.paused_writing:
                self._client.pause_reading()
            return
        self._hold(piece)

    def _hold(self, piece: Piece) -> None:
        """Hold bytes that cannot be sent yet, within the budget of all requests."""
        if self._forwarder.held.used + len(piece) > self._core.settings.limits.inflight_body_bytes:
            self.refuse(Refused(503, "too many request bodies in flight", "overloaded", retry_after=1))
            return
        self._held.add(piece)
        if self._held.size > EARLY_BYTES and self._target is not None:
            self._client.pause_reading()

    def on_request_end(self) -> None:
        """The request is complete."""
        self._request_ended = True
        if self._upstream is not None:
            self._upstream.send_end()

    def advance(self) -> None:
        """Connect to the upstream as soon as it is known."""
        if self.ended or self._upstream is not None or self._connecting is not None:
            return
        if self._plan.lists:
            self._ours = self._progress.elapsed()
            self._connecting = asyncio.get_running_loop().create_task(self._list())
            return
        if self._target is None:
            if not self._request_ended:
                return
            try:
                self._target = self._plan.target or self._core.router.by_model(self._model())
            except Refused as refusal:
                self.refuse(refusal)
                return
        connection = self._core.pools[self._target.name].take()
        if connection is not None:
            self._open(connection, self._target)
        else:
            self._ours += self._progress.elapsed()
            self._connecting = asyncio.get_running_loop().create_task(self._connect(self._target))

    def _model(self) -> str | None:
        """The model named in the complete body."""
        most = self._core.settings.limits.body_bytes
        return model_of(self._held.joined(), self._plan.coding, most)

    async def _list(self) -> None:
        """Answer with the models of all upstreams."""
        try:
            answer = await listed(self._core, self._plan)
        except Refused as refusal:
            self._progress.outcome = Outcome.UPSTREAM_ERROR
            self.refuse(refusal)
            return
        if self.ended:
            return
        progress = self._progress
        progress.status, progress.overhead, progress.tap = answer.status, self._ours, None
        progress.response_bytes = len(answer.body)
        self._head_sent = True
        headers = [(b"content-type", answer.kind), (b"content-length", b"%d" % len(answer.body))]
        self._client.start(answer.status, b"", [*headers, *own_headers(progress)], False)
        self._client.send(answer.body)
        self._client.finish()
        self._finish()

    async def _connect(self, target: Target) -> None:
        try:
            connection = await self._core.pools[target.name].connect()
        except ConnectFailed as error:
            if not self.ended:
                self._progress.upstream = target.name
                self.on_failed(error)
            return
        if self.ended:
            self._core.pools[target.name].release(connection)
            return
        self._progress.waited = self._progress.elapsed() - self._ours
        self._open(connection, target)

    def _open(self, connection: Connection, target: Target) -> None:
        """Send the head and the available part of the body."""
        request = self._request
        self._upstream = connection
        self._progress.upstream = target.name
        try:
            head = self._plan.head(target, request.length)
        except UnsafeField as error:
            self.refuse(Refused(500, str(error), "unsafe_header"))
            return
        timeouts = self._core.settings.timeouts
        connection.begin(self, request.method == "HEAD", timeouts.first_byte, timeouts.idle, self._plan.tunnel)
        early = [] if self._plan.tunnel else self._held.take()
        length = None if self._chunked else request.length or 0
        if self._plan.asks_usage and target.settings.ask_usage:
            body = asking(b"".join(early), self._plan.coding, self._core.settings.limits.body_bytes)
            if body is not None:
                early, self._usage, length = [body], UsageFilter(), None if self._chunked else len(body)
                head = without_coding(self._plan.head(target, length))
        if self._progress.trace is not None:
            head = self._progress.trace.sent(head, target.host, target.port)
        self._ours = self._progress.elapsed() - self._progress.waited
        connection.send_head(head, early, length, self._request_ended)
        if not (connection.paused_writing or self._plan.tunnel):
            self._early_has_left()

    def on_writable(self) -> None:
        """The upstream accepts bytes again."""
        if not self._plan.tunnel:
            self._early_has_left()
            self._client.resume_reading()

    def _early_has_left(self) -> None:
        """Bytes held before the connection existed are no longer in memory."""
        if self._held.size > EARLY_BYTES:
            self._client.resume_reading()
        self._held.let_go()

    # --- tunnels ------------------------------------------------------------------------------------------------

    def on_raw(self, data: bytes) -> None:
        """Hold bytes that the client sends before the upstream has agreed to a tunnel."""
        self._hold(data)

    def on_upgraded(self, rest: bytes) -> None:
        """From now on, both sides exchange raw bytes."""
        assert self._upstream is not None
        idle = self._core.settings.timeouts.tunnel
        copies = listening(self._progress, self._request, self._extensions, self._core, self._forwarder.settling)
        tunnel = Tunnel(self._client, self._upstream, self._progress, idle, self._finish, copies)
        tunnel.begin(b"".join(self._held.take()), rest)
        self._held.let_go()

    # --- endings ------------------------------------------------------------------------------------------------

    def on_client_gone(self) -> None:
        """The client has left: close the upstream connection at once, and record what was seen."""
        progress = self._progress
        if self._connecting is not None:
            self._connecting.cancel()
        progress.outcome = progress.outcome or Outcome.CLIENT_DISCONNECTED
        if progress.tap is not None and progress.tap.is_sse:
            progress.stream_end = StreamEnd.CLIENT_DISCONNECTED
        self._finish()

    def on_malformed(self) -> None:
        """The rest of the request body cannot be read."""
        self._progress.outcome = Outcome.CLIENT_ERROR
        self.refuse(Refused(400, "the request body cannot be framed without doubt", "malformed_request"))

    def on_shutdown(self) -> None:
        """The drain period is over: cut the response visibly, or send an error if no head was sent."""
        self.on_failed(ShuttingDown("the proxy is shutting down"))

    def _release(self) -> None:
        connection, self._upstream = self._upstream, None
        if connection is not None and self._target is not None:
            self._core.pools[self._target.name].release(connection)

    def _finish(self) -> None:
        if self.ended:
            return
        self.ended = True
        if self._upstream is not None:
            self._release()
        self._forwarder.inflight -= 1
        if self._held.size:
            self._held.let_go()
        self._forwarder.settling.put(self._core.finisher, self._progress)
