"""The interface for receiving the response of an upstream connection."""

from __future__ import annotations

from typing import Protocol

from proxy.errors import UpstreamError
from proxy.upstream.fast_head import Head


class Listener(Protocol):
    """``on_head`` once, ``on_chunk`` any number of times, then ``on_end`` or ``on_failed``.

    All methods are called from the event loop, after the read that delivered the data. ``on_failed`` can come at any
    time.
    """

    def on_head(self, head: Head) -> None:
        """The final response head. Informational responses (1xx) are skipped."""

    def on_chunk(self, chunk: bytes) -> None:
        """Body bytes as read from the socket, never empty."""

    def on_read(self) -> None:
        """All data of one read was delivered, and the response continues."""

    def on_end(self) -> None:
        """The response is complete."""

    def on_failed(self, error: UpstreamError) -> None:
        """The response will not be completed."""

    def on_writable(self) -> None:
        """The connection accepts request bytes again."""

    def on_upgraded(self, rest: bytes) -> None:
        """After a 101 head: the connection is now a tunnel. ``rest`` and everything after it is raw."""
