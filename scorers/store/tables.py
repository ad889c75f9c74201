"""The schema, as SQLAlchemy Core tables. ``migrations`` must produce exactly this; a test compares the two.

Times are Unix seconds. JSON is stored as text, because it is read and written whole and never queried into. Text
columns hold no NUL, which PostgreSQL does not accept. Indexed text columns are clipped (``clean``).
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

#: Longest indexed text: PostgreSQL's limit is 2,704 bytes, and a character takes up to four.
_LONGEST_KEY = 512


def clean(text: str | None, longest: int = _LONGEST_KEY) -> str | None:
    """``text`` in a form that both databases can store and index: no NUL, no lone surrogate, at most ``longest``
    characters."""
    if text is None:
        return None
    if type(text) is str and len(text) <= longest and text.isascii() and "\x00" not in text:
        return text  # nearly all texts are ASCII, and this runs a dozen times per request
    return text[:longest].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


@lru_cache(maxsize=4096)
def name_of(text: str) -> str:
    """A low-cardinality name, as it is stored."""
    return clean(text) or ""


_UNPRICED = text("unpriced IS NOT NULL")
_FAILED = text("outcome <> 'ok'")
_QUOTA_TOLD = text("quota_left IS NOT NULL")

#: ``tallied``, here and below: the writer has brought the row to the tallies (``store/tallies``) itself. Where it is
#: NULL a trigger has marked it.
#: ``quota_left`` is the share of the upstream's quota that its answer said was left, where it said so.
#: ``unpriced`` is why the cost is not known, ``unpriced_model`` the name under which a price would be found.
exchanges = Table(
    "exchanges",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("app", Text, nullable=False),
    Column("model", Text),
    Column("outcome", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("stratum", Text, nullable=False),
    Column("response_id", Text),
    Column("session_id", Text),
    Column("task_id", Text),
    Column("user_hash", Text),
    Column("trace_id", Text),
    Column("cost_usd", Double),
    Column("row", Text, nullable=False),
    Column("unpriced", Text),
    Column("unpriced_model", Text),
    Column("tallied", Boolean),
    Column("upstream", Text),
    Column("quota_left", Double),
    Index("exchanges_by_time", "started_at"),
    Index("exchanges_by_response", "response_id"),
    Index("exchanges_by_task", "task_id"),
    Index("exchanges_by_user", "user_hash"),
    # Few answers are unpriced: the index holds only those.
    Index("exchanges_by_unpriced", "started_at", sqlite_where=_UNPRICED, postgresql_where=_UNPRICED),
    # Of failed requests alone, in the order in which they are counted: nothing is sorted, no row is read.
    Index("exchanges_by_failure", "outcome", "upstream", "started_at", sqlite_where=_FAILED, postgresql_where=_FAILED),
    # Of answers that say what is left of a quota alone.
    Index("exchanges_by_quota", "upstream", "started_at", sqlite_where=_QUOTA_TOLD, postgresql_where=_QUOTA_TOLD),
)

proxy_counts = Table(
    "proxy_counts",
    metadata,
    Column("instance", Text, primary_key=True),
    Column("decision", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

#: ``stored_at`` is when the worker first saw the sample: what a group's beginning is compared with. ``ending`` is a
#: ``records.Ending`` as JSON; it and ``outcome`` are NULL until the sample itself has come, and where an older program
#: stored it.
samples = Table(
    "samples",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text),
    Column("app", Text, nullable=False),
    Column("model", Text),
    Column("session_id", Text),
    Column("conversation", Text),
    Column("user_hash", Text),
    Column("trace_id", Text),
    Column("response_id", Text),
    Column("started_at", Double, nullable=False),
    Column("stored_at", Double, nullable=False),
    Column("probability", Double, nullable=False),
    Column("stratum", Text, nullable=False),
    Column("content", Text),
    Column("facts", Text),
    Column("outcome", Text),
    Column("ending", Text),
    Index("samples_by_time", "started_at", "id"),
    Index("samples_by_failure", "outcome", "started_at", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
    Index("samples_by_stored", "stored_at"),
    Index("samples_by_request", "request_id"),
    Index("samples_by_session", "session_id"),
    Index("samples_by_trace", "trace_id"),
    Index("samples_by_response", "response_id"),
    Index("samples_by_user", "user_hash"),
    Index("samples_by_conversation", "conversation", "started_at"),
)

#: ``newest`` marks the version that was written last; only it enters rates and filters.
scores = Table(
    "scores",
    metadata,
    Column("sample_id", Text, primary_key=True),
    Column("choice", Integer, primary_key=True, autoincrement=False),
    Column("scorer", Text, primary_key=True),
    Column("output", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("weight", Double, nullable=False),
    Column("value", Double),
    Column("verdict", Text),
    Column("unscored_reason", Text),
    Column("explanation", Text, nullable=False),
    Column("newest", Boolean, nullable=False),
    Column("tallied", Boolean),
)

#: ``stored_at`` is copied from the sample, so that the ledger counts one index range.
results = Table(
    "results",
    metadata,
    Column("sample_id", Text, primary_key=True),
    Column("scorer", Text, primary_key=True),
    Column("result", Text, nullable=False),
    Column("reason", Text),
    Column("stored_at", Double, nullable=False),
    Column("tallied", Boolean),
    Index("results_by_scorer", "scorer", "stored_at", "result"),
)

groups = Table(
    "groups",
    metadata,
    Column("scorer", Text, primary_key=True),
    Column("began_at", Double, nullable=False),
)

#: Results of samples past retention: the ledger still counts them.
expired = Table(
    "expired",
    metadata,
    Column("scorer", Text, primary_key=True),
    Column("result", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

#: ``probability`` with which the sample was chosen to be labelled; NULL where a person chose it. ``written_by`` is
#: whoever wrote it under the annotator's name; NULL where an older program did not keep that.
labels = Table(
    "labels",
    metadata,
    Column("sample_id", Text, primary_key=True),
    Column("scorer", Text, primary_key=True),
    Column("output", Text, primary_key=True),
    Column("annotator", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("probability", Double),
    Column("written_by", Text),
)

#: ``app`` is known when the giver was; ``task`` is the task that it met, which it does once.
feedback = Table(
    "feedback",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("request_id", Text),
    Column("response_id", Text),
    Column("task_id", Text),
    Column("outcome", Text),
    Column("rating", Double),
    Column("comment", Text, nullable=False),
    Column("app", Text),
    Column("task", Text),
    Index("feedback_by_request", "request_id"),
    Index("feedback_by_response", "response_id"),
    Index("feedback_by_task", "task_id"),
)

#: ``seen_at`` is when the store last heard of the task; ``outcome`` and ``ended_at`` are NULL while it is open, and
#: ``cost_usd`` also when the cost of one of its calls is not known.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("task_id", Text),
    Column("request_id", Text),
    Column("first_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("outcome", Text),
    Column("ended_at", Double),
    Column("requests", BigInteger, nullable=False),
    Column("cost_usd", Double),
    Index("tasks_by_name", "task_id"),
    Index("tasks_by_state", "outcome", "seen_at"),
    Index("tasks_by_end", "ended_at"),
)

#: Users whose data was deleted, and when: what is still on its way from before is not kept. Also hashes of
#: the ids that feedback names instead of a user.
forgotten = Table(
    "forgotten",
    metadata,
    Column("user_hash", Text, primary_key=True),
    Column("at", Double, nullable=False),
)

#: Who read the text of which sample, and when.
reads = Table(
    "reads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("sample_id", Text, nullable=False),
    Index("reads_by_sample", "sample_id"),
)

#: Who does what only one worker may do, and until when that is reserved for it.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Double, nullable=False),
)

#: Browsers that are signed in to the console: a hash of the cookie, sealed with the token that began the session.
console_sessions = Table(
    "console_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seal", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("began_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("console_sessions_by_name", "name", "began_at"),
    Index("console_sessions_by_end", "expires_at"),
)

#: What drift detectors have not seen yet: a sample's facts, or (``source``) what a scorer made of it.
drift_feed = Table(
    "drift_feed",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Double, nullable=False),
    Column("sample_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Index("drift_feed_by_time", "at"),
)

#: The same of samples that were written with what the scorers made of them, many to a row: ``lines`` is JSON,
#: [sample id, its sources] each.
drift_batches = Table(
    "drift_batches",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Double, nullable=False),
    Column("lines", Text, nullable=False),
)

#: Conversations (hashed once more, with the model) and the signals that they have been counted in.
drift_voices = Table(
    "drift_voices",
    metadata,
    Column("voice", Text, primary_key=True),
    Column("signals", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("drift_voices_by_time", "at"),
)

#: ``watched``: the signal has a baseline.
drift_states = Table(
    "drift_states",
    metadata,
    Column("signal", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("watched", Boolean, nullable=False),
    Column("state", Text, nullable=False),
)

#: What the judge has cost on a UTC day, what is reserved for calls under way included; ``app`` is empty in the sum.
judge_spending = Table(
    "judge_spending",
    metadata,
    Column("day", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("usd", Double, nullable=False),
)

#: What the judge said of an item whose answer is known, in each hourly round (hours since 1970).
judge_controls = Table(
    "judge_controls",
    metadata,
    Column("round", BigInteger, primary_key=True, autoincrement=False),
    Column("item", Text, primary_key=True),
    Column("scorer", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("value", Double),
    Column("reason", Text),
)

#: How raw scores of a model's answers are read as probabilities, as people's labels say.
calibrations = Table(
    "calibrations",
    metadata,
    Column("scorer", Text, primary_key=True),
    Column("output", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("fit", Text, nullable=False),
)
