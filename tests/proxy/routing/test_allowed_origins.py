"""Which hosts and origins a request may name: pages of others are no clients of a listener on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.config.settings import Settings
from proxy.errors import Refused
from proxy.routing.allowed_origins import Headers, Visitors


def _code(headers: Headers, **settings: Any) -> str | None:
    """The code with which a request is refused."""
    upstreams = [{"name": "u", "base_url": "http://127.0.0.1:9"}]
    tokens = {"console_token": "a-console-token"}
    visitors = Visitors(Settings.model_validate({"upstreams": upstreams, **tokens, **settings}))
    try:
        visitors.admit(headers)
    except Refused as refusal:
        assert refusal.status == 403
        return refusal.code
    return None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.:1",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.8.9.1",
        "[::1]:8080",
        "[::1]",
        "app.localhost",
    ],
)
def test_loopback_s_own_names(host: str) -> None:
    """Names and addresses that lead to this machine from every machine."""
    assert _code([(b"host", host.encode())]) is None


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8080",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "notlocalhost",
        "192.168.1.5",
        "[fe80::1]",
        "10.0.0.1:127",
        "127.0.0.1:80:80",
        "",
        "\xff",
    ],
)
def test_other_names(host: str) -> None:
    """Whatever a name resolves to today, it is none of this listener's; ``allowed_hosts`` may name it."""
    headers = [(b"host", host.encode("latin-1"))]
    assert _code(headers) == "host_not_allowed"
    assert _code(headers, allowed_hosts=["*"]) is None
    assert _code(headers, listen="0.0.0.0:8080") is None


def test_allowed_hosts() -> None:
    """With a port only that port, without one any; a listener for all checks what is listed."""
    allowed = {"allowed_hosts": ["Proxy.Example", "other.example:8443"]}
    for listen in ("127.0.0.1:8080", "0.0.0.0:8080"):
        found = [
            _code([(b"host", host)], listen=listen, **allowed)
            for host in (
                b"proxy.example",
                b"PROXY.example:9",
                b"other.example:8443",
                b"other.example",
                b"x.proxy.example",
            )
        ]
        assert found == [None, None, None, "host_not_allowed", "host_not_allowed"]


def test_a_request_without_a_host_is_no_browser_s() -> None:
    """HTTP/1.0 may leave it out (the edge lets no other request come without one)."""
    assert _code([(b"accept", b"*/*")]) is None


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("http://localhost:3000", None),
        ("http://127.0.0.1:8080", None),
        ("https://[::1]:3000", None),
        ("https://evil.example", "origin_not_allowed"),
        ("http://localhost.evil.example", "origin_not_allowed"),
        ("http://evil.example:127", "origin_not_allowed"),
        ("null", "origin_not_allowed"),
        ("chrome-extension://abc", "origin_not_allowed"),
        ("tauri://localhost", "origin_not_allowed"),
        ("http://localhost@evil.example", "origin_not_allowed"),
        ("localhost", "origin_not_allowed"),
        ("", None),
    ],
)
def test_origins(origin: str, code: str | None) -> None:
    """A page of this machine's may ask; a foreign one, a file or an extension only where it is allowed by name."""
    headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
    assert _code(headers) == code
    if code is not None and "://" in origin and "@" not in origin:
        assert _code(headers, allowed_origins=[origin.upper()]) is None
    assert _code(headers, allowed_origins=["*"]) is None
    assert _code(headers, listen="0.0.0.0:8080") is None


def test_a_picture_of_a_foreign_page() -> None:
    """Browsers send no ``Origin`` with some GETs, but say that another site asks."""
    assert _code([(b"host", b"localhost"), (b"sec-fetch-site", b"cross-site")]) == "origin_not_allowed"
    assert _code([(b"host", b"localhost"), (b"sec-fetch-site", b"same-origin")]) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowed_hosts", "http://a.example"),
        ("allowed_hosts", ""),
        ("allowed_hosts", "*.example"),
        ("allowed_origins", "a.example"),
        ("allowed_origins", "https://a.example/"),
        ("allowed_origins", ""),
    ],
)
def test_what_is_no_host_and_no_origin(key: str, value: str) -> None:
    """It fails the start: it would match nothing."""
    with pytest.raises(ValueError, match=key):
        _code([], **{key: [value]})
