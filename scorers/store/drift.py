"""The data behind the drift detectors: a feed of new observations, the voices already counted, and each signal's state.

Every transaction that writes a sample's facts or scores also adds a line to the feed. Where it writes both, as it does
for nearly all samples, the lines of all its samples are one row (``drift_batches``). A turn reads lines, updates the
signals' states and deletes the lines, also in one transaction. So each observation counts exactly once, even if a
process dies. Only samples selected by the uniform coin are fed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, delete, exists, or_, select

from proxy.telemetry.label_values import OTHER
from scorers.score import JUDGE
from scorers.store.records import DriftState, Facts, Observation, ScoredSample, Seen
from scorers.store.statements import among, among_keys, over, remove, tuples_among, write
from scorers.store.tables import clean, drift_batches, drift_feed, drift_states, drift_voices, name_of, samples, scores

#: The source of a sample's facts in the feed; every other source is a scorer.
FACTS = "facts"
#: Only samples that the coin chose are fed.
UNIFORM = "uniform"
_VOICE, _STATE = ("voice", "signals", "at"), ("signal", "app", "model", "watched", "state")
_VOICE_OVER, _STATE_OVER = over(drift_voices, _VOICE), over(drift_states, _STATE)
_STATE_KEY, _IN_ORDER = _STATE[:3], "ORDER BY signal, app, model"
_SCORE = ("sample_id", "scorer", "output", "version", "weight", "value", "verdict")
_SEEN = ("id", "app", "model", "conversation", "started_at", "facts")
_facts = msgspec.json.Decoder(Facts)
#: A score may arrive before its sample's facts; the line waits this long for them.
_PATIENCE = 60.0
#: A conversation that was silent this long counts again as a new one. While it goes on, it is noted this often.
_VOICE_SECONDS, _NOTED_EVERY = 7 * 86400.0, 3600.0
#: Rows of batches that are looked at in one turn.
_BATCHES = 20
_lines = msgspec.json.Decoder(list[tuple[str, list[str]]])
_json = msgspec.json.Encoder()


def new_facts(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these samples whose facts are not stored yet."""
    known = {row[0] for row in among(connection, samples, ("id",), "id", ids, "facts IS NOT NULL")}
    return [identity for identity in ids if identity not in known]


def feed_facts(connection: Connection, ids: Sequence[str], now: float) -> None:
    """Add these samples to the feed. Their facts must be new."""
    _feed(connection, [(identity, FACTS) for identity in ids], now)


def feed_scores(connection: Connection, items: Iterable[ScoredSample], now: float) -> None:
    """Add the items that have a score to the feed. All items must be new."""
    _feed(connection, _lines_of(items), now)


def feed_batch(
    connection: Connection, ids: Sequence[str], items: Iterable[ScoredSample], stored: Container[str], now: float
) -> None:
    """Add both to the feed, in one row as far as the facts of their samples are ``stored``."""
    sources: dict[str, list[str]] = {identity: [FACTS] for identity in ids}
    others: list[tuple[str, str]] = []
    for identity, scorer in _lines_of(items):
        if identity in stored:
            sources.setdefault(identity, []).append(scorer)
        else:
            others.append((identity, scorer))
    _feed(connection, others, now)
    if sources:
        lines = _json.encode(list(sources.items())).decode()
        write(connection, drift_batches, ("at", "lines"), [(now, lines)])


def _lines_of(items: Iterable[ScoredSample]) -> list[tuple[str, str]]:
    """(sample id, scorer) of the items that have a score. The judge sees some scores more than others."""
    lines: list[tuple[str, str]] = []
    for item in items:
        if item.stratum == UNIFORM and item.scorer != JUDGE:
            for score in item.scores:
                if score.value is not None:
                    lines.append((clean(item.sample_id) or "", name_of(item.scorer)))
                    break
    return lines


def _feed(connection: Connection, lines: Sequence[tuple[str, str]], now: float) -> None:
    rows = [(now, identity, source) for identity, source in lines]
    write(connection, drift_feed, ("at", "sample_id", "source"), rows)


@dataclass(slots=True)
class Voice:
    """A conversation with a model. ``signals``: those that it has been counted in. ``at``: when it was noted last
    (Unix s). ``changed``: it has been counted in further ones."""

    signals: set[str]
    at: float = 0.0
    changed: bool = False

    def add(self, signal: str) -> None:
        """It has been counted in a further signal."""
        self.signals.add(signal)
        self.changed = True


class DriftTurn:
    """One transaction over the feed, the voices and the states."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now

    def take(self, limit: int) -> list[Observation]:
        """The oldest lines of the feed with their samples, about ``limit`` of them: fewer only where there are no
        more. The lines are deleted in this transaction."""
        lines = self._take_lines(limit)
        if len(lines) < limit:
            lines += self._take_batches(limit - len(lines))
        known = {  # others were deleted or have expired
            identity: (app, model or OTHER, conversation, at, _facts.decode(facts) if facts else Facts())
            for identity, app, model, conversation, at, facts in among(
                self._connection, samples, _SEEN, "id", dict.fromkeys(line[0] for line in lines)
            )
        }
        given = self._scores(sorted({sample for sample, source in lines if source != FACTS and sample in known}))
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
            for sample, source in lines
            if sample in known
            for app, model, conversation, at, facts in (known[sample],)
        ]

    def _take_lines(self, limit: int) -> list[tuple[str, str]]:
        c, s = drift_feed.c, samples.c
        ready = or_(s.facts.is_not(None), c.at < self._now - _PATIENCE)
        wanted = select(c.id, c.sample_id, c.source).outerjoin(samples, s.id == c.sample_id).where(ready)
        wanted = wanted.order_by(c.id).limit(limit)
        if self._connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update(of=drift_feed)
        lines = self._connection.execute(wanted).all()
        remove(self._connection, drift_feed, "id", [line[0] for line in lines])
        return [(sample, source) for _, sample, source in lines]

    def _take_batches(self, limit: int) -> list[tuple[str, str]]:
        """Whole rows, until they have ``limit`` lines."""
        c = drift_batches.c
        wanted = select(c.id, c.lines).order_by(c.id).limit(_BATCHES)
        if self._connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update()
        taken: list[int] = []
        lines: list[tuple[str, str]] = []
        for number, added in self._connection.execute(wanted):
            taken.append(number)
            lines += [(sample, source) for sample, sources in _lines.decode(added) for source in sources]
            if len(lines) >= limit:
                break
        remove(self._connection, drift_batches, "id", taken)
        return lines

    def _scores(self, ids: list[str]) -> dict[tuple[str, str], list[Seen]]:
        """The newest scores of these samples that have a value, by (sample, scorer)."""
        found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for sample, scorer, output, version, weight, value, verdict in tuples_among(
            self._connection, scores, _SCORE, "sample_id", ids, "newest AND value IS NOT NULL"
        ):
            found[sample, scorer].append((output, version, weight, value, verdict))
        for own in found.values():
            if len(own) > 1:
                own.sort()
        return found

    def voices(self, keys: Iterable[str]) -> dict[str, Voice]:
        """These voices, each with the signals that it has been counted in."""
        found = {key: Voice(set()) for key in keys}
        for key, signals, at in among(self._connection, drift_voices, _VOICE, "voice", found):
            found[key] = Voice(set(signals.split()), at)
        return found

    def note(self, voices: dict[str, Voice]) -> None:
        """Record that these voices spoke now, and in which signals they have been counted."""
        rows = [
            (key, " ".join(sorted(voice.signals)), self._now)
            for key, voice in sorted(voices.items())
            if voice.changed or voice.at < self._now - _NOTED_EVERY
        ]
        write(self._connection, drift_voices, _VOICE, rows, _VOICE_OVER)

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
    waits = or_(exists(select(drift_feed.c.id)), exists(select(drift_batches.c.id)))
    return bool(connection.execute(select(waits)).scalar_one())


def expire_drift(connection: Connection, feed_before: float, now: float) -> None:
    """Delete lines that were not taken within the samples' retention, and conversations that have long been silent."""
    connection.execute(delete(drift_feed).where(drift_feed.c.at < feed_before))
    connection.execute(delete(drift_batches).where(drift_batches.c.at < feed_before))
    connection.execute(delete(drift_voices).where(drift_voices.c.at < now - _VOICE_SECONDS))


@lru_cache(maxsize=4096)
def voice_of(conversation: str, model: str) -> str:
    """The key that records that a conversation was counted in a model's signals."""
    return hashlib.blake2b(f"{conversation}\0{model}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
