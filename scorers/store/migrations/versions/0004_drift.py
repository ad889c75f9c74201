"""Drift: facts of samples, the feed of what detectors have not seen, who has spoken, the state of each signal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """To this revision."""
    op.add_column("samples", sa.Column("facts", sa.Text))
    op.create_table(
        "drift_feed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("sample_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_index("drift_feed_by_time", "drift_feed", ["at"])
    op.create_table(
        "drift_voices",
        sa.Column("voice", sa.Text, primary_key=True),
        sa.Column("signals", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index("drift_voices_by_time", "drift_voices", ["at"])
    op.create_table(
        "drift_states",
        sa.Column("signal", sa.Text, primary_key=True),
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("watched", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
