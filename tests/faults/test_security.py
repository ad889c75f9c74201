"""SECURITY on the forwarding path: smuggling, injection, other destinations, loops, floods."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from support import plain, replies
from support.patience import patient
from support.processes import wait_until
from support.proxying import CHAT, KEY, Proxy, Wire, post
from support.upstream import ScriptedUpstream

_POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
_NEXT = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

#: Requests that two parsers could read in two ways, after http-garden and haproxy's tests.
SMUGGLING: dict[str, bytes] = {
    "length_then_chunks": _POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _NEXT,
    "chunks_then_length": _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + _NEXT,
    "two_lengths": _POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + _NEXT,
    "list_of_lengths": _POST + b"Content-Length: 0, 44\r\n\r\n" + _NEXT,
    "plus_length": _POST + b"Content-Length: +0\r\n\r\n" + _NEXT,
    "negative_length": _POST + b"Content-Length: -1\r\n\r\n" + _NEXT,
    "hex_length": _POST + b"Content-Length: 0x0\r\n\r\n" + _NEXT,
    "underscored_length": _POST + b"Content-Length: 1_0\r\n\r\n" + _NEXT,
    "huge_length": _POST + b"Content-Length: 99999999999999999999999999\r\n\r\n" + _NEXT,
    "empty_length": _POST + b"Content-Length:\r\n\r\n" + _NEXT,
    "two_codings": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + _NEXT,
    "stacked_codings": _POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + _NEXT,
    "gzip_chunked": _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + _NEXT,
    "odd_coding": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + _NEXT,
    "coding_with_tab": _POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + _NEXT,
    "quoted_coding": _POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n' + _NEXT,
    "coding_in_http_1_0": b"POST /v1/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
    + _NEXT,
    "space_before_colon": _POST + b"Content-Length : 0\r\n\r\n" + _NEXT,
    "space_before_name": _POST + b" Content-Length: 0\r\n\r\n" + _NEXT,
    "folded_header": _POST + b"X-A: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "folded_coding": _POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + _NEXT,
    "nul_in_value": _POST + b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "nul_in_name": _POST + b"X\x00A: b\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "cr_in_value": _POST + b"X-A: a\rContent-Length: 44\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "cr_cr_lf": _POST + b"X-A: a\r\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "bare_cr_ends": b"GET /v1/models HTTP/1.1\rHost: localhost\r\r",
    "name_with_space": _POST + b"X A: b\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "no_colon": _POST + b"nothing\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "empty_name": _POST + b": x\r\nContent-Length: 0\r\n\r\n" + _NEXT,
    "chunk_size_minus": _POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + _NEXT,
    "chunk_size_hex_prefix": _POST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + _NEXT,
    "chunk_size_overflow": _POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n\r\n" + _NEXT,
    "chunk_size_space": _POST + b"Transfer-Encoding: chunked\r\n\r\n 0\r\n\r\n" + _NEXT,
    "chunk_without_crlf": _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n" + _NEXT,
    "chunk_bare_lf": _POST + b"Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n" + _NEXT,
    "chunk_ext_lf": _POST + b"Transfer-Encoding: chunked\r\n\r\n2;a\nab\r\n0\r\n\r\n" + _NEXT,
    "tab_in_line": b"GET\t/v1/models\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    "space_in_target": b"GET /v1/mo dels HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "nul_in_target": b"GET /v1/mo\x00dels HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "control_in_target": b"GET /v1/mo\x7fdels HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "old_version": b"GET /v1/models HTTP/0.9\r\nHost: localhost\r\n\r\n",
    "no_version": b"GET /v1/models\r\n\r\n",
    "next_version": b"GET /v1/models HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "strange_version": b"GET /v1/models HTTP/1.9\r\nHost: localhost\r\n\r\n",
    "preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "connect": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "no_host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "two_hosts": b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "two_hosts_of_old": b"GET /v1/models HTTP/1.0\r\nHost: localhost\r\nHost: y\r\n\r\n",
    "user_in_host": b"GET /v1/models HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n",
    "server_as_a_whole": b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "not_http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize(
    "case",
    list(SMUGGLING),
)
def test_x01_ambiguous_requests_are_400(proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str) -> None:
    """What cannot be framed without doubt is 400 and the end of the connection; what is hidden behind it is never sent,
    and what went upstream (a body that breaks later) was at most one request that was not completed."""
    script(lambda r: replies.http(200, b'{"served":1}'))
    before = provider.disconnects
    with Wire(proxy.port, timeout=4) as wire:
        wire.send(SMUGGLING[case])
        first = wire.receive()
        assert wire.closed(4)
    assert first.startswith(b"HTTP/1.1 400 "), first[:300]
    assert b"x-sightglass-error: 1" in first.lower()
    time.sleep(0.02)
    assert provider.requests == []
    assert provider.disconnects - before <= 1


FRAMED: dict[str, bytes] = {
    "two_spaces": b"GET  /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "lf_only": b"GET /v1/models HTTP/1.1\nHost: localhost\n\n",
    "lf_in_headers": b"GET /v1/models HTTP/1.1\r\nHost: localhost\nX-A: 1\r\n\r\n",
    "chunk_extension": _POST + b'Transfer-Encoding: chunked\r\n\r\n2;a="b\\"c"\r\nok\r\n0\r\n\r\n',
    "trailers": _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-S: 9\r\nX-T: 1\r\n\r\n",
    "capital_coding": _POST + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "same_length_twice": _POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "leading_zeros": _POST + b"Content-Length: 002\r\n\r\nok",
    "length_in_trailer": _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n",
    "leading_newlines": b"\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "upgrade_with_body": _POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok",
}


@pytest.mark.parametrize(
    "case",
    list(FRAMED),
)
def test_x01_odd_requests_are_served_once_or_refused(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str
) -> None:
    """Odd, yet not ambiguous for everybody: refused with 400, or forwarded once and framed anew by us."""
    script(lambda r: replies.http(200, b'{"served":1}'))
    with Wire(proxy.port, timeout=4) as wire:
        wire.send(FRAMED[case])
        status = wire.answer().status
    assert status in (200, 400)
    assert len(provider.requests) == (status == 200)
    for request in provider.requests:
        assert b"\n" not in request.head.replace(b"\r\n", b"")
        assert [name.lower() for name, _ in request.headers].count(b"host") == 1
        if b"ok" in FRAMED[case]:
            assert request.body == b"ok"
            coded = request.header("transfer-encoding") is not None
            assert coded != (request.header("content-length") is not None)
        assert request.header("upgrade") is None


def test_x01_broken_bodies_hide_nothing(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Whatever the client is told of a body whose chunks break: what is hidden behind it is never served."""
    script(lambda r: replies.http(200, b'{"served":1}'))
    for case in (case for case in SMUGGLING if case.startswith("chunk_")):
        with Wire(proxy.port, timeout=4) as wire:
            wire.send(SMUGGLING[case])
            assert b"served" not in wire.receive(), case
            assert wire.closed(4), case
    assert provider.requests == []


def test_x01_pieces_of_a_smuggled_request_are_found_too(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """The same, byte by byte: cutting the head anywhere changes nothing."""
    script(lambda r: replies.http(200, b"{}"))
    for case in ("length_then_chunks", "space_before_colon", "folded_coding"):
        with Wire(proxy.port, timeout=4) as wire:
            data = SMUGGLING[case]
            for start in range(0, len(data), 9):
                try:
                    wire.send(data[start : start + 9])
                except OSError:
                    break
                time.sleep(0.0005)
            first = wire.receive()
            assert first == b"" or first.startswith(b"HTTP/1.1 400 "), case
    assert provider.requests == []


@pytest.mark.parametrize("evil", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\x00b", "a\r\n\r\nHTTP/1.1 200 OK"])
def test_x02_line_breaks_from_a_body_reach_no_header(proxy: Proxy, provider: ScriptedUpstream, evil: str) -> None:
    """CR, LF and NUL in model, metadata and user: no header of the answer or of the request upstream holds them, the
    access log keeps one line a request."""
    provider.script = lambda r: replies.chat_json("served", model=evil, response_id=evil)
    provider.requests.clear()
    body = {**CHAT, "model": evil, "user": evil, "metadata": {evil: evil}}
    with Wire(proxy.port) as wire:
        wire.post(body)
        answer = wire.answer()
    assert answer.status == 200
    assert "x-evil" not in answer.headers
    assert answer.head.count(b"HTTP/1.1") == 1
    assert b"X-Evil" not in provider.requests[0].head
    line = proxy.line_of(answer)
    assert all(char.isprintable() for char in line["model"])
    metrics = plain.get(proxy.metrics_url).text
    assert all(item.startswith(("#", "sightglass_", "python_", "process_")) for item in metrics.splitlines() if item)


@pytest.mark.parametrize("name", ["X-Request-Id", "x-sightglass-app", "x-sightglass-session-id", "Traceparent"])
@pytest.mark.parametrize("char", [b"\r", b"\n", b"\x00"])
def test_x02_raw_controls_in_header_values_are_refused(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, name: str, char: bytes
) -> None:
    """A header value with a raw CR, LF or NUL is 400; nothing of it goes upstream as a header of its own."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port, timeout=4) as wire:
        wire.send(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n" + name.encode() + b": a" + char + b"b\r\n\r\n")
        first = wire.receive()
    assert first == b"" or first.startswith(b"HTTP/1.1 400 ")
    assert provider.requests == []


def test_x02_odd_values_of_our_headers_are_harmless(proxy: Proxy, script: Any) -> None:
    """Quotes, backslashes, non-ASCII and 5 KB in our own headers are served, and are no label of a metric."""
    script(lambda r: replies.chat_json("served"))
    for value in ('"} 1 #', "\\", "é" * 10, "x" * 5000, "{app=y}", "a,b"):
        headers = [f"x-sightglass-{name}: {value}" for name in ("app", "session-id", "user-id", "task-id")]
        with Wire(proxy.port) as wire:
            wire.post(CHAT, headers=headers)
            answer = wire.answer()
        assert answer.status == 200
        assert proxy.line_of(answer)["app"] == "other"


DESTINATIONS: dict[str, tuple[str, list[str]]] = {
    "host": ("/v1/models", ["Host: {evil}"]),  # a loopback name, which this listener takes
    "forwarded_host": ("/v1/models", ["X-Forwarded-Host: {evil}", "Forwarded: host={evil}", "X-Original-URL: /evil"]),
    "custom_host": ("/v1/models", ["x-portkey-custom-host: http://{evil}", "x-litellm-api-base: http://{evil}"]),
    "helicone": ("/v1/models", ["Helicone-OpenAI-Api-Base: http://{evil}", "Helicone-Target-Url: http://{evil}"]),
    "query": ("/v1/models?api_base=http://{evil}&base_url=http://{evil}", []),
    "absolute": ("http://{evil}/v1/models", []),
    "absolute_user": ("http://user@{evil}/v1/models", []),
    "double_slash": ("//{evil}/v1/models", []),
    "at": ("/@{evil}/v1/models", []),
    "at_start": ("@{evil}/v1/models", []),
    "fragment": ("/v1/models#@{evil}", []),
    "backslash": ("/\\\\{evil}/v1/models", []),
    "scheme_in_path": ("/http://{evil}/v1/models", []),
    "ws": ("ws://{evil}/v1/models", []),
}


@pytest.mark.parametrize("case", DESTINATIONS)
def test_x03_the_destination_comes_from_settings_alone(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str
) -> None:
    """Host, absolute targets, user@, fragments, backslashes and other gateways' headers change no destination: the
    request goes to the configured upstream under its own name, or nowhere."""
    script(lambda r: replies.http(200, b'{"from":"configured"}'))
    with ScriptedUpstream(lambda r: replies.http(200, b"stolen")) as elsewhere:
        evil = f"127.0.0.1:{elsewhere.port}"
        target, headers = DESTINATIONS[case]
        with_host = headers if case == "host" else [*headers, "Host: localhost"]
        with Wire(proxy.port, timeout=5) as wire:
            wire.send(
                (
                    f"GET {target.replace('{evil}', evil)} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n"
                    + "".join(line.replace("{evil}", evil) + "\r\n" for line in with_host)
                    + "\r\n"
                ).encode()
            )
            answer = wire.answer()
        assert elsewhere.connections == 0
    assert answer.status in (200, 400, 404)
    for request in provider.requests:
        assert request.header("host") == f"127.0.0.1:{provider.port}"
        assert request.target.startswith("/")
        assert b"http://127" not in request.head.split(b"\r\n")[0] or case in ("query", "scheme_in_path")


def test_x03_a_body_changes_no_destination(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """``api_base`` and ``base_url`` in a body are the upstream's to read, not ours."""
    script(lambda r: replies.chat_json("configured"))
    with ScriptedUpstream(lambda r: replies.http(200, b"stolen")) as elsewhere:
        body = {**CHAT, "api_base": elsewhere.url, "base_url": elsewhere.url, "custom_llm_provider": "openai"}
        assert "configured" in post(proxy.url, body).text
        assert elsewhere.connections == 0
    assert provider.requests[0].json()["api_base"]


NEVER = {
    "metadata": "http://169.254.169.254",
    "link_local": "http://169.254.1.2:8080",
    "mapped": "http://[::ffff:169.254.169.254]",
    "decimal": "http://2852039166",
    "octal": "http://0251.0376.0251.0376",
    "nat64": "http://[64:ff9b::a9fe:a9fe]",
    "six_to_four": "http://[2002:a9fe:a9fe::1]",
    "aws_v6": "http://[fd00:ec2::254]",
    "alibaba": "http://100.100.100.200",
    "link_local_v6": "http://[fe80::1]",
    "compatible": "http://[::169.254.169.254]",
    "teredo": "http://[2001:0:a9fe:a9fe::1]",
}


@pytest.fixture(scope="module")
def never(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A proxy whose upstreams are all addresses that must never be connected to."""
    process = Proxy(
        tmp_path_factory.mktemp("never"),
        "",
        upstreams=[{"name": name, "base_url": url, "models": [name]} for name, url in NEVER.items()],
        timeouts={"connect": "1s", "first_byte": "1s", "idle": "1s"},
    )
    yield process
    process.finish()


@pytest.mark.parametrize(
    "case",
    list(NEVER),
)
def test_x04_metadata_addresses_are_never_connected_to(never: Proxy, case: str) -> None:
    """169.254/16 and the metadata services, also written as numbers or inside IPv6 forms: refused at connect time with
    its reason, whatever Settings say."""
    with Wire(never.port) as wire:
        wire.post({**CHAT, "model": case})
        answer = wire.answer()
    assert answer.status == 502
    assert "link-local or a metadata service" in answer.json()["error"]["message"]


def _with_hosts(names: Path) -> str | None:
    """A line of sh that runs the command with ``names`` as /etc/hosts; ``None`` where that is not possible."""
    line = f'mount --bind {names} /etc/hosts && exec "$@"'
    for unshare in ("unshare --mount", "unshare --mount --map-root-user"):
        shell = f"exec {unshare} /bin/sh -c '{line}' sh \"$@\""
        if (
            subprocess.run(
                ["/bin/sh", "-c", shell, "sh", "true"], capture_output=True, timeout=10, check=False
            ).returncode
            == 0
        ):
            return shell
    return None


def test_x04_a_public_name_that_resolves_privately_is_refused(
    tmp_path: Path, provider: ScriptedUpstream, start_proxy: Any
) -> None:
    """Rebinding: a DNS name that turns out to be a loopback, private or metadata address when we connect is refused,
    unless ``allow_private``; metadata addresses stay refused even then; names written as local are trusted."""
    names = tmp_path / "hosts"
    names.write_text(
        "127.0.0.1 localhost\n127.0.0.1 api.provider.example allowed.provider.example\n"
        "169.254.169.254 metadata.provider.example\n"
    )
    shell = _with_hosts(names)
    if shell is None:
        pytest.skip("no mount namespace of our own to be had")
    provider.script = lambda r: replies.chat_json("reached")
    proxy = start_proxy(
        "",
        shell=shell,
        upstreams=[
            {"name": "rebound", "base_url": f"http://api.provider.example:{provider.port}", "models": ["rebound"]},
            {
                "name": "allowed",
                "base_url": f"http://allowed.provider.example:{provider.port}",
                "models": ["allowed"],
                "allow_private": True,
            },
            {
                "name": "metadata",
                "base_url": "http://metadata.provider.example",
                "models": ["metadata"],
                "allow_private": True,
            },
            {"name": "local", "base_url": f"http://localhost:{provider.port}", "models": ["local"]},
        ],
    )
    statuses = {
        name: post(proxy.url, {**CHAT, "model": name}).status_code
        for name in ("rebound", "allowed", "metadata", "local")
    }
    assert statuses == {"rebound": 502, "allowed": 200, "metadata": 502, "local": 200}


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:{port}/", "//x/y"])
def test_x05_a_redirect_inwards_is_not_followed(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, location: str
) -> None:
    """A redirect is the client's to see, wherever it points."""
    with ScriptedUpstream(lambda r: replies.http(200, b"inside")) as inside:
        there = location.replace("{port}", str(inside.port))
        script(lambda r: replies.http(307, b"", {"location": there}))
        with Wire(proxy.port) as wire:
            wire.post(CHAT)
            answer = wire.answer()
        assert (answer.status, answer.headers["location"]) == (307, there)
        assert inside.connections == 0
    assert len(provider.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/organization/api_keys",
        "/v1/organization",
        "/v1/projects/p/service_accounts",
        "/organization/users",
        "/v1//organization/users",
        "//v1/organization/users",
        "/v1/./organization/users",
        "/v1/x/../organization/users",
        "/v1/%6frganization/users",
        "/v1/%256frganization/users",
        "/v1%2forganization/users",
        "/v1/Organization/users",
        "/v1/organization;x=1/users",
        "/v1/organization%2fusers",
        "/v1\\organization/users",
        "/upstreams/scripted/v1/organization/users",
        "/apps/a/v1/organization/users",
        "/v1/v1/organization/users",
        "http://x/v1/organization/users",
        "/v1/organization?x",
    ],
)
def test_x07_administration_is_denied(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, path: str, method: str
) -> None:
    """Keys and members of an organization are out of reach, however the path is written."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port, timeout=4) as wire:
        wire.request(method, path)
        answer = wire.answer(head_only=method == "HEAD")
    assert answer.status in (403, 400), answer
    assert answer.headers["x-sightglass-error"] == "1"
    assert provider.requests == []


def test_x09_a_spoofed_client_address_is_nobody(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """X-Forwarded-For, Forwarded and the like pass as any header and are believed by nobody here: not in the log, not
    in a metric, and nothing is added to them."""
    script(lambda r: replies.chat_json("served"))
    spoof = ["X-Forwarded-For: 203.0.113.77", "Forwarded: for=203.0.113.77", "X-Real-IP: 203.0.113.77"]
    with Wire(proxy.port) as wire:
        wire.post(CHAT, headers=spoof)
        answer = wire.answer()
    proxy.line_of(answer)
    assert "203.0.113.77" not in proxy.output()
    assert "203.0.113.77" not in plain.get(proxy.metrics_url).text
    assert provider.requests[0].header("x-forwarded-for") == "203.0.113.77"
    assert not any(name.lower() == b"via" for name, _ in provider.requests[0].headers)


def test_x10_a_loop_is_found(start_proxy: Any) -> None:
    """An upstream that is the proxy itself: 508 in time, after one round, not a fire."""
    proxy = start_proxy("http://127.0.0.1:1", limits={"inflight": 50})
    _point(proxy, proxy.url)
    began = time.monotonic()
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert answer.status == 508
    assert answer.headers["x-sightglass-error"] == "1"
    assert time.monotonic() - began < patient(3)
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
    assert proxy.metric("sightglass_requests_total") == 2


def _point(proxy: Proxy, url: str) -> None:
    """Change the upstream of a running proxy."""
    known = proxy.output().count("was reloaded")
    proxy.write(upstreams=[{"name": "scripted", "base_url": url}])
    proxy.process.send_signal(signal.SIGHUP)
    wait_until(lambda: proxy.output().count("was reloaded") > known, 5, "the reload")


def test_x10_a_chain_of_two_proxies_is_no_loop(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, start_proxy: Any
) -> None:
    """Two different proxies behind one another serve; a circle of both is found."""
    script(lambda r: replies.chat_json("through both"))
    front = start_proxy(proxy.url)
    assert "through both" in post(front.url, CHAT).text
    assert len(provider.requests) == 1
    _point(proxy, front.url)
    assert post(front.url, CHAT).status_code == 508
    _point(proxy, provider.url + "/v1")
    front.finish()


def test_x13_a_monstrous_multipart_costs_little(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """A boundary of a million dashes and a hundred thousand parts pass as bytes: we do not parse them."""
    script(lambda r: replies.http(200, b"{}"))
    boundary = b"-" * 1_000_000
    dashes = (b"--" + boundary + b"\r\n\r\nx\r\n") * 3 + b"--" + boundary + b"--\r\n"
    parts = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 100_000 + b"--b--\r\n"
    cpu = proxy.cpu_seconds()
    for body in (dashes, parts):
        with Wire(proxy.port) as wire:
            wire.request("POST", "/v1/files", body, ["Content-Type: multipart/form-data; boundary=b"])
            assert wire.answer().status == 200
    assert [request.body for request in provider.requests] == [dashes, parts]
    assert proxy.cpu_seconds() - cpu < 1.5
    with Wire(proxy.port) as wire:  # in the head it is simply too large
        try:
            wire.request("POST", "/v1/files", b"", ["Content-Type: multipart/form-data; boundary=" + "-" * 1_000_000])
        except OSError:
            return
        assert wire.answer().status in (400, 431)


def _collisions(count: int) -> bytes:
    keys = ",".join(f'"{number * (2**61 - 1)}":1' for number in range(count))
    return b'{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{' + keys.encode() + b"}}"


FLOODS: dict[str, bytes] = {
    "deep_arrays": b'{"model":"m","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep_objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "unclosed": b'{"model":"m","messages":' + b"[" * 200_000,
    "collisions": _collisions(20_000),
    "same_key": b"{" + b'"model":"m",' * 50_000 + b'"messages":[]}',
    "huge_number": b'{"model":"m","n":' + b"9" * 200_000 + b',"messages":[]}',
    "surrogates": b'{"model":"\\ud800","messages":[{"role":"user","content":"\\udfff \\ud800\\ud800"}]}',
    "nan": b'{"model":NaN,"messages":Infinity}',
    "many_messages": b'{"model":"m","messages":[' + b'{"role":"user","content":"x"},' * 30_000 + b"{}]}",
    "wrong_types": b'{"model":["m"],"messages":{"role":5},"tools":"x","stream":"yes","n":-1}',
    "not_utf8": b'{"model":"\xff\xfe","messages":[{"role":"user","content":"\xc3\x28"}]}',
}


@pytest.mark.parametrize("side", ["request", "response", "stream"])
@pytest.mark.parametrize("case", FLOODS)
def test_x14_hostile_json_is_bounded(proxy: Proxy, script: Any, case: str, side: str) -> None:
    """Deep, colliding, broken and huge JSON in a request, an answer or an event passes byte for byte in bounded time,
    and the process goes on; the sample is kept as far as it could be read, or dropped and counted."""
    flood = FLOODS[case]
    if side == "stream":
        flood = flood.replace(b"\n", b" ")
        event = b"data: " + flood + b"\n\n"
        script(lambda r: replies.stream([event, replies.sse(b"[DONE]")]))
    else:
        script(lambda r: replies.http(200, flood if side == "response" else b"{}"))
    cpu = proxy.cpu_seconds()
    with Wire(proxy.port) as wire:
        wire.post(flood if side == "request" else CHAT)
        answer = wire.answer()
        assert (answer.status, answer.clean) == (200, True)
        if side == "response":
            assert answer.body == flood
        elif side == "stream":
            assert answer.body == event + replies.sse(b"[DONE]")
        wire.request("GET", "/-/healthy")
        assert wire.answer().status == 200
    decision = proxy.line_of(answer)["decision"]
    assert decision == "published"
    wait_until(lambda: proxy.metric("sightglass_ring_samples") == 0, 5, "the ring empty")
    assert proxy.cpu_seconds() - cpu < 2.0
    assert "Traceback" not in proxy.output()


def test_x14_decisions_still_add_up(proxy: Proxy) -> None:
    """After all of the above every request has one outcome and one decision, and the log's lines are JSON."""
    proxy.wait_idle()
    assert proxy.metric("sightglass_requests_total") == proxy.metric("sightglass_sampling_decisions_total")
    for line in proxy.output().splitlines():
        if line.startswith("{"):
            json.loads(line)
