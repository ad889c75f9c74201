"""Very many streams that stay open and silent: an upstream and clients that cost little each, a thread for each side.

A client counts as ``ready`` when the first event of its stream has arrived.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import uvloop

from support import replies
from support.patience import patient
from support.proxying import CHAT, request_bytes

EVENT = replies.chat_events("hello", usage=None)[0]
_STREAM = b"".join(cast("list[bytes]", list(replies.stream([EVENT], last=0.0))[:2]))
_WHOLE = b"".join(cast("list[bytes]", replies.chat_json("quick")))
_AT_ONCE = 100


def raise_descriptor_limit(wanted: int) -> int:
    """Let this process (and its children) open so many files, as far as it may; how many it may now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
        except (ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class _Side:
    """A loop in a thread of its own; a context manager."""

    def __init__(self, name: str) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)

    def start(self) -> None:
        """Begin to turn."""
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, None], seconds: float = 120.0) -> None:
        """Do something on the loop and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def stop(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class _Served(asyncio.Protocol):
    def __init__(self, upstream: IdleUpstream) -> None:
        self._upstream = upstream
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._upstream.transports.add(self._transport)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.rstrip().endswith(b"}"):
            self._transport.write(_WHOLE if b"quick" in self._seen else _STREAM)
            self._seen = b""

    def connection_lost(self, exc: Exception | None) -> None:
        self._upstream.transports.discard(self._transport)


class IdleUpstream:
    """Begins each stream and never ends it; a request with ``quick`` in its body is answered whole."""

    def __init__(self) -> None:
        self.transports: set[asyncio.Transport] = set()
        self.url = ""
        self._side = _Side("idle-upstream")

    @property
    def open(self) -> int:
        """Connections now."""
        return len(self.transports)

    def __enter__(self) -> IdleUpstream:
        self._side.start()
        self._side.run(self._listen())
        return self

    async def _listen(self) -> None:
        create = self._side.loop.create_server
        self._server = await create(lambda: _Served(self), "127.0.0.1", 0, backlog=4096)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0.05)

    def __exit__(self, *exc: object) -> None:
        self._side.run(self._close())
        self._side.stop()


class IdleUpstreamProcess:
    """The same in a process of its own, where one process may not open enough descriptors for both sides."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "support.idle"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()
        self._descriptors = self._count()

    def _count(self) -> int:
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    @property
    def open(self) -> int:
        """Connections now."""
        return self._count() - self._descriptors

    def __enter__(self) -> IdleUpstreamProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.communicate(timeout=20)  # the end of its input is the end of it
        assert self._process.returncode == 0


class _Client(asyncio.Protocol):
    def __init__(self, clients: IdleClients) -> None:
        self._clients = clients
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._clients.request)

    def data_received(self, data: bytes) -> None:
        if EVENT not in self._seen:
            self._seen += data
            self._clients.ready += EVENT in self._seen

    def connection_lost(self, exc: Exception | None) -> None:
        self._clients.lost += not self._clients.closing


class IdleClients:
    """``count`` clients, each with one stream; ``lost`` are those that did not end by themselves."""

    def __init__(self, port: int, count: int) -> None:
        body = json.dumps({**CHAT, "stream": True}).encode()
        self.request = request_bytes("POST", "/v1/chat/completions", body, ["Content-Type: application/json"])
        self.ready = self.lost = 0
        self.closing = False
        self._port, self._count = port, count
        self._protocols: list[_Client] = []
        self._side = _Side("idle-clients")

    def __enter__(self) -> IdleClients:
        self._side.start()
        self._side.run(self._connect())
        return self

    async def _connect(self) -> None:
        def make() -> _Client:
            return _Client(self)

        for start in range(0, self._count, _AT_ONCE):
            many = range(min(_AT_ONCE, self._count - start))
            made = await asyncio.gather(
                *(self._side.loop.create_connection(make, "127.0.0.1", self._port) for _ in many)
            )
            self._protocols += [protocol for _, protocol in made]

    def wait_ready(self, seconds: float) -> None:
        """Until every stream has begun."""
        _wait(lambda: self.ready == self._count, seconds, lambda: f"{self.ready} of {self._count} streams began")

    async def _close(self) -> None:
        self.closing = True
        for protocol in self._protocols:
            protocol.transport.abort()
        await asyncio.sleep(0.05)

    def __exit__(self, *exc: object) -> None:
        self._side.run(self._close())
        self._side.stop()


def _wait(condition: Callable[[], bool], seconds: float, said: Callable[[], str]) -> None:
    deadline = time.monotonic() + patient(seconds)
    while not condition():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)


if __name__ == "__main__":
    with IdleUpstream() as _upstream:
        print(_upstream.url, flush=True)
        sys.stdin.read()
