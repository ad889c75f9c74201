"""Redis and PostgreSQL beside ``serve``, as deploy/compose.yaml has them, and the CPU that they use."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from support.servers import PostgresCluster, RedisServer
from tests.bench import cpu


class Servers:
    """A Redis with its log of writes, and a PostgreSQL; a context manager."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack:
            self._redis = stack.enter_context(RedisServer(folder / "redis", "--appendonly", "yes"))
            self._postgres = stack.enter_context(PostgresCluster())
            self._asking = stack.enter_context(psycopg.connect(self._postgres.url(), autocommit=True))
            self._own = self._asking.info.backend_pid
            self._stack = stack.pop_all()

    @property
    def settings(self) -> dict[str, str]:
        """What the configuration says of them."""
        return {"queue": f"{self._redis.url}/0", "store": self._postgres.url()}

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows that the store answers with. What that costs is in no figure."""
        return self._asking.execute(statement).fetchall()  # type: ignore[call-overload,no-any-return]

    def used(self) -> dict[str, float]:
        """CPU seconds of each server so far, with those of its processes that have ended."""
        return {
            "redis": cpu.with_ended(self._redis.process.pid),
            "postgres": cpu.with_ended(self._postgres.pid) - cpu.seconds([self._own]),
        }

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()
