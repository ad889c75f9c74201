"""Keys in request headers: which key the client sent, whose application it is, and where the upstream key goes."""

from __future__ import annotations

import hashlib

from proxy.config.settings import Client
from proxy.errors import Refused
from proxy.exchange import Operation
from proxy.routing.target import Target
from proxy.wire.native_paths import is_google

Headers = list[tuple[bytes, bytes]]

_HEADERS = frozenset({b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"})
_SUBPROTOCOLS = b"sec-websocket-protocol"
#: Browsers, which can set no header of a WebSocket, bring the key as a subprotocol.
_IN_SUBPROTOCOL = b"openai-insecure-api-key."
#: Hosts at which Azure answers to ``api-key``, whatever the path.
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
#: Where the paths of Google's own form take a key, and no bearer token is one.
_GEMINI = "generativelanguage.googleapis.com"
#: Paths that Anthropic shares with others; its clients name the version of its interface.
_SHARED = frozenset({Operation.MODELS, Operation.FILES, Operation.OTHER})


def credentials(headers: Headers) -> list[bytes]:
    """The keys that the client sent, from all headers that can carry one, in order."""
    found = []
    for name, value in headers:
        if name in _HEADERS:
            found.append(_key_in(value) if name == b"authorization" else value)
        elif name == _SUBPROTOCOLS:
            items = (item.strip() for item in value.split(b","))
            found += [item.removeprefix(_IN_SUBPROTOCOL) for item in items if item.startswith(_IN_SUBPROTOCOL)]
    return found


def _key_in(authorization: bytes) -> bytes:
    scheme, _, rest = authorization.partition(b" ")
    return rest.strip() if scheme.lower() == b"bearer" else authorization


class Keys:
    """Client keys and their applications. Only digests are stored and compared, so timing reveals nothing."""

    def __init__(self, clients: tuple[Client, ...]) -> None:
        self._apps = {_digest(client.key.get_secret_value().encode()): client.app for client in clients}
        self._purposes = {
            _digest(client.key.get_secret_value().encode()): client.purpose
            for client in clients
            if client.purpose != "production"
        }

    def __bool__(self) -> bool:
        return bool(self._apps)

    def authenticate(self, headers: Headers) -> str | None:
        """The application that the client key belongs to; ``None`` if no keys are configured. Raises ``Refused``."""
        if not self._apps:
            return None
        for key in credentials(headers):
            app = self._apps.get(_digest(key))
            if app is not None:
                return app
        raise Refused(401, "this proxy does not know the API key", "invalid_api_key")

    def purpose(self, headers: Headers) -> str | None:
        """The purpose of the client key; ``None`` for production."""
        if not self._purposes:
            return None
        known = (self._purposes.get(_digest(key)) for key in credentials(headers))
        return next((purpose for purpose in known if purpose is not None), None)

    def without_keys(self, headers: Headers) -> Headers:
        """``headers`` without those that carry a key. Any other header that contains a client key is removed, too."""
        kept = []
        for name, value in headers:
            if name in _HEADERS or (self._apps and _digest(_key_in(value)) in self._apps):
                continue
            if name != _SUBPROTOCOLS or _IN_SUBPROTOCOL not in value:
                kept.append((name, value))
                continue
            items = (item.strip() for item in value.split(b","))
            if rest := b", ".join(item for item in items if not item.startswith(_IN_SUBPROTOCOL)):
                kept.append((name, rest))
        return kept


def key_header(key: bytes, target: Target, operation: Operation, path: bytes, headers: Headers) -> tuple[bytes, bytes]:
    """The header for the upstream's own ``key``, in the form that the provider expects for this operation."""
    google = is_google(path.decode("latin-1"))
    anthropic = operation in _SHARED and any(name == b"anthropic-version" for name, _ in headers)
    if (operation is Operation.MESSAGES and not google) or anthropic:
        return b"x-api-key", key
    if path.startswith(b"/openai/") or target.host.endswith(_AZURE):
        return b"api-key", key
    if google and target.host == _GEMINI:
        return b"x-goog-api-key", key
    return b"authorization", b"Bearer " + key


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
