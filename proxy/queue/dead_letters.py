"""Dead letters in the file of the embedded queue: items that a group gave up, until they are replayed or expire."""

from __future__ import annotations

import sqlite3

from proxy.queue.erasure import user_mark
from proxy.queue.protocol import MAX_REASON, DeadCount, DeadLetter, Kind


def bury(db: sqlite3.Connection, held: tuple[str, str, int], reason: str, now: float) -> None:
    """Turn one claim (group, owner, sequence) into a dead letter, unless another owner holds it now."""
    claim = db.execute(
        "DELETE FROM claims WHERE grp = ? AND owner = ? AND sequence = ? RETURNING deliveries", held
    ).fetchone()
    if claim is None:
        return
    group, _, sequence = held
    remove(db, "grp = ? AND id = (SELECT id FROM items WHERE sequence = ?)", (group, sequence))
    db.execute(
        "INSERT INTO dead (grp, id, kind, payload, size, published, reason, deliveries, buried)"
        " SELECT ?, id, kind, payload, size, published, ?, ?, ? FROM items WHERE sequence = ?",
        (group, reason[:MAX_REASON], claim[0], now, sequence),
    )
    db.execute(
        "UPDATE totals SET value = value + (SELECT size FROM items WHERE sequence = ?) WHERE name = 'dead_bytes'",
        (sequence,),
    )


def bound(db: sqlite3.Connection, max_bytes: int) -> None:
    """Remove the oldest dead letters until the bound holds. They are counted for their group."""
    while db.execute("SELECT value FROM totals WHERE name = 'dead_bytes'").fetchone()[0] > max_bytes:
        number, group = db.execute("SELECT number, grp FROM dead ORDER BY number LIMIT 1").fetchone()
        remove(db, "number = ?", (number,))
        db.execute(
            "INSERT INTO dropped_letters VALUES (?, 1) ON CONFLICT (grp) DO UPDATE SET number = number + 1", (group,)
        )


def listed(db: sqlite3.Connection, group: str, limit: int, now: float) -> list[DeadLetter]:
    """The dead letters of the group, oldest first."""
    rows = db.execute(
        "SELECT grp, id, kind, payload, reason, deliveries, buried FROM dead WHERE grp = ? ORDER BY number LIMIT ?",
        (group, limit),
    )
    return [DeadLetter(r[0], r[1], Kind(r[2]), r[3], r[4], r[5], max(0.0, now - r[6])) for r in rows]


def count(db: sqlite3.Connection, group: str) -> DeadCount:
    """The numbers of dead letters kept and dropped."""
    kept = db.execute("SELECT COUNT(*) FROM dead WHERE grp = ?", (group,)).fetchone()[0]
    dropped = db.execute("SELECT number FROM dropped_letters WHERE grp = ?", (group,)).fetchone()
    return DeadCount(kept, dropped[0] if dropped else 0)


def replay(db: sqlite3.Connection, group: str, ids: list[str] | None) -> int:
    """Turn dead letters back into items that only their group sees, each with an expired claim."""
    chosen = db.execute("SELECT number, id FROM dead WHERE grp = ? ORDER BY number", (group,)).fetchall()
    wanted = None if ids is None else set(ids)
    chosen = [row for row in chosen if wanted is None or row[1] in wanted]
    for number, each in chosen:
        added = db.execute(
            "INSERT OR IGNORE INTO items (id, kind, payload, size, published, grp)"
            " SELECT id, kind, payload, size, published, grp FROM dead WHERE number = ? RETURNING size",
            (number,),
        ).fetchone()
        db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", (added[0] if added else 0,))
        db.execute(
            "INSERT OR IGNORE INTO claims SELECT grp, sequence, '', 0, 0 FROM items WHERE grp = ? AND id = ?",
            (group, each),
        )
        remove(db, "number = ?", (number,))
    return len(chosen)


def remove(db: sqlite3.Connection, condition: str, values: tuple[object, ...]) -> int:
    """Delete the dead letters that match a condition of this module. Returns their number."""
    gone = db.execute(f"DELETE FROM dead WHERE {condition} RETURNING size", values).fetchall()  # noqa: S608 - a literal
    if gone:
        db.execute("UPDATE totals SET value = value - ? WHERE name = 'dead_bytes'", (sum(row[0] for row in gone),))
    return len(gone)


def remove_user(db: sqlite3.Connection, user_hash: str) -> int:
    """Delete the dead letters of a user. Returns their number."""
    return remove(db, "kind = ? AND instr(payload, ?)", (Kind.SAMPLE.value, user_mark(user_hash)))
