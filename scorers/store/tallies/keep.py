"""Keeps the tallies up to date, a bounded number of marks per transaction.

What new rows add is added. Whatever else changed is recomputed from the rows: a minute as a whole, and the hours and
days above it as sums of the level below, so rounding errors do not accumulate. A conversation's moments belong to the
minute in which it began. Only their difference from the previous moments is added there. ``tally_voices`` holds the
previous and the new sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, literal, select

from scorers.store.sql import chunks
from scorers.store.statements import among, over, write
from scorers.store.tallies.additions import joined, read_answers, read_requests
from scorers.store.tallies.marks import Kind, take_marks
from scorers.store.tallies.requests import made_anew
from scorers.store.tallies.rows import Key, Place, Said, Sums, Voice, add, answers, voices
from scorers.store.tallies.spans import DAY, HOUR, MINUTE, SPANS, begin, ranges
from scorers.store.tallies.tables import ANSWERS, KEY, MOMENTS, tallies, tally_clusters, tally_requests, tally_voices

#: Marks processed in one transaction: other writers wait for it.
STEP = 200
#: Conversations looked up at once.
_CHUNK = 100
AddedAnswers = tuple[list[tuple[bool, Key, list[float]]], list[tuple[Voice, Said]]]
AddedRequests = list[tuple[str, str, list[float]]]
_VOICE = ("conversation", "imported", "app", "model", "began_at", "ended_at", "sums")
_VOICE_OVER = over(tally_voices, _VOICE)
_json = msgspec.json.Encoder()
_sums = msgspec.json.Decoder(list[tuple[str, str, float, float, float]])


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
    all_sums: dict[tuple[Any, ...], list[float]] = {}
    spoken: dict[Voice, Said] = {}
    for minute, (sums, voices_) in added:
        for imported, key, numbers in sums:
            for span in SPANS:
                _sum_up(all_sums, (span, begin(minute, span), imported, *key), numbers)
        for voice, said in voices_:
            spoken[voice] = joined(spoken.get(voice), said)
    add_up(connection, tallies, all_sums)
    changes: dict[tuple[int, bool], Sums] = defaultdict(dict)
    known = known_voices(connection, {voice.conversation for voice in spoken})
    said_now = {voice: joined(known.get(voice), said) for voice, said in spoken.items()}
    for side, sign in (({voice: known[voice] for voice in spoken if voice in known}, -1), (said_now, 1)):
        for voice, said in side.items():
            said.add_to(changes[begin(said.began_at, MINUTE), voice.imported], voice, sign)
    write(connection, tally_voices, _VOICE, _voice_rows(said_now), _VOICE_OVER)
    _clusters(connection, changes)


def _add_requests(connection: Connection, added: Iterable[tuple[int, AddedRequests]]) -> None:
    all_sums: dict[tuple[Any, ...], list[float]] = {}
    for minute, sums in added:
        for app, model, numbers in sums:
            for span in SPANS:
                _sum_up(all_sums, (span, begin(minute, span), app, model), numbers)
    add_up(connection, tally_requests, all_sums)


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
    return [
        (*voice, it.began_at, it.ended_at, _json.encode([(*key, *n) for key, n in it.sums.items()]).decode())
        for voice, it in sorted(said.items())
    ]


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


def said_of(row: Row[Any]) -> Said:
    """A row of ``tally_voices``."""
    sums = {(scorer, output): [w, y, v] for scorer, output, w, y, v in _sums.decode(row.sums)}
    return Said(row.began_at, row.ended_at, sums)


def _conversations(connection: Connection, conversations: set[str]) -> None:
    """Recompute these conversations in ``tally_voices`` and ``tally_clusters``."""
    changes: dict[tuple[int, bool], Sums] = defaultdict(dict)
    for part in chunks(sorted(conversations), _CHUNK):
        before = known_voices(connection, part)
        after = voices(connection, part)
        for side, sign in ((before, -1), (after, 1)):
            for voice, said in side.items():
                said.add_to(changes[begin(said.began_at, MINUTE), voice.imported], voice, sign)
        connection.execute(delete(tally_voices).where(tally_voices.c.conversation.in_(part)))
        write(connection, tally_voices, _VOICE, _voice_rows(after))
    _clusters(connection, changes)


def _clusters(connection: Connection, changes: dict[tuple[int, bool], Sums]) -> None:
    """Add to the moments of the minutes (and the hours and days above) in which conversations began."""
    all_changes: dict[tuple[int, int, bool], Sums] = defaultdict(dict)
    for (minute, imported), sums in changes.items():
        for span in SPANS:
            add(all_changes[span, begin(minute, span), imported], sums)
    all_sums = {(*place, *key): n for place, sums in all_changes.items() for key, n in sums.items() if any(n)}
    if not all_sums:
        return
    add_up(connection, tally_clusters, all_sums)
    # Where the last conversation was removed nothing remains, not even a rounding error.
    for span, start, _ in all_changes:
        gone = and_(tally_clusters.c.span == span, tally_clusters.c.start == start, tally_clusters.c.clusters < 0.5)
        connection.execute(delete(tally_clusters).where(gone))
