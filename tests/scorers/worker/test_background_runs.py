"""Stability and probes in a worker: what a killed worker left is closed, and only the holder of the lease exports."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy.telemetry.instruments import Bounded
from scorers.asking.engine import skip_unsent
from scorers.probes.conclude import concluded
from scorers.store.runs import Ask, AskKey, AskState, Purpose, Run, RunState
from scorers.store.store import Store
from scorers.worker import background_runs
from scorers.worker.background_runs import BackgroundRuns
from support.scoring import Metrics, parsed, until

SETTINGS = {
    "upstreams": [{"name": "dock", "base_url": "http://127.0.0.1:9/v1"}],
    "apps": ["quay"],
    "offpath": {"budget_usd_per_day": 1, "apps": {"quay": {"send_to": ["dock"]}}},
    "probes": {"apps": ["quay"]},
}
TARGET = {
    **{"app": "quay", "upstream": "dock", "model": "m-1", "system_prompt_hash": "p", "tools_hash": None},
    **{"sample_id": "s1", "seen": 4},
}


class Held:
    """A lease that is ours, or another's."""

    def __init__(self, held: bool = True) -> None:
        self.held = held


def left_by(by: str) -> tuple[Run, list[AskKey]]:
    """A run of probes that was under way: one answer there, one ask sent, one not sent."""
    plan = {"by": by, "targets": [TARGET], "batteries": ["leak"], "window": 4_000, "left_out": {}}
    run = Run(
        id=f"run-{by}", purpose=Purpose.PROBE.value, subject="quay", version="1", model="m-1", app="quay", plan=plan
    )
    return run, [AskKey(f"0/leak/t{number}", "leak", 0) for number in range(3)]


def keep(store: Store, by: str) -> str:
    """Store such a run."""
    run, keys = left_by(by)
    store.asking.create(run, [(key, None) for key in keys])
    for key in keys:
        store.asking.reserve(run.id, [key], 1_000, "quay")
    for key in keys[:2]:
        store.asking.begin(run.id, key)
    done = Ask(
        case_id=keys[0].case_id, arm="leak", state=AskState.DONE.value, passed=True, cost_micro=10, cost_usd=1e-5
    )
    store.asking.settle(run.id, done, "quay")
    return run.id


def runs_of(store: Store, metrics: Metrics, lease: Held) -> BackgroundRuns:
    """The runs of one worker."""
    labels = (metrics.instruments, Bounded("model", ["m-1"], 5, metrics.instruments))
    return BackgroundRuns(parsed(**SETTINGS), store, dict, labels, lease, every=0.05)  # type: ignore[arg-type]


async def test_what_a_killed_worker_left_is_closed(tmp_path: Path) -> None:
    """What was sent is charged and failed, what was not is free again, nothing is asked again by itself, and what is
    known is exported. A run of somebody's command is left alone."""
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    mine, other = keep(store, "worker"), keep(store, "command")
    working = asyncio.create_task(runs_of(store, metrics, Held()).run(stop))
    labels = {"app": "quay", "model": "m-1", "battery": "leak"}
    await until(lambda: metrics.value("probe_success_ratio", **labels) is not None, 10)
    stop.set()
    await working
    assert metrics.value("probe_success_ratio", **labels) == 1.0
    assert metrics.value("probe_success_ratio_lower", **labels) == 0.0, "a single template says nothing of others"
    assert metrics.value("probe_attacks", **labels) == 1
    closed, kept = store.asking.run(mine), store.asking.run(other)
    assert closed is not None
    assert kept is not None
    assert (closed.state, kept.state) == ("stopped", "running")
    assert closed.spent_micro == 1_010, "the ask in doubt is charged what was set aside for it"
    assert [ask.reason for ask in store.asking.asks(mine) if ask.state == "failed"] == ["interrupted"]
    assert store.asking.ledger(mine)["pending"] == 0
    store.close()


async def test_a_worker_that_lost_the_lease_closes_no_run_of_its_successor(tmp_path: Path) -> None:
    """Its question hung in the store, and the answer names a run that the new holder has begun meanwhile."""
    store, lease = Store.open("sqlite", tmp_path), Held()
    mine = keep(store, "worker")
    runs, find = runs_of(store, Metrics(), lease), store.asking.runs

    def late(*arguments: Any, **options: Any) -> list[Run]:
        lease.held = False
        return find(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.asking, "runs", late)
        runs._close_left()
    assert state_of(store, mine) == "running"
    lease.held = True
    runs._close_left()
    assert state_of(store, mine) == "stopped"
    store.close()


async def test_what_a_killed_command_left_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that was killed renews its run no more: a run of probes is closed with what it knows, one of a suite is
    stopped and can be resumed; nothing stays reserved. A command that goes on is left alone. This needs no setting."""
    monkeypatch.setattr(background_runs, "_READ_EVERY", 0.0)
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    probe, alive = keep(store, "command"), keep(store, "other")
    run, keys = left_by("suite")
    mine = keep(store, "worker")  # of a worker whose configuration had probes
    store.asking.create(msgspec.structs.replace(run, purpose=Purpose.SUITE.value), [(key, None) for key in keys])
    store.asking.reserve("run-suite", keys[:2], 1_000, "quay")
    store.asking.begin("run-suite", keys[0])
    for identity, seconds in ((probe, 0.0), ("run-suite", 0.0), (alive, 60.0)):
        assert store.asking.own(identity, "a command", seconds)
    labels = (metrics.instruments, Bounded("model", ["m-1"], 5, metrics.instruments))
    runs = BackgroundRuns(parsed(), store, dict, labels, Held(), every=0.05)  # type: ignore[arg-type]
    working = asyncio.create_task(runs.run(stop))
    await until(lambda: {state_of(store, name) for name in (probe, mine, "run-suite")} == {"stopped"}, 10)
    assert store.asking.ledger(mine)["pending"] == 0
    await until(lambda: store.asking.left() == [], 10)
    stop.set()
    await working
    assert store.asking.ledger(probe) == {"planned": 3, "done": 1, "skipped": 1, "failed": 1, "pending": 0}
    assert store.asking.ledger("run-suite") == {"planned": 3, "done": 0, "skipped": 0, "failed": 1, "pending": 2}
    closed, kept = store.asking.run(probe), store.asking.run("run-suite")
    assert closed is not None
    assert closed.result is not None
    assert closed.result["asked"] == 2
    assert kept is not None
    assert (closed.spent_micro, kept.spent_micro) == (1_010, 1_000)
    assert store.asking.spent("quay") == 2 * 1_010 + 1_000 + 2_010, "what the one that goes on has reserved stays"
    assert state_of(store, alive) == "running"
    assert store.asking.resume("run-suite", "quay") == keys[1:]
    store.close()


async def test_what_a_command_stopped_without_closing_it_is_closed(tmp_path: Path) -> None:
    """A second signal ended it, or its store failed: the run is stopped, has no result, and asks are pending. It gets
    its result. A run of a suite, which can be resumed, is left alone."""
    store = Store.open("sqlite", tmp_path)
    probe = keep(store, "command")
    run, keys = left_by("suite")
    store.asking.create(msgspec.structs.replace(run, purpose=Purpose.SUITE.value), [(key, None) for key in keys])
    for identity in (probe, "run-suite"):
        assert store.asking.own(identity, "a command", 60.0)
        store.asking.leave(identity, "a command")
    assert store.asking.ledger(probe)["pending"] == 1
    runs_of(store, Metrics(), Held())._close_left()
    closed, kept = store.asking.run(probe), store.asking.run("run-suite")
    assert closed is not None
    assert closed.result is not None
    assert (closed.state, closed.result["asked"], closed.ended_at is not None) == ("stopped", 2, True)
    assert store.asking.ledger(probe) == {"planned": 3, "done": 1, "skipped": 1, "failed": 1, "pending": 0}
    assert kept is not None
    assert (kept.state, kept.result, store.asking.ledger("run-suite")["pending"]) == ("stopped", None, 3)
    store.close()


def state_of(store: Store, identity: str) -> str:
    """The state of a run."""
    run = store.asking.run(identity)
    assert run is not None
    return run.state


async def test_a_run_that_asked_nothing_changes_no_figure(tmp_path: Path) -> None:
    """A run of which no budget held a case leaves the figures and their numbers as they were, is nothing to compare
    with, and does not count as this week's: it is tried again the next day."""
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    keep(store, "worker")
    working = asyncio.create_task(runs_of(store, metrics, Held()).run(stop))
    labels = {"app": "quay", "model": "m-1", "battery": "leak"}
    await until(lambda: metrics.value("probe_success_ratio", **labels) is not None, 10)
    stop.set()
    await working
    now = time.time()
    for days in (3, 2):
        run, keys = left_by("command")
        run = msgspec.structs.replace(run, id=f"empty-{days}", created_at=now - days * 86_400)
        store.asking.create(run, [(key, None) for key in keys])
        skip_unsent(store.asking, run.id, RunState.OUT_OF_BUDGET)
        found = concluded(store.asking, run.id, "quay", RunState.OUT_OF_BUDGET)
        assert (found["asked"], found["skipped"], found["cost_usd"]) == (0, {"budget": 3}, 0.0)
        assert found["targets"][0]["since"] is None
    runs = runs_of(store, metrics, Held())
    assert runs._children()["sightglass_probe_attacks", ("quay", "m-1", "leak")] == 1
    assert not runs._probes_due("quay"), "the run of today asked something"
    other = Store.open("sqlite", tmp_path / "other")
    own = runs_of(other, metrics, Held())
    assert own._probes_due("quay")
    for days, due in ((2, True), (0.5, False)):
        run, keys = left_by(f"command-{days}")
        other.asking.create(msgspec.structs.replace(run, created_at=now - days * 86_400), [(keys[0], None)])
        skip_unsent(other.asking, run.id, RunState.OUT_OF_BUDGET)
        concluded(other.asking, run.id, "quay", RunState.OUT_OF_BUDGET)
        assert own._probes_due("quay") is due
    ahead = Store.open("sqlite", tmp_path / "ahead")
    run, keys = left_by("worker")
    ahead.asking.create(msgspec.structs.replace(run, created_at=now + 400 * 86_400), [(keys[0], None)])
    assert runs_of(ahead, metrics, Held())._probes_due("quay"), "a clock that was ahead for a while stops nothing"
    ahead.close()
    store.close()
    other.close()


def test_an_empty_run_of_stability_leaves_the_number_of_prompts(sqlite_store: Store) -> None:
    """The number of prompts stays that of the run whose figures are shown."""
    known, nothing = {"ratio": 0.2, "lower": 0.1, "upper": 0.3}, {"ratio": None, "lower": None, "upper": None}
    now = time.time()
    for number, (prompts, own) in enumerate(((12, known), (5, nothing))):
        run = Run(id=f"s{number}", purpose="stability", subject="quay", version="1", model="m-1", created_at=now - 9)
        sqlite_store.asking.create(msgspec.structs.replace(run, created_at=now - 9 + number), [])
        figures = {"app": "quay", "model": "m-1", "prompts": prompts, "noise": own, "wording": own}
        sqlite_store.asking.finish(run.id, RunState.DONE, {**figures, "control": {"n": 0, "deaf": 0}})
    shown = runs_of(sqlite_store, Metrics(), Held())._children()
    assert shown["sightglass_stability_noise_ratio", ("quay", "m-1")] == 0.2
    assert shown["sightglass_stability_prompts", ("quay", "m-1")] == 12


async def test_only_the_holder_of_the_lease_works(tmp_path: Path) -> None:
    """A worker without the lease closes nothing and exports nothing; one that loses it takes its gauges back."""
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    mine, lease = keep(store, "worker"), Held(False)
    working = asyncio.create_task(runs_of(store, metrics, lease).run(stop))
    labels = {"app": "quay", "model": "m-1", "battery": "leak"}
    await asyncio.sleep(0.3)
    found = store.asking.run(mine)
    assert found is not None
    assert found.state == "running"
    lease.held = True
    await until(lambda: metrics.value("probe_success_ratio", **labels) is not None, 10)
    lease.held = False
    await until(lambda: metrics.value("probe_success_ratio", **labels) is None, 10)
    stop.set()
    await working
    store.close()


async def test_stability_by_itself_needs_a_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a budget of a day nothing is asked of an upstream that costs something, and the log says what to set."""
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    changed = {"offpath": {"apps": {"quay": {"send_to": ["dock"]}}}, "stability": {"apps": ["quay"], "share": 1.0}}
    labels = (metrics.instruments, Bounded("model", ["m-1"], 5, metrics.instruments))
    runs = BackgroundRuns(parsed(**SETTINGS | changed), store, dict, labels, Held(), every=0.05)  # type: ignore[arg-type]
    working = asyncio.create_task(runs.run(stop))
    await until(lambda: "stability of quay is not measured: offpath.budget_usd_per_day" in caplog.text, 10)
    stop.set()
    await working
    assert store.asking.runs(purpose=Purpose.STABILITY.value, limit=9) == []
    store.close()
