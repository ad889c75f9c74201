"""What an experiment measures is agreed when it begins; scorers and a judge that change later change none of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from scorers.experiments.standing import status_of
from scorers.store.runs import RunState
from scorers.worker.experiments import Experiments
from support.arms import Arm
from support.conducting import Stage, settings_for, staged, walk
from support.scoring import Metrics

NOW = time.time()
JUDGE = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k3", "model": "m-judge", "price": {"input": 1, "output": 1}}
JUDGE |= {"budget_usd_per_day": 5, "apps": ["guide"]}
REFUSAL, BOTH = {"refusal": {}}, {"refusal": {}, "format": {}}
OWN: dict[str, Any] = {"primary": None, "margin": 0.2, "budget_usd": 100}


async def _then(tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The ids of the run before and after a restart with another configuration, and how it stands then."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, [walk(n, NOW) for n in range(8)], OWN, **before) as stage:
        await stage.rounds(1)
        first = stage.store.experiments.current("walks")
        urls = (str(stage.settings.upstreams[0].base_url), str(stage.settings.upstreams[1].base_url))
        again = Stage(stage.store, settings_for(urls, OWN, **after))
        again.offset = stage.offset
        try:
            status = await again.rounds(4)
        finally:
            await again.close()
        last = stage.store.experiments.current("walks")
        assert first is not None and last is not None
        return [first.id, last.id], status


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"scorers": BOTH}, {"scorers": REFUSAL}),  # a guard less
        ({"scorers": REFUSAL, "judge": JUDGE}, {"scorers": REFUSAL}),  # the primary is gone
        ({"scorers": REFUSAL, "judge": JUDGE}, {"scorers": REFUSAL, "judge": {**JUDGE, "model": "m-other"}}),
    ],
)
async def test_an_outcome_that_is_gone_begins_it_anew(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Else it would go on with fewer guards, another primary outcome, or the words of two judges in one figure."""
    (first, last), _ = await _then(tmp_path, before, after)
    assert first != last


@pytest.mark.parametrize(
    ("after", "later"), [({"scorers": BOTH}, "format.invalid"), ({"scorers": REFUSAL, "judge": JUDGE}, "judge")]
)
async def test_an_outcome_that_came_later_is_not_taken_in(tmp_path: Path, after: dict[str, Any], later: str) -> None:
    """It goes on with what it began with, which is said; a judge that came later is not even asked."""
    (first, last), status = await _then(tmp_path, {"scorers": REFUSAL}, after)
    assert first == last
    assert [item["outcome"] for item in status["outcomes"] if item["primary"]] == ["refusal.refused"]
    assert later not in {item["outcome"] for item in status["outcomes"]}
    assert f"not part of it, since it began without: {later}" in status["reasons"]
    assert status["pairs"] == 8


@pytest.mark.parametrize("how", ["removed", "stopped", "stopped and removed"])
async def test_an_experiment_that_comes_back_begins_anew(tmp_path: Path, how: str) -> None:
    """It was out of the configuration for a while, which ended it: it is not left stopped without a word. One that a
    command has stopped stays so."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, [walk(n, NOW) for n in range(8)]) as stage:
        await stage.rounds(2)
        first = stage.store.experiments.current("walks")
        assert first is not None
        if "stopped" in how:
            stage.store.asking.finish(first.id, RunState.STOPPED, first.result)
        if "removed" in how:
            none = stage.settings.model_copy(update={"experiments": ()})
            Experiments(none, stage.store, None, Metrics().instruments, None)._end_others()  # type: ignore[arg-type]
            ended = stage.store.experiments.current("walks")
            assert ended is not None
            said = "it is no longer in the configuration" in status_of(ended)["reasons"]
            assert (ended.state, said) == ("stopped", how == "removed")
        again = Stage(stage.store, stage.settings)
        again.offset = stage.offset
        try:
            await again.rounds(3)
        finally:
            await again.close()
        last = stage.store.experiments.current("walks")
        assert last is not None
        assert (last.id != first.id, last.state) == ((True, "running") if how == "removed" else (False, "stopped"))
