"""Where a request goes and whose it is: pure, from Settings and the request's path and headers alone.

The destination comes from Settings; nothing in a request (Host, absolute-form target, ``..``, custom headers) changes
it. Paths are forwarded raw; only the prefixes ``/upstreams/NAME`` and ``/apps/NAME`` are ours.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from proxy.errors import Refused
from proxy.exchange import Operation
from proxy.settings import Settings, Upstream
from proxy.wire.coding import OVER_LIMIT, Undecodable, decoded
from proxy.wire.native import model_in, native_of
from proxy.wire.surface import operation_of

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
#: They carry what callers tell one another, of which a provider needs to know nothing.
_BAGGAGE = frozenset({b"baggage", b"tracestate"})
#: Without these the next server would read the message's body as another message, or not at all.
_END_TO_END = frozenset({b"content-length", b"content-type", b"content-encoding", b"host"})
_CREDENTIALS = (b"authorization", b"x-api-key", b"api-key")
_OURS = b"x-sightglass-"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """One upstream of Settings, made ready: ``prefix`` is the base URL's path, with and without its ``/v1``."""

    settings: Upstream
    name: str
    host: str
    port: int
    tls: bool
    authority: bytes
    root: bytes
    base: bytes
    key: bytes | None


@dataclass(frozen=True, slots=True)
class Route:
    """What path and headers say of a request. ``target`` is ``None`` while the model must be known to choose."""

    path: bytes
    operation: Operation
    app: str | None
    target: Target | None


def make_target(upstream: Upstream) -> Target:
    """An upstream's address from its base URL."""
    parts = urlsplit(upstream.base_url)
    assert parts.hostname is not None
    tls = parts.scheme == "https"
    base = parts.path.rstrip("/").encode()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if parts.port is None else f"{host}:{parts.port}"
    key = upstream.api_key.get_secret_value().encode() if upstream.api_key else None
    return Target(
        upstream,
        upstream.name,
        parts.hostname,
        parts.port or (443 if tls else 80),
        tls,
        authority.encode(),
        base.removesuffix(b"/v1"),
        base,
        key,
    )


class Router:
    """Resolves requests against one Settings. ``traced``: a ``traceparent`` of ours takes the place of the client's."""

    def __init__(self, settings: Settings, traced: bool = False) -> None:
        self._dropped = _HOP_BY_HOP if settings.baggage_headers else _HOP_BY_HOP | _BAGGAGE
        if traced:
            self._dropped |= {b"traceparent"}
        self.targets = {upstream.name: make_target(upstream) for upstream in settings.upstreams}
        self._order = list(self.targets.values())
        self._default = self.targets[settings.default.name]
        self.resolve = lru_cache(maxsize=1024)(self._resolve)
        self._clients = {
            hashlib.sha256(client.key.get_secret_value().encode()).digest(): client.app for client in settings.clients
        }

    def _resolve(self, raw_path: bytes) -> Route:
        """The route of a raw request path. Raises ``Refused`` for an unknown upstream or a denied path."""
        app: str | None = None
        target: Target | None = None
        path = raw_path
        while True:
            first, _, rest = path[1:].partition(b"/")
            name, slash, after = rest.partition(b"/")
            if first == b"upstreams" and target is None:
                target = self.targets.get(name.decode("latin-1"))
                if target is None:
                    raise Refused(404, "no upstream has this name", "upstream_not_found")
            elif first == b"apps" and app is None and name:
                app = name.decode("latin-1")
            else:
                break
            path = slash + after or b"/"
        text = path.decode("latin-1")
        if _is_administration(text):
            raise Refused(403, "administration of an organization is not forwarded", "forbidden_path")
        if target is None and len(self._order) == 1:
            target = self._order[0]
        if target is None and (model := model_in(text)):
            target = self.by_model(model)
        return Route(path, operation_of(text), app, target)

    def by_model(self, model: str | None) -> Target:
        """The first upstream whose pattern matches; without a model, the default. Raises ``Refused`` (404)."""
        if model is None:
            return self._default
        for target in self._order:
            if any(fnmatchcase(model, pattern) for pattern in target.settings.models):
                return target
        raise Refused(404, "no upstream serves this model", "model_not_found")

    def authenticate(self, headers: Headers) -> str | None:
        """The app that holds the presented key of ours; ``None`` when no keys are configured. Raises ``Refused``."""
        if not self._clients:
            return None
        # Only digests are compared, so time says nothing about a key.
        presented = credential(headers)
        app = self._clients.get(hashlib.sha256(presented).digest()) if presented else None
        if app is None:
            raise Refused(401, "this proxy does not know the API key", "invalid_api_key")
        return app

    def upstream_headers(self, headers: Headers, target: Target, route: Route) -> Headers:
        """The client's headers as they go upstream: hop-by-hop and ours removed, credentials as Settings say."""
        dropped = self._dropped
        for name, value in headers:
            if name == b"connection":
                dropped = dropped | _named(value)
        replace = target.key is not None or bool(self._clients)
        sent: Headers = [(b"host", target.authority)]
        used: bytes | None = None
        for name, value in headers:
            if name in dropped or name in (b"host", b"expect") or name.startswith(_OURS):
                continue
            if replace and name in _CREDENTIALS:
                used = used or name
                continue
            sent.append((name, value))
        if target.key is not None:
            used = used or _key_header(route)
            sent.append((used, b"Bearer " + target.key if used == b"authorization" else target.key))
        return sent


def _key_header(route: Route) -> bytes:
    """The header in which the provider of this URL form expects a key."""
    if route.operation is Operation.MESSAGES:
        return b"x-api-key"
    return b"api-key" if route.path.startswith(b"/openai/") else b"authorization"


def upstream_path(target: Target, path: bytes, query: bytes) -> bytes:
    """The request target sent upstream: the client's raw path on the base URL, its ``/v1`` never doubled."""
    versioned = path.lstrip(b"/").split(b"/", 1)[0] in (b"v1", b"v1beta")
    text = path.decode("latin-1")
    # Ollama's own paths begin at its root.
    known = not versioned and operation_of(text) is not Operation.OTHER and native_of(text) is None
    prefix = target.base if known else target.root
    if path.startswith(b"/openai/"):  # Azure's own URLs are complete, whatever form of base_url stands in Settings
        prefix = target.root.removesuffix(b"/openai")
    return prefix + path + (b"?" + query if query else b"")


def response_headers(headers: Headers) -> Headers:
    """The upstream's headers as they go to the client: hop-by-hop removed, everything else in order."""
    dropped = _HOP_BY_HOP
    for name, value in headers:
        if name.lower() == b"connection":
            dropped = dropped | _named(value)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _named(connection: bytes) -> frozenset[bytes]:
    """The headers that a ``Connection`` header names; never one that frames the message or says what it is."""
    return frozenset(item.strip().lower() for item in connection.split(b",")) - _END_TO_END


def credentials(headers: Headers) -> list[bytes]:
    """The keys that the client presented, in any of the three headers, in their order."""
    found = []
    for name, value in headers:
        if name in _CREDENTIALS:
            scheme, _, rest = value.partition(b" ")
            found.append(rest.strip() if name == b"authorization" and scheme.lower() == b"bearer" else value)
    return found


def credential(headers: Headers) -> bytes | None:
    """The first of them."""
    return next(iter(credentials(headers)), None)


def may_name_a_model(headers: Headers) -> bool:
    """Whether the body is worth holding to look for its model: uploads and forms stream through."""
    kind = next((value.lower() for name, value in headers if name == b"content-type"), b"")
    return not kind.startswith((b"multipart/", b"audio/", b"image/", b"video/", b"application/octet-stream"))


class _Named(msgspec.Struct):
    model: Any = None


_decoder = msgspec.json.Decoder(_Named)


def coding_of(headers: Headers) -> str:
    """The content coding of a request's body; empty when it has none."""
    coding = b",".join(value for name, value in headers if name == b"content-encoding").decode("latin-1")
    return "" if coding.strip().lower() == "identity" else coding


def model_of(body: bytes, coding: str = "", most: int = 0) -> str | None:
    """The model that a JSON body names. Nothing else of it is made: 30 MB are passed over in some ten milliseconds.

    Of a body with a content coding a copy is decoded, of at most ``most`` bytes. Raises ``Refused`` (413) when it would
    be more. A body that cannot be decoded is looked at as it is.
    """
    if coding:
        try:
            body = decoded(body, coding, most)
        except Undecodable as error:
            if str(error) == OVER_LIMIT:
                raise Refused(413, "the request body is too large once it is decoded", "body_too_large") from None
    try:
        named = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return named.model if isinstance(named.model, str) and named.model else None


def _is_administration(path: str) -> bool:
    for _ in range(3):  # a path encoded twice is still that path to a lax upstream
        path = unquote(path)
    parts: list[str] = []
    for segment in re.split(r"[?#]", path, maxsplit=1)[0].replace("\\", "/").split("/"):
        part = segment.split(";", 1)[0].strip().lower()
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    while parts[:1] == ["v1"]:
        parts = parts[1:]
    return parts[:1] in (["organization"], ["organizations"], ["projects"])
