"""The first schema: exchanges, samples, scores, results, the ledger's counts, labels, feedback, reads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("instance", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("response_id", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("task_id", sa.Text),
        sa.Column("user_hash", sa.Text),
        sa.Column("trace_id", sa.Text),
        sa.Column("cost_usd", sa.Double),
        sa.Column("row", sa.Text, nullable=False),
    )
    op.create_index("exchanges_by_time", "exchanges", ["started_at"])
    op.create_index("exchanges_by_response", "exchanges", ["response_id"])
    op.create_index("exchanges_by_task", "exchanges", ["task_id"])
    op.create_table(
        "proxy_counts",
        sa.Column("instance", sa.Text, primary_key=True),
        sa.Column("decision", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("conversation", sa.Text),
        sa.Column("user_hash", sa.Text),
        sa.Column("trace_id", sa.Text),
        sa.Column("response_id", sa.Text),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("stored_at", sa.Double, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("content", sa.Text),
    )
    op.create_index("samples_by_time", "samples", ["started_at", "id"])
    op.create_index("samples_by_stored", "samples", ["stored_at"])
    op.create_index("samples_by_request", "samples", ["request_id"])
    op.create_index("samples_by_session", "samples", ["session_id"])
    op.create_index("samples_by_trace", "samples", ["trace_id"])
    op.create_index("samples_by_response", "samples", ["response_id"])


def _scores() -> None:
    op.create_table(
        "scores",
        sa.Column("sample_id", sa.Text, primary_key=True),
        sa.Column("choice", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("output", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("weight", sa.Double, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("verdict", sa.Text),
        sa.Column("unscored_reason", sa.Text),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("newest", sa.Boolean, nullable=False),
    )
    op.create_table(
        "results",
        sa.Column("sample_id", sa.Text, primary_key=True),
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("stored_at", sa.Double, nullable=False),
    )
    op.create_index("results_by_scorer", "results", ["scorer", "stored_at", "result"])
    op.create_table(
        "groups",
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("began_at", sa.Double, nullable=False),
    )
    op.create_table(
        "expired",
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("result", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "labels",
        sa.Column("sample_id", sa.Text, primary_key=True),
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("output", sa.Text, primary_key=True),
        sa.Column("annotator", sa.Text, primary_key=True),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("response_id", sa.Text),
        sa.Column("task_id", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("rating", sa.Double),
        sa.Column("comment", sa.Text, nullable=False),
    )
    op.create_index("feedback_by_request", "feedback", ["request_id"])
    op.create_index("feedback_by_response", "feedback", ["response_id"])
    op.create_index("feedback_by_task", "feedback", ["task_id"])
    op.create_table(
        "reads",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("sample_id", sa.Text, nullable=False),
    )
    op.create_index("reads_by_sample", "reads", ["sample_id"])


def upgrade() -> None:
    """To this revision."""
    _exchanges()
    _samples()
    _scores()
    _people()
