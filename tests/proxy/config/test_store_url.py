"""What the URL of a PostgreSQL store may say; what is refused before anything is started."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import pq

from proxy.config.settings import parse
from proxy.config.store_url import OPTIONS, split
from proxy.errors import ConfigError

BASE: dict[str, Any] = {"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}]}


def problem(url: str) -> str:
    """The only problem of a configuration with this store."""
    with pytest.raises(ConfigError) as caught:
        parse(BASE | {"store": url}, {})
    [found] = caught.value.problems
    return found


def test_a_raw_at_sign_in_the_password_is_refused() -> None:
    """The driver would look for a host of the rest of the password, and log it."""
    found = problem("postgresql://ann:har@bour@db.example/sg")
    assert "percent-encoded (%40)" in found
    assert "bour" not in found and "ann" not in found


@pytest.mark.parametrize("password", ["a#b", "a?b", "a/b", "a[b", "a]b", "100%", "a:b", "a+b"])
def test_other_signs_stand_in_the_password(password: str) -> None:
    """They end nothing there, and what is said behind them counts."""
    url = f"postgresql://ann:{password}@db.example:5433/sg?sslmode=require&prepare_threshold=7"
    parse(BASE | {"store": url}, {})
    assert split(url) == (f"ann:{password}@db.example:5433/sg?sslmode=require", {"prepare_threshold": 7})


@pytest.mark.parametrize("option", ["schema=x", "currentSchema=x", "pgbouncer=true", "autocommit=1", "row_factory=x"])
def test_an_unknown_option_is_refused(option: str) -> None:
    """Those of other languages' drivers, and arguments of ours that are no options. The message says how it is done."""
    found = problem(f"postgresql://ann@db.example/sg?{option}")
    assert found.startswith(f"store: unknown option '{option.partition('=')[0]}'; ")
    assert "options=-csearch_path%3DNAME" in found


def test_the_known_options_are_those_of_the_driver() -> None:
    """All of them, and no others."""
    assert {each.keyword.decode() for each in pq.Conninfo.get_defaults()} == OPTIONS


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("one.example,two.example", {"host": "one.example,two.example"}),
        ("one.example:5433,two.example", {"host": "one.example,two.example", "port": "5433,"}),
        ("[::1]:5433,127.0.0.1:5434", {"host": "::1,127.0.0.1", "port": "5433,5434"}),
        ("%2Fvar%2Frun%2Fpostgresql", {"host": "/var/run/postgresql"}),
        ("%2Fvar%2Frun%2Fpostgresql:5433", {"host": "/var/run/postgresql", "port": "5433"}),
    ],
)
def test_several_servers_and_unix_sockets_as_libpq_writes_them(hosts: str, expected: dict[str, str]) -> None:
    """SQLAlchemy does not know these forms, so the driver gets the parts."""
    parts = split(f"postgresql://ann:p@{hosts}/sg?target_session_attrs=read-write")
    assert parts.rest == "ann:p@/sg?target_session_attrs=read-write"
    assert parts.arguments == {"prepare_threshold": None, **expected}


def test_a_port_is_a_number() -> None:
    """One clear error."""
    assert problem("postgresql://one:x,two/sg") == "store: not a PostgreSQL URL"
