"""The data behind the drift detectors: a feed of new observations, the voices already counted, and each signal's state.

Every transaction that writes a sample's facts or scores also adds a line to the feed. Where it writes both, as it does
for nearly all samples, the lines of all its samples are one row (``drift_batches``). A turn reads lines, updates the
signals' states and deletes the lines, also in one transaction. So each observation counts exactly once, even if a
process dies. Only samples selected by the uniform coin are fed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Double, Integer, Select, bindparam, delete, exists, or_, select

from proxy.telemetry.label_values import OTHER
from scorers.score import JUDGE, Score
from scorers.store.records import DriftState, Facts, Observation, ScoredSample, Seen
from scorers.store.statements import among, among_keys, over, remove, tuples_among, write
from scorers.store.tables import clean, drift_batches, drift_feed, drift_states, drift_voices, name_of, samples, scores

#: The source of a sample's facts in the feed; every other source is a scorer.
FACTS = "facts"
#: Only samples that the coin chose are fed.
UNIFORM = "uniform"
_VOICE, _STATE = ("voice", "signals", "at"), ("signal", "app", "model", "watched", "state")
_VOICE_OVER, _STATE_OVER = over(drift_voices, _VOICE), over(drift_states, _STATE)
_SEEN = ("id", "app", "model", "conversation", "started_at", "facts")
_STATE_KEY, _IN_ORDER = _STATE[:3], "ORDER BY signal, app, model"
_SCORE = ("sample_id", "scorer", "output", "version", "weight", "value", "verdict")
_facts = msgspec.json.Decoder(Facts)
#: A score may arrive before its sample's facts; the line waits this long for them.
_PATIENCE = 60.0
#: A conversation that was silent this long counts again as a new one. While it goes on, it is noted this often.
_VOICE_SECONDS, _NOTED_EVERY = 7 * 86400.0, 3600.0
#: Rows of batches that are looked at in one turn.
_BATCHES = 20
_NAMES = select(*(drift_states.c[name] for name in _STATE[:4]))
_WAITS = select(or_(exists(select(drift_feed.c.id)), exists(select(drift_batches.c.id))))
#: Of a sample without facts: an older program stored it, or none has so far.
_UNKNOWN = Facts()
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


class Written(NamedTuple):
    """What was written of a sample, as it was stored. ``scores``: of the scorers that gave it a value."""

    app: str
    model: str | None
    conversation: str | None
    at: float
    facts: str | None
    scores: dict[str, Sequence[Seen | Score]]


class LastWritten:
    """What this process wrote last of samples, so that a turn need not read it again.

    The caller says when it writes one again. If another process does so before the turn, what this one wrote counts.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._known: dict[str, Written] = {}
        self._lock = threading.Lock()

    def put(self, written: Mapping[str, Written], again: Iterable[str]) -> None:
        """Keep these samples, and no more of those that were written ``again``."""
        with self._lock:
            for identity in again:
                self._known.pop(identity, None)
            self._known.update(written)
            for identity in list(islice(self._known, max(0, len(self._known) - self._most))):
                del self._known[identity]

    def take(self, ids: Iterable[str]) -> dict[str, Written]:
        """Those of these samples that are kept. They are not kept any longer."""
        with self._lock:
            return {identity: known for identity in ids if (known := self._known.pop(identity, None)) is not None}


def feed_batch(
    connection: Connection, ids: Sequence[str], items: Iterable[ScoredSample], stored: Mapping[str, Written], now: float
) -> dict[str, Written]:
    """Add both to the feed, in one row as far as their samples are among those just ``stored``. Returns those, with
    their scores."""
    sources: dict[str, list[str]] = {identity: [FACTS] for identity in ids}
    given: dict[str, dict[str, Sequence[Seen | Score]]] = defaultdict(dict)
    others: list[tuple[str, str]] = []
    for item in items:
        if item.stratum != UNIFORM or item.scorer == JUDGE:  # the judge sees some scores more than others
            continue
        if any(score.value is not None for score in item.scores):
            identity, scorer = clean(item.sample_id) or "", name_of(item.scorer)
            if identity in stored:
                sources.setdefault(identity, []).append(scorer)
                given[identity][scorer] = item.scores
            else:
                others.append((identity, scorer))
    _feed(connection, others, now)
    if sources:
        lines = _json.encode(list(sources.items())).decode()
        write(connection, drift_batches, ("at", "lines"), [(now, lines)])
    return {identity: stored[identity]._replace(scores=given[identity]) for identity in sources}


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

    signals: AbstractSet[str]
    at: float = 0.0
    changed: bool = False

    def add(self, signals: Iterable[str]) -> None:
        """It has been counted in further signals."""
        self.signals = self.signals | set(signals)
        self.changed = True


@lru_cache(maxsize=1024)
def _split(signals: str) -> frozenset[str]:
    """The names in a row of voices: those of most are the same."""
    return frozenset(signals.split())


@lru_cache
def _oldest(dialect: str) -> Select[Any]:
    """The oldest lines whose samples have their facts, or that came before ``ready``, ``most`` of them."""
    c, s = drift_feed.c, samples.c
    wanted = select(c.id, c.sample_id, c.source).outerjoin(samples, s.id == c.sample_id)
    wanted = wanted.where(or_(s.facts.is_not(None), c.at < bindparam("ready", type_=Double)))
    wanted = wanted.order_by(c.id).limit(bindparam("most", type_=Integer))
    return wanted.with_for_update(of=drift_feed) if dialect == "postgresql" else wanted


@lru_cache
def _oldest_batches(dialect: str) -> Select[Any]:
    wanted = select(drift_batches.c.id, drift_batches.c.lines).order_by(drift_batches.c.id).limit(_BATCHES)
    return wanted.with_for_update() if dialect == "postgresql" else wanted


class DriftTurn:
    """One transaction over the feed, the voices and the states. ``written``: what was written last."""

    def __init__(self, connection: Connection, now: float, written: LastWritten | None = None) -> None:
        self._connection = connection
        self._now = now
        self._written = written

    def take(self, limit: int) -> tuple[list[Observation], int]:
        """The samples of the oldest lines of the feed, in the order of their time, about ``limit`` lines: fewer only
        where there are no more. Also how many lines these are. The lines are deleted in this transaction."""
        lines = self._take_lines(limit)
        if len(lines) < limit:
            lines += self._take_batches(limit - len(lines))
        sources: dict[str, list[str]] = {}
        for identity, source in lines:
            sources.setdefault(identity, []).append(source)
        known = self._known(sources)  # others were deleted or have expired
        found = [
            Observation(
                app=it.app,
                model=it.model or OTHER,
                conversation=it.conversation,
                at=it.at,
                facts=_facts.decode(it.facts) if it.facts else _UNKNOWN,
                told=FACTS in own,
                scores={source: it.scores.get(source, []) for source in own if source != FACTS},
            )
            for identity, own in sources.items()
            if (it := known.get(identity)) is not None
        ]
        found.sort(key=attrgetter("at"))  # they were stored in the order of their names
        return found, sum(len(own) for identity, own in sources.items() if identity in known)

    def _known(self, sources: Mapping[str, Sequence[str]]) -> dict[str, Written]:
        """What is stored of these samples, as far as the sources of their lines need it."""
        kept = self._written.take(sources) if self._written is not None else {}
        kept = {
            identity: it
            for identity, it in kept.items()
            if all(source == FACTS or source in it.scores for source in sources[identity])
        }
        there = {row[0] for row in tuples_among(self._connection, samples, ("id",), "id", kept)}
        found = {identity: it for identity, it in kept.items() if identity in there}
        rest = [identity for identity in sources if identity not in kept]
        for identity, *facts in tuples_among(self._connection, samples, _SEEN, "id", rest):
            found[identity] = Written._make((*facts, {}))
        scored = sorted(one for one in rest if one in found and any(source != FACTS for source in sources[one]))
        read: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for identity, scorer, *seen in tuples_among(
            self._connection, scores, _SCORE, "sample_id", scored, "newest AND value IS NOT NULL"
        ):
            read[identity, scorer].append(Seen._make(seen))
        for (identity, scorer), own in read.items():
            found[identity].scores[scorer] = sorted(own)
        return found

    def _take_lines(self, limit: int) -> list[tuple[str, str]]:
        wanted = _oldest(self._connection.dialect.name)
        lines = self._connection.execute(wanted, {"ready": self._now - _PATIENCE, "most": limit}).all()
        remove(self._connection, drift_feed, "id", [line[0] for line in lines])
        return [(sample, source) for _, sample, source in lines]

    def _take_batches(self, limit: int) -> list[tuple[str, str]]:
        """Whole rows, until they have ``limit`` lines."""
        taken: list[int] = []
        lines: list[tuple[str, str]] = []
        for number, added in self._connection.execute(_oldest_batches(self._connection.dialect.name)):
            taken.append(number)
            lines += [(sample, source) for sample, sources in _lines.decode(added) for source in sources]
            if len(lines) >= limit:
                break
        remove(self._connection, drift_batches, "id", taken)
        return lines

    def voices(self, keys: Iterable[str]) -> dict[str, Voice]:
        """These voices, each with the signals that it has been counted in."""
        found = {key: Voice(frozenset()) for key in keys}
        for key, signals, at in tuples_among(self._connection, drift_voices, _VOICE, "voice", found):
            found[key] = Voice(_split(signals), at)
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
        return [(signal, app, model, bool(watched)) for signal, app, model, watched in self._connection.execute(_NAMES)]

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
    return bool(connection.execute(_WAITS).scalar_one())


def expire_drift(connection: Connection, feed_before: float, now: float) -> None:
    """Delete lines that were not taken within the samples' retention, and conversations that have long been silent."""
    connection.execute(delete(drift_feed).where(drift_feed.c.at < feed_before))
    connection.execute(delete(drift_batches).where(drift_batches.c.at < feed_before))
    connection.execute(delete(drift_voices).where(drift_voices.c.at < now - _VOICE_SECONDS))


@lru_cache(maxsize=4096)
def voice_of(conversation: str, model: str) -> str:
    """The key that records that a conversation was counted in a model's signals."""
    return hashlib.blake2b(f"{conversation}\0{model}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
