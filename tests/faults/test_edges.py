"""PROTOCOL at its edges: paths on every base URL, heads in any split, refusals while a client still sends."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from support import replies
from support.proxying import CHAT, Proxy, Wire, post
from support.upstream import ScriptedUpstream


@pytest.mark.parametrize(
    ("base", "sent"),
    [
        ("/api/v3", "/api/v3"),
        ("/v1beta/openai", "/v1beta/openai"),
        ("/api/paas/v4/", "/api/paas/v4"),
        ("/compat/v2", "/compat/v2"),
        ("/v1/projects/p/locations/l/endpoints/openapi", "/v1/projects/p/locations/l/endpoints/openapi"),
        ("/inference", "/inference"),
        ("/openai/v1", "/openai/v1"),
        ("/prefix", "/prefix/v1"),
        ("", "/v1"),
    ],
)
def test_p27_a_base_url_carries_its_own_version(
    start_proxy: Any, provider: ScriptedUpstream, script: Any, base: str, sent: str
) -> None:
    """A client whose base URL is ours and ``/v1`` reaches the provider's paths, whatever its version is called."""
    script(lambda r: replies.chat_json("here"))
    proxy = start_proxy(provider.url + base)
    assert post(proxy.url, CHAT).status_code == 200
    with Wire(proxy.port) as wire:
        wire.request("GET", "/v1/models?a=b")
        assert wire.answer().status == 200
    assert [request.target for request in provider.requests] == [sent + "/chat/completions", sent + "/models?a=b"]


@pytest.mark.parametrize("before", ["/v1beta/openai", "/api/v1", "/v1/v1"])
def test_p27_a_chat_is_a_chat_behind_every_version(proxy: Proxy, script: Any, before: str) -> None:
    """It is observed as one, though the client brought the provider's whole path."""
    script(lambda r: replies.chat_json("here"))
    with Wire(proxy.port) as wire:
        wire.post(CHAT, target=before + "/chat/completions")
        answer = wire.answer()
    line = proxy.line_of(answer)
    assert (line["operation"], line["output_tokens"]) == ("chat", 7)


SPLITS: dict[str, tuple[bytes, int]] = {
    "unknown method with an offer": (
        b"BREWING /v1/pot HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 4\r\n\r\nmilk",
        200,
    ),
    "unknown method with a handshake": (
        b"BREWING /v1/pot HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nmilk\r\n0\r\n\r\n",
        200,
    ),
    "offer": (
        b"POST /v1/pot HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 4\r\n\r\nmilk",
        200,
    ),
    "no host": (b"BREWING /v1/pot HTTP/1.1\r\nContent-Length: 4\r\n\r\nmilk", 400),
}


@pytest.mark.parametrize("split", ["one write", "two writes", "single bytes"])
@pytest.mark.parametrize("case", SPLITS)
def test_p28_the_same_result_for_any_split(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str, split: str
) -> None:
    """However its bytes come, a request is the same request, answered once and recorded once."""
    script(lambda r: replies.http(200, b"{}"))
    data, status = SPLITS[case]
    size = {"one write": len(data), "two writes": len(data) // 2 + 1, "single bytes": 1}[split]
    with Wire(proxy.port) as wire:
        for start in range(0, len(data), size):
            wire.send(data[start : start + size])
        answer = wire.answer()
    assert answer.status == status
    if status == 200:
        assert [(r.method, r.target, r.body) for r in provider.requests] == [
            (data.split()[0].decode(), "/v1/pot", b"milk")
        ]
        assert proxy.line_of(answer)["status"] == 200
    else:
        assert provider.requests == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"a" * 100_000, 431),
        (b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n", 400),
        (b"POST /v1/files HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n", 400),
    ],
    ids=["too large", "broken", "no host"],
)
def test_p29_a_client_that_still_sends_sees_its_refusal(proxy: Proxy, head: bytes, status: int) -> None:
    """It is read from for a while after a refusal in its head: no reset destroys the answer on its way."""
    with Wire(proxy.port) as wire:
        failed: list[OSError] = []

        def send() -> None:
            try:
                wire.send(head)
                for _ in range(30):  # it goes on long after the refusal is on its way
                    wire.send(b"x" * 100_000)
                    time.sleep(0.02)
            except OSError as error:
                failed.append(error)

        sending = threading.Thread(target=send)
        sending.start()
        answer = wire.answer()
        sending.join(10)
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert answer.clean
    assert failed == []


def test_p30_options_of_the_server_as_a_whole(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """``OPTIONS *`` stays ``*``; a path that is a star stays that path."""
    script(lambda r: replies.http(200, b"{}"))
    for target in ("*", "/*"):
        with Wire(proxy.port) as wire:
            wire.request("OPTIONS", target)
            assert wire.answer().status == 200
    assert [request.target for request in provider.requests] == ["*", "/*"]


@pytest.mark.parametrize("key", [None, "sk-of-the-house-5a4b"])
def test_p30_trace_shows_no_key_of_ours(
    start_proxy: Any, provider: ScriptedUpstream, script: Any, key: str | None
) -> None:
    """Its answer is the request as it arrived: 405 where our key would be in it, forwarded where none is."""
    script(lambda r: replies.http(200, r.head, {"content-type": "message/http"}))
    more = {} if key is None else {"api_key": key}
    proxy = start_proxy("", upstreams=[{"name": "scripted", "base_url": provider.url, **more}])
    with Wire(proxy.port) as wire:
        wire.request("TRACE", "/v1/models")
        answer = wire.answer()
    assert answer.status == (200 if key is None else 405)
    assert len(provider.requests) == (key is None)
    assert (key or "sk-") not in answer.body.decode()


def test_p30_a_204_has_no_length(proxy: Proxy, script: Any) -> None:
    """An upstream that sends one all the same (RFC 9110 forbids it) misleads no client."""
    script([b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX-A: 1\r\n\r\n"])
    with Wire(proxy.port) as wire:
        wire.request("DELETE", "/v1/files/f")
        answer = wire.answer()
    assert (answer.status, answer.headers["x-a"]) == (204, "1")
    assert {"content-length", "transfer-encoding"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("status", [200, 429, 204, 500])
@pytest.mark.parametrize("framing", ["Content-Length: 2", "Transfer-Encoding: chunked"])
def test_p30_only_we_say_what_is_ours(proxy: Proxy, script: Any, status: int, framing: str) -> None:
    """``x-sightglass-*`` of an upstream never reaches the client: an error of its own is not taken for ours."""
    body = b"" if status == 204 else b"{}" if "Length" in framing else b"2\r\n{}\r\n0\r\n\r\n"
    framing = "" if status == 204 else framing + "\r\n"
    head = f"HTTP/1.1 {status} X\r\nX-Sightglass-Error: 1\r\nx-sightglass-request-id: theirs\r\nX-B: 2\r\n{framing}\r\n"
    script([head.encode() + body])
    with Wire(proxy.port) as wire:
        wire.request("GET", "/v1/models")
        answer = wire.answer()
    assert (answer.status, answer.headers["x-b"]) == (status, "2")
    ours = [name.lower() for name, _ in answer.pairs if name.lower().startswith(b"x-sightglass-")]
    assert ours == [b"x-sightglass-request-id", b"x-sightglass-overhead-ms"]
    assert answer.headers["x-sightglass-request-id"] != "theirs"


def test_p30_early_hints_are_dropped(proxy: Proxy, script: Any) -> None:
    """103 is for pages that load other things: no client of ours is shown it, and it does no harm to the answer."""
    script([b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n", 0.05, *replies.http(200, b"{}")])
    with Wire(proxy.port) as wire:
        wire.request("GET", "/v1/models")
        answer = wire.answer()
    assert (answer.status, answer.interim, answer.body) == (200, [], b"{}")
    assert "link" not in answer.headers
