"""One request upstream and its bytes back.

Bytes go to the client first; copies go to the tap. Nothing here waits for a queue, a store or a scorer. However a
request ends, ``Finisher.finish`` runs exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any

import orjson

from proxy.errors import Refused, UpstreamError, UpstreamIdle, UpstreamTimeout, error_body, error_headers
from proxy.exchange import Outcome, StreamEnd
from proxy.finish import Finisher, Progress, clean_name, read_ours
from proxy.metrics import Instruments
from proxy.router import Headers, Route, Router, Target, credential, response_headers, upstream_path
from proxy.settings import Settings
from proxy.tap import Tap
from proxy.telemetry import Recorder
from proxy.upstream.connection import Connection, Head
from proxy.upstream.pool import Pool

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class ClientGone(Exception):
    """The client closed its connection."""


class Cut(Exception):
    """The response can not be completed: the connection must end without a clean terminator."""


class Forwarder:
    """The ASGI application of everything that is not ours."""

    def __init__(
        self,
        settings: Settings,
        router: Router,
        pools: Mapping[str, Pool],
        recorder: Recorder,
        finisher: Finisher,
        instruments: Instruments,
    ) -> None:
        self.settings = settings
        self.pools = pools
        self._router = router
        self._recorder = recorder
        self._finisher = finisher
        self.inflight = 0
        self.held_bytes = 0
        instruments.gauge("sightglass_inflight_requests").set_function(lambda: self.inflight)
        instruments.gauge("sightglass_inflight_body_bytes").set_function(lambda: self.held_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        progress = Progress(scope["method"])
        call = _Call(self, progress, receive, send)
        self.inflight += 1
        try:
            await self._serve(scope, call)
        except Refused as refusal:
            progress.outcome = progress.outcome or _outcome_of_refusal(refusal)
            await call.refuse(refusal)
        except ClientGone:
            progress.outcome = Outcome.CLIENT_DISCONNECTED
        except asyncio.CancelledError:
            progress.outcome = progress.outcome or Outcome.CLIENT_DISCONNECTED
            raise
        except Cut:
            pass  # an unfinished ASGI response makes the server close the connection uncleanly
        finally:
            self.inflight -= 1
            self.held_bytes -= progress.held
            self._finisher.finish(progress)

    async def _serve(self, scope: Scope, call: _Call) -> None:
        progress, limits = call.progress, self.settings.limits
        headers: Headers = scope["headers"]
        progress.ours = read_ours(headers)
        presented = credential(headers)
        if presented:
            progress.secrets = (presented.decode("latin-1"),)
        if self.inflight > limits.inflight:
            raise Refused(503, "too many requests in flight", "overloaded", retry_after=1)
        route = self._router.resolve(scope["raw_path"])
        progress.operation, progress.path = route.operation, route.path.decode("latin-1")
        client_app = self._router.authenticate(headers)
        progress.app = self._recorder.app(client_app or route.app or progress.ours.app)
        length = next((value for name, value in headers if name == b"content-length"), b"")
        if length.isdigit() and int(length) > limits.body_bytes:
            raise Refused(413, "the request body is larger than this proxy takes", "body_too_large")
        progress.tap = Tap(route.operation, limits.capture_bytes)
        if route.target is None and progress.method not in _BODILESS:
            first = await call.whole_body()
            target = self._router.by_model(_model_of(first))
        else:
            first = await call.body()
            target = route.target or self._router.by_model(None)
        progress.upstream = target.name
        await call.exchange(
            scope, route, target, self._router.upstream_headers(headers, target, route.operation), first
        )


class _Call:
    """One request's two sides, and what must happen between them."""

    def __init__(self, forwarder: Forwarder, progress: Progress, receive: Receive, send: Send) -> None:
        self._forwarder = forwarder
        self.progress = progress
        self._receive = receive
        self._send = send
        self._more = True
        self._head_sent = False
        self._client_gone = False
        self._last = b""

    # --- the client's side --------------------------------------------------------------------------------------

    async def body(self) -> bytes:
        """The next piece of the request. Raises ``ClientGone``, or ``Refused`` (413) above the limit."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self.progress.request_bytes += len(piece)
        if self.progress.request_bytes > self._forwarder.settings.limits.body_bytes:
            raise Refused(413, "the request body is larger than this proxy takes", "body_too_large")
        if self.progress.tap is not None:
            self.progress.tap.request(piece)
        return piece

    async def whole_body(self) -> bytes:
        """All of it, within the budget of bodies in flight. Raises ``Refused`` (503) above that."""
        pieces: list[bytes] = []
        while self._more:
            piece = await self.body()
            if self._forwarder.held_bytes + len(piece) > self._forwarder.settings.limits.inflight_body_bytes:
                raise Refused(503, "too many request bodies in flight", "overloaded", retry_after=1)
            self._forwarder.held_bytes += len(piece)
            self.progress.held += len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    async def refuse(self, refusal: Refused) -> None:
        """Answer by ourselves, in the provider's error shape."""
        body = error_body(refusal.message, refusal.kind, refusal.code)
        self.progress.status = refusal.status
        self.progress.error = refusal.code or refusal.kind
        headers = [*error_headers(body, refusal.retry_after), *self._own_headers()]
        if self._more:
            # What is left of the request is not read: the connection cannot serve another one.
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _own_headers(self) -> Headers:
        headers = [(b"x-sightglass-request-id", self.progress.request_id.encode())]
        if self.progress.overhead is not None:
            headers.append((b"x-sightglass-overhead-ms", b"%.3f" % (self.progress.overhead * 1000)))
        return headers

    # --- the upstream's side ------------------------------------------------------------------------------------

    async def exchange(self, scope: Scope, route: Route, target: Target, headers: Headers, first: bytes) -> None:
        """Forward the request and its response; the client's leaving cancels whatever is being waited for."""
        watcher = None
        if not self._more:
            watcher = self._watch(self._gone())
        ours = self.progress.elapsed()
        pool = self._forwarder.pools[target.name]
        connection: Connection | None = None
        try:
            connection = await pool.acquire()
            begun = perf_counter()
            timeouts = self._forwarder.settings.timeouts
            connection.begin(scope["method"] == "HEAD", timeouts.first_byte, timeouts.idle)
            chunked = self._more and not any(name == b"content-length" for name, _ in headers)
            if chunked:
                headers.append((b"transfer-encoding", b"chunked"))
            path = upstream_path(target, route.path, scope["query_string"])
            connection.write(_request_head(scope["method"], path, headers) + _framed(first, chunked))
            connection.request_complete = not self._more
            if watcher is None:
                watcher = self._watch(self._pump(connection, chunked))
            ours += perf_counter() - begun
            await self._respond(connection, ours)
        except asyncio.CancelledError:
            if not self._client_gone:
                raise
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            self._left()
            raise ClientGone from None
        except UpstreamError as error:
            await self._failed(error)
        finally:
            if watcher is not None:
                watcher.cancel()
            if connection is not None:
                pool.release(connection)

    def _watch(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run ``work`` beside the exchange; it ends by finding that the client has gone, and then cancels us."""
        main = asyncio.current_task()
        assert main is not None

        async def run() -> None:
            try:
                await work
            except ClientGone:
                self._client_gone = True
                main.cancel()

        return asyncio.get_running_loop().create_task(run())

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise ClientGone

    async def _pump(self, connection: Connection, chunked: bool) -> None:
        """Send the rest of the request as it comes, then watch for the client's leaving."""
        while self._more:
            try:
                piece = await self.body()
            except Refused:
                self.progress.error = "body_too_large"
                connection.abort()
                return
            if connection.closed:
                return  # the response, if there is one, says why
            if piece:
                connection.write(_framed(piece, chunked))
                await connection.drained()
        if chunked and not connection.closed:
            connection.write(b"0\r\n\r\n")
        connection.request_complete = True
        await self._gone()

    async def _respond(self, connection: Connection, ours: float) -> None:
        progress, tap, send = self.progress, self.progress.tap, self._send
        assert tap is not None
        head = await connection.head()
        arrived = perf_counter()
        progress.status = head.status
        headers = response_headers(head.headers)
        tap.head(_header(head, b"content-type"), _header(head, b"content-encoding"))
        progress.overhead = ours + (perf_counter() - arrived)
        headers += self._own_headers()
        self._head_sent = True
        await send({"type": "http.response.start", "status": head.status, "headers": headers})
        while chunk := await connection.read():
            ended = connection.at_end
            await send({"type": "http.response.body", "body": chunk, "more_body": not ended})
            progress.response_bytes += len(chunk)
            tap.feed(chunk, progress.elapsed())
            if ended:
                return
            self._last = chunk
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _left(self) -> None:
        if self.progress.tap is not None and self.progress.tap.is_sse:
            self.progress.stream_end = StreamEnd.CLIENT_DISCONNECTED

    async def _failed(self, error: UpstreamError) -> None:
        """An upstream's failure: an error of ours before the head, a visible cut after it."""
        progress = self.progress
        if not self._head_sent:
            if progress.error == "body_too_large":
                raise Refused(413, "the request body is larger than this proxy takes", "body_too_large") from None
            timed_out = isinstance(error, UpstreamTimeout)
            progress.outcome = Outcome.TIMEOUT if timed_out else Outcome.UPSTREAM_ERROR
            code = "upstream_timeout" if timed_out else "upstream_unreachable"
            raise Refused(error.status, str(error), code) from None
        progress.error = type(error).__name__
        idle = isinstance(error, UpstreamIdle)
        assert progress.tap is not None
        if progress.tap.is_sse:
            progress.outcome = Outcome.STREAM_INCOMPLETE
            progress.stream_end = StreamEnd.IDLE_TIMEOUT if idle else StreamEnd.UPSTREAM_CUT
            # Between two events a frame can say what happened; inside one it would be taken for its data.
            if self._last.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
                frame = b"data: " + error_body(str(error), "server_error", "stream_incomplete") + b"\n\n"
                await self._send({"type": "http.response.body", "body": frame, "more_body": True})
        else:
            progress.outcome = Outcome.TIMEOUT if idle else Outcome.UPSTREAM_ERROR
        raise Cut from None


def _request_head(method: str, path: bytes, headers: Headers) -> bytes:
    lines = [method.encode("latin-1") + b" " + path + b" HTTP/1.1\r\n"]
    lines += [name + b": " + value + b"\r\n" for name, value in headers]
    lines.append(b"\r\n")
    return b"".join(lines)


def _framed(piece: bytes, chunked: bool) -> bytes:
    if not chunked or not piece:
        return piece
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _header(head: Head, wanted: bytes) -> bytes:
    return next((value for name, value in head.headers if name.lower() == wanted), b"")


def _model_of(body: bytes) -> str | None:
    """The model that a JSON body names."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    model = document.get("model") if isinstance(document, dict) else None
    return clean_name(model[:200]) if isinstance(model, str) and model else None


def _outcome_of_refusal(refusal: Refused) -> Outcome:
    if refusal.status == 503:
        return Outcome.SHED
    return Outcome.CLIENT_ERROR if refusal.status < 500 else Outcome.UPSTREAM_ERROR
