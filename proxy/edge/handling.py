"""The interface of a request handler."""

from __future__ import annotations

from typing import Protocol


class Handler(Protocol):
    """Serves one request. Called from the event loop, never after ``on_client_gone`` or its own end."""

    def on_body(self, piece: bytes | memoryview) -> None:
        """Bytes of the request body. A view extends to the end of its underlying bytes."""

    def on_request_end(self) -> None:
        """The request is complete."""

    def advance(self) -> None:
        """All data of one read was delivered: act on it now."""

    def on_client_gone(self) -> None:
        """The client has closed its connection."""

    def on_malformed(self) -> None:
        """The rest of the body cannot be read. The connection will be closed."""

    def on_shutdown(self) -> None:
        """The drain period is over: end now, visibly for the client."""

    def on_client_writable(self, writable: bool) -> None:
        """The client's transport is full, or accepts bytes again."""

    def on_raw(self, data: bytes) -> None:
        """Bytes of a tunnel, also of one that was requested but does not exist yet."""
