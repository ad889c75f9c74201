"""When the money of an ask was reserved, and what the judge may spend on a pair. Older versions leave both empty.

The first is given back to the budget of its day, the second is settled when a worker was killed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """To this revision."""
    op.add_column("asks", sa.Column("reserved_at", sa.Double))
    op.add_column("pairs", sa.Column("held_micro", sa.BigInteger))
