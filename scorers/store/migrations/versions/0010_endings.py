"""How the request of a sample ended, to be shown and filtered without its text; of each request, its upstream."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """To this revision. Samples of failed requests whose rows are kept get their outcome."""
    op.add_column("exchanges", sa.Column("upstream", sa.Text))
    op.add_column("samples", sa.Column("outcome", sa.Text))
    op.add_column("samples", sa.Column("ending", sa.Text))
    failed = sa.text("outcome <> 'ok'")
    for table, columns in (
        ("exchanges", ["outcome", "upstream", "started_at"]),
        ("samples", ["outcome", "started_at", "id"]),
    ):
        op.create_index(f"{table}_by_failure", table, columns, sqlite_where=failed, postgresql_where=failed)
    op.execute(
        "UPDATE samples SET outcome = (SELECT e.outcome FROM exchanges e WHERE e.request_id = samples.request_id) "
        "WHERE request_id IN (SELECT request_id FROM exchanges WHERE outcome <> 'ok')"
    )
