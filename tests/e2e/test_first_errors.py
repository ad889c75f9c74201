"""What a new user reads when something is wrong: errors of ours name model and upstream, Ctrl-C says what it awaits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support import plain, replies
from support.processes import free_ports, wait_until
from support.proxying import CHAT, Proxy, Wire
from support.streams import SSE_HEAD, STREAM, TEXT
from support.upstream import Recorded, ScriptedUpstream, Step

pytestmark = pytest.mark.real_servers


def _said(response: httpx.Response) -> str:
    assert response.headers["x-sightglass-error"] == "1"
    message: str = response.json()["error"]["message"]
    return message


def test_errors_name_the_model_and_the_upstream(tmp_path: Path) -> None:
    """404: the model that nobody serves and the upstream that does not exist. 502: who could not be reached."""
    (nobody,) = free_ports(1)
    upstreams = [
        {"name": "near", "base_url": f"http://127.0.0.1:{nobody}", "models": ["near-*"]},
        {"name": "far", "base_url": f"http://127.0.0.1:{nobody}", "models": ["far-*"]},
    ]
    proxy = Proxy(tmp_path, "", upstreams=upstreams, default_upstream="near")
    try:
        with plain.client(base_url=proxy.url, timeout=10) as client:
            url = "/v1/chat/completions"
            unknown = client.post(url, json={**CHAT, "model": "lamp-2\n\x1b[31m" + "x" * 200})
            unnamed = client.post(f"/upstreams/middle{url}", json=CHAT)
            dead = client.post(url, json={**CHAT, "model": "far-9"})
            bare = client.get("/upstreams/near/v1/files")
    finally:
        proxy.finish()
    assert (unknown.status_code, unnamed.status_code, dead.status_code, bare.status_code) == (404, 404, 502, 502)
    assert _said(unknown) == "no upstream serves the model 'lamp-2??[31m" + "x" * 88 + "'..."
    assert _said(unnamed) == "no upstream is named 'middle'"
    assert _said(dead).startswith("upstream far, model 'far-9': ")
    assert _said(bare).startswith("upstream near: ")


def test_ctrl_c_says_what_is_waited_for(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """With a stream open the first Ctrl-C says that one request is waited for, and how to stop at once; the stream ends
    whole."""
    release = threading.Event()

    def slowly(_: Recorded) -> Iterator[Step]:
        yield from (SSE_HEAD, replies.chunk(TEXT[0]))
        while not release.is_set():
            yield 0.02
        yield from (replies.chunk(TEXT[1]), b"0\r\n\r\n")

    upstream.script = slowly
    proxy = Proxy(tmp_path, upstream.url, timeouts={"idle": "60s"})
    try:
        with Wire(proxy.port) as wire:
            wire.post(STREAM)
            wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 1, 10, "the stream under way")
            proxy.process.send_signal(signal.SIGINT)
            said = "waiting for 1 request (Ctrl-C again to stop now)"
            wait_until(lambda: said in proxy.output(), 10, said)
            release.set()
            assert wire.answer().clean
        assert proxy.process.wait(30) in (0, 130)
    finally:
        release.set()
        proxy.finish()
