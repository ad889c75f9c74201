"""The judge's spending and its control items, the probability with which a label was asked for, fitted calibrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """To this revision."""
    op.add_column("labels", sa.Column("probability", sa.Double))
    op.create_table(
        "judge_spending",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("usd", sa.Double, nullable=False),
    )
    op.create_table(
        "judge_controls",
        sa.Column("round", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("item", sa.Text, primary_key=True),
        sa.Column("scorer", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("reason", sa.Text),
    )
    op.create_table(
        "calibrations",
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("output", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("fit", sa.Text, nullable=False),
    )
