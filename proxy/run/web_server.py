"""The HTTP server for the pages of Sightglass: metrics, console and API. Forwarded traffic does not pass through it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn


class Server(uvicorn.Server):
    """uvicorn without its signal handling, because Sightglass controls the order of the shutdown."""

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
