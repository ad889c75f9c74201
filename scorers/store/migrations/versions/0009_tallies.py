"""Tallies by minute, hour and day, and the triggers that mark what changes, whichever program writes.

What is there already is marked, and tallied in the background.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ANSWERS = (
    *("scores", "samples", "answered", "judged", "w", "y", "v", "squares", "beside"),
    *(f"cell{i}" for i in range(10)),
)
_MOMENTS = ("clusters", "ww", "wy", "yy", "wv", "vv")
_KEY = ("scorer", "output", "app", "model")
_FACTS = ("app", "model", "conversation", "started_at", "probability", "stratum")
_SCORE = ("weight", "value", "verdict", "unscored_reason", "newest")
_RESULT = ("result", "reason")

#: Whoever writes the column has brought the row to the tallies; older programs do not know it.
_UNTALLIED = "NEW.tallied IS NULL"
_NOTE = "INSERT INTO tally_marks (kind, at, conversation)"
_OF_SAMPLE = _NOTE + " SELECT 'answers', started_at, conversation FROM samples WHERE id = NEW.sample_id"
_LABELS = f"{_NOTE} VALUES ('labels', 0, NULL)"
#: Trigger -> (event, table, condition, statements). ``{is_new}`` is the dialect's IS DISTINCT FROM.
_TRIGGERS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "tally_sample_changed": (
        f"UPDATE OF {', '.join(_FACTS)}",
        "samples",
        " OR ".join(f"OLD.{name} {{is_new}} NEW.{name}" for name in _FACTS),
        (
            f"{_NOTE} VALUES ('answers', OLD.started_at, OLD.conversation)",
            f"{_NOTE} VALUES ('answers', NEW.started_at, NEW.conversation)",
        ),
    ),
    "tally_sample_gone": (
        "DELETE",
        "samples",
        "",
        (f"{_NOTE} VALUES ('answers', OLD.started_at, OLD.conversation)",),
    ),
    "tally_score_changed": (
        f"UPDATE OF {', '.join(_SCORE)}",
        "scores",
        " OR ".join(f"OLD.{name} {{is_new}} NEW.{name}" for name in _SCORE),
        (_OF_SAMPLE,),
    ),
    "tally_score_new": (
        "INSERT",
        "scores",
        _UNTALLIED,
        (_OF_SAMPLE,),
    ),
    "tally_request_new": (
        "INSERT",
        "exchanges",
        _UNTALLIED,
        (f"{_NOTE} VALUES ('requests', NEW.started_at, NULL)",),
    ),
    "tally_request_gone": ("DELETE", "exchanges", "", (f"{_NOTE} VALUES ('requests', OLD.started_at, NULL)",)),
    # Rates that labels correct change with them.
    "tally_label_new": ("INSERT", "labels", "", (_LABELS,)),
    "tally_label_changed": ("UPDATE", "labels", "", (_LABELS,)),
    "tally_label_gone": ("DELETE", "labels", "", (_LABELS,)),
    "tally_fit_new": ("INSERT", "calibrations", "", (_LABELS,)),
    "tally_fit_changed": ("UPDATE", "calibrations", "", (_LABELS,)),
    "tally_result_new": (
        "INSERT",
        "results",
        _UNTALLIED,
        ("INSERT INTO tally_results (scorer, result, reason, n) VALUES (NEW.scorer, NEW.result, NEW.reason, 1)",),
    ),
    "tally_result_gone": (
        "DELETE",
        "results",
        "",
        ("INSERT INTO tally_results (scorer, result, reason, n) VALUES (OLD.scorer, OLD.result, OLD.reason, -1)",),
    ),
    "tally_result_changed": (
        f"UPDATE OF {', '.join(_RESULT)}",
        "results",
        " OR ".join(f"OLD.{name} {{is_new}} NEW.{name}" for name in _RESULT),
        (
            "INSERT INTO tally_results (scorer, result, reason, n) VALUES (OLD.scorer, OLD.result, OLD.reason, -1)",
            "INSERT INTO tally_results (scorer, result, reason, n) VALUES (NEW.scorer, NEW.result, NEW.reason, 1)",
        ),
    ),
}


def _trigger(dialect: str, name: str) -> Iterator[str]:
    event, table, condition, statements = _TRIGGERS[name]
    body = "".join(f" {statement};" for statement in statements)
    if dialect == "sqlite":
        when = f" WHEN {condition.format(is_new='IS NOT')}" if condition else ""
        yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{when} BEGIN{body} END"
        return
    yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN{body} RETURN NULL; END $$"
    when = f" WHEN ({condition.format(is_new='IS DISTINCT FROM')})" if condition else ""
    yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {name}()"


def _sums(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double, nullable=False) for name in names]


def _place(*names: str) -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = [
        sa.Column("span", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
    ]
    if "imported" in names:
        columns.append(sa.Column("imported", sa.Boolean, primary_key=True))
    return columns + [sa.Column(name, sa.Text, primary_key=True) for name in names if name != "imported"]


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _tables() -> None:
    key = _place("imported", *_KEY)
    op.create_table("tallies", *key, *_sums(*_ANSWERS, *_MOMENTS), sqlite_with_rowid=False)
    key = _place("imported", *_KEY)
    op.create_table("tally_clusters", *key, *_sums(*_MOMENTS), sqlite_with_rowid=False)
    op.create_table(
        "tally_voices",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("imported", sa.Boolean, primary_key=True),
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.Column("sums", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("tally_voices_by_end", "tally_voices", ["ended_at", "began_at"])
    requests = _sums("requests", "opted_out", "priced", "cost_usd")
    op.create_table("tally_requests", *_place("app", "model"), *requests, sqlite_with_rowid=False)
    op.create_table(
        "tally_results",
        _identity(),
        sa.Column("scorer", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("n", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tally_marks",
        _identity(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("conversation", sa.Text),
    )


def upgrade() -> None:
    """To this revision."""
    _tables()
    for table in ("scores", "results", "exchanges"):
        op.add_column(table, sa.Column("tallied", sa.Boolean))
    # The parts of one conversation are looked up together.
    op.create_index("samples_by_conversation", "samples", ["conversation", "started_at"])
    for name in _TRIGGERS:
        for statement in _trigger(op.get_bind().dialect.name, name):
            op.execute(statement)
    # One mark a minute and conversation is enough. SQLite's cast cuts where PostgreSQL's rounds.
    sqlite = op.get_bind().dialect.name == "sqlite"
    minute = "CAST(started_at / 60 AS INTEGER) - (started_at < 0)" if sqlite else "floor(started_at / 60)"
    for kind, table in (("answers", "samples"), ("requests", "exchanges")):
        op.execute(_NOTE + f" SELECT '{kind}', min(started_at), NULL FROM {table} GROUP BY {minute}")
    op.execute(
        _NOTE + " SELECT 'answers', min(started_at), conversation FROM samples"
        " WHERE conversation IS NOT NULL GROUP BY conversation"
    )
    op.execute(
        "INSERT INTO tally_results (scorer, result, reason, n)"
        " SELECT scorer, result, reason, count(*) FROM results GROUP BY scorer, result, reason"
    )
