"""What was deleted, or is done with, leaves the queue's file and its write-ahead log."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from proxy.queue.protocol import Item, Kind
from proxy.queue.sqlite import SqliteQueue
from proxy.queue.sqlite_file import truncate_log
from support.processes import wait_until

WORDS = "the lock of the canal"


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)


def test_a_checkpoint_under_way_is_waited_for(tmp_path: Path) -> None:
    """One that leaves the log as it is waits for a reader: SQLite says "busy" at once to whoever wants to truncate."""
    path, log = tmp_path / "a.db", tmp_path / "a.db-wal"
    with closing(_open(path)) as own, closing(_open(path)) as reader, closing(_open(path)) as other:
        own.execute("PRAGMA journal_mode=WAL")
        own.execute("PRAGMA secure_delete=ON")
        own.execute("CREATE TABLE t (x)")
        own.execute("INSERT INTO t VALUES (?)", (WORDS,))
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        own.execute("DELETE FROM t")
        checkpoint = threading.Thread(target=lambda: _until_done(other))
        checkpoint.start()
        wait_until(lambda: _busy(own), 10, "the other checkpoint under way")
        assert WORDS.encode() in log.read_bytes()
        ends = threading.Timer(0.1, lambda: reader.execute("COMMIT"))
        ends.start()
        truncated = truncate_log(own.cursor())
        ends.join()
        checkpoint.join()
        assert truncated
        assert log.read_bytes() == b""
    assert WORDS.encode() not in path.read_bytes()


def _busy(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[0])


def _until_done(connection: sqlite3.Connection) -> None:
    """Checkpoint. Whoever looks whether it is under way is in its way for a moment, too."""
    while connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()[0]:
        pass


def _everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def test_what_all_have_finished_goes_though_nothing_follows(tmp_path: Path) -> None:
    """Groups of other kinds see that there is nothing for them after the last acknowledgement. Nobody deletes, and
    nothing more is published."""
    queue = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    await queue.ensure_group("store", (Kind.FEEDBACK,))
    await queue.ensure_group("scorer", (Kind.SAMPLE,))
    await queue.publish([Item("f1", Kind.FEEDBACK, WORDS.encode() * 2000)])
    (taken,) = await queue.claim("store", "w", 10, 30)
    await queue.acknowledge("store", "w", [taken.sequence])
    assert WORDS.encode() in _everything_in(tmp_path)
    for _ in range(400):
        for group in ("store", "scorer"):
            assert await queue.claim(group, "w", 10, 30) == []
        if WORDS.encode() not in _everything_in(tmp_path):
            break
        await asyncio.sleep(0.05)
    assert WORDS.encode() not in _everything_in(tmp_path)
    await queue.close()


async def test_a_log_that_was_in_use_when_a_user_was_forgotten_is_emptied_at_rest(tmp_path: Path) -> None:
    """A reader holds the log for longer than the deletion waits for it."""
    queue = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    await queue.ensure_group("store", (Kind.SAMPLE,))
    await queue.publish([Item("s1", Kind.SAMPLE, WORDS.encode() * 2000)])
    with closing(_open(tmp_path / "queue.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM items").fetchall()
        queue._connection.execute("PRAGMA busy_timeout=10")  # type: ignore[union-attr]
        assert await queue.delete(["s1"]) == 1
        assert WORDS.encode() in _everything_in(tmp_path)
        reader.execute("COMMIT")
    for _ in range(400):
        assert await queue.claim("store", "w", 10, 30) == []
        if WORDS.encode() not in _everything_in(tmp_path):
            break
        await asyncio.sleep(0.05)
    assert WORDS.encode() not in _everything_in(tmp_path)
    await queue.close()
