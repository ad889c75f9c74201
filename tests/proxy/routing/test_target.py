"""Where an upstream is, and how a client's path meets the path of its base URL: no version twice, none lost."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.config.settings import Upstream
from proxy.routing.target import Target, make_target, upstream_path


def _target(url: str, **more: Any) -> Target:
    return make_target(Upstream.model_validate({"name": "u", "base_url": url, **more}))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://api.openai.com/v1", ("api.openai.com", 443, True, b"api.openai.com")),
        ("http://127.0.0.1:8000", ("127.0.0.1", 8000, False, b"127.0.0.1:8000")),
        ("http://[::1]:8000/v1/", ("::1", 8000, False, b"[::1]:8000")),
        ("https://Host.Example:443/x", ("host.example", 443, True, b"host.example:443")),
    ],
)
def test_addresses(url: str, address: tuple[str, int, bool, bytes]) -> None:
    """Host, port, TLS and the Host header come from the base URL."""
    target = _target(url)
    assert (target.host, target.port, target.tls, target.authority) == address


PATHS = [
    ("https://h.example/v1", "/v1/chat/completions", "/v1/chat/completions"),
    ("https://h.example/v1/", "/v1/chat/completions", "/v1/chat/completions"),
    ("https://h.example", "/v1/chat/completions", "/v1/chat/completions"),
    ("https://h.example/v1", "/chat/completions", "/v1/chat/completions"),
    ("https://h.example/v1", "//v1//chat/completions", "//v1//chat/completions"),
    ("https://h.example/v1", "//chat//completions", "/v1//chat//completions"),
    ("https://h.example", "/chat/completions", "/chat/completions"),
    ("https://h.example/api/v1", "/v1/responses", "/api/v1/responses"),
    ("https://h.example/api/v1", "/responses", "/api/v1/responses"),
    ("https://h.example/v1beta/openai", "/chat/completions", "/v1beta/openai/chat/completions"),
    ("https://h.example/v1", "/v1", "/v1"),
    ("https://h.example/v1", "/v1beta/models", "/v1beta/models"),
    ("https://h.example/v1", "/unknown/thing", "/unknown/thing"),
    ("https://h.example/v1", "/", "/"),
    ("https://h.example/v1", "/v10/models", "/v10/models"),
    ("https://a.example", "/openai/deployments/d/chat/completions", "/openai/deployments/d/chat/completions"),
    ("https://a.example/openai/v1", "/openai/deployments/d/chat/completions", "/openai/deployments/d/chat/completions"),
    ("https://a.example/openai/deployments/d", "/v1/chat/completions", "/openai/deployments/d/chat/completions"),
    ("https://a.example/openai/deployments/d/", "/chat/completions", "/openai/deployments/d/chat/completions"),
    (
        "https://a.example/x/openai/deployments/d",
        "/openai/deployments/e/chat/completions",
        "/x/openai/deployments/e/chat/completions",
    ),
    ("https://a.example/openai", "/openai/v1/responses", "/openai/v1/responses"),
    ("https://a.example/openai/v1", "/v1/responses", "/openai/v1/responses"),
    ("https://h.example/v1", "/v1/messages", "/v1/messages"),
    ("https://h.example/v1", "/v1/files/a%2Fb//c;d", "/v1/files/a%2Fb//c;d"),
]


@pytest.mark.parametrize(("base", "path", "sent"), PATHS)
def test_paths_upstream(base: str, path: str, sent: str) -> None:
    """A base URL with or without ``/v1`` meets a path with or without it, never doubled; the query goes on raw."""
    target = _target(base)
    assert upstream_path(target, path.encode(), b"") == sent.encode()
    assert upstream_path(target, path.encode(), b"a=%20&a=2") == sent.encode() + b"?a=%20&a=2"


#: Base URLs with a version of their own, by what they look like, and where a chat goes.
VERSIONED = {
    "https://ark.example/api/v3": "/api/v3/chat/completions",
    "https://paas.example/api/paas/v4": "/api/paas/v4/chat/completions",
    "https://gemini.example/v1beta/openai": "/v1beta/openai/chat/completions",
    "https://responses.example/compat/v2": "/compat/v2/chat/completions",
    "https://vertex.example/v1/projects/p/locations/l/endpoints/openapi": (
        "/v1/projects/p/locations/l/endpoints/openapi/chat/completions"
    ),
    "https://vertex.example/v1beta1/projects/p/locations/l/endpoints/openapi/": (
        "/v1beta1/projects/p/locations/l/endpoints/openapi/chat/completions"
    ),
    "https://models.example/inference": "/inference/chat/completions",
    "https://lake.example/serving-endpoints": "/serving-endpoints/chat/completions",
    "https://gateway.example/v1/account/name/compat": "/v1/account/name/compat/chat/completions",
    "https://infra.example/v1/openai": "/v1/openai/chat/completions",
    "https://baidu.example/v2": "/v2/chat/completions",
    "https://router.example/api/v1": "/api/v1/chat/completions",
    "https://plain.example/v1": "/v1/chat/completions",
}


@pytest.mark.parametrize("base", VERSIONED)
def test_the_client_s_v1_is_ours(base: str) -> None:
    """With ``/v1``, without it, or with the provider's whole path: the same place, no version doubled."""
    target, whole = _target(base), VERSIONED[base]
    assert upstream_path(target, b"/v1/chat/completions", b"") == whole.encode()
    assert upstream_path(target, b"/chat/completions", b"a=b") == whole.encode() + b"?a=b"
    assert upstream_path(target, whole.encode(), b"") == whole.encode()
    root = whole.removesuffix("/chat/completions")
    assert upstream_path(target, b"/v1/models/a%2Fb", b"") == root.encode() + b"/models/a%2Fb"
    assert upstream_path(target, b"/v1/rerank", b"") == root.encode() + b"/rerank"
    assert upstream_path(target, b"/v1", b"") == root.encode()


@pytest.mark.parametrize(
    ("base", "path", "sent"),
    [
        ("https://gemini.example/v1beta/openai", "/v1beta/models/g:generate", "/v1beta/models/g:generate"),
        ("https://gemini.example/v1beta/openai", "/openai/chat/completions", "/v1beta/openai/chat/completions"),
        ("https://h.example/prefix", "/v1/chat/completions", "/prefix/v1/chat/completions"),
        ("https://h.example/prefix", "/prefix/v1/models", "/prefix/prefix/v1/models"),
        ("https://gateway.example/v1/account/name/anthropic", "/v1/messages", "/v1/account/name/anthropic/v1/messages"),
        ("https://h.example/anthropic", "/v1/messages", "/anthropic/v1/messages"),
        ("https://h.example/v1x", "/v1/models", "/v1x/v1/models"),
        ("https://h.example/api/v3", "*", "*"),
        ("https://h.example/v1", "*", "*"),
        ("https://h.example/v1", "/*", "/*"),
        ("https://h.example/v1", "/v1/v1/chat/completions", "/v1/v1/chat/completions"),
    ],
)
def test_what_is_no_version_of_ours_stays(base: str, path: str, sent: str) -> None:
    """Other versions than ``/v1``, prefixes without a version, Anthropic's own form, and the server as a whole."""
    assert upstream_path(_target(base), path.encode(), b"") == sent.encode()
