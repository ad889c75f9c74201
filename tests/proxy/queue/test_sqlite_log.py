"""The write-ahead log is truncated after a deletion, though somebody else checkpoints at that moment."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

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
