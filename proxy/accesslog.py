"""One JSON line a request on stdout, written by a thread of its own: a blocked stdout never holds a request.

Lines hold facts only: no content, no key, no header. What the bounded buffer cannot take is dropped and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import BinaryIO

import orjson

from proxy.exchange import Decision, Exchange
from proxy.metrics import Count


class AccessLog:
    """Writes to ``stream`` in the background, in batches: waking a thread for each line costs more than the line."""

    def __init__(self, stream: BinaryIO, dropped: Count, size: int = 10_000, every: float = 0.05) -> None:
        self._pending: deque[tuple[Exchange, Decision]] = deque()
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
            self._pending.append((exchange, decision))

    def close(self, timeout: float = 1.0) -> None:
        """Write what is queued, for at most ``timeout`` seconds."""
        self._closing.set()
        self._thread.join(timeout)

    def _write(self) -> None:
        while True:
            last = self._closing.wait(self._every)
            batch = [self._pending.popleft() for _ in range(len(self._pending))]
            if batch:
                try:
                    self._stream.write(b"".join(line(*item) for item in batch))
                    self._stream.flush()
                except (OSError, ValueError):  # the reader has gone, or the stream was closed
                    self._dropped.inc(len(batch))
            if last and not self._pending:
                return


def line(exchange: Exchange, decision: Decision) -> bytes:
    """The access line of one request."""
    usage = exchange.usage
    return orjson.dumps(
        {
            "time": round(exchange.started_at, 3),
            "request_id": exchange.request_id,
            "app": exchange.app,
            "operation": exchange.operation,
            "upstream": exchange.upstream,
            "model": exchange.model_asked,
            "model_served": exchange.model_served,
            "status": exchange.status,
            "outcome": exchange.outcome,
            "error": exchange.error,
            "stream": exchange.streamed,
            "stream_end": exchange.stream_end,
            "finish_reason": exchange.finish_reason,
            "duration_ms": _ms(exchange.duration),
            "first_chunk_ms": _ms(exchange.first_chunk),
            "first_token_ms": _ms(exchange.first_token),
            "overhead_ms": _ms(exchange.overhead),
            "input_tokens": None if usage is None else usage.input + usage.cached_input + usage.cache_write,
            "output_tokens": None if usage is None else usage.output + usage.reasoning_output,
            "cost_usd": exchange.cost_usd,
            "request_bytes": exchange.request_bytes,
            "response_bytes": exchange.response_bytes,
            "decision": decision,
            "trace_id": exchange.trace_id,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
