"""The proxy's own endpoints below ``/-/``: the adapter from a client connection to a Litestar application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from proxy.edge.heads import Headers, Request
from proxy.edge.http import ClientConnection

log = logging.getLogger("sightglass.edge")

App = Callable[[Any, Any, Any], Awaitable[None]]
_MAX_BODY = 1_000_000


class OwnCall:
    """Serves one request with an ASGI application. Bodies are small and read completely."""

    def __init__(self, app: App, client: ClientConnection, request: Request) -> None:
        self._app = app
        self._client = client
        self._request = request
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._status = 500
        self._headers: Headers = []

    def on_body(self, piece: bytes | memoryview) -> None:
        """Keep a piece of the body."""
        self._body += piece
        if len(self._body) > _MAX_BODY and self._task is None:
            self._client.refuse(413, "the body is too large", "body_too_large")

    def on_request_end(self) -> None:
        """Run the application."""
        if len(self._body) <= _MAX_BODY:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def advance(self) -> None:
        """Nothing to do before the request is complete."""

    def on_client_gone(self) -> None:
        """The client no longer waits for the answer."""
        if self._task is not None:
            self._task.cancel()

    def on_malformed(self) -> None:
        """The body was cut off before it was complete."""
        self._client.refuse(400, "the body cannot be read", "malformed_request")

    def on_shutdown(self) -> None:
        """Answers are fast, but this one did not finish in time."""
        self.on_client_gone()
        self._client.cut()

    def on_client_writable(self, writable: bool) -> None:
        """Nothing to do: answers are small."""

    def on_raw(self, data: bytes) -> None:
        """Not used: there are no tunnels here."""

    async def _run(self) -> None:
        request = self._request
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            # What looks after a service often sends HEAD: the same head as for GET, without the body.
            "method": "GET" if request.method == "HEAD" else request.method,
            "scheme": "http",
            "path": request.path.decode("latin-1"),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": "",
            "headers": request.headers,
            "client": None,
            "server": None,
            "state": {},
        }
        sent = [False]

        async def receive() -> dict[str, Any]:
            if sent[0]:
                return {"type": "http.disconnect"}
            sent[0] = True
            return {"type": "http.request", "body": bytes(self._body), "more_body": False}

        pieces: list[bytes] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._status, self._headers = message["status"], list(message["headers"])
            else:
                pieces.append(message.get("body", b""))

        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the edge of our own endpoints: never take the connection down
            log.error("%s failed (%s)", scope["path"], type(error).__name__)
            self._status, self._headers, pieces = 500, [(b"content-length", b"0")], []
        body = b"".join(pieces)
        head_only = request.method == "HEAD"
        self._client.start(self._status, b"", self._headers, bodiless=head_only)
        if body and not head_only:
            self._client.send(body)
        self._client.finish()
