"""The schema of a new SQLite store: made at once, and the same as all migrations make it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from scorers.store import newest
from scorers.store.engine import NEWEST, OLDEST_COMPATIBLE, open_database
from scorers.store.records import StoreUnavailable
from tools.newest_schema import migrated, statements


def _held(path: Path) -> dict[str, Any]:
    """Everything in a database: its schema as SQLite understands it, and all rows."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            "schema": sorted(
                database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall(), key=str
            ),
            "columns": {name: database.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in names},
            "rows": {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names},
        }


def test_a_new_store_is_what_all_migrations_make(tmp_path: Path) -> None:
    """After a new migration: ``python -m tests.tools.newest_schema``."""
    open_database("sqlite", tmp_path).close()
    migrated(tmp_path / "migrated.db")

    new, old = _held(tmp_path / "store.db"), _held(tmp_path / "migrated.db")

    assert new == old
    assert new["rows"]["schema_version"] == [(NEWEST,)]
    assert new["rows"]["alembic_version"] == [(OLDEST_COMPATIBLE,)]
    assert len(statements(tmp_path / "store.db")) > 80


def test_a_new_store_needs_no_alembic(tmp_path: Path) -> None:
    """Which is slow to import."""
    program = (
        "import sys; from pathlib import Path; from scorers.store.store import Store; "
        f"Store.open('sqlite', Path({str(tmp_path)!r})).close(); print('alembic' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_a_database_with_anything_in_it_is_migrated(tmp_path: Path) -> None:
    """A table of somebody else's stays, and the migrations make ours beside it."""
    with closing(sqlite3.connect(tmp_path / "store.db")) as database, database:
        database.execute("CREATE TABLE theirs (a TEXT)")
        database.execute("INSERT INTO theirs VALUES ('kept')")

    open_database("sqlite", tmp_path).close()

    held = _held(tmp_path / "store.db")
    assert held["rows"]["theirs"] == [("kept",)]
    assert held["rows"]["schema_version"] == [(NEWEST,)]


def test_a_schema_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All statements are one transaction: the next start finds an empty database."""
    whole = newest.FILE.read_text(encoding="utf-8")
    broken = tmp_path / "broken.sql"
    broken.write_text(newest.BETWEEN.join([*whole.split(newest.BETWEEN)[:40], "CREATE TABLE exchanges (twice TEXT)"]))
    monkeypatch.setattr(newest, "FILE", broken)
    with pytest.raises(StoreUnavailable, match="exchanges already exists"):
        open_database("sqlite", tmp_path)
    monkeypatch.undo()

    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    with engine.connect() as connection:
        assert newest.is_empty(connection)
    engine.dispose()
    open_database("sqlite", tmp_path).close()
    assert _held(tmp_path / "store.db")["rows"]["schema_version"] == [(NEWEST,)]
