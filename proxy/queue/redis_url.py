"""Reads the URL of a Redis queue. What it cannot mean is one clear error, which never holds a part of a password."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from redis.asyncio.connection import parse_url

from proxy.errors import ConfigError

_AUTHORITY = re.compile(r"[^/?#]*")
_ENCODE = "a sign such as / ? # in the user or password must be percent-encoded (%2F %3F %23)"
#: The options of the client library that make sense here. All others would change what our calls get back, or fail
#: with each call.
_OPTIONS = frozenset(
    (
        "client_name", "db", "health_check_interval", "max_connections", "password", "protocol", "retry_on_timeout",
        "socket_connect_timeout", "socket_keepalive", "socket_read_size", "socket_timeout", "ssl", "timeout",
        "unix_socket_path", "username",
    )
)  # fmt: skip
_TLS_OPTIONS = frozenset(
    (
        "ssl_ca_certs", "ssl_ca_data", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname",
        "ssl_ciphers", "ssl_exclude_verify_flags", "ssl_include_verify_flags", "ssl_keyfile", "ssl_min_version",
        "ssl_password",
    )
)  # fmt: skip
#: For the sentinels themselves. Their user and password are often others than those of the server.
_SENTINEL_OPTIONS = frozenset({"sentinel_username", "sentinel_password", "sentinel_ssl"})
_CERTIFICATES = ("none", "optional", "required")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Address(NamedTuple):
    """The parts of a queue URL. ``shown`` has no user and no password; ``shards`` is None for the default.

    ``options`` and ``sentinel`` are arguments of the client library, for the server and for its sentinels.
    """

    kind: str
    hosts: list[tuple[str, int]]
    service: str
    options: dict[str, Any]
    shards: int | None
    sentinel: dict[str, Any]

    @property
    def shown(self) -> str:
        """The address in a form that is safe to log."""
        socket = self.options.get("unix_socket_path")
        hosts = socket or ",".join(f"{host}:{port}" for host, port in self.hosts)
        return f"redis at {hosts}" + (f" ({self.service})" if self.service else "")


def parse(url: str) -> Address:
    """The address in ``redis[s][+cluster|+sentinel]://[USER:PASSWORD@]HOST:PORT[,HOST:PORT...]/DB?shards=N&...``.

    For a sentinel the path is ``/SERVICE[/DB]``. Raises ``ConfigError``.
    """
    # A list of hosts is no authority that every version of urlsplit takes: some allow nothing before a bracket.
    scheme_text, _, rest = url.partition("://")
    authority = _AUTHORITY.match(rest)[0]  # type: ignore[index]
    path, query, fragment = urlsplit(rest[len(authority) :])[2:]
    scheme, _, kind = scheme_text.lower().partition("+")
    if scheme not in ("redis", "rediss") or kind not in ("", "cluster", "sentinel"):
        raise ConfigError(["queue: sqlite, or redis[s][+cluster|+sentinel]://HOST:PORT/DB"])
    if "@" in path + fragment or ("@" in query and "@" not in authority and "=" not in query.partition("@")[0]):
        raise ConfigError([f"queue: {_ENCODE}"])
    credentials, _, hosts_text = authority.rpartition("@")
    try:
        hosts = [_host(each) for each in hosts_text.split(",")]
    except ValueError:
        raise ConfigError(["queue: not a Redis URL"]) from None
    service = ""
    if kind == "sentinel":
        service, _, path = path.strip("/").partition("/")
        if not service:
            raise ConfigError(["queue: a sentinel's path names its service"])
    given = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
    shards = _shards(given.pop("shards", None))
    options, sentinel = _options(given, scheme == "rediss", kind)
    if path.strip("/"):
        options = {"db": _whole(path.strip("/"), "the database")} | options
    user, _, password = credentials.partition(":")
    options |= {key: unquote(text) for key, text in (("username", user), ("password", password)) if text}
    return Address(kind, hosts, unquote(service), options, shards, sentinel)


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or 6379


def _whole(text: str, what: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigError([f"queue: {what} is a whole number"])
    return int(text)


def _shards(given: str | None) -> int | None:
    if given is None:
        return None
    shards = _whole(given, "shards")
    if not 1 <= shards <= 256:
        raise ConfigError(["queue: shards is 1 to 256"])
    return shards


def _options(given: dict[str, str], tls: bool, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the query says: the arguments for the server, and those for its sentinels. Raises ``ConfigError``."""
    known = _OPTIONS | _TLS_OPTIONS | (_SENTINEL_OPTIONS if kind == "sentinel" else frozenset())
    for name in given:
        if name not in known:
            # What is no name is perhaps the end of a password, which must not be shown.
            told = f"unknown option {name!r}" if re.fullmatch(r"[A-Za-z_]{1,40}", name) else _ENCODE
            raise ConfigError([f"queue: {told}"])
    own = {name.removeprefix("sentinel_"): given.pop(name) for name in _SENTINEL_OPTIONS & given.keys()}
    tls = _boolean(given.pop("ssl"), "ssl") if "ssl" in given else tls
    sentinel_tls = _boolean(own.pop("ssl"), "sentinel_ssl") if "ssl" in own else False
    if not (tls or sentinel_tls) and (without := sorted(_TLS_OPTIONS & given.keys())):
        raise ConfigError([f"queue: {without[0]} needs TLS: rediss://"])
    if given.get("ssl_cert_reqs", "none") not in _CERTIFICATES:
        raise ConfigError([f"queue: ssl_cert_reqs is one of {', '.join(_CERTIFICATES)}"])
    if "db" in given:
        _whole(given["db"], "the database")
    try:
        options = dict(parse_url(f"redis://host?{urlencode(given)}"))
    except (ValueError, TypeError):
        raise ConfigError(["queue: an option of the Redis URL has a value that it cannot have"]) from None
    del options["host"]
    secure = {name: value for name, value in options.items() if name in _TLS_OPTIONS}
    options = {name: value for name, value in options.items() if tls or name not in _TLS_OPTIONS}
    return options | ({"ssl": True} if tls else {}), own | (secure | {"ssl": True} if sentinel_tls else {})


def _boolean(text: str, name: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ConfigError([f"queue: {name} is true or false"]) from None
