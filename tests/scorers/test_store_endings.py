"""How requests ended, as the store tells it: of samples without their text, of all requests in a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, event, text

from proxy.exchange import Decision, ExchangeRow, Outcome, RowBatch, Unpriced, Usage
from proxy.sample import Sample
from scorers.store.endings import failures
from scorers.store.engine import open_database
from scorers.store.queries import list_samples
from scorers.store.records import Failure, SampleQuery
from scorers.store.store import Store

MakeSample = Callable[..., Sample]
MOMENT = 1_800_000_000.0


def rows_of(*samples: Sample) -> RowBatch:
    """The rows of these samples' requests."""
    rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample in samples]
    return RowBatch("b", "p1", 1, {"published": len(rows)}, rows)


def test_a_sample_says_how_it_ended_without_its_text(store: Store, make_sample: MakeSample) -> None:
    """Status, error code, upstream, tokens of all kinds together and cost stand in the list, with no content kept."""
    failed = make_sample(
        "r1", outcome=Outcome.UPSTREAM_ERROR, status=503, error="overloaded", upstream="harbour", started_at=MOMENT
    )
    usage = Usage(input=10, cached_input=5, cache_write=1, output=7, reasoning_output=3)
    paid = make_sample("r2", status=200, usage=usage, cost_usd=0.0125, started_at=MOMENT + 1)
    unknown = make_sample("r3", status=200, usage=usage, unpriced=Unpriced.NO_PRICE.value, started_at=MOMENT + 2)
    store.save_samples([failed, paid, unknown], content=False)
    third, second, first = store.samples(SampleQuery()).samples
    assert (first.outcome, first.status, first.error, first.upstream) == (
        *("upstream_error", 503, "overloaded", "harbour"),
    )
    assert (first.input_tokens, first.output_tokens, first.cost_usd, first.unpriced) == (None, None, None, None)
    assert (second.outcome, second.input_tokens, second.output_tokens, second.cost_usd) == ("ok", 16, 10, 0.0125)
    assert (third.cost_usd, third.unpriced) == (None, "no_price")
    detail = store.sample("r1")
    assert detail is not None and detail.content is None
    assert detail.record == first


def test_samples_are_filtered_by_outcome(store: Store, make_sample: MakeSample) -> None:
    """Each outcome lists its own, the newest first and page by page; neighbours stay in the list."""
    ends = [Outcome.OK, Outcome.TIMEOUT, Outcome.OK, Outcome.TIMEOUT, Outcome.SHED, Outcome.TIMEOUT]
    made = [make_sample(f"r{at}", outcome=end, started_at=MOMENT + at) for at, end in enumerate(ends)]
    store.save_samples(made, content=True)
    first = store.samples(SampleQuery(outcome=Outcome.TIMEOUT, limit=2))
    assert [record.id for record in first.samples] == ["r5", "r3"]
    rest = store.samples(SampleQuery(outcome=Outcome.TIMEOUT, cursor=first.cursor))
    assert [record.id for record in rest.samples] == ["r1"]
    assert [record.id for record in store.samples(SampleQuery(outcome=Outcome.OK)).samples] == ["r2", "r0"]
    assert store.samples(SampleQuery(outcome=Outcome.RATE_LIMITED)).samples == []
    assert store.neighbours(SampleQuery(outcome=Outcome.TIMEOUT), first.samples[1]) == ("r5", "r1")


def test_a_sample_of_an_older_program_is_read_from_its_request_s_row(
    store_url: str, tmp_path: Path, make_sample: MakeSample
) -> None:
    """Without an ending of its own: from the row while it is kept, else from the text, else it is not known."""
    store = Store.open(store_url, tmp_path)
    named = [make_sample(f"r{at}", outcome=Outcome.TIMEOUT, status=504, upstream="harbour") for at in range(3)]
    store.save_samples(named[:2], content=True)
    store.save_samples(named[2:], content=False)
    store.save_rows(rows_of(named[0]))
    store.close()
    database = open_database(store_url, tmp_path)
    with database.write() as connection:
        connection.execute(text("UPDATE samples SET outcome = NULL, ending = NULL"))
    database.close()
    store = Store.open(store_url, tmp_path)
    listed = {record.id: (record.outcome, record.status) for record in store.samples(SampleQuery()).samples}
    assert listed == {"r0": ("timeout", 504), "r1": (None, None), "r2": (None, None)}
    details = [store.sample(f"r{at}") for at in range(3)]
    assert [detail.record.upstream for detail in details if detail] == ["harbour", "harbour", None]
    store.close()


def test_the_migration_finds_the_failed_samples_of_before(
    store_url: str, tmp_path: Path, make_sample: MakeSample
) -> None:
    """A store from before: after it is opened, samples of failed requests whose rows are kept are in the filter."""
    store = Store.open(store_url, tmp_path)
    made = [make_sample("r1", outcome=Outcome.SHED), make_sample("r2"), make_sample("r3", outcome=Outcome.SHED)]
    store.save_samples(made, content=True)
    store.save_rows(rows_of(*made[:2]))
    store.close()
    database = open_database(store_url, tmp_path)
    with database.write() as connection:
        for statement in (
            *("ALTER TABLE tally_marks DROP COLUMN added", "DROP INDEX exchanges_by_quota"),
            *(
                f"DROP TABLE {name}"
                for name in ("enrolments", "pairs", "votes", "rater_links", "looks", "drift_batches")
            ),
            *("ALTER TABLE exchanges DROP COLUMN quota_left", "ALTER TABLE asks DROP COLUMN reserved_at"),
            *("DROP INDEX exchanges_by_failure", "DROP INDEX samples_by_failure"),
            *("ALTER TABLE exchanges DROP COLUMN upstream", "ALTER TABLE samples DROP COLUMN outcome"),
            *("ALTER TABLE samples DROP COLUMN ending", "UPDATE schema_version SET version_num = '0009'"),
        ):
            connection.execute(text(statement))
    database.close()
    store = Store.open(store_url, tmp_path)
    assert [record.id for record in store.samples(SampleQuery(outcome=Outcome.SHED)).samples] == ["r1"]
    (before,) = store.failures(0.0, 2 * MOMENT).groups
    assert (before.outcome, before.upstream) == ("shed", None)
    store.close()


def test_failures_are_counted_by_outcome_and_upstream(store: Store, make_sample: MakeSample) -> None:
    """Of the requests in the window: all, the failed ones, and each group with its latest request; no other time's."""
    ends = [
        ("harbour", Outcome.TIMEOUT, 504, "first_byte_timeout"),
        ("harbour", Outcome.TIMEOUT, 504, "idle_timeout"),
        ("lagoon", Outcome.TIMEOUT, 504, "idle_timeout"),
        ("lagoon", Outcome.OK, 200, None),
        ("lagoon", Outcome.RATE_LIMITED, 429, "slow_down"),
    ]
    made = [
        make_sample(f"r{at}", upstream=name, outcome=end, status=status, error=code, started_at=MOMENT + at)
        for at, (name, end, status, code) in enumerate(ends)
    ]
    early = make_sample("r9", outcome=Outcome.SHED, started_at=MOMENT - 1)
    late = make_sample("r8", outcome=Outcome.SHED, started_at=MOMENT + 10)
    store.save_rows(rows_of(*made, early, late))
    found = store.failures(MOMENT, MOMENT + 10)
    assert (found.requests, found.failed, found.left) == (5, 4, 0)
    assert found.groups[0] == Failure(
        outcome="timeout",
        upstream="harbour",
        requests=2,
        latest_at=MOMENT + 1,
        latest_request="r1",
        latest_status=504,
        latest_error="idle_timeout",
    )
    others = [(group.outcome, group.upstream, group.requests) for group in found.groups[1:]]
    assert others == [("rate_limited", "lagoon", 1), ("timeout", "lagoon", 1)]
    assert store.failures(MOMENT + 20, MOMENT + 30).requests == 0


def test_many_groups_are_counted_and_the_largest_listed(sqlite_store: Store, make_sample: MakeSample) -> None:
    """The list is bounded, the sum is not."""
    made = [make_sample(f"r{at}", upstream=f"u{at:02}", outcome=Outcome.TIMEOUT) for at in range(25)]
    extra = make_sample("r99", upstream="u24", outcome=Outcome.TIMEOUT)
    sqlite_store.save_rows(rows_of(*made, extra))
    found = sqlite_store.failures(0.0, 2 * MOMENT)
    assert (found.failed, len(found.groups), found.groups[0].upstream) == (26, 20, "u24")


def test_failures_are_found_in_their_index(sqlite_store: Store, tmp_path: Path) -> None:
    """Neither the count nor the list of failed samples goes through what ended well: SQLite says so by its plan."""
    database = open_database("sqlite", tmp_path / "data")
    asked: list[str] = []
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *facts: asked.append(_plan(connection, *facts[2:4])))
        failures(connection, MOMENT, MOMENT + 60)
        list_samples(connection, SampleQuery(outcome=Outcome.TIMEOUT))
    database.close()
    plans = [plan for plan in asked if plan]
    assert "COVERING INDEX exchanges_by_time" in plans[0]
    assert "COVERING INDEX exchanges_by_failure" in plans[1] and "TEMP B-TREE" not in plans[1]
    assert "samples_by_failure" in plans[2] and "TEMP B-TREE" not in plans[2]


def _plan(connection: Connection, statement: str, parameters: tuple[object, ...]) -> str:
    if not statement.lstrip().startswith("SELECT"):
        return ""
    cursor = connection.connection.cursor()
    cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return "; ".join(row[3] for row in cursor.fetchall())
