"""When the money of an ask was reserved: it is given back to the budget of that day. Older versions leave it empty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """To this revision."""
    op.add_column("asks", sa.Column("reserved_at", sa.Double))
