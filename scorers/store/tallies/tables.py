"""The schema of the tallies, as SQLAlchemy Core tables of the store's metadata."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text

from scorers.store.tables import metadata

#: Equal cells of the score.
CELLS = 10
#: Sums over single answers: they add up over any parts of a window.
ANSWERS = (
    *("scores", "samples", "answered", "judged", "w", "y", "v", "squares", "beside"),
    *(f"cell{i}" for i in range(CELLS)),
)
#: Moments of whole conversations: they add up over conversations.
MOMENTS = ("clusters", "ww", "wy", "yy", "wv", "vv")
KEY = ("scorer", "output", "app", "model")
REQUESTS = ("requests", "opted_out", "priced", "cost_usd")


def _sums(names: tuple[str, ...]) -> list[Column[float]]:
    return [Column(name, Double, nullable=False) for name in names]


def _place() -> list[Column[int]]:
    """The columns of a period: its length, and its start (Unix s, a multiple of the length)."""
    return [
        Column("span", Integer, primary_key=True, autoincrement=False),
        Column("start", BigInteger, primary_key=True, autoincrement=False),
    ]


def _names(names: tuple[str, ...]) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in names]


#: Answers by when their requests started. ``scores`` counts the newest of them, ``v`` sums weight x score, ``beside``
#: the weight of what is not applicable, ``cell0`` and so on the weight in each cell of the score; the others are those
#: of ``Tally``. The moments are of answers outside any conversation.
tallies = Table(
    "tallies",
    metadata,
    *_place(),
    Column("imported", Boolean, primary_key=True),
    *_names(KEY),
    *_sums((*ANSWERS, *MOMENTS)),
    sqlite_with_rowid=False,
)

#: Moments of conversations, each whole, by when it began.
tally_clusters = Table(
    "tally_clusters",
    metadata,
    *_place(),
    Column("imported", Boolean, primary_key=True),
    *_names(KEY),
    *_sums(MOMENTS),
    sqlite_with_rowid=False,
)

#: The conversations that are in ``tally_clusters``: ``sums`` is JSON, [scorer, output, W, Y, V] of each output. None of
#: its answers is older than ``began_at`` or newer than ``ended_at``.
tally_voices = Table(
    "tally_voices",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("imported", Boolean, primary_key=True),
    *_names(("app", "model")),
    Column("began_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("sums", Text, nullable=False),
    Index("tally_voices_by_end", "ended_at", "began_at"),
    sqlite_with_rowid=False,
)

#: Requests by when they started.
tally_requests = Table(
    "tally_requests",
    metadata,
    *_place(),
    *_names(("app", "model")),
    *_sums(REQUESTS),
    sqlite_with_rowid=False,
)

#: Counts of results; several rows of one kind add up.
tally_results = Table(
    "tally_results",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("scorer", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text),
    Column("n", BigInteger, nullable=False),
)

#: Changes that are not in the tallies yet: answers (and their conversation) or requests of this time. ``added``: what
#: new rows of this minute add to the tallies, as JSON (``additions``); without it, the minute must be recomputed.
tally_marks = Table(
    "tally_marks",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("conversation", Text),
    Column("added", Text),
)
