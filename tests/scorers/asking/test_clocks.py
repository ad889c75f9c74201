"""Hosts whose clocks differ, and a clock that is set back: runs and waits go by what is so now."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.exchange import Decision, ExchangeRow, Outcome, RowBatch
from proxy.telemetry.instruments import Bounded
from scorers.store.asking import AskStore
from scorers.store.runs import AskKey, Run
from scorers.store.store import Store
from scorers.worker.background_runs import BackgroundRuns
from support.scoring import Metrics, exchange, parsed

HOUR = 3_600.0
CONFIG = {
    "upstreams": [{"name": "dock", "base_url": "http://127.0.0.1:9/v1"}],
    "apps": ["quay"],
    "offpath": {"budget_usd_per_day": 1, "apps": {"quay": {"send_to": ["dock"]}}},
    "probes": {"apps": ["quay"], "every": "30m"},
}


class Held:
    """The lease is ours."""

    held = True


@pytest.mark.real_servers
@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_run_begins_by_the_clock_of_the_store(postgres_url: str, tmp_path: Path, ahead: float) -> None:
    """A command on a host whose clock is off by an hour: its run is of now, is the newest one of its name, and a worker
    elsewhere knows that it has just been made."""
    store = Store.open(postgres_url, tmp_path)
    host = AskStore(store._database, lambda: time.time() + ahead)
    for identity, book in (("first", store.asking), ("second", host), ("third", store.asking)):
        run = Run(id=identity, purpose="probe", subject="quay", version="1", model="m", app="quay", name="weekly")
        book.create(run, [(AskKey("c"), None)])
        found = book.run("weekly")
        assert found is not None
        assert (found.id, found.created_at) == (identity, pytest.approx(time.time(), abs=60))
    metrics = Metrics()
    labels = (metrics.instruments, Bounded("model", ["m"], 5, metrics.instruments))
    runs = BackgroundRuns(parsed(**CONFIG), store, dict, labels, Held())  # type: ignore[arg-type]
    assert not runs._probes_due("quay")
    store.close()


@pytest.fixture
def row(sqlite_store: Store) -> Callable[..., None]:
    """Keeps a row of production: ``row("r1", started_at=...)``."""

    def keep(identity: str, **facts: object) -> None:
        made = ExchangeRow(exchange(identity, **facts), Decision.SAMPLED_OUT)
        sqlite_store.save_rows(RowBatch(identity, "p", 1, {}, [made]))

    return keep


def test_rows_from_before_the_clock_was_set_back_hold_nothing_up(sqlite_store: Store, row: Callable[..., None]) -> None:
    """What production said of a quota while the clock was an hour ahead is over: it neither hides what it says now, nor
    makes requests of our own wait for an hour. What is a few seconds ahead is another host's, and counts."""
    now = time.time()
    row("before", started_at=now + HOUR, quota_left=0.05)
    row("limited", started_at=now + HOUR, outcome=Outcome.RATE_LIMITED)
    found = sqlite_store.asking.pressure("local", now)
    assert (found.limited_at, found.quota_left) == (None, None)
    assert sqlite_store.asking.recent("local", now - 60) == []
    row("present", started_at=now - 5, quota_left=0.8)
    assert sqlite_store.asking.pressure("local", now).quota_left == 0.8
    row("other-host", started_at=now + 5, quota_left=0.1, outcome=Outcome.RATE_LIMITED)
    found = sqlite_store.asking.pressure("local", now)
    assert (found.limited_at, found.quota_left) == (now + 5, 0.1)
    assert sqlite_store.asking.recent("local", now - 60) == [now + 5, now - 5]
