"""PostgreSQL: the text of samples is compressed with lz4 in place of pglz. No data changes.

A row of more than 2 KB is compressed, and most samples are: with pglz that was half of what the server spent on a row.
What is stored stays as it is, and both can be read. A server from before version 14, or built without lz4, keeps pglz.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """To this revision."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "DO $$ BEGIN EXECUTE 'ALTER TABLE samples ALTER COLUMN content SET COMPRESSION lz4'; "
            "EXCEPTION WHEN feature_not_supported OR syntax_error OR invalid_parameter_value THEN NULL; END $$"
        )
