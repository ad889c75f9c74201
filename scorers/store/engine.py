"""Opens a database, SQLite (WAL, one writer at a time) or PostgreSQL, and brings its schema up to date.

Two processes that open at the same time are serialised. On SQLite the write lock does this: the whole migration holds
it. On PostgreSQL it is an advisory lock.

Migrations only add: tables, indexes, and columns that may be NULL or have a default. So an older program can work with
a newer schema, which a rollback needs. ``schema_version`` holds the schema's revision. ``alembic_version`` holds the
oldest revision whose program can still work with it. Every program, older ones included, checks both when it opens the
database.
"""

from __future__ import annotations

import importlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from proxy.config.data_folder import mark
from proxy.config.store_url import split
from proxy.queue.sqlite_file import truncate_log
from scorers.store import newest
from scorers.store.records import StoreUnavailable, StoreUnusable
from scorers.store.statements import AlreadyStored

log = logging.getLogger("sightglass.store")

T = TypeVar("T")

#: Seconds that a writer waits for another writer before it gives up.
BUSY_SECONDS = 15.0
_WRITES = "sightglass_writes"
#: Any constant of our own; it names the lock that migrating processes share.
_MIGRATION_LOCK = 0x5167_6874
#: The newest revision in ``migrations``. A store at this revision does not need Alembic, which is slow to import.
NEWEST = "0015"
#: Raised only by a migration that removes or changes something.
OLDEST_COMPATIBLE = "0001"


def _make_file(path: Path) -> None:
    """Create the database file, readable by its owner only. SQLite gives the -wal and -shm files the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreUnusable(f"{path}: {error.strerror}") from None


def _enter_wal(path: Path) -> None:
    """Switch the file to write-ahead logging. The switch ignores the busy timeout, so it is tried again."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise StoreUnavailable(f"{path}: {error}") from None
            time.sleep(0.02)
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(f"{path}: {error}") from None


def _sqlite(path: Path) -> Engine:
    _make_file(path)
    _enter_wal(path)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # otherwise the driver would begin the transaction itself, in deferred mode
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: no text stays in free pages
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer that begins as a reader cannot always become one; IMMEDIATE waits its turn instead.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


#: SQLSTATE of a write on a connection that may only read: to a replica, or from a time when the server wrote nothing.
_READ_ONLY = "25006"


#: Options of libpq unless the URL gives them: a server behind a network that drops everything is given up after half a
#: minute (seconds; milliseconds for ``tcp_user_timeout``). Without them a connection is waited for as long as it takes.
_PATIENCE: dict[str, str | int | None] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def _postgresql(url: str) -> Engine:
    try:
        parts = split(url)
        given = {name for name, _ in parse_qsl(parts.rest.partition("?")[2], keep_blank_values=True)}
        patience = {name: value for name, value in _PATIENCE.items() if name not in given}
        arguments = patience | parts.arguments
        engine = create_engine(
            f"postgresql+psycopg://{parts.rest}", connect_args=arguments, pool_pre_ping=True, pool_size=8
        )
    except (ArgumentError, ValueError):
        raise StoreUnusable("store: not a PostgreSQL URL") from None

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # Such a connection answers a ping. It would go on refusing after the server writes again, or another one does.
        if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
            context.is_disconnect = True

    return engine


class Database:
    """An engine with one method to read and one to write. Driver errors are raised as ours, without the URL's
    password."""

    def __init__(self, engine: Engine, path: Path | None = None) -> None:
        """``path``: the file of an SQLite database. It is created again when it has been removed or replaced."""
        self._path = path
        self._mark = mark(path) if path is not None else None
        self._lock = threading.RLock()
        self._deleted = False  # and the log could not be emptied of it
        #: What to write into a database that was created again.
        self.made_anew: Callable[[], None] = lambda: None
        self._use(engine)

    def _use(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        # SQLite reads from one snapshot anyway; PostgreSQL does when asked, and the ledger must add up.
        snapshot = engine.dialect.name == "postgresql"
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ") if snapshot else engine
        same = {"isolation_level": "REPEATABLE READ"} if snapshot else {}
        self._snapshot_writer = self._writer.execution_options(**same)

    def _stand(self) -> None:
        """Close a file that ``path`` no longer names, and start a new one. Raises ``StoreUnavailable``."""
        if self._path is None or mark(self._path) == self._mark:
            return
        with self._lock:
            if mark(self._path) == self._mark:
                return
            log.error("%s was removed or replaced; what it held is lost, and it is made anew", self._path)
            try:
                engine = _sqlite(self._path)
                fresh = Database(engine)
                _migrate(fresh)
            except StoreUnusable as error:
                raise StoreUnavailable(str(error)) from None
            before = self.engine
            self._use(engine)
            self._mark = mark(self._path)
            before.dispose()
            self.made_anew()

    @contextmanager
    def write(self, snapshot: bool = False) -> Iterator[Connection]:
        """One write transaction; all of it or nothing. Raises ``StoreUnavailable``.

        ``snapshot``: all its statements see the same state. It fails if another one changes what it changes.
        """
        self._stand()
        with _translated(), (self._snapshot_writer if snapshot else self._writer).begin() as connection:
            yield connection
        if self._deleted:
            with suppress(StoreUnavailable, sqlite3.Error):  # what was written is written
                self.empty_log(patient=False)

    def write_new(self, step: Callable[[Connection, bool], T]) -> T:
        """One write transaction of what is most likely new. ``step`` is told so; where it raises ``AlreadyStored`` it
        writes again, in a second transaction, with a look at what is there. Raises ``StoreUnavailable``."""
        try:
            with self.write() as connection:
                return step(connection, True)
        except AlreadyStored:
            with self.write() as connection:
                return step(connection, False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only transaction over a consistent snapshot. Raises ``StoreUnavailable``."""
        self._stand()
        with _translated(), self._reader.begin() as connection:
            yield connection

    def empty_log(self, *, patient: bool = True) -> None:
        """SQLite: checkpoint the write-ahead log into the file and truncate it, so that deleted data is in neither.

        Readers take precedence: then the next write tries again, without waiting. On PostgreSQL, vacuum does the
        equivalent later.
        """
        if self.engine.dialect.name == "sqlite":
            with _translated(), closing(self.engine.raw_connection()) as connection:
                emptied = truncate_log(connection.cursor(), patient=patient)
                if not emptied and not self._deleted:
                    log.warning(
                        "what was deleted stays in the store's log for now: it is in use; the next write tries again"
                    )
                self._deleted = not emptied

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreUnavailable(f"the store failed: {' '.join(str(error.orig).split())}") from error
    except PoolTimeout as error:
        raise StoreUnavailable("the store has no free connection") from error


def _migrate(database: Database) -> None:
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if connection.dialect.name == "sqlite" and newest.is_empty(connection):
            newest.create(connection, NEWEST, OLDEST_COMPATIBLE)
            return
        revisions = (_revision(connection, "schema_version"), _revision(connection, "alembic_version"))
        if revisions != (NEWEST, OLDEST_COMPATIBLE):
            importlib.import_module("scorers.store.migrate").bring_up(connection, *revisions)


def _revision(connection: Connection, table: str) -> str | None:
    if not inspect(connection).has_table(table):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {table}")).scalar()  # noqa: S608 - ours
    return found


def open_database(url: str, data_dir: Path) -> Database:
    """The database that ``url`` (``sqlite``, ``postgresql://``, ``postgres://``) names, migrated.

    Raises ``StoreUnavailable`` when it cannot be reached and ``StoreUnusable`` when it is not one of ours.
    """
    path = data_dir / "store.db"
    database = Database(_sqlite(path), path) if url == "sqlite" else Database(_postgresql(url))
    with ExitStack() as unless_migrated:
        unless_migrated.callback(database.close)
        _migrate(database)
        unless_migrated.pop_all()
    return database
