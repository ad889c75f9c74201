"""The hosts and origins that a request may name. This keeps foreign web pages from using the proxy through a browser.

A web page can send requests to a listener on loopback, and the proxy would add the upstream's key to them. The page
cannot omit its ``Origin`` header (RFC 6454). If its own host name resolves to this machine (DNS rebinding), the
``Host`` header reveals it.
"""

from __future__ import annotations

from proxy.config.settings import Settings
from proxy.config.values import is_loopback, split_address
from proxy.errors import Refused

Headers = list[tuple[bytes, bytes]]


class Visitors:
    """Checks the ``Host`` and ``Origin`` of requests.

    A listener on loopback accepts loopback names, ``allowed_hosts`` and ``allowed_origins``. Any other listener is open
    to everyone who can reach it, and checks only the lists in Settings. ``*`` allows all.
    """

    def __init__(self, settings: Settings) -> None:
        local = is_loopback(split_address(settings.listen)[0])
        self._hosts = frozenset(settings.allowed_hosts)
        self._origins = frozenset(settings.allowed_origins)
        self._check_hosts = (local or bool(self._hosts)) and "*" not in self._hosts
        self._check_origins = (local or bool(self._origins)) and "*" not in self._origins

    def admit(self, headers: Headers) -> None:
        """Raise ``Refused`` (403) for a request that names a foreign host or comes from a foreign page."""
        host: str | None = None
        origin = site = ""
        for name, value in headers:
            if name == b"host":
                host = value.decode("latin-1").lower()
            elif name == b"origin":
                origin = value.decode("latin-1").lower()
            elif name == b"sec-fetch-site":
                site = value.decode("latin-1").lower()
        # Without one it is HTTP/1.0, which no browser speaks.
        if self._check_hosts and host is not None and not self._is_ours(host):
            raise Refused(403, "this listener has another name; allowed_hosts may list this one", "host_not_allowed")
        if self._check_origins and (origin or site == "cross-site") and not self._is_allowed(origin):
            why = "requests of this web page's origin are not taken; allowed_origins may list it"
            raise Refused(403, why, "origin_not_allowed")

    def _is_ours(self, host: str) -> bool:
        name = _without_port(host)
        return _is_local(name) or name in self._hosts or host in self._hosts

    def _is_allowed(self, origin: str) -> bool:
        if origin in self._origins:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and _is_local(_without_port(place))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and (port.isdigit() or not port) and ("]" in name or ":" not in name):
        return name
    return host


def _is_local(name: str) -> bool:
    name = name.removesuffix(".")
    return name.endswith(".localhost") or is_loopback(name.removeprefix("[").removesuffix("]"))
