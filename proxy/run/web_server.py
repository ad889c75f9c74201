"""The HTTP server for the pages of Sightglass: metrics, console and API. Forwarded traffic does not pass through it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

#: How often a server looks whether it is to end, in seconds. uvicorn itself wakes ten times a second for that.
_LOOK_EVERY = 0.5


class Server(uvicorn.Server):
    """uvicorn without its signal handling, because Sightglass controls the order of the shutdown."""

    async def main_loop(self) -> None:
        """Wait until the server is to end."""
        while not await self.on_tick(0):  # noqa: ASYNC110 - any thread may set ``should_exit``
            await asyncio.sleep(_LOOK_EVERY)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not handle signals."""
        yield


#: What looks after a service often sends HEAD to these.
_HEAD_TOO = frozenset({"/-/healthy", "/-/ready", "/metrics"})


def _with_head(app: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has them
        if scope["type"] == "http" and scope["method"] == "HEAD" and scope["path"] in _HEAD_TOO:
            scope = {**scope, "method": "GET"}  # uvicorn leaves the body out
        await app(scope, receive, send)

    return answer


def server(app: Callable[..., Any], drain_seconds: float, lifespan: bool = False) -> Server:
    """An HTTP server that adds no headers of its own."""
    return Server(
        uvicorn.Config(
            _with_head(app),
            http="httptools",
            ws="none",
            loop="none",
            lifespan="on" if lifespan else "off",
            server_header=False,
            date_header=False,
            access_log=False,
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, round(drain_seconds)),
            h11_max_incomplete_event_size=65536,
        )
    )
