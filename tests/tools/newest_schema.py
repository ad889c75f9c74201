"""``python -m tests.tools.newest_schema`` writes the schema that all migrations make of an empty SQLite database."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from scorers.store.migrate import bring_up
from scorers.store.newest import BETWEEN, FILE


def migrated(path: Path) -> None:
    """Make an SQLite database at ``path`` with the migrations, one by one."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        bring_up(connection, None, None)
    engine.dispose()


def statements(path: Path) -> list[str]:
    """What made the tables, indexes and triggers of a database, in the order in which they were made."""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        )
        return [statement for (statement,) in found]


def main() -> int:
    """Write the file; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        migrated(path)
        FILE.write_text(BETWEEN.join(statements(path)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
