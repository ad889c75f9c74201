"""Keeps the tallies up to date: marked parts are recomputed from the rows, a bounded number of marks per transaction.

A minute is always recomputed as a whole. The hours and days above it are sums of the level below, so rounding errors do
not accumulate. A conversation's moments belong to the minute in which it began. Only their difference from the previous
moments is added there. ``tally_voices`` holds the previous and the new sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, literal, select

from scorers.store.sql import chunks
from scorers.store.sql import insert as upsert
from scorers.store.tallies.marks import Kind, take_marks
from scorers.store.tallies.requests import made_anew
from scorers.store.tallies.rows import Place, Said, Sums, Voice, add, answers, voices
from scorers.store.tallies.spans import DAY, HOUR, MINUTE, SPANS, begin, ranges
from scorers.store.tallies.tables import ANSWERS, KEY, MOMENTS, tallies, tally_clusters, tally_requests, tally_voices

#: Marks processed in one transaction: other writers wait for it.
STEP = 200
#: Conversations looked up at once.
_CHUNK = 100
_json = msgspec.json.Encoder()
_sums = msgspec.json.Decoder(list[tuple[str, str, float, float, float]])


def keep(connection: Connection, step: int = STEP) -> int:
    """Process the oldest ``step`` marks; returns how many there were.

    A minute that has more marks behind these waits for the last of them: it stays marked until then, and is recomputed
    once.
    """
    marked = take_marks(connection, step)
    _minutes(connection, {each for each in marked.answers if (Kind.ANSWERS, each) not in marked.later})
    _conversations(connection, marked.conversations)
    requests = {each for each in marked.requests if (Kind.REQUESTS, each) not in marked.later}
    made_anew(connection, requests)
    _above(connection, tally_requests, requests)
    return marked.marks


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
    found: dict[Voice, Said] = {}
    for part in chunks(sorted(conversations), _CHUNK):
        for row in connection.execute(select(tally_voices).where(tally_voices.c.conversation.in_(part))):
            found[Voice(row.conversation, bool(row.imported), row.app, row.model)] = said_of(row)
    return found


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
                add(changes[begin(said.began_at, MINUTE), voice.imported], said.moments(voice, sign))
        connection.execute(delete(tally_voices).where(tally_voices.c.conversation.in_(part)))
        rows = [
            {
                **voice._asdict(),
                "began_at": said.began_at,
                "ended_at": said.ended_at,
                "sums": _json.encode([(*key, *numbers) for key, numbers in said.sums.items()]).decode(),
            }
            for voice, said in after.items()
        ]
        if rows:
            connection.execute(insert(tally_voices), rows)
    _clusters(connection, changes)


def _clusters(connection: Connection, changes: dict[tuple[int, bool], Sums]) -> None:
    """Add to the moments of the minutes (and the hours and days above) in which conversations began."""
    all_changes: dict[tuple[int, int, bool], Sums] = defaultdict(dict)
    for (minute, imported), sums in changes.items():
        for span in SPANS:
            add(all_changes[span, begin(minute, span), imported], sums)
    rows = [
        {"span": span, "start": start, "imported": imported, **dict(zip((*KEY, *MOMENTS), (*key, *n), strict=True))}
        for (span, start, imported), sums in all_changes.items()
        for key, n in sums.items()
        if any(n)
    ]
    if not rows:
        return
    statement = upsert(connection, tally_clusters)
    kept = {name: tally_clusters.c[name] + statement.excluded[name] for name in MOMENTS}
    keys = [column.name for column in tally_clusters.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept), rows)
    # Where the last conversation was removed nothing remains, not even a rounding error.
    for span, start, _ in all_changes:
        gone = and_(tally_clusters.c.span == span, tally_clusters.c.start == start, tally_clusters.c.clusters < 0.5)
        connection.execute(delete(tally_clusters).where(gone))
