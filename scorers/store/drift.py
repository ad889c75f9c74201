"""The data behind the drift detectors: a feed of new observations, the voices already counted, and each signal's state.

Every transaction that writes a sample's facts or scores also adds a line to the feed. A turn reads lines, updates the
signals' states and deletes the lines, also in one transaction. So each observation counts exactly once, even if a
process dies. Only samples selected by the uniform coin are fed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, delete, func, or_, select

from proxy.telemetry.label_values import OTHER
from scorers.store.records import DriftState, Facts, Observation, ScoredSample, Seen
from scorers.store.statements import among, among_keys, over, remove, write
from scorers.store.tables import clean, drift_feed, drift_states, drift_voices, samples, scores

#: The source of a sample's facts in the feed; every other source is a scorer.
FACTS = "facts"
#: Only samples that the coin chose are fed.
UNIFORM = "uniform"
_VOICE, _STATE = ("voice", "signals", "at"), ("signal", "app", "model", "watched", "state")
_VOICE_OVER, _STATE_OVER = over(drift_voices, _VOICE), over(drift_states, _STATE)
_STATE_KEY, _IN_ORDER = _STATE[:3], "ORDER BY signal, app, model"
_SEEN = ("id", "app", "model", "conversation", "started_at", "facts")
_facts = msgspec.json.Decoder(Facts)
#: A score may arrive before its sample's facts; the line waits this long for them.
_PATIENCE = 60.0
#: A conversation that was silent this long counts again as a new one.
_VOICE_SECONDS = 7 * 86400.0


def feed_facts(connection: Connection, ids: Sequence[str], now: float) -> None:
    """Add those of these samples to the feed whose facts are not stored yet; they are about to be written."""
    known = {row[0] for row in among(connection, samples, ("id",), "id", ids, "facts IS NOT NULL")}
    _feed(connection, [(identity, FACTS) for identity in ids if identity not in known], now)


def feed_scores(connection: Connection, items: Iterable[ScoredSample], now: float) -> None:
    """Add the items that have a score to the feed. All items must be new."""
    scored = [
        (clean(item.sample_id) or "", clean(item.scorer) or "")
        for item in items
        if item.stratum == UNIFORM and any(score.value is not None for score in item.scores)
    ]
    _feed(connection, scored, now)


def _feed(connection: Connection, lines: Sequence[tuple[str, str]], now: float) -> None:
    rows = [(now, identity, source) for identity, source in lines]
    write(connection, drift_feed, ("at", "sample_id", "source"), rows)


class DriftTurn:
    """One transaction over the feed, the voices and the states."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now

    def take(self, limit: int) -> list[Observation]:
        """The oldest lines of the feed with their samples. The lines are deleted in this transaction."""
        c, s = drift_feed.c, samples.c
        ready = or_(s.facts.is_not(None), c.at < self._now - _PATIENCE)
        wanted = select(c.id, c.sample_id, c.source).outerjoin(samples, s.id == c.sample_id).where(ready)
        wanted = wanted.order_by(c.id).limit(limit)
        if self._connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update(of=drift_feed)
        lines = self._connection.execute(wanted).all()
        remove(self._connection, drift_feed, "id", [line[0] for line in lines])
        known = {  # others were deleted or have expired
            identity: (app, model or OTHER, conversation, at, _facts.decode(facts) if facts else Facts())
            for identity, app, model, conversation, at, facts in among(
                self._connection, samples, _SEEN, "id", dict.fromkeys(line[1] for line in lines)
            )
        }
        given = self._scores(sorted({sample for _, sample, source in lines if source != FACTS and sample in known}))
        return [
            Observation(
                source=source,
                app=app,
                model=model,
                conversation=conversation,
                at=at,
                facts=facts,
                scores=given.get((sample, source), []),
            )
            for _, sample, source in lines
            if sample in known
            for app, model, conversation, at, facts in (known[sample],)
        ]

    def _scores(self, ids: list[str]) -> dict[tuple[str, str], list[Seen]]:
        """The newest scores of these samples, by (sample, scorer)."""
        found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        columns = ("sample_id", "scorer", *Seen._fields)
        for sample, scorer, *seen in among(self._connection, scores, columns, "sample_id", ids, "newest"):
            found[sample, scorer].append(Seen._make(seen))
        for own in found.values():
            if len(own) > 1:
                own.sort()
        return found

    def new_voices(self, said: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Given voice -> signals: the signals that each voice has not been counted in before. They are now recorded."""
        known: dict[str, set[str]] = defaultdict(set)
        for voice, signals in among(self._connection, drift_voices, ("voice", "signals"), "voice", said):
            known[voice] = set(signals.split())
        new = {voice: signals - known[voice] for voice, signals in said.items()}
        rows = [(voice, " ".join(sorted(known[voice] | said[voice])), self._now) for voice in sorted(said)]
        write(self._connection, drift_voices, _VOICE, rows, _VOICE_OVER)
        return new

    def states(self, keys: Iterable[tuple[str, str, str]] | None = None) -> list[DriftState]:
        """The states with these (signal, app, model); without keys, those of all signals."""
        locked = " FOR UPDATE" if self._connection.dialect.name == "postgresql" else ""
        if keys is not None:
            also = f"{_IN_ORDER}{locked}"
            rows = among_keys(self._connection, drift_states, _STATE, _STATE_KEY, sorted(set(keys)), also)
            return [DriftState(*row) for row in rows]
        c = drift_states.c
        wanted = select(drift_states).order_by(c.signal, c.app, c.model)
        return [DriftState(*row) for row in self._connection.execute(wanted.with_for_update() if locked else wanted)]

    def names(self) -> list[tuple[str, str, str, bool]]:
        """(signal, app, model, watched) of every state."""
        c = drift_states.c
        return [
            (row.signal, row.app, row.model, bool(row.watched))
            for row in self._connection.execute(select(c.signal, c.app, c.model, c.watched))
        ]

    def save(self, states: Sequence[DriftState]) -> None:
        """Write the states, replacing the stored ones."""
        if not states:
            return
        rows = sorted(msgspec.structs.astuple(state) for state in states)
        write(self._connection, drift_states, _STATE, rows, _STATE_OVER)


def read_states(connection: Connection) -> list[DriftState]:
    """The states of all signals."""
    c = drift_states.c
    wanted = select(drift_states).order_by(c.signal, c.app, c.model)
    return [DriftState(*row) for row in connection.execute(wanted)]


def feed_waits(connection: Connection) -> bool:
    """Whether the feed has lines."""
    return connection.execute(select(drift_feed.c.id).limit(1)).first() is not None


def count_feed(connection: Connection) -> int:
    """The number of lines that no turn has taken."""
    return connection.execute(select(func.count()).select_from(drift_feed)).scalar_one()


def expire_drift(connection: Connection, feed_before: float, now: float) -> None:
    """Delete lines that were not taken within the samples' retention, and conversations that have long been silent."""
    connection.execute(delete(drift_feed).where(drift_feed.c.at < feed_before))
    connection.execute(delete(drift_voices).where(drift_voices.c.at < now - _VOICE_SECONDS))


@lru_cache(maxsize=4096)
def voice_of(conversation: str, model: str) -> str:
    """The key that records that a conversation was counted in a model's signals."""
    return hashlib.blake2b(f"{conversation}\0{model}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
