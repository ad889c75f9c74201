"""Sessions of the console, and who wrote a label."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "console_sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seal", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
    )
    op.create_index("console_sessions_by_name", "console_sessions", ["name", "began_at"])
    op.create_index("console_sessions_by_end", "console_sessions", ["expires_at"])
    op.add_column("labels", sa.Column("written_by", sa.Text))
