"""The embedded queue: one SQLite file that proxy and worker processes of one machine share.

A group is a cursor with leases in the same file. Every call runs in one thread of its own, so that no disk waits on the
loop. WAL with ``synchronous=NORMAL``: what was committed survives the death of any process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from proxy.exchange import RowBatch
from proxy.queue.protocol import Backlog, Claimed, Item, Kind, QueueError

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    size INTEGER NOT NULL,
    published REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS recent (id TEXT PRIMARY KEY, published REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recent_published ON recent (published);
CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, kinds TEXT NOT NULL, cursor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS claims (
    grp TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    owner TEXT NOT NULL,
    expires REAL NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (grp, sequence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trimmed (grp TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (grp, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO totals VALUES ('bytes', 0);
"""
#: A batch whose outcome was unknown may be published again within this time (seconds) and is still stored once.
_REMEMBER = 3600.0
_batches = msgspec.json.Decoder(RowBatch)


class SqliteQueue:
    """A ``SampleQueue`` in ``path``, holding at most ``max_bytes`` of payload."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")
        self._connection: sqlite3.Connection | None = None

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def call() -> T:
            try:
                if self._connection is None:
                    self._connection = _open(self._path)
                with _transaction(self._connection):
                    return work(self._connection)
            except (sqlite3.Error, OSError) as error:
                self._drop_connection()
                raise QueueError(f"queue file: {error}") from None

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def publish(self, items: list[Item]) -> None:
        """Add the items, all or none; an id published within the last hour is left alone."""
        now = time.time()

        def work(db: sqlite3.Connection) -> None:
            added = 0
            for item in items:
                if db.execute("INSERT OR IGNORE INTO recent VALUES (?, ?)", (item.id, now)).rowcount:
                    added += len(item.payload)
                    db.execute(
                        "INSERT OR IGNORE INTO items (id, kind, payload, size, published) VALUES (?, ?, ?, ?, ?)",
                        (item.id, item.kind.value, item.payload, len(item.payload), now),
                    )
            db.execute("DELETE FROM recent WHERE published < ?", (now - _REMEMBER,))
            db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", (added,))
            _trim(db, self._max_bytes)

        await self._run(work)

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Make a group that reads from the oldest item kept."""
        joined = ",".join(kind.value for kind in kinds)
        await self._run(lambda db: db.execute("INSERT OR IGNORE INTO groups VALUES (?, ?, 0)", (group, joined)))

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Expired claims first, then new items after the group's cursor."""
        now = time.time()

        def work(db: sqlite3.Connection) -> list[Claimed]:
            found = db.execute(
                "SELECT i.sequence, i.id, i.kind, i.payload, c.deliveries + 1, i.published FROM claims c"
                " JOIN items i USING (sequence) WHERE c.grp = ? AND c.expires < ? ORDER BY i.sequence LIMIT ?",
                (group, now, limit),
            ).fetchall()
            found += _new_items(db, group, limit - len(found))
            db.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)",
                [(group, row[0], owner, now + lease, row[4]) for row in found],
            )
            return [Claimed(r[0], r[1], Kind(r[2]), r[3], r[4], max(0.0, now - r[5])) for r in found]

        return await self._run(work)

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Hold on to claimed items that are still ours."""
        expires = time.time() + lease
        await self._run(
            lambda db: db.executemany(
                "UPDATE claims SET expires = ? WHERE grp = ? AND owner = ? AND sequence = ?",
                [(expires, group, owner, sequence) for sequence in sequences],
            )
        )

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """Forget the claims, and delete items that every group has finished with."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "DELETE FROM claims WHERE grp = ? AND owner = ? AND sequence = ?",
                [(group, owner, sequence) for sequence in sequences],
            )
            _collect(db)

        await self._run(work)

    async def backlog(self, group: str) -> Backlog:
        """Claimed items and those after the cursor."""

        def work(db: sqlite3.Connection) -> Backlog:
            depth, oldest = db.execute(
                "SELECT COUNT(*), MIN(published) FROM (SELECT i.published FROM items i JOIN groups g ON g.name = ?"
                " WHERE i.sequence > g.cursor AND instr(g.kinds, i.kind) UNION ALL"
                " SELECT i.published FROM claims c JOIN items i USING (sequence) WHERE c.grp = ?)",
                (group, group),
            ).fetchone()
            return Backlog(depth, max(0.0, time.time() - oldest) if oldest is not None else 0.0)

        return await self._run(work)

    async def fill(self) -> float:
        """Bytes held over the bound."""
        total: int = await self._run(
            lambda db: db.execute("SELECT value FROM totals WHERE name = 'bytes'").fetchone()[0]
        )
        return total / self._max_bytes

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids that the bound removed, each given once."""

        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("DELETE FROM trimmed WHERE grp = ? RETURNING id", (group,)).fetchall()
            return [row[0] for row in rows]

        return await self._run(work)

    async def forget_user(self, user_hash: str) -> int:
        """Delete the user's samples, and take the user's rows out of their batches."""
        mark = b'"user_hash":' + msgspec.json.encode(user_hash)

        def work(db: sqlite3.Connection) -> int:
            rows = 0
            held = "SELECT sequence, payload FROM items WHERE kind = ? AND instr(payload, ?)"
            for sequence, payload in db.execute(held, (Kind.ROWS.value, mark)).fetchall():
                batch = _batches.decode(payload)
                kept = [row for row in batch.rows if row.exchange.user_hash != user_hash]
                rows += len(batch.rows) - len(kept)
                less = msgspec.json.encode(msgspec.structs.replace(batch, rows=kept))
                db.execute("UPDATE items SET payload = ?, size = ? WHERE sequence = ?", (less, len(less), sequence))
                change = (len(less) - len(payload),)
                db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", change)
            return rows + _remove(db, "kind = ? AND instr(payload, ?)", (Kind.SAMPLE.value, mark))

        found = await self._run(work)
        await self._empty_log()
        return found

    async def expire(self, before: float) -> int:
        """Delete what was published before this moment; samples that a group had not finished count as trimmed."""
        gone = await self._run(lambda db: _remove(db, "published < ?", (before,)))
        if gone:
            await self._empty_log()
        return gone

    async def _empty_log(self) -> None:
        """Bring the write-ahead log into the file and cut it, so that what was deleted is in neither."""

        def call() -> None:
            # It gives way to readers; the next one, or the log's own turn, does it then.
            with contextlib.suppress(sqlite3.Error):
                if self._connection is not None:
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """Close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop_connection)
        self._thread.shutdown(wait=False)


def _open(path: Path) -> sqlite3.Connection:
    # The file is made by us with 0600 before SQLite opens it; -wal and -shm inherit its mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: no text stays in free pages
    connection.execute("PRAGMA journal_size_limit=67108864")
    with closing(connection.cursor()) as cursor:
        cursor.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
    return connection


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE: a reader that turned writer half-way could fail with SQLITE_BUSY at once, whatever the time-out.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _new_items(db: sqlite3.Connection, group: str, limit: int) -> list[tuple[int, str, str, bytes, int, float]]:
    if limit <= 0:
        return []
    rows: list[tuple[int, str, str, bytes, int, float]] = db.execute(
        "SELECT i.sequence, i.id, i.kind, i.payload, 1, i.published FROM items i JOIN groups g ON g.name = ?"
        " WHERE i.sequence > g.cursor AND instr(g.kinds, i.kind) ORDER BY i.sequence LIMIT ?",
        (group, limit),
    ).fetchall()
    # Fewer than asked for: everything that there is was seen, other kinds included.
    seen_all = len(rows) < limit
    newest = db.execute("SELECT MAX(sequence) FROM items").fetchone()[0] if seen_all else rows[-1][0]
    if newest is not None:
        db.execute("UPDATE groups SET cursor = MAX(cursor, ?) WHERE name = ?", (newest, group))
    return rows


def _collect(db: sqlite3.Connection) -> None:
    """Delete items below every cursor that nobody holds."""
    low = db.execute("SELECT MIN(cursor) FROM groups").fetchone()[0] or 0
    held = db.execute("SELECT MIN(sequence) FROM claims").fetchone()[0]
    _delete(db, min(low, held - 1) if held is not None else low)


def _delete(db: sqlite3.Connection, through: int) -> None:
    rows = db.execute("DELETE FROM items WHERE sequence <= ? RETURNING size", (through,)).fetchall()
    if rows:
        db.execute("UPDATE totals SET value = value - ? WHERE name = 'bytes'", (sum(row[0] for row in rows),))


def _remove(db: sqlite3.Connection, condition: str, values: tuple[object, ...]) -> int:
    """Delete the items of a condition of ours; for each group that had not finished one, remember its id."""
    chosen = f"SELECT sequence FROM items WHERE {condition}"  # noqa: S608 - the condition is a literal of this file
    db.execute(
        "INSERT OR IGNORE INTO trimmed SELECT g.name, i.id FROM items i JOIN groups g ON instr(g.kinds, i.kind)"  # noqa: S608
        f" WHERE i.kind = 'sample' AND i.sequence IN ({chosen}) AND (i.sequence > g.cursor OR EXISTS"
        " (SELECT 1 FROM claims c WHERE c.grp = g.name AND c.sequence = i.sequence))",
        values,
    )
    db.execute(f"DELETE FROM claims WHERE sequence IN ({chosen})", values)  # noqa: S608
    gone = db.execute(f"DELETE FROM items WHERE {condition} RETURNING size", values).fetchall()  # noqa: S608
    if gone:
        db.execute("UPDATE totals SET value = value - ? WHERE name = 'bytes'", (sum(row[0] for row in gone),))
    return len(gone)


def _trim(db: sqlite3.Connection, max_bytes: int) -> None:
    """Remove the oldest items until the bound holds; for each group that had not finished one, remember its id."""
    excess = db.execute("SELECT value FROM totals WHERE name = 'bytes'").fetchone()[0] - max_bytes
    if excess <= 0:
        return
    through = 0
    for sequence, size in db.execute("SELECT sequence, size FROM items ORDER BY sequence"):
        if excess <= 0:
            break
        through, excess = sequence, excess - size
    db.execute(
        "INSERT OR IGNORE INTO trimmed SELECT g.name, i.id FROM items i JOIN groups g ON instr(g.kinds, i.kind)"
        " WHERE i.sequence <= ? AND (i.sequence > g.cursor OR EXISTS"
        " (SELECT 1 FROM claims c WHERE c.grp = g.name AND c.sequence = i.sequence))",
        (through,),
    )
    db.execute("DELETE FROM claims WHERE sequence <= ?", (through,))
    _delete(db, through)
