"""One complete exchange in a single awaited call, for code that is not performance-critical, such as probes."""

from __future__ import annotations

import asyncio

from proxy.errors import UpstreamError, UpstreamInvalid
from proxy.upstream.fast_head import Head
from proxy.upstream.pool import Pool


class Answer:
    """A listener that collects a response, with at most ``limit`` bytes of body."""

    def __init__(self, limit: int) -> None:
        self.head: Head | None = None
        self.body = bytearray()
        self._limit = limit
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_head(self, head: Head) -> None:
        """Store the head."""
        self.head = head

    def on_chunk(self, chunk: bytes) -> None:
        """Store the bytes, within the limit."""
        self.body += chunk
        if len(self.body) > self._limit:
            self.on_failed(UpstreamInvalid("the upstream's answer is larger than expected"))

    def on_read(self) -> None:
        """Nothing to do before the end."""

    def on_end(self) -> None:
        """Wake the waiting task."""
        if not self.done.done():
            self.done.set_result(None)

    def on_failed(self, error: UpstreamError) -> None:
        """Raise the error in the waiting task."""
        if not self.done.done():
            self.done.set_exception(error)

    def on_writable(self) -> None:
        """Nothing to do: requests sent here fit into the transport's buffer."""

    def on_upgraded(self, rest: bytes) -> None:
        """Not used: no tunnel is requested here."""
        self.on_failed(UpstreamInvalid("the upstream switched protocols unasked"))


async def fetch(pool: Pool, request: bytes, timeout: float, limit: int = 1_000_000) -> tuple[Head, bytes]:
    """Send ``request`` (head and body in wire format) and await the response. Raises ``UpstreamError``."""
    connection = await pool.acquire()
    try:
        answer = Answer(limit)
        connection.begin(answer, request.startswith(b"HEAD "), timeout, timeout)
        connection.send_head(request, (), 0, True)
        await answer.done
        assert answer.head is not None
        return answer.head, bytes(answer.body)
    finally:
        pool.release(connection)
