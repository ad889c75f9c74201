"""The drift feed of whole batches: one row for all samples of a transaction, in place of a row for each line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "drift_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
    )
