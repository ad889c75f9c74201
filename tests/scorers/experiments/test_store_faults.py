"""A store that fails for a moment while an experiment asks, and two workers that ask at once: it goes on to its end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from scorers.store.asking import AskStore
from scorers.store.records import StoreUnavailable
from scorers.store.runs import Ask, RunState
from support.arms import Arm
from support.conducting import Stage, staged, walk

NOW = time.time()
PAIRS = 40


async def _until_ended(stage: Stage) -> Counter[str]:
    """Rounds until no pair waits; the pairs by state."""
    found: Counter[str] = Counter()
    for _ in range(40):
        await stage.conductor.round()
        run = stage.store.experiments.current("walks")
        if run is None:
            continue
        found = Counter(pair.state for pair in stage.store.experiments.all_pairs(run.id))
        if found.total() >= PAIRS and not found["pending"]:
            break
    return found


def _adds_up(stage: Stage, arms: tuple[Arm, Arm]) -> None:
    """Nothing was asked twice, and what was spent is what the asks cost."""
    run = stage.store.experiments.current("walks")
    assert run is not None
    for arm in arms:
        assert set(Counter(body["messages"][-1]["content"] for body in arm.bodies()).values()) == {1}
    spent = sum(ask.cost_micro for ask in stage.store.asking.asks(run.id))
    assert run.spent_micro == stage.store.asking.spent() == stage.store.asking.spent("guide") == spent


async def test_a_store_that_fails_once_leaves_nobody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pairs beside the one at which it failed end; no further one begins, and the next conductor asks the rest."""
    arms = Arm("granite", seconds=0.05), Arm("basalt", seconds=0.05)
    real, failed = AskStore.settle, []

    def settle(self: AskStore, run: str, ask: Ask, account: str = "") -> None:
        if len(arms[1].requests) >= 6 and not failed:
            failed.append(ask)
            raise StoreUnavailable("the disk is full")
        real(self, run, ask, account)

    monkeypatch.setattr(AskStore, "settle", settle)
    async with staged(tmp_path, arms, [walk(n, NOW) for n in range(PAIRS)]) as stage:
        with pytest.raises(StoreUnavailable):
            await stage.rounds(10)
        asked = len(arms[0].requests) + len(arms[1].requests)
        await asyncio.sleep(0.3)
        assert len(arms[0].requests) + len(arms[1].requests) == asked
        again = Stage(stage.store, stage.settings)
        again.offset = stage.offset
        try:
            assert await _until_ended(again) == {"done": PAIRS - 1, "skipped": 1}
        finally:
            await again.close()
        _adds_up(stage, arms)


@pytest.mark.parametrize("state", ["running", "stopped"])
async def test_a_store_that_is_made_anew(tmp_path: Path, state: str) -> None:
    """The data folder was removed while an experiment ran, or after it was stopped: it begins in the new store; it did
    nothing until the worker was started again."""
    arms = Arm("granite"), Arm("basalt")
    samples = [walk(n, NOW) for n in range(PAIRS)]
    async with staged(tmp_path, arms, samples) as stage:
        await stage.rounds(2)
        before = stage.store.experiments.current("walks")
        assert before is not None
        if state == "stopped":
            stage.store.asking.finish(before.id, RunState.STOPPED, before.result)
            await stage.rounds(1)
        with stage.store._database.write() as connection:
            for table in ("runs", "asks", "pairs", "enrolments"):
                connection.execute(text(f"DELETE FROM {table}"))
        assert await _until_ended(stage) == {"done": PAIRS}
        after = stage.store.experiments.current("walks")
        assert after is not None
        assert (after.id != before.id, after.state) == (True, "running")


async def test_two_workers_that_ask_at_once(tmp_path: Path) -> None:
    """A worker that was halted loses the lease and still asks when it wakes. The other one does not wait forever for
    the pairs that were asked beside it."""
    arms = Arm("granite", seconds=0.05), Arm("basalt", seconds=0.05)
    async with staged(tmp_path, arms, [walk(n, NOW) for n in range(PAIRS)]) as stage:
        await stage.rounds(2)
        again = Stage(stage.store, stage.settings)
        again.offset = stage.offset
        try:
            await again.conductor.load()
            await asyncio.gather(stage.conductor.round(), again.conductor.round())
            found = await _until_ended(again)
        finally:
            await again.close()
        assert (found["pending"], found.total()) == (0, PAIRS)
        assert found["done"] >= PAIRS - 8
        _adds_up(stage, arms)
