"""SECURITY of keys: none that breaks a line, none for a web page, each in the header where it is expected."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import replies
from support.proxying import CHAT, Proxy, RawUpstream, Wire, post, read_request
from support.upstream import ScriptedUpstream
from support.websocket import exactly, frame, handshake, headers_of, switch

HOUSE = "sk-of-the-house-7c6d5e4f"
OURS = "sk-ours-to-give-3a2b1c0d"


def _check(tmp_path: Path, environ: dict[str, str], **config: Any) -> subprocess.CompletedProcess[str]:
    """``check-config`` over a configuration."""
    file = tmp_path / "checked.yaml"
    file.write_text(yaml.safe_dump({"upstreams": [{"name": "up", "base_url": "http://127.0.0.1:9"}], **config}))
    command = [sys.executable, "-m", "proxy", "check-config", str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environ)


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "{}\r", " {}\t", "\ufeff{}\n", "\n{}"])
def test_x16_a_key_that_came_with_its_line_end(start_proxy: Any, around: str) -> None:
    """White space around a secret is cut: two requests over one kept connection are two requests, each with its key."""
    heads: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        while (request := read_request(sock)) is not None:
            heads.append(request[0])
            sock.sendall(replies.http(200, b"{}")[0])

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(
            "",
            env={"HOUSE_KEY": around.format(HOUSE), "HOUSE_URL": around.format(upstream.url)},
            upstreams=[{"name": "up", "base_url": "${HOUSE_URL}", "api_key": "${HOUSE_KEY}"}],
        )
        with Wire(proxy.port) as wire:
            for _ in range(2):
                wire.post(CHAT)
                assert wire.answer().status == 200
        assert upstream.connections == 1
    assert [headers_of(head)[b"authorization"] for head in heads] == [b"Bearer " + HOUSE.encode()] * 2


@pytest.mark.parametrize("inside", ["\n", "\r", "\0", "\x07", "\x7f", "\u2028"])
@pytest.mark.parametrize(
    "path", ["upstreams[0].api_key", "clients[0].key", "console_token", "console_tokens[0].token", "judge.api_key"]
)
def test_x16_a_key_with_a_line_end_inside_stops_the_start(tmp_path: Path, path: str, inside: str) -> None:
    """It is named by its path, and its text is not shown."""
    bad = f"sk-first-half{inside}second-half"
    config: dict[str, Any] = {
        "upstreams": [{"name": "up", "base_url": "http://127.0.0.1:9", "api_key": bad}],
        "clients": [{"key": bad, "app": "bot"}],
        "console_token": bad,
        "console_tokens": [{"token": bad, "role": "admin", "name": "me"}],
        "judge": {"base_url": "http://127.0.0.1:9", "model": "m", "api_key": bad, "price": {"input": 1, "output": 1}},
    }
    top = path.split("[", maxsplit=1)[0].split(".", maxsplit=1)[0]
    done = _check(tmp_path, {}, apps=["bot"], **{top: config[top]})
    assert done.returncode == 2
    assert f"{path}: holds a line end or another control character" in done.stderr
    assert "half" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "value", ["http://127.0.0.1:9/v\n1", "http://127.0.0.1:9/v1 HTTP/1.1", "http://127.0.0.1:9/v1\x00"]
)
def test_x16_a_base_url_with_a_line_end_inside_stops_the_start(tmp_path: Path, value: str) -> None:
    """A request line is no place for one either."""
    done = _check(tmp_path, {}, upstreams=[{"name": "up", "base_url": value}])
    assert done.returncode == 2
    assert "upstreams[0].base_url: " in done.stderr


@pytest.mark.parametrize("blank", [" \t\n", "\ufeff"])
def test_x16_a_key_of_blanks_is_none(tmp_path: Path, blank: str) -> None:
    """It is said, and not sent."""
    done = _check(tmp_path, {"BLANK": blank}, upstreams=[{"name": "up", "base_url": "http://a", "api_key": "${BLANK}"}])
    assert done.returncode == 2
    assert done.stderr.startswith("sightglass: upstreams[0].api_key: is empty")


def test_x16_a_client_s_key_with_a_line_end_opens_all_the_same(start_proxy: Any, provider: ScriptedUpstream) -> None:
    """The key of a client is what its user reads, without the end of the line."""
    proxy = start_proxy(
        provider.url, env={"OURS": OURS + "\r\n"}, apps=["bot"], clients=[{"key": "${OURS}", "app": "bot"}]
    )
    assert post(proxy.url, CHAT, authorization=f"Bearer {OURS}").status_code == 200


# --- web pages --------------------------------------------------------------------------------------------------


@pytest.fixture
def house(start_proxy: Any, provider: ScriptedUpstream, script: Any) -> Proxy:
    """A proxy on loopback that has the provider's key and asks for none."""
    script(lambda r: replies.chat_json("served"))
    proxy: Proxy = start_proxy("", upstreams=[{"name": "up", "base_url": provider.url, "api_key": HOUSE}])
    return proxy


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["Host: localhost", "Origin: https://pages.example"], "origin_not_allowed"),
        (["Host: localhost", "Origin: null"], "origin_not_allowed"),
        (["Host: rebound.example:8080"], "host_not_allowed"),
        (["Host: rebound.example", "Origin: http://rebound.example"], "host_not_allowed"),
    ],
)
def test_x17_a_web_page_does_not_use_the_provider_s_key(
    house: Proxy, provider: ScriptedUpstream, headers: list[str], code: str
) -> None:
    """A cross-site POST of text, which needs no permission of ours, and a name that resolves to this machine: 403,
    nothing goes upstream, and it is recorded. Our own endpoints and handshakes are no other."""
    requests = [
        ("POST", "/v1/chat/completions", ["Content-Type: text/plain"]),
        ("POST", "/-/feedback", ["Content-Type: text/plain"]),
        ("GET", "/v1/realtime", ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]),
    ]
    for method, target, more in requests:
        with Wire(house.port) as wire:
            body = b"{}" if method == "POST" else b""
            lines = [f"{method} {target} HTTP/1.1", *headers, *more]
            lines += [f"Content-Length: {len(body)}"] if body else []
            wire.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = wire.answer()
        assert (answer.status, answer.json()["error"]["code"]) == (403, code)
        assert answer.headers["x-sightglass-error"] == "1"
        if not target.startswith("/-/"):
            assert house.line_of(answer)["outcome"] == "client_error"
    assert provider.requests == []


def test_x17_what_is_ours_or_named_is_served(start_proxy: Any, provider: ScriptedUpstream, script: Any) -> None:
    """Loopback's names, a page of this machine's, and what ``allowed_hosts`` and ``allowed_origins`` list."""
    script(lambda r: replies.chat_json("served"))
    proxy = start_proxy(provider.url, allowed_hosts=["models.example"], allowed_origins=["https://pages.example"])
    for headers in (
        ["Host: localhost:1"],
        ["Host: [::1]:1"],
        ["Host: models.example:443"],
        ["Host: localhost", "Origin: http://localhost:3000"],
        ["Host: localhost", "Origin: https://pages.example"],
    ):
        with Wire(proxy.port) as wire:
            wire.send("\r\n".join(["GET /v1/models HTTP/1.1", *headers]).encode() + b"\r\n\r\n")
            assert wire.answer().status == 200, headers


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"listen": "0.0.0.0:8080", "keyed": True}, "listen: EVERYBODY"),
        ({"listen": "127.0.0.1:8080", "keyed": True}, ""),
        ({"listen": "0.0.0.0:8080", "keyed": False}, ""),
        ({"listen": "0.0.0.0:8080", "keyed": True, "clients": True}, ""),
        ({"listen": "127.0.0.1:8080", "keyed": False, "clients": True}, "upstreams[0].api_key: none"),
    ],
)
def test_x17_open_keys_and_missing_ones_are_said(tmp_path: Path, config: dict[str, Any], said: str) -> None:
    """A listener for all with a key behind it, and keys of ours before a provider that gets none."""
    upstream = {"name": "up", "base_url": "http://127.0.0.1:9"} | ({"api_key": HOUSE} if config["keyed"] else {})
    more = {"apps": ["bot"], "clients": [{"key": OURS, "app": "bot"}]} if config.get("clients") else {}
    done = _check(tmp_path, {}, listen=config["listen"], upstreams=[upstream], **more)
    assert done.returncode == 0
    assert (f"sightglass: warning: {said}" in done.stderr) if said else (done.stderr == "")
    assert HOUSE not in done.stderr


def test_x17_an_open_key_is_said_at_the_start(start_proxy: Any, provider: ScriptedUpstream) -> None:
    """In the log of the proxy, too."""
    upstream = {"name": "up", "base_url": provider.url}
    proxy = start_proxy("", upstreams=[upstream], apps=["bot"], clients=[{"key": OURS, "app": "bot"}])
    assert "WARNING" in proxy.output()
    assert "upstreams[0].api_key: none, and the keys of clients never go upstream" in proxy.output()


# --- which header -----------------------------------------------------------------------------------------------

CLIENTS = {"apps": ["bot"], "clients": [{"key": OURS, "app": "bot"}]}


@pytest.mark.parametrize(
    "headers",
    [
        [f"Authorization: Bearer {OURS}", "x-api-key: dummy"],
        ["x-api-key: dummy", f"Authorization: Bearer {OURS}"],
        ["Authorization: Bearer dummy", f"x-api-key: {OURS}"],
        ["Authorization: Bearer dummy", f"api-key: {OURS}"],
    ],
)
@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        ("/v1/messages", b"x-api-key", HOUSE),
        ("/v1/chat/completions", b"authorization", f"Bearer {HOUSE}"),
        ("/openai/deployments/d/chat/completions?api-version=1", b"api-key", HOUSE),
    ],
)
def test_x18_each_key_has_its_header(
    start_proxy: Any, provider: ScriptedUpstream, script: Any, headers: list[str], target: str, name: bytes, value: str
) -> None:
    """Ours is found in whichever header holds it; the provider's goes where the operation has it, whatever the client
    used, and alone."""
    script(lambda r: replies.chat_json("served"))
    proxy = start_proxy("", upstreams=[{"name": "up", "base_url": provider.url, "api_key": HOUSE}], **CLIENTS)
    with Wire(proxy.port) as wire:
        wire.post(CHAT, target=target, headers=headers)
        answer = wire.answer()
    assert answer.status == 200
    assert proxy.line_of(answer)["app"] == "bot"
    [request] = provider.requests
    keys = {
        key.lower(): text for key, text in request.headers if b"key" in key.lower() or key.lower() == b"authorization"
    }
    assert keys == {name: value.encode()}


def test_x18_a_browser_s_key_in_a_handshake(start_proxy: Any) -> None:
    """It can set no header there and brings the key as a subprotocol: ours is found, and never goes upstream."""
    heads: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        request = read_request(sock)
        assert request is not None
        heads.append(request[0])
        switch(sock, request[0], frame(1, b"hello"))
        exactly(sock.recv, 1)

    offered = f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{OURS}, openai-beta.realtime-v1"
    lines = [line for line in handshake().decode().split("\r\n") if not line.startswith(("Sec-WebSocket-Pr", "Auth"))]
    with RawUpstream(serve) as upstream:
        proxy = start_proxy("", upstreams=[{"name": "up", "base_url": upstream.url, "api_key": HOUSE}], **CLIENTS)
        with Wire(proxy.port) as wire:
            wire.send("\r\n".join([lines[0], offered, *lines[1:]]).encode())
            assert wire.head().status == 101
    sent = headers_of(heads[0])
    assert sent[b"sec-websocket-protocol"] == b"realtime, openai-beta.realtime-v1"
    assert sent[b"authorization"] == f"Bearer {HOUSE}".encode()
    assert OURS.encode() not in heads[0]
