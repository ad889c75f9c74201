"""What we ask ourselves: suites, runs, asks and what they spent, in tables of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """To this revision."""
    _suites()
    _runs()
    op.create_table(
        "offpath_spending",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("micro_usd", sa.BigInteger, nullable=False),
    )


def _suites() -> None:
    op.create_table(
        "suites",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("app", sa.Text),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
    )
    op.create_table(
        "suite_versions",
        sa.Column("suite", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("cases", sa.BigInteger, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
    )
    op.create_table(
        "suite_cases",
        sa.Column("suite", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("user_hash", sa.Text),
        sa.Column("content", sa.Text),
    )
    op.create_index("suite_cases_by_user", "suite_cases", ["user_hash"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("app", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("planned", sa.BigInteger, nullable=False),
        sa.Column("budget_micro", sa.BigInteger),
        sa.Column("spent_micro", sa.BigInteger, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
    )
    op.create_index("runs_by_time", "runs", ["created_at"])
    op.create_index("runs_by_subject", "runs", ["subject", "created_at"])
    op.create_index("runs_by_name", "runs", ["name", "created_at"])
    op.create_table(
        "asks",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("arm", sa.Text, primary_key=True),
        sa.Column("repeat", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("user_hash", sa.Text),
        sa.Column("reserved_micro", sa.BigInteger),
        sa.Column("began_at", sa.Double),
        sa.Column("cost_micro", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.Double),
        sa.Column("seconds", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("passed", sa.Boolean),
        sa.Column("score", sa.Double),
        sa.Column("answer", sa.Text),
        sa.Column("checks", sa.Text),
    )
    op.create_index("asks_by_user", "asks", ["user_hash"])
