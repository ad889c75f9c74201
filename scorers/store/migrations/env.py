"""Run by Alembic: migrates over the connection that ``engine`` opened and locked."""

from __future__ import annotations

from alembic import context

from scorers.store.tables import metadata

given = context.config.attributes
context.configure(connection=given["connection"], target_metadata=metadata, version_table=given["version_table"])
with context.begin_transaction():
    context.run_migrations()
