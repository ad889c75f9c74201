"""Who gets the response of an upstream connection."""

from __future__ import annotations

from typing import Protocol

from proxy.errors import UpstreamError
from proxy.upstream.fast_head import Head


class Listener(Protocol):
    """``on_head`` once, ``on_chunk`` any number of times, then ``on_end`` or ``on_failed``.

    Each is called from the loop, after the read that brought it. ``on_failed`` may come instead of anything.
    """

    def on_head(self, head: Head) -> None:
        """The final response head (1xx are passed over)."""

    def on_chunk(self, chunk: bytes) -> None:
        """Body bytes as they came off the socket, never empty."""

    def on_read(self) -> None:
        """What one read brought has been told, and the response goes on."""

    def on_end(self) -> None:
        """The response is complete."""

    def on_failed(self, error: UpstreamError) -> None:
        """The response will not be completed."""

    def on_writable(self) -> None:
        """The connection takes request bytes again."""

    def on_upgraded(self, rest: bytes) -> None:
        """After a 101 head: the connection is a tunnel now; ``rest`` and all that follows is raw."""
