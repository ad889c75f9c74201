"""A console over a store, on a free loopback port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from scorers.console.app import build_console
from scorers.store.store import Store
from support import plain


@contextmanager
def serving(store: Store, **changes: object) -> Iterator[httpx.Client]:
    """A client of the console on a free loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        document = {"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}], **changes}
        settings = parse({"console_listen": f"127.0.0.1:{port}", **document}, {})
        app = build_console(store, settings, CollectorRegistry(), lambda: {"ready": True})
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        try:
            with plain.client(base_url=f"http://127.0.0.1:{port}", timeout=10.0) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
