"""A configured upstream, prepared for requests: its address, and how a client path joins the path of its base URL.

The ``/v1`` in a client's path belongs to the proxy, because clients use ``http://PROXY/v1``. If the base URL has its
own version (``/api/v3``, ``/v1beta/openai``), that version replaces ``/v1``. Otherwise the path is unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from proxy.config.settings import Upstream
from proxy.exchange import Operation
from proxy.wire.native_paths import native_of
from proxy.wire.operations import is_version, operation_of

#: Last segments of base URLs behind which no version follows, though none stands before them.
_WITHOUT_VERSION = frozenset({"inference", "openapi", "serving-endpoints"})
#: Last segments behind which clients of this form always write ``/v1``, whatever stands before them.
_WITH_VERSION = frozenset({"anthropic"})
#: Before the last segment of the URL of one deployment.
_DEPLOYMENTS = ["openai", "deployments"]


@dataclass(frozen=True, slots=True)
class Target:
    """An upstream address. ``base`` is the path of the base URL.

    ``root`` is the part of ``base`` placed before a path that has its own version. ``azure`` is the part placed before
    a path that begins with ``/openai/``. ``versioned``: ``base`` replaces the ``/v1`` of a client path.
    """

    settings: Upstream
    name: str
    host: str
    port: int
    tls: bool
    authority: bytes
    root: bytes
    base: bytes
    azure: bytes
    versioned: bool
    key: bytes | None


def make_target(upstream: Upstream) -> Target:
    """An upstream's address from its base URL."""
    parts = urlsplit(upstream.base_url)
    assert parts.hostname is not None
    tls = parts.scheme == "https"
    base = parts.path.rstrip("/").encode()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if parts.port is None else f"{host}:{parts.port}"
    key = upstream.api_key.get_secret_value().encode() if upstream.api_key else None
    root = base.removesuffix(b"/v1")
    versioned = root == base and _carries_a_version(base.decode())
    return Target(
        upstream,
        upstream.name,
        parts.hostname,
        parts.port or (443 if tls else 80),
        tls,
        authority.encode(),
        _before_version(base) if versioned else root,
        base,
        root.partition(b"/openai/deployments/")[0].removesuffix(b"/openai"),
        versioned,
        key,
    )


def _carries_a_version(base: str) -> bool:
    segments = base.split("/")[1:]
    if segments[-1:] and segments[-1] in _WITH_VERSION:
        return False
    deployed = segments[-3:-1] == _DEPLOYMENTS  # Azure's, whose version stands in the query
    return deployed or any(map(is_version, segments)) or bool(segments[-1:] and segments[-1] in _WITHOUT_VERSION)


def _before_version(base: bytes) -> bytes:
    segments = base.split(b"/")
    first = next((at for at, it in enumerate(segments) if is_version(it.decode())), len(segments))
    return b"/".join(segments[:first])


def upstream_path(target: Target, path: bytes, query: bytes) -> bytes:
    """The request target sent upstream: the raw client path joined to the base URL, without a duplicate version."""
    if path == b"*":  # the server as a whole (RFC 9112, 3.2.4)
        return path
    return _meet(target, path) + (b"?" + query if query else b"")


def _meet(target: Target, path: bytes) -> bytes:
    first = path.lstrip(b"/").split(b"/", 1)[0].decode("latin-1")
    if path.startswith(b"/openai/"):  # Azure's own URLs are complete, whatever form of base_url stands in Settings
        return target.azure + path
    if (target.versioned or target.root != target.base) and (path + b"/").startswith(target.base + b"/"):
        return path  # a client that was given the whole of the provider's path
    if first == "v1":
        if target.versioned and path.startswith(b"/v1"):
            return target.base + path[3:]
        return target.root + path
    if is_version(first):
        return target.root + path
    text = path.decode("latin-1")
    # Ollama's own paths begin at its root.
    if target.versioned or (operation_of(text) is not Operation.OTHER and native_of(text) is None):
        return target.base + path
    return target.root + path
