"""Makes the schema of a new SQLite store at once.

``migrations/newest.sql`` is what all migrations make of an empty database, as SQLite holds it. A test compares the two,
and ``python -m tests.tools.newest_schema`` writes the file after a new migration. The migrations one by one take twenty
times the CPU, and Alembic with them.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

FILE = Path(__file__).parent / "migrations" / "newest.sql"
#: Between two statements. A statement of SQLite's may hold semicolons and blank lines.
BETWEEN = "\n;\n"


def is_empty(connection: Connection) -> bool:
    """Whether nothing at all is in this database."""
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first() is None


def create(connection: Connection, revision: str, oldest_compatible: str) -> None:
    """Make the schema in an empty database, in the transaction that is open, and say which revision it is."""
    for statement in FILE.read_text(encoding="utf-8").split(BETWEEN):
        if statement.strip():
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO schema_version (version_num) VALUES (?)", (revision,))
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (oldest_compatible,))
