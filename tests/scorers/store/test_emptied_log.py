"""What was deleted from an SQLite store leaves its log, though the log was in use at that moment."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from proxy.queue import sqlite_file
from scorers.store import engine
from scorers.store.engine import open_database

WORDS = b"the lock of the canal"


def test_the_next_write_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader is in the way for longer than the deletion waits. It is said once."""
    monkeypatch.setattr(sqlite_file, "_RESTS", (0.01,))
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    database = open_database("sqlite", tmp_path)
    (path,) = tmp_path.glob("*.db")

    def held() -> bool:
        return any(WORDS in file.read_bytes() for file in tmp_path.iterdir())

    with database.write() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": WORDS.decode()})
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        with database.write() as connection:
            connection.execute(text("DELETE FROM t"))
        with caplog.at_level(logging.WARNING, "sightglass"):
            for _ in range(2):
                database.empty_log()
        assert held()
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        reader.execute("COMMIT")
    with database.write() as connection:
        connection.execute(text("INSERT INTO t VALUES ('another')"))
    assert not held()
    database.close()
