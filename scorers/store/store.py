"""Store: the one door to what is kept. Every method is one or a few short transactions, blocking: call it in a thread.

Every method may raise ``StoreUnavailable``; then nothing of its transaction was written, and it may be called again:
all writes are idempotent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from proxy.exchange import RowBatch
from proxy.sample import Sample
from proxy.settings import Retention
from scorers.store.engine import Database, open_database
from scorers.store.expire import BATCH, expire_exchanges, expire_feedback, expire_samples
from scorers.store.ledger import Ledger, RequestLedger, read_ledger, read_request
from scorers.store.queries import get_sample, labelled, list_samples, opt_outs, tallies
from scorers.store.records import OptOut, SampleDetail, SamplePage, SampleQuery, ScoredSample, Tally
from scorers.store.writes import (
    write_batch,
    write_group,
    write_read,
    write_samples,
    write_scores,
    write_trimmed,
)


class Store:
    """What is kept, in SQLite or PostgreSQL. Safe to share between threads and, by its database, processes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, url: str, data_dir: Path) -> Store:
        """Open and migrate the store: ``sqlite`` (``data_dir``/store.db), ``postgresql://`` or ``postgres://``.

        Raises ``StoreUnavailable`` (not reachable now) or ``StoreUnusable`` (not ours, or newer than this program).
        """
        return cls(open_database(url, data_dir))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def ping(self) -> None:
        """Raise ``StoreUnavailable`` unless the database answers."""
        with self._database.read() as connection:
            connection.execute(text("SELECT 1"))

    def save_rows(self, batch: RowBatch) -> None:
        """Keep a batch of content-free rows and the instance's decision counts, unless newer counts are there."""
        with self._database.write() as connection:
            write_batch(connection, batch)

    def save_samples(self, samples: Sequence[Sample], content: bool) -> None:
        """Keep the samples' facts, and their text if ``content``. Text that is there stays."""
        with self._database.write() as connection:
            write_samples(connection, samples, content, self._clock())

    def save_scores(self, items: Sequence[ScoredSample]) -> list[ScoredSample]:
        """Keep what scorers made of samples, in one transaction.

        Returns the items whose (sample, scorer) had no result yet: only they may increase a counter.
        """
        with self._database.write() as connection:
            return write_scores(connection, items, self._clock())

    def ensure_group(self, scorer: str) -> None:
        """Note, once, that this scorer's group begins now: the ledger counts the samples stored from here on."""
        with self._database.write() as connection:
            write_group(connection, scorer, self._clock())

    def record_trimmed(self, scorer: str, sample_ids: Sequence[str]) -> list[str]:
        """Record samples that the queue let go before the scorer had them; returns the ids that had no result."""
        with self._database.write() as connection:
            return write_trimmed(connection, scorer, sample_ids, self._clock())

    def record_read(self, who: str, when: float, sample_id: str) -> None:
        """Note that ``who`` read a sample's text at ``when`` (Unix s)."""
        with self._database.write() as connection:
            write_read(connection, who, when, sample_id)

    def ledger(self) -> Ledger:
        """``{"proxies": {instance: {decision: n}}, "scorers": {name: {result: n}}}``, at one moment."""
        with self._database.read() as connection:
            return read_ledger(connection)

    def ledger_of(self, request_id: str) -> RequestLedger | None:
        """What became of one request, or ``None`` when it is unknown."""
        with self._database.read() as connection:
            return read_request(connection, request_id)

    def samples(self, query: SampleQuery) -> SamplePage:
        """One page of samples, newest first. Raises ``BadQuery``."""
        with self._database.read() as connection:
            return list_samples(connection, query)

    def sample(self, identity: str) -> SampleDetail | None:
        """One sample with its content, or ``None``. Whoever shows the content calls ``record_read``."""
        with self._database.read() as connection:
            return get_sample(connection, identity)

    def tallies(self, since: float, until: float) -> list[Tally]:
        """The sums behind the rates over samples that started in [since, until), Unix s."""
        with self._database.read() as connection:
            return tallies(connection, since, until)

    def opt_outs(self, since: float, until: float) -> list[OptOut]:
        """Observable and opted-out requests per (app, model) in [since, until), Unix s."""
        with self._database.read() as connection:
            return opt_outs(connection, since, until)

    def labelled(self, since: float, until: float) -> dict[tuple[str, str, str, str], int]:
        """Samples with a human label, by (scorer, output, app, model)."""
        with self._database.read() as connection:
            return labelled(connection, since, until)

    def expire(self, retention: Retention) -> int:
        """Delete what is older than ``retention`` (seconds); returns the number of requests and samples deleted."""
        now = self._clock()
        deleted = self._purge(expire_exchanges, now - retention.exchanges)
        deleted += self._purge(expire_samples, now - retention.samples)
        with self._database.write() as connection:
            expire_feedback(connection, now - retention.samples)
        return deleted

    def _purge(self, step: Callable[[Connection, float], int], before: float) -> int:
        total, count = 0, BATCH
        while count == BATCH:
            with self._database.write() as connection:
                count = step(connection, before)
            total += count
        return total
