"""Tables of experiments: pairs of answers, votes on them, links for raters, and who looked at votes before the verdict.

An experiment is a run with the purpose ``shadow``; the requests and the answers of its pairs are asks of that run
(``asking_tables``): ``asks.case_id`` is the pair's id, ``asks.arm`` is ``control`` or ``candidate``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text

from scorers.store.tables import metadata

#: How far an experiment has drawn samples: the last one that it looked at, in the order of (``stored_at``, ``id``).
#: ``skipped`` is JSON: reason -> samples. ``paused`` is why nothing is asked at the moment, in words.
enrolments = Table(
    "enrolments",
    metadata,
    Column("run", Text, primary_key=True),
    Column("stored_at", Double, nullable=False),
    Column("sample_id", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("skipped", Text, nullable=False),
    Column("paused", Text),
)

#: ``number`` is the order of enrolment. ``id`` is random and says nothing. ``whole``: the sample is what production
#: sent; otherwise it was redacted. ``first_arm`` is asked first; ``left_arm`` stands on the left for people.
#: ``request`` (what was sent), ``served``, ``outcomes``, ``noise`` and ``extra`` are JSON; the first two and ``extra``
#: are NULL once the user was forgotten. ``held_micro`` is what the judge may spend on it, while that is reserved.
pairs = Table(
    "pairs",
    metadata,
    Column("run", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("conversation", Text, nullable=False),
    Column("user_hash", Text),
    Column("sample_id", Text, nullable=False),
    Column("enrolled_at", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("whole", Boolean, nullable=False),
    Column("first_arm", Text, nullable=False),
    Column("left_arm", Text, nullable=False),
    Column("request", Text),
    Column("served", Text),
    Column("outcomes", Text),
    Column("noise", Text),
    Column("extra", Text),
    Column("closed_at", Double),
    Column("held_micro", BigInteger),
    Index("pairs_by_state", "run", "state", "number"),
    Index("pairs_by_conversation", "run", "conversation"),
    Index("pairs_by_user", "user_hash"),
    Index("pairs_by_time", "enrolled_at"),
)

#: One choice of one rater. ``showing`` counts from 0; a pair is shown to a rater again to measure agreement.
#: ``kind``: ``pair``, ``identical`` (the same answer twice) or ``repeat``. ``choice``: ``left``, ``right``, ``tie`` or
#: ``skip``; ``left_arm`` is the arm that stood on the left.
votes = Table(
    "votes",
    metadata,
    Column("pair", Text, primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("showing", Integer, primary_key=True, autoincrement=False),
    Column("run", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("left_arm", Text, nullable=False),
    Column("choice", Text),
    Column("shown_at", Double, nullable=False),
    Column("voted_at", Double),
    Index("votes_by_run", "run", "voted_at"),
    Index("votes_by_voter", "run", "voter"),
)

#: A rater's way in. ``link`` and ``session`` are digests; the link works once, until ``expires_at``.
rater_links = Table(
    "rater_links",
    metadata,
    Column("link", Text, primary_key=True),
    Column("experiment", Text, nullable=False),
    Column("voter", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("used_at", Double),
    Column("session", Text, unique=True),
    Column("session_until", Double),
    Index("rater_links_by_experiment", "experiment"),
)

#: Somebody looked at the votes by arm before the verdict.
looks = Table(
    "looks",
    metadata,
    Column("run", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("at", Double, primary_key=True),
)
