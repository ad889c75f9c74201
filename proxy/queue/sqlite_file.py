"""The file of the embedded queue: its tables, its transactions, and all code that removes an item."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from proxy.queue.erasure import rows_without, user_mark
from proxy.queue.protocol import MAX_TRIMMED, Kind, QueueError, Unwritten
from proxy.queue.takeover import give_back, taken

#: Seconds between tries to truncate the log.
_RESTS = (0.05, 0.1, 0.2, 0.4)
#: So long (seconds) after the last write, and the last try, an idle queue empties its log of what was deleted.
_REST_SECONDS = 1.0
#: ``items.grp``: the one group that sees a replayed item; empty for all others.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    size INTEGER NOT NULL,
    published REAL NOT NULL,
    grp TEXT NOT NULL DEFAULT '',
    UNIQUE (id, grp)
);
CREATE TABLE IF NOT EXISTS recent (id TEXT PRIMARY KEY, published REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recent_published ON recent (published);
CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, kinds TEXT NOT NULL, cursor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS takeovers (
    taker TEXT NOT NULL,
    grp TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (taker, grp)
);
CREATE TABLE IF NOT EXISTS seen (grp TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS claims (
    grp TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    owner TEXT NOT NULL,
    expires REAL NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (grp, sequence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trimmed (number INTEGER PRIMARY KEY, grp TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (grp, id));
CREATE TABLE IF NOT EXISTS dead (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    grp TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    size INTEGER NOT NULL,
    published REAL NOT NULL,
    reason TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    buried REAL NOT NULL,
    UNIQUE (grp, id)
);
CREATE TABLE IF NOT EXISTS untold (grp TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dropped_letters (grp TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO totals VALUES ('bytes', 0);
INSERT OR IGNORE INTO totals VALUES ('dead_bytes', 0);
"""
#: From the form of before there were dead letters, which had neither ``items.grp`` nor ``trimmed.number``.
_MIGRATION = """
ALTER TABLE items RENAME TO old_items;
ALTER TABLE trimmed RENAME TO old_trimmed;
{schema}
INSERT INTO items (sequence, id, kind, payload, size, published)
    SELECT sequence, id, kind, payload, size, published FROM old_items;
INSERT INTO trimmed (grp, id) SELECT grp, id FROM old_trimmed;
DROP TABLE old_items;
DROP TABLE old_trimmed;
"""


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the queue file, which is created if missing. Raises ``sqlite3.Error`` and ``OSError``."""
    # The file is made by us with 0600 before SQLite opens it; -wal and -shm inherit its mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA page_size=16384")  # of a new file: a batch is written in a quarter of the calls
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: no text stays in free pages
    connection.execute("PRAGMA journal_size_limit=67108864")
    with closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        columns = {row[1] for row in cursor.execute("PRAGMA table_info(items)")}
        script = _MIGRATION.format(schema=_SCHEMA) if columns and "grp" not in columns else _SCHEMA
        for statement in script.split(";"):  # executescript would end the transaction
            cursor.execute(statement)
        cursor.execute("COMMIT")
    return connection


def add_groups(db: sqlite3.Connection, groups: Mapping[str, str]) -> None:
    """Create groups (name -> kinds) that begin with the oldest item kept. Existing groups are unchanged."""
    db.executemany("INSERT OR IGNORE INTO groups VALUES (?, ?, 0)", groups.items())


def begin_anew(db: sqlite3.Connection, groups: Mapping[str, str]) -> None:
    """In a file that stands in the place of a lost one: the groups, and numbers of items that the lost one cannot have
    given, so that nobody acknowledges by them what is new."""
    with transaction(db):
        add_groups(db, groups)
        db.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'items', ?"
            " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'items')",
            (time.time_ns() // 1_000_000,),
        )


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction: all or nothing."""
    # IMMEDIATE: a reader that turned writer half-way could fail with SQLITE_BUSY at once, whatever the time-out.
    db.execute("BEGIN IMMEDIATE")
    with ExitStack() as unless_done:
        unless_done.callback(db.execute, "ROLLBACK")
        yield
        unless_done.pop_all()
    db.execute("COMMIT")


def collect(db: sqlite3.Connection) -> int:
    """Delete items that are below every cursor and that nobody holds; how many."""
    low = db.execute("SELECT MIN(cursor) FROM groups").fetchone()[0] or 0
    held = db.execute("SELECT MIN(sequence) FROM claims").fetchone()[0]
    return _forget(db, "DELETE FROM items WHERE sequence <= ? RETURNING size", (min(low, held - 1) if held else low,))


def trim(db: sqlite3.Connection, max_bytes: int) -> None:
    """Remove the oldest items until the bound holds.

    Their ids are recorded for each group that had not finished them.
    """
    excess = db.execute("SELECT value FROM totals WHERE name = 'bytes'").fetchone()[0] - max_bytes
    if excess <= 0:
        return
    through = 0
    for sequence, size in db.execute("SELECT sequence, size FROM items ORDER BY sequence"):
        if excess <= 0:
            break
        through, excess = sequence, excess - size
    remove(db, "sequence <= ?", (through,))


def remove(db: sqlite3.Connection, condition: str, values: tuple[object, ...]) -> int:
    """Delete the items of a condition of ours; for each group that had not finished one, remember its id. How many."""
    chosen = f"SELECT sequence FROM items WHERE {condition}"  # noqa: S608 - the condition is a literal of ours
    db.execute(
        "INSERT OR IGNORE INTO trimmed (grp, id) SELECT g.name, i.id FROM items i"  # noqa: S608
        " JOIN groups g ON instr(g.kinds, i.kind) AND i.grp IN ('', g.name)"
        f" WHERE i.kind = 'sample' AND i.sequence IN ({chosen}) AND (i.sequence > g.cursor OR EXISTS"
        " (SELECT 1 FROM claims c WHERE c.grp = g.name AND c.sequence = i.sequence))",
        values,
    )
    _bound_trimmed(db)
    db.execute(f"DELETE FROM claims WHERE sequence IN ({chosen})", values)  # noqa: S608
    return _forget(db, f"DELETE FROM items WHERE {condition} RETURNING size", values)  # noqa: S608


def _bound_trimmed(db: sqlite3.Connection) -> None:
    """Of ids that nobody asks for forget the oldest, and count them for their groups."""
    oldest = "number <= (SELECT MAX(number) FROM trimmed) - ?"
    for group, number in db.execute(
        f"SELECT grp, COUNT(*) FROM trimmed WHERE {oldest} GROUP BY grp",  # noqa: S608 - a literal of ours
        (MAX_TRIMMED,),
    ).fetchall():
        db.execute(
            "INSERT INTO untold VALUES (?, ?) ON CONFLICT (grp) DO UPDATE SET number = number + excluded.number",
            (group, number),
        )
    db.execute(f"DELETE FROM trimmed WHERE {oldest}", (MAX_TRIMMED,))  # noqa: S608


def untold(db: sqlite3.Connection, group: str) -> int:
    """How many ids were forgotten before the group asked for them."""
    found = db.execute("SELECT number FROM untold WHERE grp = ?", (group,)).fetchone()
    return int(found[0]) if found else 0


def _forget(db: sqlite3.Connection, deletion: str, values: tuple[object, ...]) -> int:
    gone = db.execute(deletion, values).fetchall()
    if gone:
        db.execute("UPDATE totals SET value = value - ? WHERE name = 'bytes'", (sum(row[0] for row in gone),))
    return len(gone)


def note_group(db: sqlite3.Connection, group: str, now: float, every: float) -> None:
    """Record that a group is in use. Written if the last record is at least ``every`` seconds old."""
    db.execute(
        "INSERT INTO seen VALUES (?, ?) ON CONFLICT (grp) DO UPDATE SET at = excluded.at WHERE at < excluded.at - ?",
        (group, now, every),
    )


def abandon_groups(db: sqlite3.Connection, before: float) -> None:
    """Forget groups that nobody claimed from since then; the samples that they had not finished count as trimmed."""
    for (group,) in db.execute("SELECT grp FROM seen WHERE at < ?", (before,)).fetchall():
        if taken(db, group):  # those in whose place it stood may still be there, and go on by themselves
            db.execute("DELETE FROM claims WHERE grp = ?", (group,))
            give_back(db, group)
        db.execute(
            "INSERT OR IGNORE INTO trimmed (grp, id) SELECT g.name, i.id FROM items i JOIN groups g ON g.name = ?"
            " WHERE instr(g.kinds, i.kind) AND i.grp IN ('', g.name) AND i.kind = 'sample' AND (i.sequence > g.cursor"
            " OR EXISTS (SELECT 1 FROM claims c WHERE c.grp = g.name AND c.sequence = i.sequence))",
            (group,),
        )
        for table, column in (("claims", "grp"), ("groups", "name"), ("seen", "grp"), ("takeovers", "grp")):
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (group,))  # noqa: S608 - names of this line
    _bound_trimmed(db)
    if db.execute("SELECT COUNT(*) FROM groups").fetchone()[0]:
        collect(db)


def remove_user(db: sqlite3.Connection, user_hash: str) -> int:
    """Delete a user's samples and take the user's rows out of their batches; how many copies."""
    mark, copies = user_mark(user_hash), 0
    held = "SELECT sequence, payload FROM items WHERE kind = ? AND instr(payload, ?)"
    for sequence, payload in db.execute(held, (Kind.ROWS.value, mark)).fetchall():
        less, rows = rows_without(payload, user_hash)
        copies += rows
        db.execute("UPDATE items SET payload = ?, size = ? WHERE sequence = ?", (less, len(less), sequence))
        db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", (len(less) - len(payload),))
    return copies + remove(db, "kind = ? AND instr(payload, ?)", (Kind.SAMPLE.value, mark))


def failed(error: sqlite3.Error | OSError) -> QueueError:
    """A transaction that failed has written nothing. What is wrong with its data, and not with the file, stays so."""
    passing = isinstance(error, sqlite3.OperationalError | OSError)
    return (Unwritten if passing else QueueError)(f"queue file: {error}")


#: Of an item that is claimed: sequence, id, kind, payload, deliveries, when it was published.
ClaimedRow = tuple[int, str, str, bytes, int, float]


def bounded(rows: sqlite3.Cursor, room: int) -> tuple[list[ClaimedRow], bool]:
    """The first rows whose payloads fit, at least one, and whether some did not fit."""
    found: list[ClaimedRow] = []
    for row in rows:
        room -= len(row[3])
        if room < 0 and found:
            rows.close()
            return found, True
        found.append(row)
    return found, room < 0


def new_items(db: sqlite3.Connection, group: str, limit: int, room: int) -> list[ClaimedRow]:
    """Items after the group's cursor, which moves behind them."""
    if limit <= 0:
        return []
    cursor = db.execute(
        "SELECT i.sequence, i.id, i.kind, i.payload, 1, i.published FROM items i JOIN groups g ON g.name = ?"
        " WHERE i.sequence > g.cursor AND i.grp = '' AND instr(g.kinds, i.kind) ORDER BY i.sequence LIMIT ?",
        (group, limit),
    )
    rows, full = bounded(cursor, room)
    # Fewer than asked for: everything that there is was seen, other kinds included.
    seen_all = len(rows) < limit and not full
    newest = db.execute("SELECT MAX(sequence) FROM items").fetchone()[0] if seen_all else rows[-1][0]
    if newest is not None:
        db.execute("UPDATE groups SET cursor = MAX(cursor, ?) WHERE name = ?", (newest, group))
    return rows


class _Cursor(Protocol):
    """A cursor of the driver, or one that wraps it."""

    def execute(self, statement: str, /) -> object:
        """Run the statement."""

    def fetchone(self) -> Sequence[int] | None:
        """The first row."""


def truncate_log(cursor: _Cursor, *, patient: bool = True) -> bool:
    """Checkpoint the write-ahead log into the file and truncate it, so that what was deleted is in neither. False if
    readers, or others that checkpoint, were in the way all the time: while one of these is at work, SQLite does not
    wait at all. While it waits for a reader nobody can write: one that is not ``patient`` does not wait."""
    if patient:
        return any(_truncated(cursor, rest) for rest in (*_RESTS, 0.0))
    cursor.execute("PRAGMA busy_timeout")
    (before,) = cursor.fetchone() or (0,)
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        return _truncated(cursor, 0.0)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={before}")


def _truncated(cursor: _Cursor, rest: float) -> bool:
    """Whether the log was truncated; ``rest``: seconds to wait when it was not."""
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    row = cursor.fetchone()
    done = row is None or not row[0]
    if not done:
        time.sleep(rest)
    return done


#: Inode, time of the last write (ns) and size of a log: every write changes it.
Stamp = tuple[int, int, int]


class Log:
    """The write-ahead log of a queue file, and whether something that was deleted may still be in it."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}-wal")
        self.deleted = True  # by this process, or by one before it
        self._tried_at = 0.0

    def stamp(self) -> Stamp | None:
        """Its state; ``None`` where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def due(self, stamp: Stamp, now: float) -> bool:
        """Whether it should be emptied: nobody has written for a while, and what was deleted may be in it."""
        if not self.deleted or min(abs(now - stamp[1] / 1e9), abs(now - self._tried_at)) < _REST_SECONDS:
            return False
        self._tried_at = now
        return True

    def empty(self, connection: sqlite3.Connection | None, *, patient: bool) -> None:
        """Truncate it. It gives way to readers: then it stays due."""
        with suppress(sqlite3.Error):
            self.deleted = connection is None or not truncate_log(connection.cursor(), patient=patient)
