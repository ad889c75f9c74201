"""Experiments: pairs of answers, votes, links for raters; and of each request what was left of its upstream's quota."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """To this revision."""
    op.add_column("exchanges", sa.Column("quota_left", sa.Double))
    told = sa.text("quota_left IS NOT NULL")
    op.create_index(
        "exchanges_by_quota", "exchanges", ["upstream", "started_at"], sqlite_where=told, postgresql_where=told
    )
    _pairs()
    _people()


def _pairs() -> None:
    op.create_table(
        "enrolments",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("stored_at", sa.Double, nullable=False),
        sa.Column("sample_id", sa.Text, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.Text, nullable=False),
        sa.Column("paused", sa.Text),
    )
    op.create_table(
        "pairs",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("user_hash", sa.Text),
        sa.Column("sample_id", sa.Text, nullable=False),
        sa.Column("enrolled_at", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("first_arm", sa.Text, nullable=False),
        sa.Column("left_arm", sa.Text, nullable=False),
        sa.Column("request", sa.Text),
        sa.Column("served", sa.Text),
        sa.Column("outcomes", sa.Text),
        sa.Column("noise", sa.Text),
        sa.Column("extra", sa.Text),
        sa.Column("closed_at", sa.Double),
    )
    op.create_index("pairs_by_state", "pairs", ["run", "state", "number"])
    op.create_index("pairs_by_conversation", "pairs", ["run", "conversation"])
    op.create_index("pairs_by_user", "pairs", ["user_hash"])
    op.create_index("pairs_by_time", "pairs", ["enrolled_at"])


def _people() -> None:
    op.create_table(
        "votes",
        sa.Column("pair", sa.Text, primary_key=True),
        sa.Column("voter", sa.Text, primary_key=True),
        sa.Column("showing", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("left_arm", sa.Text, nullable=False),
        sa.Column("choice", sa.Text),
        sa.Column("shown_at", sa.Double, nullable=False),
        sa.Column("voted_at", sa.Double),
    )
    op.create_index("votes_by_run", "votes", ["run", "voted_at"])
    op.create_index("votes_by_voter", "votes", ["run", "voter"])
    op.create_table(
        "rater_links",
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("experiment", sa.Text, nullable=False),
        sa.Column("voter", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("used_at", sa.Double),
        sa.Column("session", sa.Text, unique=True),
        sa.Column("session_until", sa.Double),
    )
    op.create_index("rater_links_by_experiment", "rater_links", ["experiment"])
    op.create_table(
        "looks",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, primary_key=True),
    )
