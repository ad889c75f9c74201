"""One JSON line per request on stdout, written by a separate thread. A blocked stdout never delays a request.

Lines contain only facts: no content, no keys, no headers. Lines that do not fit into the bounded buffer are dropped and
counted.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import BinaryIO

import orjson

from proxy.exchange import Decision, Exchange
from proxy.telemetry.instruments import Count

#: Requests of one kind share most of their line; so many kinds are kept.
_KINDS = 1024
_LINE = (
    b'{"time":%.3f,"request_id":"%b",%b,"duration_ms":%.3f,"first_chunk_ms":%b,"first_token_ms":%b,"overhead_ms":%b,'
    b'"input_tokens":%b,"output_tokens":%b,"cost_usd":%b,"request_bytes":%d,"response_bytes":%d,"trace_id":%b}\n'
)
#: The same for an answer that was not streamed and not traced, and whose tokens are known.
_USUAL = (
    b'{"time":%.3f,"request_id":"%b",%b,"duration_ms":%.3f,"first_chunk_ms":%.3f,"first_token_ms":null,'
    b'"overhead_ms":%.3f,"input_tokens":%d,"output_tokens":%d,"cost_usd":%b,"request_bytes":%d,"response_bytes":%d,'
    b'"trace_id":null}\n'
)
_NAMES = (
    *("app", "operation", "upstream", "model", "model_served", "status", "outcome", "error"),
    *("stream", "stream_end", "finish_reason", "decision"),
)
_kinds: dict[tuple[object, ...], bytes] = {}


class AccessLog:
    """Writes to ``stream`` in the background, in batches. Waking a thread for each line costs more than the line.

    Each line is formatted at once and not by the thread, which would otherwise hold the interpreter lock.
    """

    def __init__(self, stream: BinaryIO, dropped: Count, size: int = 10_000, every: float = 0.05) -> None:
        self._pending: deque[bytes] = deque()
        self._size = size
        self._every = every
        self._dropped = dropped
        self._stream = stream
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._write, name="access-log", daemon=True)
        self._thread.start()

    def record(self, exchange: Exchange, decision: Decision) -> None:
        """Keep the line of one request for the next batch."""
        if len(self._pending) >= self._size:
            self._dropped.inc()
        else:
            self._pending.append(line(exchange, decision))

    def close(self, timeout: float = 1.0) -> None:
        """Write the queued lines, for at most ``timeout`` seconds."""
        self._closing.set()
        self._thread.join(timeout)

    def _write(self) -> None:
        while True:
            last = self._closing.wait(self._every)
            batch = [self._pending.popleft() for _ in range(len(self._pending))]
            if batch:
                try:
                    self._stream.write(b"".join(batch))
                    self._stream.flush()
                except (OSError, ValueError):  # the reader has gone, or the stream was closed
                    self._dropped.inc(len(batch))
            if last and not self._pending:
                return


def line(exchange: Exchange, decision: Decision) -> bytes:
    """The access log line of one request."""
    usage, trace, chunk, overhead = exchange.usage, exchange.trace_id, exchange.first_chunk, exchange.overhead
    cost = b"null" if exchange.cost_usd is None else orjson.dumps(exchange.cost_usd)
    kind = (
        exchange.app,
        exchange.operation,
        exchange.upstream,
        exchange.model_asked,
        exchange.model_served,
        exchange.status,
        exchange.outcome,
        exchange.error,
        exchange.streamed,
        exchange.stream_end,
        exchange.finish_reason,
        decision,
    )
    words = _kinds.get(kind) or _words(kind)
    if (
        exchange.first_token is None
        and trace is None
        and usage is not None
        and chunk is not None
        and overhead is not None
    ):
        return _USUAL % (
            exchange.started_at,
            exchange.request_id.encode(),
            words,
            exchange.duration * 1000,
            chunk * 1000,
            overhead * 1000,
            usage.input + usage.cached_input + usage.cache_write,
            usage.output + usage.reasoning_output,
            cost,
            exchange.request_bytes,
            exchange.response_bytes,
        )
    return _LINE % (
        exchange.started_at,
        exchange.request_id.encode(),
        words,
        exchange.duration * 1000,
        _ms(chunk),
        _ms(exchange.first_token),
        _ms(overhead),
        b"null" if usage is None else b"%d" % (usage.input + usage.cached_input + usage.cache_write),
        b"null" if usage is None else b"%d" % (usage.output + usage.reasoning_output),
        cost,
        exchange.request_bytes,
        exchange.response_bytes,
        b"null" if trace is None else orjson.dumps(trace),
    )


def _words(kind: tuple[object, ...]) -> bytes:
    """The part of a line that is the same for all requests of one kind."""
    if len(_kinds) >= _KINDS:
        _kinds.clear()
    words = _kinds[kind] = orjson.dumps(dict(zip(_NAMES, kind, strict=True)))[1:-1]
    return words


def _ms(seconds: float | None) -> bytes:
    return b"null" if seconds is None else b"%.3f" % (seconds * 1000)
