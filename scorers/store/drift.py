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
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, or_, select

from proxy.telemetry.label_values import OTHER
from scorers.store.records import DriftState, Facts, Observation, ScoredSample, Seen
from scorers.store.sql import chunks
from scorers.store.statements import among, over, write
from scorers.store.tables import clean, drift_feed, drift_states, drift_voices, samples, scores

#: The source of a sample's facts in the feed; every other source is a scorer.
FACTS = "facts"
_UNIFORM = "uniform"
_VOICE, _STATE = ("voice", "signals", "at"), ("signal", "app", "model", "watched", "state")
_VOICE_OVER, _STATE_OVER = over(drift_voices, _VOICE), over(drift_states, _STATE)
_facts = msgspec.json.Decoder(Facts)
#: A score may arrive before its sample's facts; the line waits this long for them.
_PATIENCE = 60.0
#: A conversation that was silent this long counts again as a new one.
_VOICE_SECONDS = 7 * 86400.0


def feed_facts(connection: Connection, rows: Sequence[Mapping[str, Any]], now: float) -> None:
    """Add those samples among ``rows`` to the feed whose facts are not stored yet; they are about to be written."""
    ids = sorted({str(row["id"]) for row in rows if row["stratum"] == _UNIFORM and row["facts"] is not None})
    known = {row[0] for row in among(connection, samples, ("id",), "id", ids, "facts IS NOT NULL")}
    _feed(connection, [(identity, FACTS) for identity in ids if identity not in known], now)


def feed_scores(connection: Connection, items: Iterable[ScoredSample], now: float) -> None:
    """Add the items that have a score to the feed. All items must be new."""
    scored = [
        (clean(item.sample_id) or "", clean(item.scorer) or "")
        for item in items
        if item.stratum == _UNIFORM and any(score.value is not None for score in item.scores)
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
        wanted = (
            select(c.id, c.source, s.id.label("sample"), s.app, s.model, s.conversation, s.started_at, s.facts)
            .outerjoin(samples, s.id == c.sample_id)
            .where(ready)
            .order_by(c.id)
            .limit(limit)
        )
        if self._connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update(of=drift_feed)
        rows = [tuple(row) for row in self._connection.execute(wanted)]
        for part in chunks([row[0] for row in rows]):
            self._connection.execute(delete(drift_feed).where(c.id.in_(part)))
        known = [row for row in rows if row[2] is not None]  # others were deleted or have expired
        given = self._scores(sorted({row[2] for row in known if row[1] != FACTS}))
        facts = {
            row[2]: _facts.decode(row[7]) if row[7] else Facts() for row in {row[2]: row for row in known}.values()
        }
        return [
            Observation(
                source=source,
                app=app,
                model=model or OTHER,
                conversation=conversation,
                at=started_at,
                facts=facts[sample],
                scores=given.get((sample, source), []),
            )
            for _, source, sample, app, model, conversation, started_at, _ in known
        ]

    def _scores(self, ids: list[str]) -> dict[tuple[str, str], list[Seen]]:
        """The newest scores of these samples, by (sample, scorer)."""
        found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        columns = ("sample_id", "scorer", *Seen._fields)
        for row in sorted(map(tuple, among(self._connection, scores, columns, "sample_id", ids, "newest"))):
            found[row[:2]].append(Seen(*row[2:]))
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
        c = drift_states.c
        wanted = select(drift_states).order_by(c.signal, c.app, c.model)
        if self._connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update()
        if keys is None:
            return [DriftState(*row) for row in self._connection.execute(wanted)]
        found = []
        for part in chunks(sorted(set(keys))):
            chosen = or_(*(and_(c.signal == signal, c.app == app, c.model == model) for signal, app, model in part))
            found += [DriftState(*row) for row in self._connection.execute(wanted.where(chosen))]
        return found

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
