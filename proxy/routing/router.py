"""Chooses the upstream and the application of a request. Pure: uses only Settings, the path and the headers.

The destination comes from Settings. Nothing in a request (Host, absolute-form target, ``..``, custom headers) can
change it. Paths are forwarded raw. Only the prefixes ``/upstreams/NAME`` and ``/apps/NAME`` belong to the proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec

from proxy.config.settings import Settings
from proxy.errors import Refused, shown
from proxy.exchange import Operation
from proxy.routing.allowed_origins import Visitors
from proxy.routing.credentials import Keys, key_header
from proxy.routing.target import Target, make_target
from proxy.wire.content_coding import OVER_LIMIT, Undecodable, decoded
from proxy.wire.native_paths import model_in
from proxy.wire.operations import is_version, operation_of

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
_OURS = b"x-sightglass-"
_ADMINISTRATION = frozenset({"organization", "organizations", "projects"})

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Route:
    """The result of reading path and headers. ``target`` is ``None`` until the model is known, if the model decides."""

    path: bytes
    operation: Operation
    app: str | None
    target: Target | None


class Router:
    """Resolves requests against one Settings. ``traced``: the proxy's ``traceparent`` replaces that of the client."""

    def __init__(self, settings: Settings, traced: bool = False) -> None:
        self._dropped = _HOP_BY_HOP if settings.baggage_headers else _HOP_BY_HOP | _BAGGAGE
        if traced:
            self._dropped |= {b"traceparent"}
        self.targets = {upstream.name: make_target(upstream) for upstream in settings.upstreams}
        self._order = list(self.targets.values())
        self._default = self.targets[settings.default.name]
        self.resolve = lru_cache(maxsize=1024)(self._resolve)
        self._administration = settings.forward_administration
        self.keys = Keys(settings.clients)
        self.admit = Visitors(settings).admit

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
                    raise Refused(404, f"no upstream is named {shown(name.decode('latin-1'))}", "upstream_not_found")
            elif first == b"apps" and app is None and name:
                app = name.decode("latin-1")
            else:
                break
            path = slash + after or b"/"
        text = path.decode("latin-1")
        if not self._administration and _is_administration(text):
            why = "the administration of an organization is not forwarded unless forward_administration is set"
            raise Refused(403, why, "forbidden_path")
        if target is None and len(self._order) == 1:
            target = self._order[0]
        if target is None and (model := model_in(text)):
            target = self.by_model(model)
        return Route(path, operation_of(text), app, target)

    def by_model(self, model: str | None) -> Target:
        """The first upstream whose pattern matches; the default if no model is named. Raises ``Refused`` (404)."""
        if model is None:
            return self._default
        for target in self._order:
            if any(fnmatchcase(model, pattern) for pattern in target.settings.models):
                return target
        raise Refused(404, f"no upstream serves the model {shown(model)}", "model_not_found")

    def authenticate(self, headers: Headers) -> str | None:
        """The application that the client key belongs to; ``None`` if no keys are configured. Raises ``Refused``."""
        return self.keys.authenticate(headers)

    def upstream_headers(self, headers: Headers, target: Target, route: Route) -> Headers:
        """The client's headers as sent upstream: without hop-by-hop and proxy headers, credentials set by Settings."""
        dropped = self._dropped
        for name, value in headers:
            if name == b"connection":
                dropped = dropped | _named(value)
        if target.key is not None or self.keys:
            headers = self.keys.without_keys(headers)
        sent: Headers = [(b"host", target.authority)]
        for name, value in headers:
            if name not in dropped and name not in (b"host", b"expect") and not name.startswith(_OURS):
                sent.append((name, value))
        if target.key is not None:
            sent.append(key_header(target.key, target, route.operation, route.path, headers))
        return sent


def response_headers(headers: Headers, status: int = 200) -> Headers:
    """The upstream's headers as sent to the client, in order, without hop-by-hop headers and reserved proxy headers.

    A 508 keeps ``x-sightglass-error``, because a request that came back to a Sightglass proxy is also an error of this
    proxy.
    """
    dropped = _HOP_BY_HOP
    for name, value in headers:
        if name.lower() == b"connection":
            dropped = dropped | _named(value)
    kept = b"x-sightglass-error" if status == 508 else b""
    named = ((name.lower(), name, value) for name, value in headers)
    return [(name, value) for low, name, value in named if low == kept or not (low in dropped or low[:13] == _OURS)]


def _named(connection: bytes) -> frozenset[bytes]:
    """The headers named by a ``Connection`` header, except those that frame or describe the message."""
    return frozenset(item.strip().lower() for item in connection.split(b",")) - _END_TO_END


def may_name_a_model(headers: Headers) -> bool:
    """Whether the body should be held to find its model. Uploads and forms are streamed instead."""
    kind = next((value.lower() for name, value in headers if name == b"content-type"), b"")
    return not kind.startswith((b"multipart/", b"audio/", b"image/", b"video/", b"application/octet-stream"))


class _Named(msgspec.Struct):
    model: Any = None


_decoder = msgspec.json.Decoder(_Named)


def coding_of(headers: Headers) -> str:
    """The content coding of a request body; empty if it has none."""
    coding = b",".join(value for name, value in headers if name == b"content-encoding").decode("latin-1")
    return "" if coding.strip().lower() == "identity" else coding


def model_of(body: bytes, coding: str = "", most: int = 0) -> str | None:
    """The model that a JSON body names. Nothing else is built, so scanning 30 MB takes some ten milliseconds.

    If the body has a content coding, a copy of at most ``most`` bytes is decoded. Raises ``Refused`` (413) if the
    decoded copy would be larger. A body that cannot be decoded is scanned as it is.
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
    if parts[1:2] == ["projects"] and parts[3:4] == ["locations"]:  # Vertex: where its models are
        return False
    before = next((at for at, part in enumerate(parts) if part in _ADMINISTRATION), None)
    return before is not None and all(part in ("api", "openai") or is_version(part) for part in parts[:before])
