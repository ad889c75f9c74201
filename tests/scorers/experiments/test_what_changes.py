"""What may change under an experiment that runs: its limits, the address of an upstream, a price."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import Settings, parse
from scorers.store.runs import MICRO, Run, RunState
from support.arms import Arm
from support.conducting import Stage, document_for, staged, walk

NOW = time.time()
OWN: dict[str, Any] = {"margin": 0.2, "budget_usd": 3}
PAIR = 0.000_18


def _walks(number: int) -> list[Any]:
    return [walk(n, NOW) for n in range(number)]


def _run(stage: Stage) -> Run:
    run = stage.store.experiments.current("walks")
    assert run is not None
    return run


def _changed(stage: Stage, own: Mapping[str, Any] | None = None, rival: Mapping[str, Any] | None = None) -> Settings:
    """The configuration of a stage with other values for its experiment, and for the upstream of its candidate."""
    urls = (str(stage.settings.upstreams[0].base_url), str(stage.settings.upstreams[1].base_url))
    document = document_for(urls, {**OWN, **(own or {})})
    document["upstreams"][1] |= rival or {}
    return parse(document, {})


def _more(stage: Stage) -> None:
    """Samples that come later."""
    stage.store.save_samples([walk(n, NOW) for n in range(1_000, 1_010)], content=True)
    stage.offset += 5.0


async def _again(stage: Stage, settings: Settings, rounds: int = 4) -> dict[str, Any]:
    """How the experiment stands after a restart with ``settings``, and some rounds."""
    again = Stage(stage.store, settings)
    again.offset = stage.offset
    status = await again.rounds(rounds)
    await again.close()
    return status


async def test_a_lower_budget_counts_what_was_spent(tmp_path: Path) -> None:
    """The same run goes on with the new amount, of which what it has cost is a part; at once none is left."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, _walks(300), OWN) as stage:
        await stage.until(lambda status: status["pairs"] >= 20)
        before, asked = _run(stage), len(arms[1].requests)
        status = await _again(stage, _changed(stage, {"budget_usd": before.spent_micro / MICRO + PAIR}))
        after = _run(stage)
        assert (after.id, after.state, status["state"]) == (before.id, "out_of_budget", "out_of_budget")
        assert len(arms[1].requests) == asked
        assert after.spent_micro <= after.budget_micro == before.spent_micro + 180
        said = f"changed while it ran: budget_usd from 3 to {before.spent_micro / MICRO + PAIR:g}"
        assert said in status["reasons"]
        # It stays so until there is more money: then it goes on with what it had.
        _more(stage)
        more = await _again(stage, _changed(stage, {"budget_usd": 4}))
        assert _run(stage).id == before.id
        assert more["pairs"] > status["pairs"]
        assert len(arms[1].requests) == more["pairs"]


@pytest.mark.parametrize(("state", "goes_on"), [(RunState.STOPPED, True), (RunState.DONE, False)])
async def test_other_limits_of_what_is_over(tmp_path: Path, state: RunState, goes_on: bool) -> None:
    """What was stopped goes on with its pairs; what is decided stays decided, and spends nothing more."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, _walks(60), OWN) as stage:
        await stage.until(lambda status: status["pairs"] >= 9)
        before, asked = _run(stage), len(arms[1].requests)
        stage.store.asking.finish(before.id, state, before.result)
        _more(stage)
        await _again(stage, _changed(stage, {"until": "60d"}))
        assert _run(stage).id == before.id
        assert (len(arms[1].requests) > asked) is goes_on


async def test_another_candidate_is_a_new_run_and_says_what_was_spent(tmp_path: Path) -> None:
    """The budget is that of one run; whoever looks is told what those before have cost."""
    async with staged(tmp_path, (Arm("granite"), Arm("basalt")), _walks(60), OWN) as stage:
        await stage.until(lambda status: status["pairs"] >= 9)
        before = _run(stage)
        model = {"candidate": {"upstream": "rival", "model": "m-other"}}
        status = await _again(stage, _changed(stage, model))
        assert _run(stage).id != before.id
        (said,) = [reason for reason in status["reasons"] if "before this one" in reason]
        assert "which its budget does not count" in said


async def test_another_address_is_another_provider(tmp_path: Path) -> None:
    """Under the same name: the run ends, since no figure holds the answers of two providers."""
    arms = Arm("granite"), Arm("basalt")
    with Arm("third").serve() as third:
        async with staged(tmp_path, arms, _walks(30), OWN) as stage:
            await stage.until(lambda status: status["pairs"] >= 5)
            before = _run(stage)
            assert third.url.encode() not in repr(before.plan).encode()
            await _again(stage, _changed(stage))
            assert _run(stage).id == before.id
            await _again(stage, _changed(stage, None, {"base_url": third.url}))
            assert _run(stage).id != before.id
            ended = stage.store.asking.run(before.id)
            assert ended is not None
            assert ended.state == "stopped"


async def test_another_price_is_another_cost(tmp_path: Path) -> None:
    """The run goes on with all that it knows of answers; cost begins anew, and until then nothing ships."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, _walks(70), OWN) as stage:
        await stage.until(lambda status: status["pairs"] >= 20)
        before = _run(stage)
        dear = _changed(stage, None, {"price": {"input": 8, "output": 8}})
        again = Stage(stage.store, dear)
        again.offset = stage.offset
        try:
            await again.conductor.load()
            (cost,) = [item for item in again.conductor._standing.measured() if item.outcome == "cost"]
            assert cost.interval.n == 0
            found = await again.until(lambda status: status["pairs"] >= 40)
        finally:
            await again.close()
        assert _run(stage).id == before.id
        by_name = {item["outcome"]: item for item in found["outcomes"]}
        assert 0 < by_name["cost"]["n"] < by_name["refusal.refused"]["n"] == found["pairs"]
        assert by_name["cost"]["mean"] < -0.5  # of the new price alone: it was cheaper before
        assert any("cost counts from pair" in said for said in found["reasons"])
        # The same price again changes nothing.
        kept = _run(stage).plan["cost_from"]
        await _again(stage, dear, 2)
        assert _run(stage).plan["cost_from"] == kept


async def test_a_run_of_a_version_before_goes_on(tmp_path: Path) -> None:
    """Its plan says nothing of addresses, prices and where its judge is."""
    async with staged(tmp_path, (Arm("granite"), Arm("basalt")), _walks(30), OWN) as stage:
        await stage.until(lambda status: status["pairs"] >= 5)
        run = _run(stage)
        old = {name: value for name, value in run.plan.items() if name not in ("arms", "judge_at")}
        with stage.store._database.write() as connection:
            connection.exec_driver_sql("update runs set plan = ?", (json.dumps(old),))
        await _again(stage, _changed(stage))
        assert _run(stage).id == run.id
