"""Who serves the request of a client."""

from __future__ import annotations

from typing import Protocol


class Handler(Protocol):
    """Who serves one request. Called from the loop, never after ``on_client_gone`` or its own end."""

    def on_body(self, piece: bytes | memoryview) -> None:
        """Bytes of the request's body; a view reaches to the end of the bytes that it is a view of."""

    def on_request_end(self) -> None:
        """The request is whole."""

    def advance(self) -> None:
        """A read has been handed over: time to act on it."""

    def on_client_gone(self) -> None:
        """The client has closed its connection."""

    def on_malformed(self) -> None:
        """The rest of the body cannot be read; the connection will end."""

    def on_shutdown(self) -> None:
        """The time to finish has passed: end now, so that the client sees it."""

    def on_client_writable(self, writable: bool) -> None:
        """The client's transport is full, or takes bytes again."""

    def on_raw(self, data: bytes) -> None:
        """Bytes of a tunnel, or of one that was asked for and is not there yet."""
