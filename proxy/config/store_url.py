"""Reads the URL of a PostgreSQL store as text: the driver, which only the worker loads, is not needed for it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

#: As SQLAlchemy and libpq read it: the password ends at the first @.
_PARTS = re.compile(r"(?P<user>[^:/@]*(?::[^@]*)?@)?(?P<hosts>[^/?]*)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?")
_HOST = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:]*))(?::(?P<port>[0-9]*))?")
#: What libpq 18 takes in a URL. A test compares them with those of the driver.
OPTIONS = frozenset(
    (
        "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname",
        "fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives",
        "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts",
        "max_protocol_version", "min_protocol_version", "oauth_client_id", "oauth_client_secret", "oauth_issuer",
        "oauth_scope", "options", "passfile", "password", "port", "replication", "require_auth", "requirepeer",
        "scram_client_key", "scram_server_key", "service", "ssl_max_protocol_version", "ssl_min_protocol_version",
        "sslcert", "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslkeylogfile", "sslmode",
        "sslnegotiation", "sslpassword", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user",
    )
)  # fmt: skip


class StoreUrl(NamedTuple):
    """``rest``: the URL behind ``://`` without ``prepare_threshold``, and without hosts that ``arguments`` hold.

    ``arguments``: of the driver. ``prepare_threshold``: the number of executions after which the server prepares a
    statement; ``None``: never. That is the default, since a prepared statement belongs to one connection, and a
    transaction pooler changes the connection with each transaction. ``host``, ``port``: only of several servers or of a
    Unix socket in libpq's form (``ONE:PORT,TWO:PORT``, ``%2Fvar%2Frun``).
    """

    rest: str
    arguments: dict[str, str | int | None]


def checked(value: str) -> str:
    """The store in Settings. Raises ``ValueError``; no message holds a part of a password."""
    if value != "sqlite":
        split(value)
    return value


def split(url: str) -> StoreUrl:
    """The parts of ``postgresql://`` or ``postgres://``. Raises ``ValueError``."""
    scheme, _, behind = url.partition("://")
    found = _PARTS.fullmatch(behind)
    if scheme not in ("postgresql", "postgres") or found is None:
        raise ValueError("sqlite, or postgresql://USER@HOST/DB")
    hosts = found["hosts"]
    if "@" in hosts:
        raise ValueError("an @ in the user or password must be percent-encoded (%40)")
    options = parse_qsl(found["query"] or "", keep_blank_values=True)
    arguments: dict[str, str | int | None] = {"prepare_threshold": _threshold(options)}
    options = [(name, text) for name, text in options if name != "prepare_threshold"]
    for name, _ in options:
        if name not in OPTIONS:
            shown = repr(name) if re.fullmatch(r"\w{1,40}", name) else "that is no name"
            raise ValueError(
                f"unknown option {shown}; libpq's are known, such as sslmode, options=-csearch_path%3DNAME"
            )
    if "," in hosts or "%" in hosts:
        arguments |= _several(hosts.split(","))
        hosts = ""
    query = f"?{urlencode(options)}" if options else ""
    return StoreUrl(f"{found['user'] or ''}{hosts}{found['path'] or ''}{query}", arguments)


def _threshold(options: list[tuple[str, str]]) -> int | None:
    given = [text for name, text in options if name == "prepare_threshold"] or ["none"]
    if len(given) != 1 or not re.fullmatch(r"\d{1,6}|none|", given[0].lower()):
        raise ValueError("prepare_threshold is a whole number, 0 or none for never")
    return int(given[0]) or None if given[0].isdigit() else None


def _several(hosts: list[str]) -> dict[str, str]:
    """libpq's lists of hosts and ports. A host without a port has libpq's default."""
    found = [_HOST.fullmatch(host) for host in hosts]
    if not all(found):
        raise ValueError("not a PostgreSQL URL")
    names = [unquote(each["v6"] or each["name"] or "") for each in found if each]
    ports = [each["port"] or "" for each in found if each]
    return {"host": ",".join(names)} | ({"port": ",".join(ports)} if any(ports) else {})
