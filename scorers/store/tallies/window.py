"""The sums of a window: whole minutes, hours and days out of the tallies, the rest from the rows.

From the rows come what is left of a minute at either end, minutes and conversations that are marked, and the
conversations that reach across an end of the window: of those only what they say inside counts, and as one voice. All
others stand whole at the minute in which they began. So the sums are those of the rows, to the last bit but rounding.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from scorers.store.records import Tally
from scorers.store.sql import chunks
from scorers.store.tables import samples
from scorers.store.tallies.keep import known_voices
from scorers.store.tallies.marks import Kind, Marked, count_marks, read_marks
from scorers.store.tallies.rows import Sums, add, all_clusters, answers_in, origin, voices, within
from scorers.store.tallies.spans import MINUTE, begin, cover, following, ranges
from scorers.store.tallies.tables import ANSWERS, CELLS, KEY, MOMENTS, tallies, tally_clusters, tally_voices

#: With more marks than this all is read from the rows: a store that is just being tallied for the first time.
MOST_MARKS = 20_000
_AFTER = len(ANSWERS)


def sums_between(connection: Connection, since: float, until: float, imported: bool) -> Sums:
    """Numbers in the order of ``ANSWERS`` and ``MOMENTS`` for each key with a score that started in [since, until)."""
    first = following(since, MINUTE)
    newest = connection.execute(select(func.max(samples.c.started_at))).scalar()
    end = None if newest is None or newest < until else begin(until, MINUTE)
    if (end is not None and end <= first) or count_marks(connection, MOST_MARKS + 1) > MOST_MARKS:
        found = answers_in(connection, [(since, until)], imported)
        add(found, all_clusters(connection, since, until, imported), _AFTER)
    else:
        found = _sums(connection, (since, until), (first, end), imported)
    return {key: numbers for key, numbers in found.items() if numbers[0] > 0.5}


def tallies_between(connection: Connection, since: float, until: float, imported: bool) -> list[Tally]:
    """The same as records, ordered by their keys."""
    found = []
    for key, numbers in sorted(sums_between(connection, since, until, imported).items()):
        fields: dict[str, object] = dict(zip((*KEY, *ANSWERS, *MOMENTS), (*key, *numbers), strict=True))
        fields |= {name: round(numbers[ANSWERS.index(name)]) for name in ("samples", "answered", "judged")}
        fields |= {"clusters": round(numbers[_AFTER]), "not_applicable": fields["beside"]}
        fields["cells"] = [fields[f"cell{index}"] for index in range(CELLS)]
        found.append(msgspec.convert(fields, Tally))
    return found


def _sums(connection: Connection, window: tuple[float, float], whole: tuple[int, int | None], imported: bool) -> Sums:
    (since, until), (first, end) = window, whole
    marked = read_marks(connection, Kind.ANSWERS)
    found: Sums = {}
    for part in cover(first, end):
        add(found, _stored(connection, tallies, and_(*part.rows(tallies)), imported))
        add(found, _stored(connection, tally_clusters, and_(*part.rows(tally_clusters)), imported), _AFTER)
    stale = sorted(minute for minute in marked.answers if first <= minute and (end is None or minute < end))
    for minutes in chunks(stale):
        at = and_(tallies.c.span == MINUTE, tallies.c.start.in_(minutes))
        add(found, _stored(connection, tallies, at, imported), sign=-1)
    edges = [(since, float(first))] if end is None else [(since, float(first)), (float(end), until)]
    from_rows = [*((float(a), float(b)) for a, b in ranges(stale)), *((a, b) for a, b in edges if a < b)]
    add(found, answers_in(connection, from_rows, imported))
    _add_voices(connection, found, (window, whole, imported), marked)
    return found


def _stored(connection: Connection, table: Table, where: ColumnElement[bool], imported: bool) -> Sums:
    names = [table.c[name] for name in KEY]
    numbers = [func.sum(column) for column in table.c if column.name in ANSWERS or column.name in MOMENTS]
    wanted = select(*names, *numbers).where(where, table.c.imported == imported).group_by(*names)
    return {(row[0], row[1], row[2], row[3]): list(row[4:]) for row in connection.execute(wanted)}


def _add_voices(
    connection: Connection,
    found: Sums,
    place: tuple[tuple[float, float], tuple[int, int | None], bool],
    marked: Marked,
) -> None:
    """Of conversations that are marked or reach across an end, what they say inside instead of all that they say."""
    (since, until), (first, end), imported = place
    across = _across(connection, (since, until), (first, end), imported)
    for part in chunks(sorted(marked.conversations | across)):
        for voice, said in known_voices(connection, part).items():
            stands = begin(said.began_at, MINUTE)
            if voice.imported == imported and first <= stands and (end is None or stands < end):
                add(found, said.moments(voice, -1), _AFTER)
        inside = and_(within([(since, until)]), origin(imported))
        for voice, said in voices(connection, part, inside).items():
            add(found, said.moments(voice), _AFTER)


def _across(
    connection: Connection, window: tuple[float, float], whole: tuple[int, int | None], imported: bool
) -> set[str]:
    """Conversations with answers in the window that do not stand whole in its whole minutes."""
    (since, until), (first, end), c = window, whole, tally_voices.c
    wanted = and_(c.began_at < first, c.ended_at >= since)
    if end is not None:
        wanted = or_(wanted, and_(c.began_at < until, c.ended_at >= end))
    rows = connection.execute(select(c.conversation).where(wanted, c.imported == imported))
    return set(rows.scalars())
