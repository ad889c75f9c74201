"""The sums of a window: whole minutes, hours and days come from the tallies, the rest from the rows.

Three things are read from the rows: the partial minutes at both ends, whatever is marked, and conversations that extend
beyond an end of the window. For the latter only the answers inside the window count, as one voice. All other
conversations count whole in the minute in which they began. So the sums equal those of the rows, up to rounding.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from scorers.store.records import Tally
from scorers.store.sql import chunks
from scorers.store.tables import samples
from scorers.store.tallies.additions import read_answers
from scorers.store.tallies.keep import known_voices
from scorers.store.tallies.marks import Kind, Marked, count_marks, read_marks
from scorers.store.tallies.rows import Sums, Window, add, all_clusters, answers_in, voices
from scorers.store.tallies.spans import MINUTE, Part, Whole, begin, cover, following, ranges
from scorers.store.tallies.stored import stored
from scorers.store.tallies.tables import ANSWERS, CELLS, KEY, MOMENTS, tallies, tally_clusters, tally_voices

#: Above this many marks everything is read from the rows, as when a store is tallied for the first time.
MOST_MARKS = 20_000
_NEWEST = select(func.max(samples.c.started_at))
_AFTER = len(ANSWERS)


def sums_between(connection: Connection, window: Window, settled: bool = False) -> Sums:
    """Numbers in the order of ``ANSWERS`` and ``MOMENTS`` for each key with a score in the window.

    ``settled``: what is marked is taken as the tallies have it.
    """
    first = following(window.since, MINUTE)
    newest = connection.execute(_NEWEST).scalar()
    end = None if newest is None or newest < window.until else begin(window.until, MINUTE)
    if (end is not None and end <= first) or (not settled and count_marks(connection, MOST_MARKS + 1) > MOST_MARKS):
        found = answers_in(connection, [(window.since, window.until)], window.imported)
        add(found, all_clusters(connection, window), _AFTER)
    else:
        marked = Marked() if settled else read_marks(connection, Kind.ANSWERS)
        found = _sums(connection, window, Whole(first, end), marked)
    return {key: numbers for key, numbers in found.items() if numbers[0] > 0.5}


def tallies_between(
    connection: Connection, since: float, until: float, imported: bool, settled: bool = False
) -> list[Tally]:
    """``sums_between`` as records, ordered by their keys."""
    found = []
    for key, numbers in sorted(sums_between(connection, Window(since, until, imported), settled).items()):
        fields: dict[str, object] = dict(zip((*KEY, *ANSWERS, *MOMENTS), (*key, *numbers), strict=True))
        fields |= {name: round(numbers[ANSWERS.index(name)]) for name in ("samples", "answered", "judged")}
        fields |= {"clusters": round(numbers[_AFTER]), "not_applicable": fields["beside"]}
        fields["cells"] = [fields[f"cell{index}"] for index in range(CELLS)]
        found.append(msgspec.convert(fields, Tally))
    return found


def _sums(connection: Connection, window: Window, whole: Whole, marked: Marked) -> Sums:
    found: Sums = {}
    for part in cover(*whole):
        add(found, stored(connection, tallies, KEY, part, window.imported))
        add(found, stored(connection, tally_clusters, KEY, part, window.imported), _AFTER)
    stale = ranges(minute for minute in marked.answers if whole.holds(minute))
    for since, until in stale:
        add(found, stored(connection, tallies, KEY, Part(MINUTE, since, until), window.imported), sign=-1)
    edges = (
        [(window.since, whole.first)] if whole.end is None else [(window.since, whole.first), (whole.end, window.until)]
    )
    add(found, answers_in(connection, [*stale, *(edge for edge in edges if edge[0] < edge[1])], window.imported))
    spoken = {voice.conversation for _, _, added in marked.added for voice, _ in read_answers(added)[1]}
    _add_voices(connection, found, window, whole, marked.conversations | spoken)
    return found


def _add_voices(connection: Connection, found: Sums, window: Window, whole: Whole, marked: set[str]) -> None:
    """For conversations that are marked or extend beyond the window, replace their whole sums by those inside it."""
    across = _across(connection, window, whole)
    for part in chunks(sorted(marked | across)):
        for voice, said in known_voices(connection, part).items():
            if voice.imported == window.imported and whole.holds(begin(said.began_at, MINUTE)):
                said.add_to(found, voice, -1, _AFTER)
        for voice, said in voices(connection, part, window).items():
            said.add_to(found, voice, 1, _AFTER)


def _across(connection: Connection, window: Window, whole: Whole) -> set[str]:
    """Conversations with answers in the window that are not counted whole in its whole minutes."""
    c = tally_voices.c
    wanted = and_(c.began_at < whole.first, c.ended_at >= window.since)
    if whole.end is not None:
        wanted = or_(wanted, and_(c.began_at < window.until, c.ended_at >= whole.end))
    rows = connection.execute(select(c.conversation).where(wanted, c.imported == window.imported))
    return set(rows.scalars())
