"""Migrates a store to this program's schema, with the migrations beside this file. Alembic is slow to import."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect, text

from scorers.store.engine import OLDEST_COMPATIBLE
from scorers.store.records import StoreUnusable

log = logging.getLogger("sightglass.store")

_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up(connection: Connection, current: str | None, compatible: str | None) -> None:
    """Migrate to this program's schema. A newer schema is left unchanged if it declares that this program can use it.

    ``current`` is the schema's revision, ``compatible`` the oldest that can work with it. Raises ``StoreUnusable``.
    """
    try:
        _bring_up(connection, current, compatible)
    except CommandError as error:
        raise StoreUnusable(f"the store's schema is not of this version: {error}") from None


def _bring_up(connection: Connection, current: str | None, compatible: str | None) -> None:
    config = _config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if compatible is not None and compatible not in known:
        raise StoreUnusable(f"the store's schema is not of this version: it needs a program of revision {compatible}")
    if current is not None and current not in known:
        log.warning("the store's schema is newer than this program (%s), and compatible with it", current)
        return
    if current is None and compatible is not None:
        command.stamp(config, compatible)  # written before there were two version tables
    command.upgrade(config, "head")
    if not inspect(connection).has_table("alembic_version"):
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    if compatible != OLDEST_COMPATIBLE:
        connection.execute(text("DELETE FROM alembic_version"))
        row = {"revision": OLDEST_COMPATIBLE}
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:revision)"), row)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table="schema_version")
    return config
