"""Who gets in: one ASGI wall in front of every route, so that a route can not forget it.

Default deny: with a token, everything but ``OPEN`` needs it, whether the path exists or not. Without a token (loopback
only, as Settings see to) the Host header must name this machine, or any web page could reach us by rebinding its DNS
name. A token has a role: whoever reads may not change, and whoever labels may not delete; what no rule names is for
admins. Requests that change something must not come from another site. Every response gets the security headers.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from proxy.errors import error_body
from proxy.settings import Settings
from proxy.values import split_address

#: Exactly these paths need no token: probes carry none.
OPEN = frozenset({"/-/healthy", "/-/ready"})
LOGIN = "/login"
COOKIE = "sightglass_console"
SESSION_SECONDS = 12 * 3600
_LARGEST_FORM = 4096
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

CSP = (
    "default-src 'none'; style-src 'self'{style}; img-src 'self' data:; script-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Not "no-referrer": with it browsers send "Origin: null" with our own forms, which is what foreign pages send.
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def _same(left: bytes, right: bytes) -> bool:
    """Whether both are equal, in a time that tells neither content nor length."""
    return hmac.compare_digest(hashlib.sha256(left).digest(), hashlib.sha256(right).digest())


class Role(StrEnum):
    """What a token may do; each may also do what those before it may."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    ADMIN = "admin"


_ORDER = list(Role)
#: What an annotator may do beside reading; every other request that changes something is an admin's.
_ANNOTATORS = frozenset({("POST", "/api/labels"), ("POST", "/api/drift/accept"), ("POST", "/labels")})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who got in. ``name`` is the token's, or how it was shown where the token has no name."""

    name: str
    role: Role

    def may(self, method: str, path: str) -> bool:
        """Whether the role suffices for a request."""
        needed = Role.VIEWER if method in _SAFE else Role.ADMIN
        if (method, path) in _ANNOTATORS:
            needed = Role.ANNOTATOR
        return _ORDER.index(self.role) >= _ORDER.index(needed)


_LOCAL = Reader("local", Role.ADMIN)
_PROBE = Reader("probe", Role.VIEWER)


class Key:
    """One token of the console, and the cookies that stand for it in a browser: an expiry and its signature."""

    def __init__(
        self,
        token: str,
        role: Role = Role.ADMIN,
        name: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.by_token = Reader(name or "token", role)
        self.by_cookie = Reader(name or "browser", role)
        self._token = token.encode("utf-8", "surrogatepass")
        self._clock = clock

    def opens(self, token: bytes) -> bool:
        """Whether ``token`` is the right one."""
        return _same(token, self._token)

    def _signature(self, expiry: str) -> str:
        return hmac.new(self._token, b"console-session:" + expiry.encode(), hashlib.sha256).hexdigest()

    def issue(self) -> str:
        """A cookie's value, good for ``SESSION_SECONDS``."""
        expiry = str(int(self._clock()) + SESSION_SECONDS)
        return f"{expiry}.{self._signature(expiry)}"

    def knows(self, cookie: str) -> bool:
        """Whether ``cookie`` was issued by us and is not over."""
        expiry, _, signature = cookie.partition(".")
        if not (expiry.isascii() and expiry.isdigit() and len(expiry) < 16):
            return False
        return _same(signature.encode(), self._signature(expiry).encode()) and int(expiry) > self._clock()


def make_keys(settings: Settings) -> list[Key]:
    """The keys of all tokens in the settings; none means that no token is asked for."""
    keys = [Key(item.token.get_secret_value(), Role(item.role), item.name) for item in settings.console_tokens]
    if settings.console_token is not None:
        keys.insert(0, Key(settings.console_token.get_secret_value()))
    return keys


def _header(scope: Scope, name: bytes) -> bytes | None:
    """The header's value; ``None`` when it is absent or there twice, which nobody honest sends."""
    found = [value for key, value in scope["headers"] if key.lower() == name]
    return found[0] if len(found) == 1 else None


def host_is_ours(host: bytes | None, configured: str) -> bool:
    """Whether a Host header names this machine: its address, localhost or the configured name."""
    if host is None:
        return False
    try:
        name = urlsplit("//" + host.decode("ascii")).hostname
    except ValueError:
        return False
    return name is not None and (name in ("localhost", configured.lower()) or _is_address(name))


def _is_address(name: str) -> bool:
    """Whether ``name`` is an IP literal, which no DNS answer can point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_cross_site(scope: HTTPScope) -> bool:
    """Whether a request that changes something comes from a page of another site. Programs send neither header."""
    if scope["method"] in _SAFE:
        return False
    site = _header(scope, b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        return True
    if not any(key.lower() == b"origin" for key, _ in scope["headers"]):
        return False
    origin, host = _header(scope, b"origin") or b"", _header(scope, b"host") or b""
    return origin.lower() not in (b"http://" + host.lower(), b"https://" + host.lower())


class Gate:
    """The wall: an ASGI application in front of another."""

    def __init__(self, app: ASGIApp, settings: Settings, login: Callable[[bool], bytes], login_style: str) -> None:
        """``login(wrong)`` renders the form; ``login_style`` is the CSP source of its one style."""
        self._app = app
        self._keys = make_keys(settings)
        self._host = split_address(settings.console_listen)[0]
        self._login = login
        self._login_style = login_style

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != ScopeType.HTTP:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        send = _guarded(send)
        path, method = scope["path"], scope["method"]
        if not self._keys and not host_is_ours(_header(scope, b"host"), self._host):
            await _refuse(send, 421, "this console answers to localhost or its address only; see console_listen")
        elif is_cross_site(scope):
            await _refuse(send, 403, "a request from another site may not change anything here")
        elif not self._keys or path in OPEN:
            await self._pass(scope, receive, send, _PROBE if self._keys else _LOCAL)
        elif path == LOGIN and method == "POST":
            await self._log_in(scope, receive, send)
        elif reader := _reader(scope, self._keys):
            await self._pass(scope, receive, send, reader)
        else:
            await self._ask(scope, send, wrong=False)

    async def _pass(self, scope: HTTPScope, receive: Receive, send: Send, reader: Reader) -> None:
        if not reader.may(scope["method"], scope["path"]):
            await _refuse(send, 403, f"the role {reader.role.value} may not do this")
            return
        client = scope.get("client")
        scope["auth"] = f"{reader.name}@{client[0]}" if client else reader.name
        scope["user"] = reader
        await self._app(scope, receive, send)

    async def _ask(self, scope: HTTPScope, send: Send, wrong: bool) -> None:
        """401: with a form for browsers, in JSON for programs."""
        challenge = (b"www-authenticate", b'Bearer realm="sightglass"')
        if b"text/html" not in (_header(scope, b"accept") or b""):
            await _refuse(send, 401, "this needs the header Authorization: Bearer with the console_token", challenge)
            return
        policy = (b"content-security-policy", CSP.format(style=f" {self._login_style}").encode())
        kind = (b"content-type", b"text/html; charset=utf-8")
        await _respond(send, 401, self._login(wrong), challenge, policy, kind)

    async def _log_in(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        form = await _form(receive)
        if form is None:
            await _refuse(send, 413, "this form is too large")
        elif key := _opened(self._keys, form.get("token", "").encode("utf-8", "surrogatepass")):
            secure = "; Secure" if scope["scheme"] == "https" else ""
            cookie = f"{COOKIE}={key.issue()}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Strict{secure}"
            await _respond(send, 303, b"", (b"location", b"/"), (b"set-cookie", cookie.encode()))
        else:
            await self._ask(scope, send, wrong=True)


def _opened(keys: list[Key], token: bytes) -> Key | None:
    """The key whose token this is; every one is looked at, so that time does not tell which."""
    found = [key for key in keys if key.opens(token)]
    return found[0] if found else None


def _reader(scope: Scope, keys: list[Key]) -> Reader | None:
    """Who sends the request: by a token, by a browser's cookie, or (``None``) nobody that we know."""
    scheme, _, token = (_header(scope, b"authorization") or b"").partition(b" ")
    if scheme.lower() == b"bearer" and (key := _opened(keys, token.strip(b" \t"))):
        return key.by_token
    try:
        cookies = SimpleCookie((_header(scope, b"cookie") or b"").decode("latin-1"))
    except CookieError:
        return None
    if COOKIE not in cookies:
        return None
    known = [key for key in keys if key.knows(cookies[COOKIE].value)]
    return known[0].by_cookie if known else None


async def _form(receive: Receive) -> dict[str, str] | None:
    """A small form's fields, the last of each name; ``None`` when it is too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return {}
        body += message["body"]
        if len(body) > _LARGEST_FORM:
            return None
        if not message["more_body"]:
            break
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _guarded(send: Send) -> Send:
    """``send`` that adds the security headers, and forbids caches to keep what was read."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            names = {name.lower() for name, _ in headers}
            policy = (b"content-security-policy", CSP.format(style="").encode())
            headers += [header for header in (*_HEADERS, policy) if header[0] not in names]
            if b"cache-control" not in names:
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        await send(message)

    return sending


async def _respond(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _refuse(send: Send, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    body = error_body(message, "invalid_request_error")
    await _respond(send, status, body, (b"content-type", b"application/json"), *headers)
