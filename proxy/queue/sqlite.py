"""The embedded queue: one SQLite file, shared by the proxy and worker processes of one machine.

A group is a cursor with leases in the same file. Every call runs in a dedicated thread, so the event loop never waits
for the disk. WAL with ``synchronous=NORMAL``: committed data survives the death of any process.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from proxy.config.data_folder import Mark, mark
from proxy.queue import dead_letters as letters
from proxy.queue import takeover
from proxy.queue.protocol import (
    ABANDONED,
    DEAD_SHARE,
    REMEMBERED,
    Backlog,
    Claimed,
    DeadCount,
    DeadLetter,
    Item,
    Kind,
    Unwritten,
)
from proxy.queue.sqlite_file import (
    Log,
    Stamp,
    abandon_groups,
    add_groups,
    begin_anew,
    bounded,
    collect,
    failed,
    new_items,
    note_group,
    open_file,
    remove,
    remove_user,
    transaction,
    trim,
    untold,
)

log = logging.getLogger("sightglass.queue")

T = TypeVar("T")

#: A batch whose outcome was unknown may be published again within this time (seconds) and is still stored once.
_REMEMBER = 12 * REMEMBERED
#: Items in one statement. The driver keeps every statement that it has prepared, and with it copies of the values that
#: it had last: few forms of few bytes, or payloads of hours ago fill the memory.
_FORMS = (64, 16, 4, 1)
_FORM_BYTES = 1_000_000
#: Payloads of one claim, in bytes, whatever number of items was asked for; one item always comes.
_CLAIM_BYTES = 16_000_000
#: A group that was found empty is looked at again after so long (seconds), even if nothing seems to have been written.
_EMPTY_SECONDS = 30.0
#: What was found so soon (seconds) after a write is not kept: another write in the same tick of the file system's clock
#: would look like the same one.
_TICK_SECONDS = 0.1


class SqliteQueue:
    """A ``SampleQueue`` in ``path``, holding at most ``max_bytes`` of payload."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")
        self._connection: sqlite3.Connection | None = None
        self._mark: Mark = None
        self._groups: dict[str, str] = {}
        #: Of a group that was put in the place of others: what is left to those.
        self._takes: dict[str, dict[str, str]] = {}
        self._log = Log(path)
        #: Groups without items -> the state of the log before that was found, and until when it holds (Unix s).
        self._empty: dict[str, tuple[Stamp, float]] = {}
        self._locked_at = 0.0  # when a call last found the file locked for as long as it may wait

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        asked = time.monotonic()

        def call() -> T:
            if self._locked_at > asked:  # it waited behind that call: one after another they would wait for minutes
                raise Unwritten("queue file: database is locked")
            try:
                with transaction(connection := self._standing()):
                    return work(connection)
            except (sqlite3.Error, OSError) as error:
                self._drop_connection()
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                    self._locked_at = time.monotonic()
                raise failed(error) from None

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _standing(self) -> sqlite3.Connection:
        """A connection to the file that the path names now."""
        if self._connection is not None and mark(self._path) != self._mark:
            log.error("%s was removed or replaced; what it held is lost, and it is made anew", self._path)
            self._drop_connection()
        if self._connection is None:
            again = self._mark is not None
            if again:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = self._connection = open_file(self._path)
            self._mark = mark(self._path)
            if again:
                begin_anew(connection, self._groups)
        return self._connection

    async def _run_for_good(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a deletion, then truncate the write-ahead log, so that no file contains the deleted data."""
        done = await self._run(work)
        self._log.deleted = True
        await self._empty_log(patient=True)
        return done

    async def _empty_log(self, *, patient: bool) -> None:
        def call() -> None:
            self._log.empty(self._connection, patient=patient)

        await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def publish(self, items: list[Item]) -> None:
        """Add the items, all or none. An id published within the last hour is left unchanged."""
        now = time.time()

        def work(db: sqlite3.Connection) -> None:
            added = 0
            for some in _portions(items):
                # Where some of them were published before: which, only one by one tells.
                whole = _insert(db, some, now)
                added += sum(len(item.payload) for item in some if whole or _insert(db, [item], now))
            db.execute("DELETE FROM recent WHERE published < ?", (now - _REMEMBER,))
            db.execute("UPDATE totals SET value = value + ? WHERE name = 'bytes'", (added,))
            trim(db, self._max_bytes)

        await self._run(work)

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Make a group that reads from the oldest item kept."""
        joined = ",".join(kind.value for kind in kinds)
        self._groups[group] = joined
        await self._run(lambda db: add_groups(db, {group: joined}))

    async def take_over(self, group: str, others: Mapping[str, tuple[Kind, ...]]) -> list[str]:
        """Let ``group`` replace ``others``, from a sequence that is stored in the file."""
        self._takes[group] = {name: ",".join(kind.value for kind in kinds) for name, kinds in others.items()}
        return sorted(await self._run(lambda db: takeover.take_over(db, group, self._takes[group])))

    async def give_back(self, group: str) -> bool:
        """Undo ``take_over``, unless items of the group are held."""
        self._takes.pop(group, None)
        return await self._run(lambda db: takeover.give_back(db, group))

    async def hand_over(self, group: str, owner: str, sequences: list[int], to: tuple[str, ...]) -> None:
        """Give copies that only each of these groups sees."""

        def work(db: sqlite3.Connection) -> None:
            ours = "SELECT 1 FROM claims WHERE grp = ? AND owner = ? AND sequence = ?"
            held = [each for each in sequences if db.execute(ours, (group, owner, each)).fetchone()]
            takeover.hand_over(db, held, to)

        await self._run(work)

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Expired claims first, then new items after the group's cursor.

        While nobody has written since a group was found empty, and no claim of it has expired, its answer is known: an
        idle worker asks for each of its groups several times a second.
        """
        now, stamp = time.time(), self._log.stamp()
        seen, rest = self._empty.get(group, (None, 0.0))
        if stamp is not None and seen == stamp and 0 < rest - now <= _EMPTY_SECONDS:
            if self._log.due(stamp, now):
                await self._empty_log(patient=False)
            return []
        until = now + _EMPTY_SECONDS

        def work(db: sqlite3.Connection) -> list[Claimed]:
            nonlocal until
            note_group(db, group, now, ABANDONED / 1440)
            # One that somebody gave back, or that was lost, takes its place anew.
            places = takeover.take_over(db, group, self._takes[group]) if group in self._takes else {}
            late = db.execute(
                "SELECT i.sequence, i.id, i.kind, i.payload, c.deliveries + 1, i.published FROM claims c"
                " JOIN items i USING (sequence) WHERE c.grp = ? AND c.expires < ? ORDER BY i.sequence LIMIT ?",
                (group, now, limit),
            )
            found, full = bounded(late, _CLAIM_BYTES)
            room = _CLAIM_BYTES - sum(len(row[3]) for row in found)
            if not full and (room > 0 or not found):
                found += new_items(db, group, limit - len(found), room)
            db.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)",
                [(group, row[0], owner, now + lease, row[4]) for row in found],
            )
            if not found:
                # A clock that was set back would let the claims of the dead run for as long: they are written anew.
                ahead = (now + lease, group, now + 2 * lease)
                db.execute("UPDATE claims SET expires = ? WHERE grp = ? AND expires > ?", ahead)
                (first,) = db.execute("SELECT MIN(expires) FROM claims WHERE grp = ?", (group,)).fetchone()
                until = min(until, first or until)
                # It may have been the last to see that there is nothing for it in what the others have finished.
                self._log.deleted |= collect(db) > 0
            newest = max(places.values(), default=0)
            return [
                Claimed(r[0], r[1], Kind(r[2]), r[3], r[4], max(0.0, now - r[5]), _had(places, r[0], newest))
                for r in found
            ]

        claimed = await self._run(work)
        if claimed or stamp is None or abs(now - stamp[1] / 1e9) < _TICK_SECONDS:
            self._empty.pop(group, None)
        else:
            self._empty[group] = stamp, until
        return claimed

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Extend the lease of items that are still claimed by this owner."""
        expires = time.time() + lease
        await self._run(
            lambda db: db.executemany(
                "UPDATE claims SET expires = ? WHERE grp = ? AND owner = ? AND sequence = ?",
                [(expires, group, owner, sequence) for sequence in sequences],
            )
        )

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """Remove the claims, and delete items that every group has finished."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "DELETE FROM claims WHERE grp = ? AND owner = ? AND sequence = ?",
                [(group, owner, sequence) for sequence in sequences],
            )
            self._log.deleted |= collect(db) > 0

        await self._run(work)

    async def bury(self, group: str, owner: str, sequences: list[int], reason: str) -> None:
        """Turn claimed items into dead letters of the group."""
        room = int(self._max_bytes * DEAD_SHARE)

        def work(db: sqlite3.Connection) -> None:
            for sequence in sequences:
                letters.bury(db, (group, owner, sequence), reason, time.time())
            letters.bound(db, room)
            self._log.deleted |= collect(db) > 0

        await self._run(work)

    async def dead(self, group: str, limit: int) -> list[DeadLetter]:
        """The dead letters of the group, oldest first."""
        return await self._run(lambda db: letters.listed(db, group, limit, time.time()))

    async def dead_count(self, group: str) -> DeadCount:
        """The number of dead letters kept, and the number removed by the bound."""
        return await self._run(lambda db: letters.count(db, group))

    async def replay(self, group: str, ids: list[str] | None = None) -> int:
        """Deliver dead letters to their group again."""

        def work(db: sqlite3.Connection) -> int:
            replayed = letters.replay(db, group, ids)
            trim(db, self._max_bytes)
            return replayed

        return await self._run(work)

    async def backlog(self, group: str) -> Backlog:
        """Claimed items and those after the cursor."""

        def work(db: sqlite3.Connection) -> Backlog:
            depth, oldest = db.execute(
                "SELECT COUNT(*), MIN(published) FROM (SELECT i.published FROM items i JOIN groups g ON g.name = ?"
                " WHERE i.sequence > g.cursor AND i.grp = '' AND instr(g.kinds, i.kind) UNION ALL"
                " SELECT i.published FROM claims c JOIN items i USING (sequence) WHERE c.grp = ?)",
                (group, group),
            ).fetchone()
            return Backlog(depth, max(0.0, time.time() - oldest) if oldest is not None else 0.0)

        return await self._run(work)

    async def fill(self) -> float:
        """The used share of the byte bound."""
        total: int = await self._run(
            lambda db: db.execute("SELECT value FROM totals WHERE name = 'bytes'").fetchone()[0]
        )
        return total / self._max_bytes

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids removed unseen. Each is returned once."""

        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("DELETE FROM trimmed WHERE grp = ? RETURNING id", (group,)).fetchall()
            return [row[0] for row in rows]

        return await self._run(work)

    async def untold(self, group: str) -> int:
        """How many ids of ``take_trimmed`` were forgotten."""
        return await self._run(lambda db: untold(db, group))

    async def delete(self, ids: list[str]) -> int:
        """Delete items and dead letters by their ids."""

        def work(db: sqlite3.Connection) -> int:
            return sum(remove(db, "id = ?", (each,)) + letters.remove(db, "id = ?", (each,)) for each in ids)

        return await self._run_for_good(work)

    async def forget_user(self, user_hash: str) -> int:
        """Delete the user's samples, and remove the user's rows from their batches."""
        return await self._run_for_good(lambda db: remove_user(db, user_hash) + letters.remove_user(db, user_hash))

    async def expire(self, before: float) -> int:
        """Delete what was published or buried before this moment."""

        def work(db: sqlite3.Connection) -> int:
            abandon_groups(db, time.time() - ABANDONED)
            return remove(db, "published < ?", (before,)) + letters.remove(db, "buried < ?", (before,))

        return await self._run_for_good(work)

    async def close(self) -> None:
        """Close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop_connection)
        self._thread.shutdown(wait=False)


def _portions(items: list[Item]) -> Iterator[list[Item]]:
    """The items in order, split into batches that fit one statement."""
    start = 0
    while start < len(items):
        size, held = 0, 0
        most = min(_FORMS[0], len(items) - start)
        while size < most and (size == 0 or held + len(items[start + size].payload) <= _FORM_BYTES):
            held += len(items[start + size].payload)
            size += 1
        size = next(form for form in _FORMS if form <= size)
        yield items[start : start + size]
        start += size


def _insert(db: sqlite3.Connection, items: list[Item], now: float) -> bool:
    """Add items, all or none; False when one of them was published lately. In two statements however many there are:
    at each the thread gives the interpreter to the loop and has to get it back."""
    values = [value for item in items for value in (item.id, now)]
    try:
        db.execute(f"INSERT INTO recent VALUES {_places(2, len(items))}", values)  # noqa: S608 - question marks
    except sqlite3.IntegrityError:
        return False
    rows = [(item.id, item.kind.value, item.payload, len(item.payload), now) for item in items]
    db.execute(
        "INSERT OR IGNORE INTO items (id, kind, payload, size, published)"  # noqa: S608 - question marks
        f" VALUES {_places(5, len(items))}",
        [value for row in rows for value in row],
    )
    return True


@lru_cache(maxsize=2 * len(_FORMS))
def _places(columns: int, rows: int) -> str:
    return ",".join(["(" + ",".join("?" * columns) + ")"] * rows)


def _had(places: takeover.Places, sequence: int, newest: int) -> tuple[str, ...]:
    return tuple(name for name, through in places.items() if sequence <= through) if sequence <= newest else ()
