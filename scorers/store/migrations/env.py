"""Run by Alembic: migrates over the connection that ``engine`` opened and locked."""

from __future__ import annotations

from alembic import context

from scorers.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
