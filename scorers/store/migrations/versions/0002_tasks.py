"""Tasks with their cost, feedback that finds its task, users that asked to be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("task_id", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("first_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("ended_at", sa.Double),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.Double),
    )
    op.create_index("tasks_by_name", "tasks", ["task_id"])
    op.create_index("tasks_by_state", "tasks", ["outcome", "seen_at"])
    op.create_index("tasks_by_end", "tasks", ["ended_at"])
    op.add_column("feedback", sa.Column("app", sa.Text))
    op.add_column("feedback", sa.Column("task", sa.Text))
    op.create_table(
        "forgotten",
        sa.Column("user_hash", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index("samples_by_user", "samples", ["user_hash"])
    op.create_index("exchanges_by_user", "exchanges", ["user_hash"])
