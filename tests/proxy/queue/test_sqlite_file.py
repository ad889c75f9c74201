"""The embedded queue's file: one of an older form is read on."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from proxy.queue import sqlite as sqlite_module
from proxy.queue.protocol import Item, Kind, Unwritten
from proxy.queue.sqlite import SqliteQueue

_OLD = """
CREATE TABLE items (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    payload BLOB NOT NULL, size INTEGER NOT NULL, published REAL NOT NULL);
CREATE TABLE groups (name TEXT PRIMARY KEY, kinds TEXT NOT NULL, cursor INTEGER NOT NULL);
CREATE TABLE claims (grp TEXT NOT NULL, sequence INTEGER NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL,
    deliveries INTEGER NOT NULL, PRIMARY KEY (grp, sequence)) WITHOUT ROWID;
CREATE TABLE trimmed (grp TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (grp, id)) WITHOUT ROWID;
CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO items VALUES (7, 's7', 'sample', x'61', 1, 1.0), (8, 's8', 'sample', x'62', 1, 1.0);
INSERT INTO groups VALUES ('g', 'sample', 7);
INSERT INTO trimmed VALUES ('g', 's6');
INSERT INTO totals VALUES ('bytes', 2);
"""


async def test_a_file_from_before_there_were_dead_letters_loses_nothing(tmp_path: Path) -> None:
    """Items, cursors and trimmed ids of the older form are where they were, and its items can be buried."""
    path = tmp_path / "queue.db"
    with sqlite3.connect(path) as old:
        old.executescript(_OLD)
    old.close()
    for _ in range(2):  # opened again, nothing is moved a second time
        queue = SqliteQueue(path, 1000)
        assert await queue.fill() == 0.002
        await queue.close()
    queue = SqliteQueue(path, 1000)
    assert await queue.take_trimmed("g") == ["s6"]
    [item] = await queue.claim("g", "me", 10, 15)
    assert (item.id, item.kind, item.sequence) == ("s8", Kind.SAMPLE, 8)
    await queue.bury("g", "me", [item.sequence], "crashed")
    assert [letter.id for letter in await queue.dead("g", 1)] == ["s8"]
    assert await queue.fill() == 0.0
    await queue.close()


async def test_a_group_that_was_empty_is_not_looked_at_until_something_is_written(tmp_path: Path) -> None:
    """An idle worker costs nothing: its question needs no turn at the file. What others write, and claims that expire,
    are seen at once."""
    path = tmp_path / "queue.db"
    queue, proxy = SqliteQueue(path, 1000), SqliteQueue(path, 1000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    assert await queue.claim("g", "me", 10, 15) == []  # notes that the group is alive
    await asyncio.sleep(0.2)  # an answer soon after a write is not kept: the next write may bear the same time
    assert await queue.claim("g", "me", 10, 15) == []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # a claim would have to wait for it, and then fail
    assert await asyncio.wait_for(queue.claim("g", "me", 10, 15), 1.0) == []
    other.execute("COMMIT")
    other.close()
    await proxy.publish([Item("s1", Kind.SAMPLE, b"x")])
    assert [item.id for item in await queue.claim("g", "gone", 10, 0.3)] == ["s1"]
    assert await queue.claim("g", "me", 10, 15) == []
    await asyncio.sleep(0.35)
    assert [item.id for item in await queue.claim("g", "me", 10, 15)] == ["s1"]
    await queue.close()
    await proxy.close()


async def test_of_two_writes_with_one_time_both_are_seen(tmp_path: Path) -> None:
    """A group that was found empty right after a write asks again: what is written next may leave the same time and
    the same size of the log."""
    path = tmp_path / "queue.db"
    queue, proxy = SqliteQueue(path, 100_000), SqliteQueue(path, 100_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    log = path.with_name("queue.db-wal")
    other = sqlite3.connect(path, isolation_level=None)
    await proxy.publish([Item(f"first{number}", Kind.SAMPLE, b"x" * 1000) for number in range(20)])
    taken = await queue.claim("g", "me", 100, 15)
    await queue.acknowledge("g", "me", [item.sequence for item in taken])
    assert await queue.claim("g", "me", 10, 15) == []
    other.execute("PRAGMA wal_checkpoint(RESTART)")  # what comes next is written over what is there
    before = log.stat()
    assert await queue.claim("g", "me", 10, 15) == []
    await proxy.publish([Item("second", Kind.SAMPLE, b"x")])
    assert log.stat().st_size == before.st_size
    os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [item.id for item in await queue.claim("g", "me", 10, 15)] == ["second"]
    other.close()
    await queue.close()
    await proxy.close()


async def test_calls_behind_one_that_found_the_file_locked_do_not_wait_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait for seconds, so that the last one of a worker's groups waited for minutes and seemed wedged."""
    path = tmp_path / "queue.db"
    queue, opened = SqliteQueue(path, 1000), 0
    await queue.fill()
    assert queue._connection is not None
    queue._connection.execute("PRAGMA busy_timeout=100")
    real = sqlite_module.open_file

    def counted(path: Path) -> sqlite3.Connection:
        nonlocal opened
        opened += 1
        return real(path)

    monkeypatch.setattr(sqlite_module, "open_file", counted)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    calls: list[Any] = [queue.publish([Item(f"s{number}", Kind.SAMPLE, b"x")]) for number in range(5)]
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert {(type(error), str(error)) for error in told} == {(Unwritten, "queue file: database is locked")}
    assert opened == 0, "only the first one tried"
    other.execute("COMMIT")
    other.close()
    await queue.publish([Item("s9", Kind.SAMPLE, b"x")])
    assert opened == 1
    await queue.close()
