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


def server(app: Callable[..., Any], drain_seconds: float, lifespan: bool = False) -> Server:
    """An HTTP server that adds no headers of its own."""
    return Server(
        uvicorn.Config(
            app,
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
