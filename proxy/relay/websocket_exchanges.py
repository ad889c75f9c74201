"""Observes a WebSocket tunnel: each response requested in it becomes a separate exchange.

Only copies are read, a few milliseconds after the bytes were forwarded, so a tunnel never waits for its observer. A
session of ``/responses`` or ``/realtime`` is recorded as a series of requests. Each response gets a ``Progress`` with a
``Tap``, which receives the bytes that the same response would have over HTTP. Data that cannot be read is counted
(``sightglass_socket_unread_total``), and the tunnel continues.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from urllib.parse import parse_qs

from proxy.core import Core
from proxy.edge.heads import Request
from proxy.errors import Contained
from proxy.exchange import Operation, Outcome, StreamEnd
from proxy.observe.tap import Tap
from proxy.record.batching import Settling
from proxy.record.progress import Progress
from proxy.relay.tunnel import IDLE
from proxy.wire.facts import load
from proxy.wire.websocket import Reader, Unreadable, readers
from proxy.wire.websocket_responses import FAILED, TRANSCRIPT, Realtime, Responses, Step, What

log = logging.getLogger("sightglass.sockets")

_SECONDS = 0.005
#: Copies that wait for longer than that are read at once when they are so many bytes.
_HEAVY = 262_144
#: What one message may hold (bytes); of a longer one its beginning is read.
_MESSAGE = 1_000_000
_OBSERVED = (Operation.RESPONSES, Operation.REALTIME)


class Listening:
    """Reads the copies of one tunnel, and passes each finished response to ``settling``."""

    def __init__(
        self,
        session: Progress,
        turns: Responses | Realtime,
        sides: tuple[Reader, Reader],
        core: Core,
        settling: Settling,
    ) -> None:
        self._session = session
        self._turns = turns
        self._client, self._server = sides
        self._core = core
        self._settling = settling
        self._waiting: list[tuple[bool, bytes, float]] = []
        self._weight = 0
        self._timer: asyncio.TimerHandle | None = None
        self._open: dict[int, Progress] = {}
        self._stopped = False
        #: Whether the client has sent a Close before its server did.
        self._client_left = False
        self._contained = Contained(self._unread)

    def from_client(self, data: bytes) -> None:
        """Bytes sent upstream."""
        self._take(True, data)

    def from_upstream(self, data: bytes) -> None:
        """Bytes sent to the client."""
        self._take(False, data)

    def on_ended(self, by_client: bool, error: str | None) -> None:
        """The tunnel has ended. A response in progress was abandoned by its client, or cut off, as over HTTP.

        After a Close of the client its server ends the connection first (RFC 6455, 7.1.1).
        """
        self._read()
        now = perf_counter()
        if by_client or self._client_left:
            outcome, end, error = Outcome.CLIENT_DISCONNECTED, StreamEnd.CLIENT_DISCONNECTED, None
        else:
            outcome = Outcome.STREAM_INCOMPLETE
            end = StreamEnd.IDLE_TIMEOUT if error == IDLE else StreamEnd.UPSTREAM_CUT
        for progress in self._open.values():
            progress.outcome, progress.stream_end, progress.error = outcome, end, error
            self._put(progress, now)
        self._open.clear()

    # --- copies -------------------------------------------------------------------------------------------------

    def _take(self, of_client: bool, data: bytes) -> None:
        if self._stopped:
            return
        self._waiting.append((of_client, data, perf_counter()))
        self._weight += len(data)
        if self._weight > _HEAVY:
            self._read()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._read)

    def _read(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting, self._weight = self._waiting, [], 0
        for of_client, data, at in waiting:
            if self._stopped:
                return
            with self._contained:
                try:
                    self._read_one(of_client, data, at)
                except Unreadable as error:
                    self._stop(str(error))

    def _unread(self, error: Exception) -> None:
        log.error("a WebSocket could not be observed (%s)", type(error).__name__)
        self._stop("defect")

    def _read_one(self, of_client: bool, data: bytes, at: float) -> None:
        found = (self._client if of_client else self._server).feed(data)
        self._client_left = self._client_left or (self._client.closing and not self._server.closing)
        for text, cut, left_out in found:
            steps = self._turns.client(text, cut) if of_client else self._turns.server(text, cut)
            for step in steps:
                self._step(step, at, left_out)

    def _stop(self, reason: str) -> None:
        """Nothing more can be read. A response in progress ends here with what was seen of it."""
        self._stopped = True
        self._core.recorder.unread(reason)
        now = perf_counter()
        for progress in self._open.values():
            if progress.tap is not None:
                progress.tap.undecodable = reason
            self._put(progress, now)
        self._open.clear()

    # --- responses ----------------------------------------------------------------------------------------------

    def _step(self, step: Step, at: float, left_out: int) -> None:
        if step.what is What.LEFT_OUT:
            self._core.recorder.unread(step.data.decode())
        elif step.what is What.BEGUN:
            self._open[step.turn] = self._transcript(at) if step.data == TRANSCRIPT else self._begin(at)
        elif step.turn in self._open:
            progress = self._open[step.turn]
            tap = progress.tap
            if step.what is What.ENDED:
                if step.data == FAILED:
                    progress.outcome = Outcome.UPSTREAM_ERROR
                self._put(self._open.pop(step.turn), at)
            elif tap is not None and step.what is What.ASKED:
                progress.request_bytes += len(step.data) + left_out
                tap.request(step.data)
                if left_out:
                    tap.lacks(left_out, 0)
            elif tap is not None:
                progress.response_bytes += len(step.data) + left_out
                if tap.operation is Operation.AUDIO:
                    tap.feed(step.data, at - progress.started)
                    return
                progress.status = _status(step.data) or progress.status
                # A line end may stand between the members of a JSON object, and would end a line of the stream.
                line = step.data.replace(b"\r", b" ").replace(b"\n", b" ")
                tap.feed(b"data: %b\n\n" % line, at - progress.started)
                if left_out:
                    tap.lacks(0, left_out)

    def _put(self, progress: Progress, ended: float) -> None:
        self._settling.put(self._core.finisher, progress, ended)

    def _transcript(self, at: float) -> Progress:
        """Begin the transcript of what was heard. It is no answer: only its tokens are counted."""
        progress = self._begin(at)
        progress.operation, progress.generation = Operation.AUDIO, False
        progress.tap = Tap(Operation.AUDIO, 0)
        progress.tap.head(b"application/json", b"")
        return progress

    def _begin(self, at: float) -> Progress:
        """Begin a separate request with the data of the session's handshake."""
        session, progress = self._session, Progress("POST")
        progress.started, progress.started_at = at, session.started_at + at - session.started
        progress.operation, progress.path, progress.generation = session.operation, session.path, True
        progress.app, progress.upstream, progress.purpose = session.app, session.upstream, session.purpose
        progress.ours, progress.secrets, progress.status = session.ours, session.secrets, 200
        progress.socket = session.request_id if session.operation is Operation.REALTIME else None
        progress.tap = Tap(Operation.RESPONSES, self._core.settings.limits.capture_bytes)
        progress.tap.head(b"text/event-stream", b"")
        return progress


def _status(event: bytes) -> int | None:
    """The HTTP status that an error event carries."""
    if b'"error"' not in event[:200] or b'"status"' not in event:
        return None
    doc = load(event)
    status = doc.get("status") if isinstance(doc, dict) and doc.get("type") == "error" else None
    return status if isinstance(status, int) and 400 <= status < 600 else None


def listening(
    session: Progress, request: Request, extensions: bytes, core: Core, settling: Settling
) -> Listening | None:
    """The observer of a tunnel; ``None`` if it is not observed. ``extensions``: those agreed in the 101."""
    if session.operation not in _OBSERVED:
        return None
    try:
        sides = readers(extensions, _MESSAGE)
    except Unreadable as error:
        core.recorder.unread(str(error))
        return None
    turns: Responses | Realtime = Responses()
    if session.operation is Operation.REALTIME:
        turns = Realtime(parse_qs(request.query.decode("latin-1")).get("model", [None])[0])
    return Listening(session, turns, sides, core, settling)
