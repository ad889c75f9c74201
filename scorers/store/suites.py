"""Suites in the store: each case once per content, versions that list cases, and tombstones for erased users' cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson
from sqlalchemy import Connection, func, select

from scorers.cases.case import Case, decode
from scorers.cases.suite import Suite, version_of
from scorers.store.asking_tables import suite_cases, suite_versions, suites
from scorers.store.engine import Database
from scorers.store.labels_and_erasure import forgotten_now
from scorers.store.pool import PoolRow, read_pool
from scorers.store.sql import chunks, insert
from scorers.store.tables import clean


class StoredSuite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite without its cases: how many its newest version has. ``tombstones``: cases of that version beside them,
    whose users were erased."""

    name: str
    app: str | None
    version: str
    changed_at: float
    cases: int
    versions: int
    labelled: int = 0
    tombstones: int = 0
    about: dict[str, Any] = {}


class SuiteStore:
    """Access to suites in the store. Every method is one short transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def save(self, suite: Suite, users: Mapping[str, str] | None = None) -> str:
        """Store a suite as the newest version under its name; returns the version.

        ``users``: the keyed hash of the user that each case (by id) came from. A hash that is already stored stays.
        """
        digests = [case.digest() for case in suite.cases]
        version = version_of(digests)
        with self._database.write() as connection:
            known = _users(connection, suite.name) | dict(users or {})
            rows = [_row(suite.name, case, digest, known) for case, digest in zip(suite.cases, digests, strict=True)]
            # Of a user who was forgotten since the cases were read, tombstones.
            gone = forgotten_now(connection, known.values(), self._clock())
            rows = [row | {"content": None} if row["user_hash"] in gone else row for row in rows]
            for part in chunks(rows):
                connection.execute(insert(connection, suite_cases).on_conflict_do_nothing(), list(part))
            made = insert(connection, suite_versions).values(
                suite=suite.name,
                version=version,
                made_at=self._clock(),
                cases=len(digests),
                members=orjson.dumps(digests).decode(),
            )
            # A version that comes back is the newest again.
            again = {"made_at": made.excluded.made_at}
            connection.execute(made.on_conflict_do_update(index_elements=["suite", "version"], set_=again))
            about = orjson.dumps(suite.about).decode()
            values = {"app": suite.app, "version": version, "changed_at": self._clock(), "about": about}
            statement = insert(connection, suites).values(name=suite.name, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        return version

    def load(self, name: str, version: str | None = None) -> tuple[Suite, int] | None:
        """A suite without tombstones, and the number of its tombstones; ``None`` when it does not exist."""
        with self._database.read() as connection:
            row = connection.execute(select(suites).where(suites.c.name == clean(name))).one_or_none()
            if row is None:
                return None
            c = suite_versions.c
            wanted = select(c.members).where(c.suite == row.name, c.version == (version or row.version))
            members = connection.execute(wanted).scalar()
            if members is None:
                return None
            hashes = orjson.loads(members)
            content = _contents(connection, row.name, hashes)
        found = tuple(decode(content[each].encode()) for each in hashes if each in content)
        suite = Suite(name=row.name, cases=found, app=row.app, about=orjson.loads(row.about))
        return suite, len(hashes) - len(found)

    def pool(self, app: str | None, since: float, limit: int, imported: bool = False) -> list[PoolRow]:
        """The newest samples with text of an application (of all for ``None``), since a time in Unix s.

        A caller that shows the text must call ``record_reads``.
        """
        with self._database.read() as connection:
            return read_pool(connection, app, since, limit, imported)

    def users(self, name: str) -> dict[str, str]:
        """Case id -> the keyed hash of the user whom the case came from."""
        with self._database.read() as connection:
            return _users(connection, name)

    def all(self) -> list[StoredSuite]:
        """All suites, by name."""
        c = suite_versions.c
        counts = select(c.suite, func.count().label("n")).group_by(c.suite).subquery()
        wanted = (
            select(suites, c.cases, c.members, counts.c.n)
            .join(suite_versions, (c.suite == suites.c.name) & (c.version == suites.c.version))
            .join(counts, counts.c.suite == suites.c.name)
            .order_by(suites.c.name)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
            gone = {row.name: _gone(connection, row.name, row.members) for row in rows}
        return [
            StoredSuite(
                name=row.name,
                app=row.app,
                version=row.version,
                changed_at=row.changed_at,
                cases=row.cases - gone[row.name],
                versions=row.n,
                tombstones=gone[row.name],
                about=orjson.loads(row.about),
            )
            for row in rows
        ]

    def versions(self, name: str) -> list[tuple[str, float, int]]:
        """(version, time when it was last stored as the newest, cases without tombstones) of a suite, newest first."""
        c = suite_versions.c
        wanted = select(c.suite, c.version, c.made_at, c.cases, c.members).where(c.suite == clean(name))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(c.made_at.desc())).all()
            return [(row.version, row.made_at, row.cases - _gone(connection, row.suite, row.members)) for row in rows]


def _row(suite: str, case: Case, digest: str, users: Mapping[str, str]) -> dict[str, object]:
    content = case.encode().decode().replace("\\u0000", "\\ufffd")
    return {
        "suite": suite,
        "hash": digest,
        "case_id": clean(case.id),
        "user_hash": users.get(case.id),
        "content": content,
    }


def _users(connection: Connection, suite: str) -> dict[str, str]:
    c = suite_cases.c
    wanted = select(c.case_id, c.user_hash).where(c.suite == clean(suite), c.user_hash.is_not(None))
    return {row[0]: row[1] for row in connection.execute(wanted)}


def _gone(connection: Connection, suite: str, members: str) -> int:
    """How many of a version's members (JSON) are tombstones."""
    c = suite_cases.c
    tombstones = connection.execute(select(c.hash).where(c.suite == suite, c.content.is_(None))).scalars().all()
    return len(set(tombstones).intersection(orjson.loads(members))) if tombstones else 0


def _contents(connection: Connection, suite: str, hashes: list[str]) -> dict[str, str]:
    c = suite_cases.c
    found: dict[str, str] = {}
    for part in chunks(hashes):
        wanted = select(c.hash, c.content).where(c.suite == suite, c.hash.in_(part), c.content.is_not(None))
        found |= {row[0]: row[1] for row in connection.execute(wanted)}
    return found
