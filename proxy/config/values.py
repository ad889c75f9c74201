"""The value types of Settings: durations, names, addresses, shares."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from proxy.config.store_url import checked

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)\Z")
#: Where clouds answer with credentials, beside link-local addresses.
_METADATA = frozenset({"metadata.google.internal", "fd00:ec2::254"})
#: Endpoints that people copy with the address that they stand at.
_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/messages", "/embeddings")
#: White space, and the mark that editors put at the beginning of a file.
_AROUND = " \t\r\n\v\f\u00a0\ufeff"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
#: Addresses that stand for all of a machine.
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def _duration(value: object) -> object:
    if isinstance(value, str):
        match = _DURATION.match(value.strip())
        if match is None:
            raise ValueError("a duration is seconds or a number with ms, s, m, h or d, like 5s or 30d")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _name(value: str) -> str:
    if not _NAME.match(value) or value in ("other", "all"):
        raise ValueError("a name has 1 to 64 letters, digits, '.', '_' or '-', and is not 'other' or 'all'")
    return value


def split_address(value: str) -> tuple[str, int]:
    """``host:port`` or ``[v6]:port`` as (host, port). Raises ``ValueError``."""
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("an address is HOST:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether a listener bound to ``host`` is reachable only from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def http_url(value: str, what: str) -> str:
    """An HTTP URL without a trailing slash. Raises ``ValueError`` that says what is wrong with ``what``."""
    value = tidy(value)
    if not value.isascii() or " " in value:
        raise ValueError("not a URL: it holds a blank, or a character that has to be percent-encoded")
    try:
        parts = urlsplit(value)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        raise ValueError(f"{what} is http://HOST[:PORT][/path] or https://...")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(f"{what} URL has no user, query or fragment; keys go into api_key")
    value = value.rstrip("/")
    for ending in _ENDPOINTS:
        if value.endswith(ending):
            raise ValueError(f"it ends in {ending}, which is added for each request: {value.removesuffix(ending)}")
    return value


def host_of(url: str) -> str:
    """The host of the URL in lower case, without its port; empty if there is none."""
    return urlsplit(url).hostname or ""


def is_link_local(url: str) -> bool:
    """Whether the host of the URL is a link-local address or a metadata service. Upstreams never connect to these."""
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_link_local or host in _METADATA
    except ValueError:
        return host in _METADATA


def overlap(listen: str, metrics: str, console: str, processes: int) -> str | None:
    """Why these listeners cannot run side by side on one machine, else ``None``. Port 0 never overlaps."""
    first = split_address(metrics)[1]
    count = range(first, first + processes) if first else range(0)
    if count and count[-1] > 65535:
        return f"metrics_listen: {processes} processes count up from it, beyond 65535"
    for key, address in (("listen", listen), ("console_listen", console)):
        host, port = split_address(address)
        if port in count and _meet(host, split_address(metrics)[0]):
            many = f", and with {processes} processes metrics_listen takes {first} to {count[-1]}"
            return f"{key}: metrics_listen has port {port}{many if processes > 1 else ''}"
    (host, port), (other, console_port) = split_address(listen), split_address(console)
    same = port and port == console_port and _meet(host, other)
    return f"console_listen: listen has port {port}" if same else None


def url_of(address: str, host: str = "127.0.0.1") -> str:
    """The URL of a listener. A listener that is bound to all addresses is shown as ``host``."""
    bound, port = split_address(address)
    if bound in _EVERYWHERE:
        bound = host
    return f"http://[{bound}]:{port}" if ":" in bound else f"http://{bound}:{port}"


def _meet(one: str, other: str) -> bool:
    return one == other or bool({one, other} & _EVERYWHERE)


def expression(value: str) -> str:
    """A regular expression for redaction. Raises ``ValueError``."""
    try:
        compiled = re.compile(value)
    except re.error as error:
        raise ValueError(f"bad pattern {value!r}: {error}") from None
    if compiled.match(""):
        raise ValueError(f"bad pattern {value!r}: it matches the empty string")
    return value


def _queue_url(value: str) -> str:
    value = tidy(value)
    if value != "sqlite" and not re.match(r"rediss?(\+cluster|\+sentinel)?://[^/\s]+", value):
        raise ValueError("sqlite, or redis://HOST:PORT/DB")
    return value


def _pattern(value: str) -> str:
    if not value or re.search(r"[\s\x00-\x1f]", value) or value.count("[") != value.count("]"):
        raise ValueError(f"bad model pattern {value!r}: names with *, ? and [...]")
    return value


def tidy(value: str) -> str:
    """``value`` without surrounding white space, such as the last newline of a file or a copied blank.

    Raises ``ValueError`` for a character inside the value that would end a line or a header.
    """
    value = value.strip(_AROUND)
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value):
        raise ValueError("holds a line end or another control character")
    return value


def _secret(value: SecretStr) -> SecretStr:
    text = tidy(value.get_secret_value())
    if not text:
        raise ValueError("is empty")
    return SecretStr(text)


def host_name(value: str) -> str:
    """A host in the form that requests use, with or without a port. Raises ``ValueError``."""
    value = value.lower()
    if value != "*" and (not value or not value.isascii() or set(value) & set("/@?# ,*")):
        raise ValueError("a host is NAME or NAME:PORT, or * for all")
    return value


def origin_name(value: str) -> str:
    """An origin in the form that browsers send. Raises ``ValueError``."""
    value = value.lower()
    parts = urlsplit(value)
    if value not in ("*", "null") and (not parts.netloc or parts.path or parts.query or parts.fragment):
        raise ValueError("an origin is SCHEME://HOST[:PORT] as browsers send it, null, or * for all")
    return value


def _address(value: str) -> str:
    split_address(value)
    return value


Duration = Annotated[float, BeforeValidator(_duration), Field(gt=0, le=1e10)]
Name = Annotated[str, BeforeValidator(lambda v: _name(v) if isinstance(v, str) else v)]
Address = Annotated[str, BeforeValidator(lambda v: _address(v) if isinstance(v, str) else v)]
ModelPatterns = tuple[Annotated[str, AfterValidator(_pattern)], ...]
QueueUrl = Annotated[str, AfterValidator(_queue_url)]
StoreUrl = Annotated[str, AfterValidator(tidy), AfterValidator(checked)]
Share = Annotated[float, Field(ge=0, le=1)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]


class Model(BaseModel):
    """Base class for parts of Settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Baseline(Model):
    """The reference that drift is measured against."""

    min_days: Annotated[float, Field(ge=0)] = 7
    min_samples: Annotated[int, Field(ge=30)] = 500


class Evidence(Model):
    """Where documents are found if the wire format does not separate them from instructions.

    ``system`` lists the applications whose system and developer messages hold documents in marked blocks; ``*`` means
    all.
    """

    system: tuple[str, ...] = Field(default=(), strict=False)

    def in_system(self, app: str) -> bool:
        """Whether system and developer messages of an application can hold documents."""
        return app in self.system or "*" in self.system
