"""One group in the place of several, in the embedded queue's file: where it begins, and the way back.

A group that was taken over sees nothing new: only what it holds, what is replayed and what is handed to it. The table
``takeovers`` keeps the sequence through which it has had its items itself, so that the group in its place leaves those
to it. Programs that know nothing of this see a group that is at its end, and go on with the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from proxy.queue.protocol import Kind

#: The cursor of a group that was taken over: beyond every item.
CLOSED = 2**62
#: Group -> the sequence through which it has had its items itself.
Places = dict[str, int]


def taken(db: sqlite3.Connection, taker: str) -> Places:
    """The groups in whose place ``taker`` stands."""
    return dict(db.execute("SELECT grp, sequence FROM takeovers WHERE taker = ?", (taker,)).fetchall())


def take_over(db: sqlite3.Connection, taker: str, others: Mapping[str, str]) -> Places:
    """Make ``taker``, which reads samples, stand in the place of ``others`` (name -> kinds that are left to it)."""
    done = taken(db, taker)
    stands = db.execute("SELECT cursor FROM groups WHERE name = ?", (taker,)).fetchone()
    if stands is not None and not others.keys() - done.keys():
        return done
    marks = ",".join("?" * len(others))
    statement = f"SELECT name, cursor FROM groups WHERE name IN ({marks})"  # noqa: S608 - question marks
    cursors = {name: at for name, at in db.execute(statement, list(others)) if at != CLOSED}
    if stands is None:
        begin = min(cursors.values(), default=0)
        db.execute("INSERT INTO groups VALUES (?, ?, ?)", (taker, Kind.SAMPLE.value, begin))
        db.execute("DELETE FROM takeovers WHERE taker = ?", (taker,))
        done = {}
    else:
        begin = stands[0]
    for name, kinds in others.items():
        if name in done:
            continue
        own = cursors.get(name, begin)
        if own < begin:  # it lags behind a taker that is there already: what lies between is handed to it
            between = "SELECT sequence FROM items WHERE kind = 'sample' AND grp = '' AND sequence > ? AND sequence <= ?"
            hand_over(db, [row[0] for row in db.execute(between, (own, begin)).fetchall()], (name,))
        if kinds:  # its cursor goes on over the kinds that are left to it
            statement = "INSERT INTO groups VALUES (?, ?, 0) ON CONFLICT (name) DO UPDATE SET kinds = excluded.kinds"
            db.execute(statement, (name, kinds))
        else:
            statement = "INSERT INTO groups VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor"
            db.execute(statement, (name, Kind.SAMPLE.value, CLOSED))
        db.execute("INSERT OR REPLACE INTO takeovers VALUES (?, ?, ?)", (taker, name, own))
    return taken(db, taker)


def give_back(db: sqlite3.Connection, taker: str) -> bool:
    """Let the groups go on where ``taker`` stands, which is no more; False while somebody holds an item of it."""
    stands = db.execute("SELECT cursor FROM groups WHERE name = ?", (taker,)).fetchone()
    if db.execute("SELECT 1 FROM claims WHERE grp = ? LIMIT 1", (taker,)).fetchone():
        return False
    if stands is None:
        return True
    for name, own in taken(db, taker).items():
        # Where both kinds are read with one cursor, it goes back as far: what was seen twice is kept once.
        at = max(stands[0], own)
        db.execute(
            "UPDATE groups SET cursor = MIN(cursor, ?), kinds = CASE WHEN instr(kinds, 'sample') THEN kinds"
            " ELSE kinds || ',sample' END WHERE name = ?",
            (at, name),
        )
    db.execute("DELETE FROM takeovers WHERE taker = ?", (taker,))
    db.execute("DELETE FROM groups WHERE name = ?", (taker,))
    return True


def hand_over(db: sqlite3.Connection, sequences: Iterable[int], groups: Iterable[str]) -> None:
    """Copies of these items that one group sees alone, as if they were replayed to it."""
    for sequence in sequences:
        for group in groups:
            added = db.execute(
                "INSERT OR IGNORE INTO items (id, kind, payload, size, published, grp)"
                " SELECT id, kind, payload, size, published, ? FROM items WHERE sequence = ? RETURNING sequence, size",
                (group, sequence),
            ).fetchone()
            if added is not None:
                db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", (added[1],))
                db.execute("INSERT INTO claims VALUES (?, ?, '', 0, 0)", (group, added[0]))
