"""Marks that say what new rows add to the tallies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """To this revision."""
    op.add_column("tally_marks", sa.Column("added", sa.Text))
