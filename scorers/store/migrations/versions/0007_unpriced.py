"""Why the cost of an answer is not known, and the name under which a price would be found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """To this revision."""
    op.add_column("exchanges", sa.Column("unpriced", sa.Text))
    op.add_column("exchanges", sa.Column("unpriced_model", sa.Text))
    only = sa.text("unpriced IS NOT NULL")
    op.create_index("exchanges_by_unpriced", "exchanges", ["started_at"], sqlite_where=only, postgresql_where=only)
