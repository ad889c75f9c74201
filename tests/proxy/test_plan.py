"""Plans: what a head says is concluded once, and what it was refused for is kept without its frames."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from proxy.edge.heads import Memo, Request
from proxy.errors import Refused
from proxy.plan import plan_of
from support import replies
from support.proxying import Proxy
from support.upstream import ScriptedUpstream


def _core() -> Any:
    def refuse(headers: object) -> None:
        raise Refused(508, "no", "loop_detected")

    return SimpleNamespace(check_hops=refuse, router=SimpleNamespace(admit=lambda headers: None))


def test_a_refusal_is_kept_without_the_frames_of_the_request_that_made_it() -> None:
    """A plan outlives its request; a traceback would hold it."""
    request = Request("GET", b"/v1/models", b"", [], memo=Memo())
    core = _core()
    plan = plan_of(core, request)
    assert plan.refusal is not None
    assert plan.refusal.__traceback__ is None
    assert plan_of(core, request) is plan
    assert plan_of(_core(), request) is not plan


def test_the_same_wrong_key_again_and_again(tmp_path: Path) -> None:
    """Five thousand refusals of one head: each is the same 401, nothing goes upstream, memory stays where it was."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n"
    head += b"Content-Length: 2\r\n\r\n{}"
    with ScriptedUpstream(lambda request: replies.http(200, b"{}")) as provider:
        proxy = Proxy(tmp_path, provider.url, apps=["a"], clients=[{"key": "the-right-key", "app": "a"}])

        def ask(times: int) -> None:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as sock:
                for done in range(times):
                    sock.sendall(head)
                    answer = b""
                    while b'"invalid_api_key"}}' not in answer and (piece := sock.recv(65536)):
                        answer += piece
                    assert answer.startswith(b"HTTP/1.1 401 "), answer
                    if b"connection: close" in answer:  # the first sights of a head are parsed
                        sock.close()
                        return ask(times - done - 1)

        ask(200)
        proxy.wait_idle()
        before = proxy.memory()
        ask(5000)
        proxy.wait_idle(10)
        assert proxy.memory() - before < 6_000_000
        assert provider.requests == []
        assert proxy.metric("sightglass_requests_total", outcome="client_error") == 5200
        assert proxy.stop() == 0
