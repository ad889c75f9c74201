"""``Store``: the single interface to stored data. Every method is one or a few short transactions. Methods block, so
call them in a thread.

Every method may raise ``StoreUnavailable``. Then nothing of its transaction was written, and the call may be repeated:
all writes are idempotent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text

from proxy.config.settings import Retention
from proxy.exchange import RowBatch
from proxy.feedback import Feedback
from proxy.sample import Sample, encode
from scorers.score import Verdict
from scorers.store.asked_text import expire_asked, forget_asked, forget_quoted
from scorers.store.asking import AskStore
from scorers.store.drift import DriftTurn, LastWritten, expire_drift, feed_waits, read_states
from scorers.store.endings import failures
from scorers.store.engine import Database, open_database
from scorers.store.experiments import ExperimentStore, expire_pairs, forget_pairs
from scorers.store.expire import BATCH, expire_exchanges, expire_feedback, expire_samples
from scorers.store.facts import sample_facts
from scorers.store.judging import JudgeStore
from scorers.store.labelling import LabelStore
from scorers.store.labels_and_erasure import (
    GRACE,
    Writer,
    about,
    expire_people,
    forget_exchanges,
    forget_samples,
    forgotten_among,
    remember_forgotten,
    write_label,
    write_read,
)
from scorers.store.leases import drop_lease, read_holder, write_lease
from scorers.store.ledger import Ledger, RequestLedger, StoreState, read_ledger, read_request, read_state
from scorers.store.neighbours import LabelRecord, labels_of, neighbours
from scorers.store.queries import (
    contents,
    count_samples,
    get_sample,
    labelled,
    list_samples,
    unpriced,
)
from scorers.store.raters import RaterStore
from scorers.store.records import (
    AppCosts,
    DriftState,
    Failures,
    Forgotten,
    OptOut,
    SampleDetail,
    SampleFacts,
    SamplePage,
    SampleQuery,
    SampleRecord,
    ScoredSample,
    Spending,
    Tally,
    TaskChange,
    UnpricedAnswers,
)
from scorers.store.request_rows import write_batches
from scorers.store.sessions import SessionStore, expire_sessions
from scorers.store.suites import SuiteStore
from scorers.store.tallies.counts import bring_together, many_counts
from scorers.store.tallies.keep import STEP, keep
from scorers.store.tallies.marks import count_marks
from scorers.store.tallies.requests import opt_outs, spending
from scorers.store.tallies.window import tallies_between
from scorers.store.tasks import costs, end_idle, expire_tasks, take_feedback
from scorers.store.theatre import TheatreStore
from scorers.store.votes import VoteStore
from scorers.store.writes import write_group, write_samples, write_scored, write_scores, write_trimmed

T = TypeVar("T")

#: How long the record of who read which sample's text is kept.
_READS_SECONDS = 365 * 86400.0


class Store:
    """Stored data in SQLite or PostgreSQL. It can be shared between threads, and the database between processes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self.judging = JudgeStore(database, clock)
        self.labelling = LabelStore(database, clock)
        self.sessions = SessionStore(database, clock)
        self.asking = AskStore(database, clock)
        self.theatre = TheatreStore(database)
        self.suites = SuiteStore(database, clock)
        self.experiments = ExperimentStore(database, clock)
        self.votes = VoteStore(database, clock)
        self.raters = RaterStore(database, clock)
        self._written = LastWritten()
        self._groups: set[str] = set()
        database.made_anew = self._begin_groups

    @classmethod
    def open(cls, url: str, data_dir: Path) -> Store:
        """Open and migrate the store: ``sqlite`` (``data_dir``/store.db), ``postgresql://`` or ``postgres://``.

        Raises ``StoreUnavailable`` (not reachable now) or ``StoreUnusable`` (not ours, or newer than this program).
        """
        return cls(open_database(url, data_dir))

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def ping(self) -> None:
        """Raise ``StoreUnavailable`` unless the database responds."""
        with self._database.read() as connection:
            connection.execute(text("SELECT 1"))

    def save_rows(self, batch: RowBatch) -> list[TaskChange]:
        """Store a batch of content-free rows and the instance's decision counts, unless newer counts are stored.

        Returns the changes to tasks. Each change is returned once, so it may increase a counter.
        """
        return self.save_batches([batch])

    def save_batches(self, batches: Sequence[RowBatch]) -> list[TaskChange]:
        """``save_rows`` for several batches, in one transaction."""
        return self._database.write_new(
            lambda connection, first: write_batches(connection, batches, self._clock(), first)
        )

    def save_feedback(self, items: Sequence[Feedback], comments: bool) -> list[TaskChange]:
        """Store feedback, each item once, with its comment if ``comments``. Returns the changes to tasks.

        Feedback on requests from before their user was forgotten is left out.
        """
        with self._database.write() as connection:
            is_forgotten = forgotten_among(connection, (about(item) for item in items), self._clock())
            kept = [item for item in items if not is_forgotten(about(item), item.at)]
            return take_feedback(connection, kept, comments, self._clock())

    def end_idle_tasks(self, idle: float) -> list[TaskChange]:
        """End a batch of tasks without a call for ``idle`` seconds as unknown. Empty when there are none."""
        now = self._clock()
        with self._database.write() as connection:
            return end_idle(connection, now - idle, now)

    def save_samples(self, samples: Sequence[Sample], content: bool) -> None:
        """Store the samples' facts, and their text if ``content``. Text that is already stored stays."""
        kept = [(sample_facts(sample), encode(sample).decode() if content else None) for sample in samples]
        with self._database.write() as connection:
            write_samples(connection, kept, self._clock())

    def keep(
        self, samples: Sequence[tuple[SampleFacts, str | None]], items: Sequence[ScoredSample]
    ) -> list[ScoredSample]:
        """Store samples, each with its text as JSON or ``None``, and their scorers' results, in one transaction.

        Returns the items whose (sample, scorer) had no result yet, as ``save_scores`` does.
        """
        fresh, written = self._database.write_new(
            lambda connection, first: write_scored(connection, samples, items, self._clock(), first)
        )
        self._written.put(written, [item.sample_id for item in items] + [sample.id for sample, _ in samples])
        return fresh

    def save_scores(self, items: Sequence[ScoredSample]) -> list[ScoredSample]:
        """Store the scorers' results for samples, in one transaction.

        Returns the items whose (sample, scorer) had no result yet: only they may increase a counter.
        """
        with self._database.write() as connection:
            fresh = write_scores(connection, items, self._clock())
        self._written.put({}, [item.sample_id for item in items])
        return fresh

    def ensure_group(self, scorer: str) -> None:
        """Record, once, that this scorer's group begins now: the ledger counts the samples stored from then on."""
        self._groups.add(scorer)
        with self._database.write() as connection:
            write_group(connection, scorer, self._clock())

    def _begin_groups(self) -> None:
        for scorer in sorted(self._groups):
            self.ensure_group(scorer)

    def record_trimmed(self, scorer: str, sample_ids: Sequence[str]) -> list[str]:
        """Record samples that the queue dropped before the scorer received them; returns the ids that had no result."""
        with self._database.write() as connection:
            return write_trimmed(connection, scorer, sample_ids, self._clock())

    def record_read(self, who: str, when: float, sample_id: str) -> None:
        """Record that ``who`` read a sample's text at ``when`` (Unix s)."""
        with self._database.write() as connection:
            write_read(connection, who, when, sample_id)

    def save_label(
        self,
        key: tuple[str, str, str, str],
        verdict: Verdict,
        comment: str,
        probability: float | None = None,
        writer: Writer | None = None,
    ) -> None:
        """Store a label under (sample, scorer, output, annotator). Raises ``UnknownSample`` and ``NotYourLabel``.

        ``probability``: with which the sample was given to the annotator; ``None`` when they chose it. ``writer``: the
        annotator by default.
        """
        with self._database.write() as connection:
            write_label(connection, key, (verdict, comment, probability), self._clock(), writer)

    def forget_user(self, user_hash: str) -> Forgotten:
        """Delete a user's data: samples, scores, labels, rows, feedback, tasks, and the text of cases and their
        answers. Data that is still in the queue is covered too."""
        at = self._clock()
        with self._database.write() as connection:
            remember_forgotten(connection, user_hash, at)
        found = self._repeat(lambda connection: forget_samples(connection, user_hash, at))
        requests = self._repeat(lambda connection: forget_exchanges(connection, user_hash, at))
        self._repeat(lambda connection: forget_asked(connection, user_hash))
        forget_quoted(self._database, user_hash)
        self._repeat(lambda connection: forget_pairs(connection, user_hash))
        self._database.empty_log()
        return Forgotten(found, requests)

    def record_reads(self, who: str, when: float, sample_ids: Sequence[str]) -> None:
        """Record that ``who`` read the text of all these samples."""
        with self._database.write() as connection:
            for sample_id in sample_ids:
                write_read(connection, who, when, sample_id)

    def count_samples(self, query: SampleQuery) -> int:
        """How many samples ``query`` selects, on all pages. Raises ``BadQuery``."""
        with self._database.read() as connection:
            return count_samples(connection, query)

    def contents(self, query: SampleQuery) -> tuple[list[Sample], str | None, int]:
        """One page of samples with their text, the next cursor, and how many samples of the page have no text.

        A caller that shows the text must call ``record_reads``. Raises ``BadQuery``.
        """
        with self._database.read() as connection:
            return contents(connection, query)

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew the lease ``name`` for ``seconds``; False while another holder has it."""
        with self._database.write() as connection:
            return write_lease(connection, name, holder, seconds, self._clock())

    def drop_lease(self, name: str, holder: str) -> None:
        """Release the lease, if ``holder`` holds it."""
        with self._database.write() as connection:
            drop_lease(connection, name, holder)

    def lease_holder(self, name: str) -> str | None:
        """The last holder of the lease, or ``None``."""
        with self._database.read() as connection:
            return read_holder(connection, name)

    def ledger(self) -> Ledger:
        """``{"proxies": {instance: {decision: n}}, "scorers": {name: {result: n}}}``, from one snapshot."""
        with self._database.read() as connection:
            return read_ledger(connection)

    def ledger_of(self, request_id: str) -> RequestLedger | None:
        """What happened to one request, or ``None`` when it is unknown."""
        with self._database.read() as connection:
            return read_request(connection, request_id)

    def samples(self, query: SampleQuery) -> SamplePage:
        """One page of samples, newest first. Raises ``BadQuery``."""
        with self._database.read() as connection:
            return list_samples(connection, query)

    def sample(self, identity: str) -> SampleDetail | None:
        """One sample with its content, or ``None``. A caller that shows the content must call ``record_read``."""
        with self._database.read() as connection:
            return get_sample(connection, identity)

    def neighbours(self, query: SampleQuery, record: SampleRecord) -> tuple[str | None, str | None]:
        """The ids of the next newer and the next older sample in the list that ``query`` selects."""
        with self._database.read() as connection:
            return neighbours(connection, query, record)

    def labels_of(self, identity: str) -> list[LabelRecord]:
        """The human labels of a sample, oldest first."""
        with self._database.read() as connection:
            return labels_of(connection, identity)

    def tallies(self, since: float, until: float, imported: bool = False, settled: bool = False) -> list[Tally]:
        """The sums behind the rates over samples of traffic (or ``imported`` ones) that started in [since, until).

        ``settled``: as of the last ``keep_tallies``, without reading what was written since.
        """
        with self._database.read() as connection:
            return tallies_between(connection, since, until, imported, settled)

    def keep_tallies(self, most: int = STEP) -> int:
        """Apply at most this many changes (two or more) to the tallies; returns 0 when there are none, and ``most``
        when more may be left."""
        with self._database.read() as connection:
            marked, many = count_marks(connection, 1), many_counts(connection)
        if many:
            with self._database.write() as connection:
                bring_together(connection)
        if not marked:
            return 0
        with self._database.write(snapshot=True) as connection:
            return keep(connection, most)

    def state(self) -> StoreState:
        """What changes whenever the ledger or the tallies may have to."""
        with self._database.read() as connection:
            return read_state(connection)

    def unpriced(self, since: float, until: float, limit: int = 50) -> list[UnpricedAnswers]:
        """Answers of unknown cost that started in [since, until), Unix s, by (model, reason); ``limit`` rows."""
        with self._database.read() as connection:
            return unpriced(connection, since, until, limit)

    def failures(self, since: float, until: float) -> Failures:
        """Requests that started in [since, until), Unix s, and how many failed, by outcome and upstream."""
        with self._database.read() as connection:
            return failures(connection, since, until)

    def spending(self, since: float, until: float) -> list[Spending]:
        """Requests of known cost that started in [since, until), Unix s, and their cost, by (app, model)."""
        with self._database.read() as connection:
            return spending(connection, since, until)

    def opt_outs(self, since: float, until: float, settled: bool = False) -> list[OptOut]:
        """Observable and opted-out requests per (app, model) in [since, until), Unix s; see ``tallies``."""
        with self._database.read() as connection:
            return opt_outs(connection, since, until, settled)

    def labelled(self, since: float, until: float, imported: bool = False) -> dict[tuple[str, str, str, str], int]:
        """Samples with a human label, by (scorer, output, app, model)."""
        with self._database.read() as connection:
            return labelled(connection, since, until, imported)

    def costs(self, since: float, until: float) -> list[AppCosts]:
        """Tasks that ended in [since, until), Unix s, with their cost, by application and outcome."""
        with self._database.read() as connection:
            return costs(connection, since, until)

    def drift(self, step: Callable[[DriftTurn], T]) -> T:
        """Run ``step`` on the drift feed and states in one write transaction; returns its result."""
        with self._database.write() as connection:
            return step(DriftTurn(connection, self._clock(), self._written))

    def drift_waits(self) -> bool:
        """Whether the drift feed has lines."""
        with self._database.read() as connection:
            return feed_waits(connection)

    def drift_states(self) -> list[DriftState]:
        """The states of all drift signals."""
        with self._database.read() as connection:
            return read_states(connection)

    def expire(self, retention: Retention, progress: Callable[[int], object] = lambda n: None) -> int:
        """Delete what is older than ``retention`` (seconds); returns the number of requests and samples deleted.

        ``progress(n)`` is called after every batch.
        """
        now = self._clock()
        longest = max(retention.exchanges, retention.samples)
        deleted = self._repeat(lambda c: expire_exchanges(c, now - retention.exchanges), progress)
        deleted += self._repeat(lambda c: expire_samples(c, now - retention.samples), progress)
        deleted += self._repeat(lambda c: expire_pairs(c, now - retention.samples))
        deleted += self._repeat(lambda c: expire_asked(c, now - retention.samples))
        with self._database.write() as connection:
            expire_feedback(connection, now - retention.samples)
            expire_drift(connection, now - retention.samples, now)
            expire_tasks(connection, now - longest)
            expire_people(connection, now - _READS_SECONDS, now - max(longest, GRACE))
            expire_sessions(connection, now)
        if deleted:
            self._database.empty_log()
        return deleted

    def _repeat(self, step: Callable[[Connection], int], progress: Callable[[int], object] = lambda n: None) -> int:
        """Repeat a step, each time in its own transaction, until it processes less than a whole batch."""
        total, count = 0, BATCH
        while count == BATCH:
            with self._database.write() as connection:
                count = step(connection)
            total += count
            progress(count)
        return total
