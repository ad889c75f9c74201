"""Keeps the tallies up to date, a bounded number of marks per transaction.

What new rows add is added. Whatever else changed is recomputed from the rows: a minute as a whole, and the hours and
days above it as sums of the level below, so rounding errors do not accumulate. A conversation's moments belong to the
minute in which it began. Only their difference from the previous moments is added there. ``tally_voices`` holds the
previous and the new sums.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, and_, delete, func, insert, literal, select

from scorers.store.sql import chunks
from scorers.store.statements import among, over, write
from scorers.store.tallies.additions import read_answers, read_requests
from scorers.store.tallies.marks import Kind, take_marks
from scorers.store.tallies.requests import made_anew
from scorers.store.tallies.rows import Key, Moments, Place, Said, Voice, answers, voices
from scorers.store.tallies.spans import DAY, HOUR, MINUTE, SPANS, begin, ranges
from scorers.store.tallies.tables import ANSWERS, KEY, MOMENTS, tallies, tally_clusters, tally_requests, tally_voices

#: Marks processed in one transaction: other writers wait for it.
STEP = 200
#: Conversations looked up at once.
_CHUNK = 100
#: Voices whose sums are kept in memory, 3 KB each.
_REMEMBERED = 2_000
AddedAnswers = tuple[list[tuple[bool, Key, list[float]]], list[tuple[Voice, Said]]]
VoiceSums = dict[tuple[str, str], list[float]]
AddedRequests = list[tuple[str, str, list[float]]]
_VOICE = ("conversation", "imported", "app", "model", "began_at", "ended_at", "sums")
_VOICE_OVER = over(tally_voices, _VOICE)
_json = msgspec.json.Encoder()
_sums = msgspec.json.Decoder(list[tuple[str, str, float, float, float]])


class VoiceTexts:
    """The sums of voices and their texts, which say the same. The newest are kept: a conversation that goes on is
    written and read again within minutes, and reading its text takes as long as all that follows. The sums must not be
    changed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, VoiceSums] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._known)

    def text(self, sums: VoiceSums) -> str:
        """The text to store."""
        found = _json.encode([(*key, *n) for key, n in sums.items()]).decode()
        with self._lock:
            self._known[found] = sums
            if len(self._known) > self._most:
                del self._known[next(iter(self._known))]
        return found

    def sums(self, text: str) -> VoiceSums:
        """The sums of a stored text."""
        with self._lock:
            found = self._known.pop(text, None)  # nearly always it is about to be replaced
        if found is None:
            found = {(scorer, output): [w, y, v] for scorer, output, w, y, v in _sums.decode(text)}
        return found


_texts = VoiceTexts(_REMEMBERED)


class Changes:
    """What is to be added to the moments of clusters. ``moments``: by minute (in which the voices began), imported, app
    and model. ``left``: the minutes that a voice was removed from."""

    def __init__(self) -> None:
        self.moments: dict[tuple[int, bool, str, str], Moments] = {}
        self.left: set[int] = set()

    def of(self, minute: int, voice: Voice) -> Moments:
        """The moments that voices like this one which began in this minute add to."""
        return self.moments.setdefault((minute, voice.imported, voice.app, voice.model), {})

    def add(self, voice: Voice, said: Said, sign: int = 1) -> None:
        """Add a whole voice; ``sign`` -1 removes it."""
        minute = begin(said.began_at, MINUTE)
        said.into(self.of(minute, voice), sign)
        if sign < 0:
            self.left.add(minute)


def keep(connection: Connection, step: int = STEP) -> int:
    """Process the oldest ``step`` (two or more) marks; returns 0 when there were none, ``step`` when there may be more.

    A minute that has more marks behind these waits for the last of them: it stays marked until then, and is recomputed
    once.
    """
    marked = take_marks(connection, step)
    _add_answers(connection, [(at, read_answers(added)) for kind, at, added in marked.added if kind == Kind.ANSWERS])
    _add_requests(connection, [(at, read_requests(added)) for kind, at, added in marked.added if kind == Kind.REQUESTS])
    _minutes(connection, {each for each in marked.answers if (Kind.ANSWERS, each) not in marked.later})
    _conversations(connection, marked.conversations)
    requests = {each for each in marked.requests if (Kind.REQUESTS, each) not in marked.later}
    made_anew(connection, requests)
    _above(connection, tally_requests, requests)
    return step if marked.more else min(marked.marks, step - 1)


def _add_answers(connection: Connection, added: Sequence[tuple[int, AddedAnswers]]) -> None:
    """Add to minutes, hours, days and voices."""
    minutes: dict[tuple[Any, ...], list[float]] = {}
    spoken: dict[Voice, Said] = {}
    for minute, (sums, voices_) in added:
        for imported, key, numbers in sums:
            _sum_up(minutes, (minute, imported, *key), numbers)
        for voice, said in voices_:
            before = spoken.get(voice)
            spoken[voice] = said if before is None else before.with_more(said)
    add_up(connection, tallies, _by_span(minutes))
    known = known_voices(connection, {voice.conversation for voice in spoken})
    changes = Changes()
    said_now = {voice: _grown(voice, known.get(voice), said, changes) for voice, said in spoken.items()}
    write(connection, tally_voices, _VOICE, _voice_rows(said_now), _VOICE_OVER)
    _clusters(connection, changes)


def _grown(voice: Voice, before: Said | None, more: Said, changes: Changes) -> Said:
    """A voice with further answers. ``changes``: the moments of clusters, to which the difference is added."""
    if before is None:
        changes.add(voice, more)
        return more
    began = begin(before.began_at, MINUTE)
    if more.began_at >= began:
        return before.with_more(more, changes.of(began, voice))
    after = before.with_more(more)  # it began earlier than was known: it moves as a whole
    changes.add(voice, before, -1)
    changes.add(voice, after)
    return after


def _by_span(minutes: Mapping[tuple[Any, ...], Sequence[float]]) -> dict[tuple[Any, ...], list[float]]:
    """Numbers by (minute, ...) for each span, by (span, start, ...)."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for (minute, *key), numbers in minutes.items():
        for span in SPANS:
            _sum_up(found, (span, begin(minute, span), *key), numbers)
    return found


def _add_requests(connection: Connection, added: Iterable[tuple[int, AddedRequests]]) -> None:
    minutes: dict[tuple[Any, ...], list[float]] = {}
    for minute, sums in added:
        for app, model, numbers in sums:
            _sum_up(minutes, (minute, app, model), numbers)
    add_up(connection, tally_requests, _by_span(minutes))


def _sum_up(into: dict[tuple[Any, ...], list[float]], key: tuple[Any, ...], numbers: Sequence[float]) -> None:
    own = into.get(key)
    into[key] = list(numbers) if own is None else [a + b for a, b in zip(own, numbers, strict=True)]


def add_up(connection: Connection, table: Table, sums: Mapping[tuple[Any, ...], Sequence[float]]) -> None:
    """Add numbers (in the order of the columns) to the rows with these keys, in the order of the primary key."""
    columns = tuple(column.name for column in table.c)
    keys = [column.name for column in table.primary_key]
    plus = ", ".join(f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in columns[len(keys) :])
    conflict = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {plus}"
    write(connection, table, columns, [(*key, *sums[key]) for key in sorted(sums)], conflict)


def _voice_rows(said: Mapping[Voice, Said]) -> list[tuple[Any, ...]]:
    return [(*voice, it.began_at, it.ended_at, _texts.text(it.sums)) for voice, it in sorted(said.items())]


def _minutes(connection: Connection, minutes: set[int]) -> None:
    """Recompute these minutes of ``tallies``."""
    names = (*ANSWERS, *MOMENTS)
    for part in chunks(sorted(minutes), 50):
        connection.execute(delete(tallies).where(tallies.c.span == MINUTE, tallies.c.start.in_(part)))
        found = answers(connection, ranges(part))
        rows = [{**_key(place), "span": MINUTE, **dict(zip(names, n, strict=True))} for place, n in found]
        if rows:
            connection.execute(insert(tallies), rows)
    _above(connection, tallies, minutes)


def _key(place: Place) -> dict[str, Any]:
    return {"start": place.start, "imported": place.imported, **dict(zip(KEY, place.key, strict=True))}


def _above(connection: Connection, table: Table, minutes: set[int]) -> None:
    """Recompute the hours over these minutes as sums of their minutes, and the days as sums of their hours."""
    names = [column.name for column in table.primary_key if column.name not in ("span", "start")]
    sums = [column.name for column in table.c if not column.primary_key]
    for below, span in ((MINUTE, HOUR), (HOUR, DAY)):
        for start in sorted({begin(minute, span) for minute in minutes}):
            connection.execute(delete(table).where(table.c.span == span, table.c.start == start))
            parts = select(
                literal(span),
                literal(start),
                *(table.c[name] for name in names),
                *(func.sum(table.c[name]) for name in sums),
            )
            inside = and_(table.c.span == below, table.c.start >= start, table.c.start < start + span)
            parts = parts.where(inside).group_by(*(table.c[name] for name in names))
            connection.execute(insert(table).from_select(["span", "start", *names, *sums], parts))


def known_voices(connection: Connection, conversations: Iterable[str]) -> dict[Voice, Said]:
    """What the tallies currently hold for these conversations."""
    rows = among(connection, tally_voices, _VOICE, "conversation", sorted(conversations))
    return {Voice(row[0], bool(row[1]), row[2], row[3]): said_of(row) for row in rows}


def said_of(row: Sequence[Any]) -> Said:
    """A row of ``tally_voices``."""
    _, _, _, _, began, ended, sums = row
    return Said(began, ended, _texts.sums(sums))


def _conversations(connection: Connection, conversations: set[str]) -> None:
    """Recompute these conversations in ``tally_voices`` and ``tally_clusters``."""
    changes = Changes()
    for part in chunks(sorted(conversations), _CHUNK):
        before = known_voices(connection, part)
        after = voices(connection, part)
        for side, sign in ((before, -1), (after, 1)):
            for voice, said in side.items():
                changes.add(voice, said, sign)
        connection.execute(delete(tally_voices).where(tally_voices.c.conversation.in_(part)))
        write(connection, tally_voices, _VOICE, _voice_rows(after))
    _clusters(connection, changes)


def _clusters(connection: Connection, changes: Changes) -> None:
    """Add to the moments of the minutes (and the hours and days above) in which conversations began."""
    minutes = {
        (minute, imported, scorer, output, app, model): numbers
        for (minute, imported, app, model), own in changes.moments.items()
        for (scorer, output), numbers in own.items()
        if any(numbers)
    }
    if not minutes:
        return
    add_up(connection, tally_clusters, _by_span(minutes))
    # Where the last conversation was removed nothing remains, not even a rounding error.
    for span, start in sorted({(span, begin(minute, span)) for minute in changes.left for span in SPANS}):
        gone = and_(tally_clusters.c.span == span, tally_clusters.c.start == start, tally_clusters.c.clusters < 0.5)
        connection.execute(delete(tally_clusters).where(gone))
