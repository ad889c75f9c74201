"""Upstreams behind an egress proxy: reading the environment, and connecting through the proxy.

``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` are read like in curl and Go, in upper or lower case;
the lower-case form takes precedence. Loopback is never sent to a proxy, which could not reach it. HTTP and HTTPS
upstreams both use ``CONNECT`` (RFC 9110, 9.3.6). The egress proxy gets a name and a port. With TLS it cannot read any
byte of the tunnel.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import unquote, urlsplit

from proxy.config.values import is_loopback
from proxy.errors import ConfigError, ConnectFailed
from proxy.upstream.addresses import check

_MAX_HEAD = 16 * 1024

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True)
class Egress:
    """An egress proxy. ``authorization`` is the value of ``Proxy-Authorization``, empty if none is needed."""

    host: str
    port: int
    authorization: bytes = b""

    def __repr__(self) -> str:
        return f"<Egress {self.host}:{self.port}>"


def egress_for(host: str, port: int, tls: bool, environ: Mapping[str, str]) -> Egress | None:
    """The egress proxy for ``host:port``; ``None`` for a direct connection. Raises ``ConfigError``."""
    scheme = "https" if tls else "http"
    name, value = _variable(environ, f"{scheme}_proxy", "all_proxy")
    if not value or is_loopback(host) or _exempt(host.lower().rstrip("."), port, _variable(environ, "no_proxy")[1]):
        return None
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        proxy_port = parts.port or 80
    except ValueError:
        raise ConfigError([f"{name}: not a URL"]) from None
    # The value may hold a password: it is never shown.
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigError([f"{name}: a proxy is http://[USER:PASSWORD@]HOST[:PORT]"])
    authorization = b""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = b"Basic " + base64.b64encode(pair.encode())
    return Egress(parts.hostname, proxy_port, authorization)


def _variable(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    for name in names:
        for form in (name, name.upper()):
            if environ.get(form, "").strip():
                return form, environ[form].strip()
    return names[0].upper(), ""


def _exempt(host: str, port: int, listed: str) -> bool:
    """Whether NO_PROXY matches ``host``: ``*``, a domain and its subdomains, HOST:PORT, an address or a network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    for item in (entry.strip().lower() for entry in listed.split(",")):
        if item == "*":
            return True
        name, _, given = item.rpartition(":") if item.count(":") == 1 else (item, "", "")
        if given and given != str(port):
            continue
        name = (name or item).strip("[]")
        if address is not None:
            try:
                if address in ipaddress.ip_network(name, strict=False):
                    return True
            except ValueError:
                continue
        elif name and (host == name.strip(".") or host.endswith("." + name.strip("*").strip("."))):
            return True
    return False


def check_destination(host: str, allow_private: bool) -> None:
    """Checks an upstream whose name the egress proxy resolves. Only a literal address can be checked here."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    check(host, host, allow_private)


class _Asking(asyncio.Protocol):
    """Waits for the egress proxy's response to CONNECT.

    Any bytes after it would come from the upstream, which never sends first.
    """

    def __init__(self) -> None:
        self.answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        """A piece of the response head."""
        self._head += data
        if self.answered.done():
            return
        if b"\r\n\r\n" in self._head:
            self.answered.set_result(self._head)
        elif len(self._head) > _MAX_HEAD:
            self.answered.set_exception(ConnectFailed("the egress proxy's answer is too large"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection was closed without a response."""
        if not self.answered.done():
            self.answered.set_exception(ConnectFailed("the egress proxy closed the connection"))


async def tunnel(egress: Egress, address: str, origin: tuple[str, int], tls: ssl.SSLContext | None, inner: P) -> P:
    """``inner``, connected to ``origin`` through the egress proxy at ``address``.

    Raises ``ConnectFailed``, ``OSError``.
    """
    loop, (host, port) = asyncio.get_running_loop(), origin
    transport, asking = await loop.create_connection(_Asking, address, egress.port)
    with ExitStack() as unless_through:
        unless_through.callback(transport.abort)
        name = f"[{host}]" if ":" in host else host
        authority = f"{name}:{port}".encode("idna" if not name.isascii() else "ascii")
        lines = [b"CONNECT " + authority + b" HTTP/1.1", b"Host: " + authority]
        if egress.authorization:
            lines.append(b"Proxy-Authorization: " + egress.authorization)
        transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
        _judge(await asking.answered)
        through: asyncio.BaseTransport | None = transport
        if tls is not None:
            through = await loop.start_tls(transport, inner, tls, server_hostname=host)
        else:
            transport.set_protocol(inner)
        if through is None or transport.is_closing():
            raise ConnectFailed("the egress proxy closed the connection")
        inner.connection_made(cast("asyncio.Transport", through))
        unless_through.pop_all()
    return inner


def _judge(head: bytes) -> None:
    """Raise ``ConnectFailed`` unless the egress proxy accepted the CONNECT."""
    first, _, _ = head.partition(b"\r\n")
    version, _, rest = first.partition(b" ")
    status = rest[:3].decode("latin-1")
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise ConnectFailed("the egress proxy does not speak HTTP")
    if status == "407":
        raise ConnectFailed("the egress proxy asks for credentials (407)")
    if not status.startswith("2"):
        raise ConnectFailed(f"the egress proxy refused the connection ({status})")
    if not head.endswith(b"\r\n\r\n") or head.count(b"\r\n\r\n") > 1:
        raise ConnectFailed("the egress proxy sent more than an answer")
