"""Programs of two versions on one store: which schema each of them opens, and what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from proxy.sample import Sample
from scorers.store.engine import OLDEST_COMPATIBLE, open_database
from scorers.store.records import StoreUnusable
from scorers.store.store import Store


def change(url: str, folder: Path, *statements: str) -> None:
    """Run statements on the store of ``url``, which is opened and closed for it."""
    database = open_database(url, folder)
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()


def one(connection: Connection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(text(f"SELECT version_num FROM {table}"))]


def test_a_store_names_its_schema_and_the_oldest_that_can_work_with_it(store_url: str, tmp_path: Path) -> None:
    """Opened twice, there is one row in each of the two tables, and the older one reads the one that it knows."""
    open_database(store_url, tmp_path).close()
    database = open_database(store_url, tmp_path)
    with database.read() as connection:
        assert one(connection, "alembic_version") == [OLDEST_COMPATIBLE]
        (revision,) = one(connection, "schema_version")
    database.close()
    assert revision > OLDEST_COMPATIBLE


def test_a_newer_schema_that_only_adds_is_worked_with(
    store_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A rollback: the schema stays as the newer program left it, and the older one says so and works."""
    change(
        store_url, tmp_path, "ALTER TABLE groups ADD COLUMN later TEXT", "UPDATE schema_version SET version_num='9999'"
    )
    with caplog.at_level(logging.WARNING):
        store = Store.open(store_url, tmp_path)
    assert "newer than this program (9999)" in caplog.text
    store.ensure_group("refusal")
    assert store.ledger()["scorers"] == {"refusal": {"pending": 0}}
    store.close()
    database = open_database(store_url, tmp_path)
    with database.read() as connection:
        assert one(connection, "schema_version") == ["9999"]
    database.close()


def test_a_newer_schema_that_needs_a_newer_program_is_refused(store_url: str, tmp_path: Path) -> None:
    """One line, and nothing is written."""
    change(
        store_url,
        tmp_path,
        "UPDATE schema_version SET version_num='9999'",
        "UPDATE alembic_version SET version_num='9998'",
    )
    with pytest.raises(StoreUnusable, match=r"schema is not of this version.*9998"):
        Store.open(store_url, tmp_path)


def test_a_store_from_before_there_were_two_tables_is_taken_over(store_url: str, tmp_path: Path) -> None:
    """Its one table holds its revision; nothing is made twice."""
    open_database(store_url, tmp_path).close()
    database = open_database(store_url, tmp_path)
    with database.write() as connection:
        (head,) = one(connection, "schema_version")
        connection.execute(text("DROP TABLE schema_version"))
        connection.execute(text(f"UPDATE alembic_version SET version_num='{head}'"))
    database.close()
    database = open_database(store_url, tmp_path)
    with database.read() as connection:
        assert one(connection, "schema_version") == [head]
        assert one(connection, "alembic_version") == [OLDEST_COMPATIBLE]
    database.close()


def test_the_text_of_samples_is_compressed_quickly(
    postgres_url: str, tmp_path: Path, make_sample: Callable[..., Sample]
) -> None:
    """Where the server can: with lz4, not with pglz. A long text comes back as it was."""
    sample = make_sample("s1", question="It rained on the mill again. " * 4_000)
    with closing(Store.open(postgres_url, tmp_path)) as store:
        store.save_samples([sample], content=True)
        with store._database.read() as connection:
            able = connection.execute(
                text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
            ).scalar()
            (used,) = connection.execute(text("SELECT pg_column_compression(content) FROM samples")).one()
        detail = store.sample("s1")
    assert used == ("lz4" if able else "pglz")
    assert detail is not None
    assert detail.content == sample
