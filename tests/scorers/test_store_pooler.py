"""A store behind a pooler that gives each transaction whichever connection is free: the real pgbouncer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from proxy.config.settings import parse
from proxy.errors import ConfigError
from proxy.sample import Sample
from scorers.score import Verdict
from scorers.store.engine import open_database
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.store import Store
from support.pooler import PgBouncer
from support.processes import Sightglass
from support.proxying import CHAT, post
from support.upstream import ScriptedUpstream

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
pytestmark = pytest.mark.real_servers


@pytest.fixture
def pooler(postgres_url: str, postgres_cluster: str) -> Iterator[PgBouncer]:
    """A transaction pooler in front of an empty database."""
    database = urlsplit(postgres_url).path.lstrip("/")
    with tempfile.TemporaryDirectory(prefix="sg-pooler-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with PgBouncer(Path(folder) / "pooler", postgres_cluster, database) as running:
            yield running


@pytest.mark.parametrize("given", ["", "?prepare_threshold=0", "?prepare_threshold=none"])
def test_threads_share_three_connections(
    pooler: PgBouncer, given: str, make_sample: MakeSample, make_scored: MakeScored, tmp_path: Path
) -> None:
    """The same statements, often enough to be prepared, over connections that change with each transaction."""
    store = Store.open(pooler.url + given, tmp_path)
    store.ensure_group("refusal")

    def work(number: int) -> None:
        for turn in range(12):
            sample = make_sample(f"r{number}-{turn}", started_at=time.time())
            store.save_samples([sample], content=True)
            store.save_scores([make_scored(sample, 0.9)])
            store.save_label((sample.id, "refusal", "refused", "ines"), Verdict.YES, "")
            store.hold_lease("exporter", f"worker-{number}", 5.0)
            assert store.sample(sample.id) is not None
            store.ledger()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert store.count_samples(SampleQuery()) == 72
    assert store.ledger()["scorers"]["refusal"] == {"pending": 0, "scored": 72}
    store.close()


def test_a_worker_behind_it_scores_everything_without_an_error(
    pooler: PgBouncer, start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """Migration, leases, rates, scores: nothing in the log, and no consumer that is degraded."""
    scorers: dict[str, Any] = {"refusal": {}, "groundedness": {}}
    sightglass = start_sightglass(upstream.url, store=pooler.url, scorers=scorers)
    for _ in range(60):
        assert post(sightglass.url, CHAT).status_code == 200
    sightglass.wait_scored(60, 60)
    assert not [line for line in sightglass.output().splitlines() if "ERROR" in line or "prepared statement" in line]
    lines = sightglass.metrics("worker").splitlines()
    degraded = [line for line in lines if line.startswith("sightglass_degraded") and not line.endswith(" 0.0")]
    assert degraded == []


def test_the_url_says_when_statements_are_prepared(postgres_url: str, tmp_path: Path) -> None:
    """Never, unless the URL names a number; the other parameters of the URL stay what they were."""
    for given, expected in (("", None), ("&prepare_threshold=0", None), ("&prepare_threshold=7", 7)):
        database = open_database(postgres_url + given, tmp_path)
        with database.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            assert driver.prepare_threshold == expected
        database.close()
    assert make_url(postgres_url).query["host"]


@pytest.mark.parametrize("given", ["soon", "-1", "1.5", "5&prepare_threshold=6"])
def test_another_threshold_is_one_clear_error_at_the_start(given: str) -> None:
    """It is told with the configuration, before a worker is started again and again."""
    store = f"postgresql://sg@db/sg?prepare_threshold={given}"
    document = {"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}], "store": store}
    with pytest.raises(ConfigError, match="store: prepare_threshold"):
        parse(document, {})
