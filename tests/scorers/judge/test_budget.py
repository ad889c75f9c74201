"""The judge's money belongs to the day on which it was reserved, and what may have been paid for is charged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import Judge
from scorers.judge.budget import JudgeBudget
from scorers.store.store import Store
from support import replies
from support.arms import Arm
from support.conducting import staged
from support.upstream import CLOSE, CUT, STALL, ScriptedUpstream
from tests.scorers.experiments.test_conduct import walks

MIDNIGHT = 1_800_057_600.0  # 2027-01-16 00:00 UTC


async def test_a_call_across_midnight_gives_its_money_back_to_its_day(tmp_path: Path) -> None:
    """Else the new day's sum would fall by what was not spent on it, and more than its budget could be."""
    store = Store.open("sqlite", tmp_path)
    now = [MIDNIGHT - 10]
    store.judging._clock = lambda: now[0]
    own = {"base_url": "http://127.0.0.1:9/v1", "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]}
    budget = JudgeBudget(store.judging, Judge.model_validate({**own, "budget_usd_per_day": 1.0}), lambda: now[0])
    before = await budget.reserve("guide", 0.6)
    assert before == "2027-01-15"
    now[0] = MIDNIGHT + 10
    after = await budget.reserve("guide", 0.7)
    assert after == "2027-01-16"
    await budget.settle("guide", 0.6, 0.1, before)
    assert store.judging.spent() == {"": pytest.approx(0.7), "guide": pytest.approx(0.7)}
    assert await budget.reserve("guide", 0.4) is None
    now[0] = MIDNIGHT - 5
    assert store.judging.spent()["guide"] == pytest.approx(0.1)
    store.close()


@pytest.mark.parametrize(
    "answer",
    [
        [STALL],
        replies.http(200, json.dumps({"object": "list"}).encode()),
        [CLOSE],
        [b"HTTP/1.1 200 OK\r\ncontent-le", CUT],
    ],
    ids=["silent", "no completion", "closes", "breaks off"],
)
async def test_a_comparison_that_may_have_been_paid_for_is_charged(tmp_path: Path, answer: list[Any]) -> None:
    """A judge that is still at work when we no longer wait, one that answers something else, and one whose connection
    breaks once it was asked, were not free. None of them is asked twice for the money of one call."""
    with ScriptedUpstream(lambda request: answer) as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]} | {
            "timeout": 1
        }
        arms = (Arm("granite"), Arm("basalt"))
        async with staged(tmp_path, arms, walks(1), {"primary": "judge", "budget_usd": 40}, judge=own) as stage:
            found = await stage.until(lambda status: status["pairs"] == 1)
            spent = stage.store.judging.spent()["guide"]
            assert spent > 0.0003
            assert len(server.requests) == 1
            assert found["cost_usd"] == pytest.approx(180 / 1e6 + spent, abs=2e-6)


async def test_a_free_judge_is_asked_again_when_its_connection_breaks(tmp_path: Path) -> None:
    """Where an answer costs nothing, another try costs nothing either."""
    with ScriptedUpstream(lambda request: [CLOSE]) as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 0, "output": 0}, "apps": ["guide"]}
        experiment = {"primary": "judge", "budget_usd": 40}
        async with staged(tmp_path, (Arm("granite"), Arm("basalt")), walks(1), experiment, judge=own) as stage:
            found = await stage.until(lambda status: status["pairs"] == 1)
            assert len(server.requests) == 3
            assert found["cost_usd"] == pytest.approx(180 / 1e6)
