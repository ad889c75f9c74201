"""How long a connection to PostgreSQL is waited for when nobody answers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from scorers.store.engine import _postgresql


class _Stop(Exception):
    """Nothing is connected."""


@pytest.mark.parametrize(
    ("query", "connect", "user"),
    [
        ("", 10, 30_000),
        ("?connect_timeout=2", "2", 30_000),
        ("?tcp_user_timeout=0&sslmode=require", 10, "0"),
        ("?prepare_threshold=5", 10, 30_000),
    ],
)
def test_time_outs_of_tcp_unless_the_url_gives_others(query: str, connect: int | str, user: int | str) -> None:
    """A network that drops everything must not keep a worker for hours; what the URL says goes before."""
    engine, seen = _postgresql(f"postgresql://u@127.0.0.1:1/db{query}"), {}

    @event.listens_for(engine, "do_connect")
    def connecting(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        seen.update(parameters)
        raise _Stop

    with pytest.raises(_Stop):
        engine.connect()
    assert (seen["connect_timeout"], seen["tcp_user_timeout"], seen["keepalives_count"]) == (connect, user, 3)
