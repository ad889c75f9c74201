"""What a row, a sample and a result cost the store, each alone: CPU of the worker and the database.

What all of `serve` costs is measured by ``tests/bench``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.sample import Sample
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from tests.bench import cpu

_COUNT, _BATCH = 2_000, 100


def _rows(start: int, facts: Exchange) -> RowBatch:
    made = []
    for at in range(start, start + _BATCH):
        exchange = Exchange(
            request_id=f"r{at}",
            instance="p1",
            started_at=facts.started_at,
            app="support",
            operation=Operation.CHAT,
            upstream="local",
            outcome=Outcome.OK,
            duration=0.5,
            model_asked="gpt-x",
        )
        made.append(ExchangeRow(exchange, Decision.SAMPLED_OUT, probability=0.1, stratum="uniform"))
    return RowBatch(f"b{start}", "p1", start // _BATCH + 1, {"sampled_out": start + _BATCH}, made)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="CPU clocks of other processes are Linux's")
def test_cost(
    store: Store,
    store_url: str,
    request: pytest.FixtureRequest,
    make_sample: Callable[..., Sample],
    make_scored: Callable[..., ScoredSample],
) -> None:
    """Microseconds each in batches of a hundred, printed; the bound on client and server together is loose."""
    server: list[int] = []
    if store_url != "sqlite":
        cluster = Path(request.getfixturevalue("postgres_cluster"))
        postmaster = int((cluster / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        store.ping()
        server = cpu.tree(postmaster)
    answer = "The ferry sails to Aust on Sundays, weather permitting. " * 30
    samples = [make_sample(f"s{at}", answer=answer, conversation=f"c{at}") for at in range(_COUNT)]
    results = [make_scored(sample) for sample in samples]
    steps: list[tuple[str, Callable[[int], object]]] = [
        ("row", lambda at: store.save_rows(_rows(at, samples[0].exchange))),
        ("sample", lambda at: store.save_samples(samples[at : at + _BATCH], True)),
        ("result", lambda at: store.save_scores(results[at : at + _BATCH])),
    ]
    for name, step in steps:
        before, there = time.process_time(), cpu.seconds(server)
        for at in range(0, _COUNT, _BATCH):
            step(at)
        client = (time.process_time() - before) / _COUNT * 1e6
        behind = (cpu.seconds(server) - there) / _COUNT * 1e6
        print(f"\n{store_url.partition(':')[0]:<12} {name:<8} {client:7.0f} us here, {behind:7.0f} us in the server")
        assert client + behind < 20_000
