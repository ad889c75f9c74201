"""The store's contract, over SQLite and over real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from proxy.config.settings import Retention
from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.sample import Sample
from scorers.score import Reason, Result, Score, Verdict
from scorers.store.engine import open_database
from scorers.store.records import (
    BadQuery,
    SampleQuery,
    ScoredSample,
    StoreUnavailable,
    StoreUnusable,
    parse_time,
)
from scorers.store.store import Store
from scorers.store.tables import metadata
from support.patience import patient

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
MOMENT = 1_800_000_000.0


def row(identity: str, decision: Decision = Decision.PUBLISHED, **facts: object) -> ExchangeRow:
    """A content-free row."""
    known = {
        "request_id": identity,
        "instance": "p1",
        "started_at": MOMENT,
        "app": "support",
        "operation": Operation.CHAT,
        "upstream": "local",
        "outcome": Outcome.OK,
        "duration": 0.5,
        "model_asked": "gpt-x",
    }
    return ExchangeRow(Exchange(**{**known, **facts}), decision, probability=0.5, stratum="uniform")


def failed(sample: Sample, result: Result, reason: Reason | None = None) -> ScoredSample:
    """A sample that the refusal scorer could not score."""
    scores = []
    if reason is not None:
        scores = [Score(sample_id=sample.id, scorer="refusal", output="refused", version="1", unscored_reason=reason)]
    return ScoredSample.of(sample, "refusal", result, scores)


def test_migrations_lead_to_the_tables(store_url: str, tmp_path: Path) -> None:
    """A migrated database has exactly the tables, columns and indexes that the code describes."""
    database = open_database(store_url, tmp_path)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_version"})
        differences = [item for item in compare_metadata(context, metadata) if "'alembic_version'" not in repr(item)]
        assert differences == []
    database.close()


def test_opening_again_keeps_everything(store_url: str, tmp_path: Path, make_sample: MakeSample) -> None:
    """What was saved is there after closing and opening again."""
    first = Store.open(store_url, tmp_path)
    first.save_samples([make_sample("r1")], content=True)
    first.close()
    second = Store.open(store_url, tmp_path)
    assert second.sample("r1") is not None
    second.ping()
    second.close()


def test_rows_are_idempotent_and_counts_only_go_forward(store: Store) -> None:
    """A batch saved twice counts once, and an older batch that comes late changes no count."""
    late = RowBatch("b1", "p1", 1, {"published": 1}, [row("r1")])
    store.save_rows(RowBatch("b2", "p1", 2, {"published": 1, "sampled_out": 1}, [row("r2", Decision.SAMPLED_OUT)]))
    store.save_rows(late)
    store.save_rows(late)
    assert store.ledger()["proxies"] == {"p1": {"published": 1, "sampled_out": 1}}
    assert store.ledger_of("r1") == {
        "request_id": "r1",
        "decision": "published",
        "probability": 0.5,
        "stratum": "uniform",
        "outcome": "ok",
        "why": None,
        "scorers": {},
    }


def test_rows_that_come_again_beside_new_ones_add_nothing_to_the_sums(store: Store) -> None:
    """Of a batch of which a part is stored, the rest is stored and counted; no cost is added twice."""
    store.save_rows(RowBatch("b1", "p1", 1, {}, [row("r1", cost_usd=0.25), row("r2", cost_usd=0.25)]))
    both = [row("r2", cost_usd=0.25), row("r3", cost_usd=0.25)]
    store.save_batches([RowBatch("b2", "p1", 2, {"published": 3}, both)])
    while store.keep_tallies():
        pass
    (spent,) = store.spending(0.0, 1e12)
    assert (spent.requests, spent.cost_usd) == (3, pytest.approx(0.75))
    assert store.ledger()["proxies"] == {"p1": {"published": 3}}


def test_counts_of_two_instances_stand_apart(store: Store) -> None:
    """Each proxy process has its own line in the ledger."""
    store.save_rows(RowBatch("b1", "p1", 7, {"published": 3}, []))
    store.save_rows(RowBatch("b2", "p2", 1, {"opted_out": 2}, []))
    assert store.ledger()["proxies"] == {"p1": {"published": 3}, "p2": {"opted_out": 2}}


def test_content_is_kept_only_when_asked_and_never_removed(store: Store, make_sample: MakeSample) -> None:
    """Without content only facts are stored; a later save fills it in, and a further one does not take it out."""
    sample = make_sample("r1", answer="secret words")
    store.save_samples([sample], content=False)
    detail = store.sample("r1")
    assert detail is not None
    assert detail.content is None
    assert not detail.record.has_content
    store.save_samples([sample], content=True)
    store.save_samples([sample], content=False)
    detail = store.sample("r1")
    assert detail is not None
    assert detail.content == sample
    assert detail.record.has_content


def test_scores_are_new_only_once(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A redelivered sample's score is written over the first one and not returned as new."""
    sample = make_sample("r1")
    assert store.save_scores([make_scored(sample, 0.9)]) == [make_scored(sample, 0.9)]
    assert store.save_scores([make_scored(sample, 0.2)]) == []
    record = store.samples(SampleQuery()).samples[0]
    assert [score.value for score in record.scores] == [0.2]
    assert record.results == {"refusal": "scored"}


def test_one_item_twice_in_a_call_is_one(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """The same sample twice in one batch is counted once."""
    item = make_scored(make_sample("r1"))
    assert store.save_scores([item, item]) == [item]
    assert store.save_scores([]) == []


def test_a_new_version_replaces_the_old_one_in_rates(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Both versions' scores are kept, and only the newest enters filters and sums."""
    sample = make_sample("r1")
    store.save_scores([make_scored(sample, 0.9, version="1")])
    store.save_scores([make_scored(sample, 0.1, version="2")])
    assert len(store.samples(SampleQuery()).samples[0].scores) == 2
    assert store.samples(SampleQuery(verdict=Verdict.YES)).samples == []
    (tally,) = store.tallies(0, MOMENT + 1)
    assert (tally.samples, tally.y) == (1, 0.0)


def test_a_score_replaces_a_failure(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A sample that was given up and is scored after all is scored in the ledger, and counted once."""
    sample = make_sample("r1")
    assert len(store.save_scores([failed(sample, Result.DEAD)])) == 1
    assert store.save_scores([make_scored(sample)]) == []
    assert store.save_scores([failed(sample, Result.TIMEOUT, Reason.TIMEOUT)]) == []
    assert store.ledger()["scorers"] == {"refusal": {"scored": 1}}


def test_a_score_before_its_sample(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Scores may come before the sample is saved; the facts that came with them are filled in later."""
    sample = make_sample("r1", session_id="s1", conversation="c1")
    store.save_scores([make_scored(sample)])
    record = store.samples(SampleQuery()).samples[0]
    assert (record.app, record.model, record.conversation, record.session_id) == ("support", "gpt-x", "c1", None)
    store.save_samples([sample], content=True)
    assert store.samples(SampleQuery(session_id="s1")).samples[0].id == "r1"


def test_the_ledger_balances(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A scorer's values add up to the samples stored since its group began; a second begin changes nothing."""
    store.ensure_group("refusal")
    store.ensure_group("refusal")
    samples = [make_sample(f"r{i}") for i in range(6)]
    store.save_samples(samples, content=False)
    store.save_scores([make_scored(samples[0]), make_scored(samples[1])])
    store.save_scores([failed(samples[2], Result.NOT_APPLICABLE, Reason.NO_TEXT), failed(samples[3], Result.DEAD)])
    assert store.record_trimmed("refusal", ["r4"]) == ["r4"]
    assert store.record_trimmed("refusal", ["r4", "r0"]) == []
    assert store.ledger()["scorers"] == {
        "refusal": {"dead": 1, "not_applicable": 1, "pending": 1, "scored": 2, "trimmed": 1}
    }


def test_samples_from_before_a_group_are_not_pending(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """A scorer that starts late owes nothing for earlier samples, and those that it scores anyway do count."""
    early = make_sample("r1")
    store.save_samples([early, make_sample("r2")], content=False)
    time.sleep(0.01)
    store.ensure_group("format")
    assert store.ledger()["scorers"] == {"format": {"pending": 0}}
    store.save_scores([make_scored(early, scorer="format", output="invalid")])
    store.save_samples([make_sample("r3")], content=False)
    assert store.ledger()["scorers"] == {"format": {"pending": 1, "scored": 1}}
    request = store.ledger_of("r2")
    assert request is not None
    assert request["scorers"] == {"format": {"result": "not_begun", "reason": None, "scores": []}}


def test_trimmed_before_it_was_stored(store: Store) -> None:
    """A sample that the queue let go before anybody stored it is still counted, under its request's facts."""
    store.ensure_group("refusal")
    store.save_rows(RowBatch("b", "p1", 1, {"published": 1}, [row("r1", app="search")]))
    assert store.record_trimmed("refusal", ["r1"]) == ["r1"]
    assert store.ledger()["scorers"] == {"refusal": {"pending": 0, "trimmed": 1}}
    assert store.samples(SampleQuery()).samples[0].app == "search"
    assert store.record_trimmed("refusal", []) == []


def test_one_request_in_the_ledger(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """One request shows its decision and, for each scorer, a result with its reason and scores, or pending."""
    store.ensure_group("refusal")
    store.ensure_group("groundedness")
    store.save_rows(RowBatch("b", "p1", 1, {"published": 2}, [row("r1"), row("r2")]))
    assert store.ledger_of("unknown") is None
    waiting = store.ledger_of("r1")
    assert waiting is not None
    assert waiting["scorers"]["refusal"] == {"result": "pending", "reason": None, "scores": []}
    sample = make_sample("r1")
    store.save_samples([sample], content=False)
    store.save_scores([failed(sample, Result.NOT_APPLICABLE, Reason.NO_TEXT)])
    done = store.ledger_of("r1")
    assert done is not None
    assert done["scorers"]["groundedness"]["result"] == "pending"
    refusal = done["scorers"]["refusal"]
    assert (refusal["result"], refusal["reason"], len(refusal["scores"])) == ("not_applicable", "no_text", 1)


def test_a_sampled_out_request_owes_no_score(store: Store) -> None:
    """A request that was not published says so, also for each scorer."""
    store.ensure_group("refusal")
    store.save_rows(RowBatch("b", "p1", 1, {}, [row("r1", Decision.SAMPLED_OUT)]))
    request = store.ledger_of("r1")
    assert request is not None
    entry = {"result": "sampled_out", "reason": None, "scores": []}
    assert (request["decision"], request["scorers"]) == ("sampled_out", {"refusal": entry})


def test_a_sample_whose_row_has_not_come(store: Store, make_sample: MakeSample) -> None:
    """A stored sample answers for its request: published, outcome unknown."""
    store.save_samples([make_sample("s1", request_id="r1", probability=0.25)], content=False)
    request = store.ledger_of("r1")
    assert request is not None
    assert (request["decision"], request["probability"], request["outcome"]) == ("published", 0.25, None)


def test_filters(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Each filter keeps what it names, and filters are combined by and."""
    one = make_sample("r1", app="a", model_asked="m1", session_id="s", trace_id="t", response_id="p", started_at=10.0)
    two = make_sample("r2", app="b", model_asked="m2", started_at=20.0)
    store.save_samples([one, two, make_sample("r3", started_at=30.0)], content=False)
    store.save_scores([make_scored(one, 0.9), make_scored(two, 0.1)])
    store.save_scores([failed(make_sample("r3"), Result.NOT_APPLICABLE, Reason.NO_TEXT)])

    def ids(**filters: object) -> list[str]:
        return [record.id for record in store.samples(SampleQuery(**filters)).samples]

    assert ids() == ["r3", "r2", "r1"]
    assert ids(app="a") == ids(model="m1") == ids(session_id="s") == ids(trace_id="t") == ids(response_id="p") == ["r1"]
    assert ids(scorer="refusal") == ids(output="refused") == ["r2", "r1"]
    assert ids(scorer="refusal", verdict=Verdict.YES) == ["r1"]
    assert ids(scorer="groundedness", verdict=Verdict.YES) == ids(app="a", model="m2") == []
    assert ids(since=20.0) == ["r3", "r2"]
    assert ids(since="10", until="1970-01-01T00:00:30Z") == ["r2", "r1"]


def test_pages_are_stable_under_inserts(store: Store, make_sample: MakeSample) -> None:
    """Walking by cursor meets every sample once, also with equal times, while newer ones come in."""
    store.save_samples([make_sample(f"r{i:02}", started_at=float(i // 3)) for i in range(20)], content=False)
    seen: list[str] = []
    cursor = None
    while True:
        page = store.samples(SampleQuery(limit=3, cursor=cursor))
        seen += [record.id for record in page.samples]
        store.save_samples([make_sample(f"new{len(seen)}", started_at=1000.0)], content=False)
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == sorted((f"r{i:02}" for i in range(20)), key=lambda r: (int(r[1:]) // 3, r), reverse=True)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (SampleQuery(limit=0), "limit"),
        (SampleQuery(limit=1001), "limit"),
        (SampleQuery(cursor="%%%"), "cursor"),
        (SampleQuery(cursor="WzFd"), "cursor"),
        (SampleQuery(cursor="é"), "cursor"),
        (SampleQuery(since="yesterday"), "since"),
        (SampleQuery(until="nan"), "until"),
        (SampleQuery(since=2.0, until=1.0), "since"),
    ],
)
def test_bad_queries_name_the_parameter(sqlite_store: Store, query: SampleQuery, name: str) -> None:
    """A parameter that can not be read is an error that begins with its name."""
    with pytest.raises(BadQuery, match=f"^{name}: "):
        sqlite_store.samples(query)


def test_times_are_read_in_both_forms() -> None:
    """Seconds, ISO 8601 with and without a zone, and a zone whose plus a URL has eaten."""
    expected = 1_767_225_600.0
    for text in ("1767225600", "2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01 00:00", "2026-01-01T01:00:00+01:00"):
        assert parse_time("since", text) == expected
    assert parse_time("since", "2026-01-01T01:00:00 01:00") == expected


def test_hostile_text_is_stored_whole_or_clipped(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """NUL, quotes, long names and astral characters break no statement, and content comes back exactly."""
    nasty = "a\x00b'\";--\u202e😀"
    sample = make_sample("r1", app=nasty, session_id="s" * 5000, model_asked=nasty, answer=nasty * 1000)
    store.save_samples([sample], content=True)
    store.save_scores([make_scored(sample, explanation=nasty * 1000)])
    store.save_rows(RowBatch("b", "p\x001", 1, {}, [row("r1", response_id="x" * 9000)]))
    detail = store.sample("r1")
    assert detail is not None
    assert detail.content == sample
    assert store.samples(SampleQuery(app=nasty, session_id="s" * 5000)).samples[0].id == "r1"
    store.record_read(nasty, MOMENT, "r1")


def test_tallies_weigh_and_cluster(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Sums are weighted by 1/probability and squared per conversation; not-applicable answers stand apart."""
    for identity, conversation, value in (("r1", "c", 0.9), ("r2", "c", 0.1), ("r3", None, 0.9)):
        sample = make_sample(identity, conversation=conversation, probability=0.5)
        store.save_scores([make_scored(sample, value)])
    store.save_scores([failed(make_sample("r4", probability=0.25), Result.NOT_APPLICABLE, Reason.NO_TEXT)])
    store.save_scores([failed(make_sample("r5"), Result.TIMEOUT, Reason.TIMEOUT)])
    (tally,) = store.tallies(MOMENT, MOMENT + 1)
    assert (tally.samples, tally.clusters, tally.w, tally.y) == (3, 2, 6.0, 4.0)
    assert (tally.ww, tally.wy, tally.yy) == (16.0 + 4.0, 8.0 + 4.0, 4.0 + 4.0)
    assert (tally.squares, tally.not_applicable) == (12.0, 4.0)
    assert store.tallies(MOMENT + 1, MOMENT + 2) == []


def test_opt_outs_are_counted_per_app_and_model(store: Store) -> None:
    """The share that opted out is over the requests that could have been observed."""
    decisions = [Decision.OPTED_OUT, Decision.PUBLISHED, Decision.SAMPLED_OUT, Decision.NOT_OBSERVED]
    store.save_rows(RowBatch("b", "p1", 1, {}, [row(f"r{i}", decision) for i, decision in enumerate(decisions)]))
    assert [(o.app, o.model, o.requests, o.opted_out) for o in store.opt_outs(0, MOMENT + 1)] == [
        ("support", "gpt-x", 3, 1)
    ]
    assert store.labelled(0, MOMENT + 1) == {}


def test_expiry_keeps_the_balance(store_url: str, tmp_path: Path, make_sample: MakeSample) -> None:
    """What is past retention is gone with scores and results, and the ledger still adds up."""
    now = [MOMENT]
    store = Store(open_database(store_url, tmp_path), clock=lambda: now[0])
    store.ensure_group("refusal")
    samples = [make_sample(f"r{i}", started_at=MOMENT + i) for i in range(4)]
    store.save_rows(RowBatch("b", "p1", 1, {"published": 4}, [row(f"r{i}", started_at=MOMENT + i) for i in range(4)]))
    store.save_samples(samples, content=True)
    store.save_scores([failed(samples[0], Result.TIMEOUT, Reason.TIMEOUT)])
    now[0] = MOMENT + 102
    assert store.expire(Retention(samples=100.0, exchanges=101.0)) == 3
    assert store.expire(Retention(samples=100.0, exchanges=101.0)) == 0
    assert [record.id for record in store.samples(SampleQuery()).samples] == ["r3", "r2"]
    assert store.ledger_of("r0") is None
    assert store.sample("r0") is None
    assert store.ledger()["scorers"] == {"refusal": {"pending": 2, "timeout": 1, "trimmed": 1}}
    store.close()


def test_expiry_goes_through_more_than_a_batch(sqlite_store: Store, make_sample: MakeSample) -> None:
    """Retention deletes everything that is too old, however much it is."""
    sqlite_store.save_samples([make_sample(f"r{i}", started_at=1.0) for i in range(1201)], content=False)
    assert sqlite_store.expire(Retention()) == 1201
    assert sqlite_store.samples(SampleQuery()).samples == []


def test_a_large_batch(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """More items than a statement takes parameters are saved in one transaction."""
    samples = [make_sample(f"r{i}") for i in range(3000)]
    store.save_samples(samples, content=False)
    assert len(store.save_scores([make_scored(sample) for sample in samples])) == 3000
    assert store.ledger()["scorers"] == {"refusal": {"scored": 3000}}


def test_threads_share_a_store(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Many threads that save the same items at once count each exactly once and never deadlock."""
    items = [make_scored(make_sample(f"r{i}")) for i in range(40)]
    new: list[int] = []

    def save(turn: int) -> None:
        order = items if turn % 2 else items[::-1]
        new.append(len(store.save_scores(order)))

    threads = [threading.Thread(target=save, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(new) == 40
    assert len(new) == 8


def test_files_are_private(tmp_path: Path, sqlite_store: Store, make_sample: MakeSample) -> None:
    """Whatever SQLite writes is readable by its owner alone."""
    sqlite_store.save_samples([make_sample("r1")], content=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A store that is not ours is refused with one line."""
    (tmp_path / "store.db").write_text("this is not a database, and it is long enough to be looked at" * 20)
    with pytest.raises(StoreUnusable, match=r"store\.db"):
        Store.open("sqlite", tmp_path)


def test_a_newer_schema_is_refused(store_url: str, tmp_path: Path) -> None:
    """A program never writes into a schema that is newer than itself."""
    database = open_database(store_url, tmp_path)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreUnusable, match="schema"):
        Store.open(store_url, tmp_path)


def test_an_unreachable_server(tmp_path: Path) -> None:
    """A server that is not there is unavailable, and the message holds no password."""
    with pytest.raises(StoreUnavailable) as caught:
        Store.open("postgres://user:s3cret@127.0.0.1:1/db?connect_timeout=2", tmp_path)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StoreUnusable):
        Store.open("postgresql://user@host:port/db", tmp_path)


@pytest.fixture
def held_lock(tmp_path: Path, sqlite_store: Store) -> Iterator[sqlite3.Connection]:
    """Another process's write transaction on the SQLite file, until the test commits it."""
    other = sqlite3.connect(tmp_path / "data" / "store.db", isolation_level=None, check_same_thread=False)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_writer_waits_for_the_other_one_and_readers_do_not(
    sqlite_store: Store, make_sample: MakeSample, held_lock: sqlite3.Connection
) -> None:
    """While somebody writes, reading goes on; a second writer waits its turn instead of failing."""
    assert sqlite_store.samples(SampleQuery()).samples == []
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(sqlite_store.save_samples, [make_sample("r1")], content=False)
        time.sleep(0.3)
        assert not saving.done()
        held_lock.execute("COMMIT")
        saving.result(patient(5))
    assert len(sqlite_store.samples(SampleQuery()).samples) == 1


def test_records_are_json(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A page of samples encodes as JSON with the names that the API promises."""
    store.save_scores([make_scored(make_sample("r1"))])
    page = msgspec.json.decode(msgspec.json.encode(store.samples(SampleQuery())))
    assert page["cursor"] is None
    assert page["samples"][0]["scores"][0]["verdict"] == "yes"
