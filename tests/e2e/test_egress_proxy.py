"""An upstream that only the network's own proxy can reach: the whole program behind a CONNECT proxy."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import replies
from support.processes import wait_until
from support.proxying import CHAT, Proxy, RawUpstream, Wire, post, read_head
from support.upstream import ScriptedUpstream

NOWHERE = "http://provider.sightglass.test/v1"


@contextlib.contextmanager
def connect_proxy(port: int, wanted: bytes | None = None) -> Iterator[tuple[RawUpstream, list[bytes]]]:
    """A CONNECT proxy that alone knows where the provider is; with ``wanted``, only for those credentials."""
    heads: list[bytes] = []

    def serve(client: socket.socket) -> None:
        head = read_head(client)
        heads.append(head)
        if wanted is not None and b"proxy-authorization: basic " + wanted.lower() not in head.lower():
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            copy(client, server)
            back.join(5)

    with RawUpstream(serve) as proxy:
        yield proxy, heads


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Bytes one way, and the end after them."""
    source.settimeout(None)
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for side in (source, sink):
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """``start(env, **config)``: a proxy whose one upstream nobody resolves."""
    running: list[Proxy] = []

    def run(env: dict[str, str], **config: Any) -> Proxy:
        folder = tmp_path / f"proxy-{len(running)}"
        folder.mkdir()
        running.append(Proxy(folder, NOWHERE, env, **config))
        return running[-1]

    yield run
    for proxy in running:
        proxy.end_now()
        assert "Traceback" not in proxy.output(), proxy.output()[-4000:]


def test_requests_and_streams_go_through_the_proxy(start: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """JSON and streams arrive; one tunnel serves many requests, and the client's departure closes it."""
    pair = base64.b64encode(b"lamps:p@ss")
    with connect_proxy(upstream.port, pair) as (way, heads):
        proxy = start({"HTTP_PROXY": f"http://lamps:p%40ss@127.0.0.1:{way.port}", "HTTPS_PROXY": "", "NO_PROXY": ""})
        for _ in range(3):
            assert post(proxy.url, CHAT).json()["id"] == "chatcmpl-1"
        upstream.script = lambda r: replies.stream(replies.chat_events("The lamp."))
        assert b"data: [DONE]" in post(proxy.url, {**CHAT, "stream": True}).content
        assert len(heads) == 1
        assert heads[0].startswith(b"CONNECT provider.sightglass.test:80 HTTP/1.1\r\n")
        assert all(r.header("host") == "provider.sightglass.test" for r in upstream.requests)
        assert not any(r.header("proxy-authorization") for r in upstream.requests)
        upstream.script = lambda r: [*replies.stream(replies.chat_events("The lamp."))[:1], 20.0]
        with Wire(proxy.port) as client:
            client.post({**CHAT, "stream": True})
            client.head()
        wait_until(lambda: way.open == 0, 5, "the tunnel of a client that left to close")
        assert "p@ss" not in proxy.output()


def test_a_proxy_that_refuses_is_a_502(start: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """Without its credentials the proxy lets nobody through: an error of ours that names no address and no key."""
    with connect_proxy(upstream.port, b"bGFtcHM=") as (way, _):
        proxy = start({"ALL_PROXY": f"http://127.0.0.1:{way.port}"})
        answer = post(proxy.url, CHAT)
        assert answer.status_code == 502
        assert answer.headers["x-sightglass-error"] == "1"
        assert "credentials (407)" in answer.json()["error"]["message"]
        assert str(way.port) not in answer.text


def test_no_proxy_is_honoured(start: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """An upstream that NO_PROXY names is reached directly, or not at all."""
    with connect_proxy(upstream.port) as (way, heads):
        proxy = start({"ALL_PROXY": f"http://127.0.0.1:{way.port}", "NO_PROXY": "other.test,sightglass.test"})
        assert post(proxy.url, CHAT).status_code == 502
        assert heads == []


def test_loopback_is_never_sent_to_a_proxy(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """A proxy in the environment does not stand between us and an upstream on this machine."""
    proxy = Proxy(
        tmp_path, upstream.url + "/v1", {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    )
    assert post(proxy.url, CHAT).status_code == 200
    proxy.finish()


def test_a_proxy_that_can_not_be_used_fails_the_start(tmp_path: Path) -> None:
    """``check-config`` names the variable and never its value; exit status 2, no traceback."""
    file = tmp_path / "sightglass.yaml"
    file.write_text(f"upstreams: [{{name: near, base_url: {NOWHERE}}}]", encoding="utf-8")
    environ = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    command = [sys.executable, "-m", "proxy", "check-config", str(file)]
    environ |= {"HTTP_PROXY": "socks5://lamps:hidden@egress.test"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == ["sightglass: HTTP_PROXY: a proxy is http://[USER:PASSWORD@]HOST[:PORT]"]
