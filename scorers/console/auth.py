"""Who gets in: one ASGI wall in front of every route, so that a route cannot forget it.

Default deny: with a token, everything but ``OPEN`` needs it, whether the path exists or not. Without a token (loopback
only, as Settings see to) the Host header must name this machine, or any web page could reach us by rebinding its DNS
name. A token has a role (``roles``); what no rule names is for admins. Requests that change something must not come
from another site. Browsers sign in with a token and have a session (``sessions``); who is wrong too often must wait
(``throttle``). Every response gets the security headers.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import math
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from proxy.config.settings import Settings
from proxy.config.values import split_address
from proxy.errors import error_body
from scorers.console.roles import (
    GUEST,
    LOCAL,
    PROBE,
    Key,
    Reader,
    Role,
    current,
    is_for_guests,
    is_of_raters,
    rater,
)
from scorers.console.sessions import COOKIE, RATER_COOKIE, Sessions, cookie_of, set_cookie
from scorers.console.throttle import LIMITS, WINDOW, Throttle, Way
from scorers.console.unavailable import UNAVAILABLE
from scorers.store.raters import RaterStore
from scorers.store.records import StoreUnavailable

log = logging.getLogger("sightglass.console")

#: Exactly these paths need no token: probes carry none.
OPEN = frozenset({"/-/healthy", "/-/ready"})
LOGIN, LOGOUT = "/login", "/logout"
#: A form holds a token and the page that is wanted, whose characters may take three bytes each.
_LARGEST_FORM, _LARGEST_TOKEN = 16_384, 4096
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: A path of ours and a query: nothing that a browser takes for another host, no blanks that it drops.
_LONGEST_PATH = 2000
_OWN_PATH = re.compile(rf"/(?!/)[!-\[\]-~]{{0,{_LONGEST_PATH}}}\Z")

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


class AccessControl:
    """The wall: an ASGI application in front of another."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        access: tuple[list[Key], Sessions, RaterStore],
        login: Callable[[str, str], bytes],
        login_style: str,
    ) -> None:
        """``login(problem, next)`` renders the form, which leads to ``next``; ``login_style`` is the CSP source of its
        one style."""
        self._app = app
        self._keys, self._sessions, self._raters = access
        self._throttle = Throttle()
        self._host = split_address(settings.console_listen)[0]
        self._login = login
        self._login_style = login_style

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != ScopeType.HTTP:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        send = _guarded(send)
        try:
            await self._answer(scope, receive, send)
        except StoreUnavailable as error:
            UNAVAILABLE.tell(error)
            await _refuse(send, 503, "the store is unavailable, try again later")

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if not self._keys and not host_is_ours(_header(scope, b"host"), self._host):
            await _refuse(send, 421, "this console answers to localhost or its address only; see console_listen")
        elif is_cross_site(scope):
            await _refuse(send, 403, "a request from another site may not change anything here")
        elif is_for_guests(method, path):
            await self._pass(scope, receive, send, GUEST)
        elif someone := await self._rater(scope):
            await self._pass(scope, receive, send, someone)
        elif not self._keys or path in OPEN:
            await self._pass(scope, receive, send, PROBE if self._keys else LOCAL)
        elif path == LOGIN and method == "POST":
            await self._sign_in(scope, receive, send)
        elif isinstance(reader := await self._reader(scope), float):
            await self._late(scope, send, reader, _wanted(scope))
        elif reader is None:
            await self._ask(scope, send, "", _wanted(scope))
        elif path == LOGOUT and method == "POST":
            await self._sign_out(scope, send)
        elif path == LOGIN:
            await _respond(send, 303, b"", (b"location", _wanted(scope).encode()))
        else:
            await self._pass(scope, receive, send, reader)

    async def _pass(self, scope: HTTPScope, receive: Receive, send: Send, reader: Reader) -> None:
        if not reader.may(scope["method"], scope["path"]):
            leave = "; sign out at /ab to be somebody else" if reader.role is Role.RATER else ""
            await _refuse(send, 403, f"the role {reader.role.value} may not do this{leave}")
            return
        client = scope.get("client")
        scope["auth"] = f"{reader.name}@{client[0]}" if client else reader.name
        scope["user"] = reader
        current.set(reader)
        await self._app(scope, receive, send)

    async def _reader(self, scope: HTTPScope) -> Reader | float | None:
        """Who sends the request: by a token or by a session. ``None``: nobody that we know; a number: so many seconds
        must pass before this address may show another token."""
        wait = 0.0
        scheme, _, token = (_header(scope, b"authorization") or b"").partition(b" ")
        if scheme.lower() == b"bearer" and (token := token.strip(b" \t")):
            address = _address(scope)
            wait = self._throttle.wait(Way.HEADER, address)
            if not wait:
                if key := _opened(self._keys, token):
                    return key.by_token
                self._wrong(Way.HEADER, address, token)
        cookie = cookie_of(_header(scope, b"cookie"))
        if cookie is not None and (key := await asyncio.to_thread(self._sessions.find, cookie)):
            return key.by_session
        return wait or None

    async def _rater(self, scope: HTTPScope) -> Reader | None:
        """The rater whose session this is. Elsewhere than at their work, another way in that is shown goes first."""
        cookies = _header(scope, b"cookie")
        cookie = cookie_of(cookies, RATER_COOKIE)
        if cookie is None:
            return None
        other = _header(scope, b"authorization") is not None or cookie_of(cookies, COOKIE) is not None
        if other and not is_of_raters(scope["path"]):
            return None
        found = await asyncio.to_thread(self._raters.find, cookie)
        return rater(found.voter, found.experiment) if found is not None else None

    def _wrong(self, way: Way, address: str, token: bytes) -> None:
        """Note a wrong token; told with its address at the first, second, fourth, ... and when it is too many."""
        count = self._throttle.wrong(way, address, hashlib.sha256(token).digest())
        if count == LIMITS[way]:
            text = "wrong token from %s (%s): the %dth within a minute; further ones must wait up to %d s"
            log.warning(text, address, way.value, count, WINDOW)
        elif count is not None and count & (count - 1) == 0:
            log.warning("wrong token from %s (%s): number %d within a minute", address, way.value, count)

    async def _ask(self, scope: HTTPScope, send: Send, problem: str, wanted: str) -> None:
        """401: with a form for browsers, in JSON for programs."""
        challenge = (b"www-authenticate", b'Bearer realm="sightglass"')
        if _wants_page(scope):
            await self._form(send, 401, self._login(problem, wanted), challenge)
        else:
            message = "this needs the header Authorization: Bearer with the console_token"
            await _refuse(send, 401, message, challenge)

    async def _late(self, scope: HTTPScope, send: Send, wait: float, wanted: str) -> None:
        """429: this address was wrong too often."""
        seconds = math.ceil(wait)
        problem = f"too many wrong tokens from this address; try again in {seconds} s"
        header = (b"retry-after", b"%d" % seconds)
        if _wants_page(scope):
            await self._form(send, 429, self._login(f"{problem[0].upper()}{problem[1:]}.", wanted), header)
        else:
            await _refuse(send, 429, problem, header)

    async def _form(self, send: Send, status: int, page: bytes, *headers: tuple[bytes, bytes]) -> None:
        policy = (b"content-security-policy", CSP.format(style=f" {self._login_style}").encode())
        kind = (b"content-type", b"text/html; charset=utf-8")
        await _respond(send, status, page, *headers, policy, kind)

    async def _sign_in(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        form = await _form(receive)
        if form is None:
            await _refuse(send, 413, "this form is too large")
            return
        address, wanted = _address(scope), own_path(form.get("next", ""))
        if wait := self._throttle.wait(Way.FORM, address):
            await self._late(scope, send, wait, wanted)
            return
        token = form.get("token", "").encode("utf-8", "surrogatepass")
        if len(token) > _LARGEST_TOKEN:
            await _refuse(send, 413, "this token is too large")
            return
        key = _opened(self._keys, token)
        if key is None:
            if token:
                self._wrong(Way.FORM, address, token)
            await self._ask(scope, send, "That is not the token.", wanted)
        elif key.by_session.role is Role.SCRAPE:
            await _refuse(send, 403, "the role scrape reads /metrics and nothing else, with its token in the header")
        else:
            before = cookie_of(_header(scope, b"cookie"))
            cookie = await asyncio.to_thread(self._sessions.begin, key, address, before)
            log.info("%s signed in from %s", key.by_session.shown, address)
            await _respond(send, 303, b"", (b"location", wanted.encode()), set_cookie(cookie, is_https(scope)))

    async def _sign_out(self, scope: HTTPScope, send: Send) -> None:
        if cookie := cookie_of(_header(scope, b"cookie")):
            await asyncio.to_thread(self._sessions.end, cookie)
        await _respond(send, 303, b"", (b"location", b"/"), set_cookie("", is_https(scope)))


def own_path(asked: str) -> str:
    """``asked`` where it is a page of this console, else ``/``: no sign-in leads elsewhere, or nowhere.

    A query that is too long is left away.
    """
    path = asked.partition("?")[0]
    wanted = asked if len(asked) <= _LONGEST_PATH else path
    return wanted if _OWN_PATH.match(wanted) and path.partition("#")[0] not in (LOGIN, LOGOUT) else "/"


def _wanted(scope: HTTPScope) -> str:
    """The page that a sign-in leads to: this one, or the one that the login page was asked for."""
    query = scope["query_string"].decode("latin-1")
    if scope["path"] == LOGIN:
        return own_path(parse_qs(query).get("next", [""])[0])
    if scope["method"] not in ("GET", "HEAD"):
        return "/"
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return own_path(f"{path}?{query}" if query else path)


def _address(scope: HTTPScope) -> str:
    """Whoever has the connection: headers that name somebody else are anybody's."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def _wants_page(scope: HTTPScope) -> bool:
    return b"text/html" in (_header(scope, b"accept") or b"")


def is_https(scope: HTTPScope) -> bool:
    """Whether the browser speaks HTTPS, also to somebody in front of us: its own Origin says so."""
    return scope["scheme"] == "https" or (_header(scope, b"origin") or b"").lower().startswith(b"https://")


def _opened(keys: list[Key], token: bytes) -> Key | None:
    """The key whose token this is; every one is looked at, so that time does not tell which."""
    found = [key for key in keys if key.opens(token)]
    return found[0] if found else None


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
