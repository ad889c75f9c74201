"""Tables for the requests that Sightglass itself sends: suites, runs, asks and their cost. They hold no production
data, and the production tables hold nothing of theirs.

A case is stored once per content (``hash``); a version of a suite lists the hashes. Money is in whole micro-dollars.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text

from scorers.store.tables import metadata

#: ``version`` is the newest version.
suites = Table(
    "suites",
    metadata,
    Column("name", Text, primary_key=True),
    Column("app", Text),
    Column("version", Text, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("about", Text, nullable=False),
)

#: ``members`` lists the hashes of the cases in their order, as JSON.
suite_versions = Table(
    "suite_versions",
    metadata,
    Column("suite", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("made_at", Double, nullable=False),
    Column("cases", BigInteger, nullable=False),
    Column("members", Text, nullable=False),
)

#: ``content`` is NULL in a tombstone: the user asked to be forgotten. The hash stays, and with it every version.
suite_cases = Table(
    "suite_cases",
    metadata,
    Column("suite", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("user_hash", Text),
    Column("content", Text),
    Index("suite_cases_by_user", "user_hash"),
)

#: ``spent_micro`` includes what is reserved. ``plan`` and ``result`` are JSON.
runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("name", Text),
    Column("subject", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("app", Text),
    Column("model", Text),
    Column("state", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("planned", BigInteger, nullable=False),
    Column("budget_micro", BigInteger),
    Column("spent_micro", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("result", Text),
    Index("runs_by_time", "created_at"),
    Index("runs_by_subject", "subject", "created_at"),
    Index("runs_by_name", "name", "created_at"),
)

#: One request of ours: exactly one of pending, done, skipped and failed. ``reserved_micro`` and
#: ``reserved_at`` (Unix s) are set while money is set aside for it, ``began_at`` once it was sent. ``answer`` and
#: ``checks`` are JSON.
asks = Table(
    "asks",
    metadata,
    Column("run", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("arm", Text, primary_key=True),
    Column("repeat", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("user_hash", Text),
    Column("reserved_micro", BigInteger),
    Column("reserved_at", Double),
    Column("began_at", Double),
    Column("cost_micro", BigInteger, nullable=False),
    Column("cost_usd", Double),
    Column("seconds", Double),
    Column("ended_at", Double),
    Column("passed", Boolean),
    Column("score", Double),
    Column("answer", Text),
    Column("checks", Text),
    Index("asks_by_user", "user_hash"),
)

#: What asking has cost on a UTC day, what is reserved included; ``account`` is empty in the sum, else an application.
offpath_spending = Table(
    "offpath_spending",
    metadata,
    Column("day", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("micro_usd", BigInteger, nullable=False),
)
