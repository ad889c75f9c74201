"""The judge in both orders on stripped texts, and people by their votes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from scorers.store.runs import AskKey
from scorers.store.votes import Choice
from support import replies
from support.arms import Arm
from support.conducting import Stage, staged
from support.scoring import until
from support.upstream import STALL, Recorded, ScriptedUpstream, Step
from tests.scorers.experiments.test_conduct import _run, walks

_USAGE = {"prompt_tokens": 50, "completion_tokens": 10}


class PairwiseJudge:
    """A judge that prefers an answer by ``prefers(first, second)``: the probability that the first is better."""

    def __init__(self, prefers: Any) -> None:
        self.prefers = prefers
        self.prompts: list[str] = []

    def script(self, request: Recorded, usage: dict[str, int] = _USAGE) -> Iterable[Step]:
        said = request.json()["messages"][-1]["content"]
        self.prompts.append(said)
        mark = re.search(r"The mark of this call is (\w+)\.", said)
        assert mark is not None
        parts = [
            re.search(rf"{name} ANSWER\n(.*?)\n\[{mark[1]}\] END", said, re.DOTALL) for name in ("FIRST", "SECOND")
        ]
        first, second = (part[1] if part else "" for part in parts)
        verdict = {"mark": mark[1], "note": "so", "first": self.prefers(first, second)}
        return replies.chat_json(json.dumps(verdict), usage=usage)


@pytest.mark.parametrize(
    ("prefers", "value"),
    [
        (lambda first, second: float("basalt" in first), 1.0),
        (lambda first, second: float("granite" in first), -1.0),
        (lambda first, second: 0.9, 0.0),  # always the first one: the order decides
        (lambda first, second: 0.5, 0.0),
    ],
)
async def test_the_judge_is_asked_in_both_orders(tmp_path: Path, prefers: Any, value: float) -> None:
    """Only what both orders agree on counts; what judging cost is in the experiment's cost and in the judge's table."""
    judge = PairwiseJudge(prefers)
    with ScriptedUpstream(judge.script) as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]}
        arms = (Arm("granite"), Arm("basalt"))
        async with staged(tmp_path, arms, walks(2), {"primary": "judge", "budget_usd": 40}, judge=own) as stage:
            found = await stage.until(lambda status: status["pairs"] == 2)
            (first,) = [item for item in found["outcomes"] if item["primary"]]
            assert (first["outcome"], first["mean"], first["n"]) == ("judge", value, 2)
            assert len(judge.prompts) == 4
            assert found["cost_usd"] == pytest.approx(2 * (180 + 2 * 60) / 1e6)
            assert stage.store.judging.spent()["guide"] == pytest.approx(4 * 60 / 1e6)
            assert stage.store.asking.spent() == 2 * 180


async def test_what_people_say_counts_after_the_first_vote_and_is_told_to_nobody(tmp_path: Path) -> None:
    """The first vote on a conversation is its observation; before a verdict only their number is shown."""
    async with staged(tmp_path, (Arm("granite"), Arm("basalt")), walks(4), {"primary": "people"}) as stage:
        await stage.until(lambda status: status["pairs"] == 4)
        run = stage.store.experiments.current("walks")
        assert run is not None
        for _ in range(3):
            shown = stage.store.votes.next(run.id, "rater-1")
            assert shown is not None
            left = Choice.LEFT if shown.left_arm == "candidate" else Choice.RIGHT
            stage.store.votes.vote(run.id, "rater-1", shown.id, left)
        found = await stage.rounds(1)
        (people,) = [item for item in found["outcomes"] if item["primary"]]
        voted = sum(vote.kind == "pair" for vote in stage.store.votes.votes(run.id))
        assert people["n"] == voted
        assert (people["mean"], people["lower"], people["upper"]) == (None, -1.0, 1.0)
        assert not any(said.startswith("people ") for said in found["reasons"])
        assert stage.conductor._standing.measured()[0].interval.mean == pytest.approx(1.0)
        assert stage.conductor.document["trails"].get("people", []) == []


async def test_votes_count_when_the_budget_is_spent(tmp_path: Path) -> None:
    """Where people decide, an experiment whose money is spent asks no more and waits for them, until they have."""
    arms = (Arm("granite"), Arm("basalt"))
    own = {"primary": "people", "budget_usd": 0.025, "margin": 0.9}
    async with staged(tmp_path, arms, walks(140), own) as stage:
        found = await stage.until(lambda status: status["state"] == "out_of_budget")
        asked = len(arms[1].requests)
        run = stage.store.experiments.current("walks")
        assert run is not None
        assert (run.state, found["verdict"]) == ("running", "undecided")
        assert any(
            "budget does not hold the next pair; votes on others still count" in said for said in found["reasons"]
        )
        while (shown := stage.store.votes.next(run.id, "rater-1")) is not None:
            left = Choice.LEFT if shown.left_arm == "candidate" else Choice.RIGHT
            stage.store.votes.vote(run.id, "rater-1", shown.id, left)
        stage.offset += 61
        found = await stage.until(lambda status: status["state"] == "decided")
        assert found["verdict"] == "ship"
        assert len(arms[1].requests) == asked
        run = stage.store.experiments.current("walks")
        assert run is not None
        assert (run.state, stage.store.asking.ledger(run.id)["pending"]) == ("done", 0)
        assert run.spent_micro <= 25_000


async def test_the_judges_money_is_reserved_with_the_pair(tmp_path: Path) -> None:
    """A judge that is far dearer than the arms: both comparisons of a pair are in the budget before it is asked, so
    that several pairs at once never spend more, and a pair without room for its judge asks nobody."""
    judge = PairwiseJudge(lambda first, second: 0.5)
    usage = {"prompt_tokens": 1_500, "completion_tokens": 200}
    with ScriptedUpstream(lambda request: judge.script(request, usage)) as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 10, "output": 10}, "apps": ["guide"]}
        own |= {"budget_usd_per_day": 50}
        arms = (Arm("granite"), Arm("basalt"))
        experiment = {"primary": "judge", "budget_usd": 0.2}
        offpath = {"budget_usd_per_day": 50, "concurrency": 8, "apps": {"guide": {"send_to": ["rival"]}}}
        async with staged(tmp_path, arms, walks(30), experiment, judge=own, offpath=offpath) as stage:
            await stage.estimate(0.0)  # the plan would refuse to start
            found = await stage.until(lambda status: status["state"] == "out_of_budget")
            a_pair = (180 + 2 * 1_700 * 10) / 1e6
            assert found["pairs"] >= 3
            assert found["cost_usd"] == pytest.approx(found["pairs"] * a_pair)
            assert found["cost_usd"] <= 0.2
            assert len(judge.prompts) == 2 * found["pairs"] == 2 * len(arms[1].requests)


async def test_a_plan_has_the_judges_money_in_it(tmp_path: Path) -> None:
    """What a verdict takes is said with both comparisons of each pair; a budget for the arms alone is refused."""
    own = {"base_url": "http://127.0.0.1:9/v1", "model": "j", "price": {"input": 50, "output": 50}, "apps": ["guide"]}
    arms = (Arm("granite"), Arm("basalt"))
    async with staged(tmp_path, arms, walks(30), {"primary": "judge"}, judge=own) as stage:
        found = await stage.until(lambda status: status["state"] == "stopped")
        assert any(said.startswith("it cannot reach a verdict: ") for said in found["reasons"])
        run = stage.store.experiments.current("walks")
        assert run is not None
        assert run.plan["usd_per_pair"] > 100 * run.plan["usd_of_arms"]
        assert (arms[0].requests, arms[1].requests) == ([], [])


async def test_a_judge_that_is_the_candidate_compares_nothing_and_it_is_said(tmp_path: Path) -> None:
    """The experiment runs by its local outcomes; nobody asks the judge, and the reasons say why."""
    own = {
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m-cand",
        "price": {"input": 1, "output": 1},
        "apps": ["guide"],
    }
    async with staged(tmp_path, (Arm("granite"), Arm("basalt")), walks(4), {"primary": None}, judge=own) as stage:
        found = await stage.until(lambda status: status["pairs"] == 4)
        assert "the judge's model is the candidate, so the judge compares nothing" in found["reasons"]
        assert [item["outcome"] for item in found["outcomes"] if item["primary"]] == ["refusal.refused"]
        assert "judge" not in {item["outcome"] for item in found["outcomes"]}


async def test_what_was_held_for_the_judge_is_settled_after_a_kill(tmp_path: Path) -> None:
    """A worker that was killed while the judge compared: what was held is charged once, the pair does not count, and
    however often a worker starts again, nothing more is held. Where an arm had not been asked, it is released."""
    silent = ScriptedUpstream(lambda request: [STALL])
    with silent as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]}
        arms = (Arm("granite"), Arm("basalt"))
        async with staged(tmp_path, arms, walks(3), {"primary": "judge", "budget_usd": 40}, judge=own) as stage:
            working = asyncio.create_task(stage.conductor.round())
            await until(lambda: len(server.requests) > 0, 30)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            asking, run = stage.store.asking, stage.store.experiments.current("walks")
            assert run is not None
            held = run.spent_micro - 180
            assert held > 0
            waiting = stage.store.experiments.pairs(run.id, ["pending"])
            other = next(pair for pair in waiting if pair.held_micro is None)
            assert asking.reserve(run.id, [AskKey(other.id, "control")], [100], "guide", held=(other.id, 999)) == "yes"
            for _ in range(2):
                again = Stage(stage.store, stage.settings)
                await again.conductor.load()
                await again.close()
            after = asking.run(run.id)
            assert after is not None
            assert after.spent_micro == 180 + held
            assert stage.store.experiments.counts(run.id)["skipped", "interrupted"] == 1
            assert asking.ledger(run.id) == {"planned": 6, "done": 2, "skipped": 0, "failed": 0, "pending": 4}


@pytest.mark.parametrize("at", [1, 2])
async def test_a_user_who_is_forgotten_while_the_judge_compares(tmp_path: Path, at: int) -> None:
    """Between the two orders, or while an order is tried again, nothing more of theirs is sent. Their pair does not
    count and nothing of it is kept; what judging cost stays charged, and other users' pairs are judged."""
    judge, store = PairwiseJudge(lambda first, second: float("basalt" in first)), []

    def script(request: Recorded) -> Iterable[Step]:
        judged = judge.script(request)
        if "house number 1 " in judge.prompts[-1] and store:
            store.pop().forget_user("user-1")
            return judged if at == 1 else replies.error(503)
        return judged

    with ScriptedUpstream(script) as server:
        own = {"base_url": server.url, "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]}
        arms = (Arm("granite"), Arm("basalt"))
        async with staged(tmp_path, arms, walks(3), {"primary": "judge", "budget_usd": 40}, judge=own) as stage:
            store.append(stage.store)
            found = await stage.until(lambda status: status["pairs"] + sum(status["skipped"].values()) == 3)
            theirs = [said for said in judge.prompts if "house number 1 " in said]
            assert (len(theirs), found["pairs"], found["skipped"]) == (1, 2, {"forgotten": 1})
            (gone,) = stage.store.experiments.pairs(_run(stage), ["skipped"])
            assert (gone.request, gone.answers, gone.outcomes, gone.extra) == (None, {}, {}, {}), gone
            usd = (180 * 3 + 60 * (4 + (at == 1))) / 1e6
            assert found["cost_usd"] == pytest.approx(usd)


class Busy(Arm):
    """An arm that cannot answer at the moment. ``then`` is called when it is asked for the first time."""

    then: Any = None

    def script(self, request: Recorded) -> Iterable[Step]:
        self.requests.append(request)
        if len(self.requests) == 1:
            self.then()
        return replies.error(503, {"retry-after": "0.05"})


async def test_a_user_who_is_forgotten_while_an_arm_is_tried_again(tmp_path: Path) -> None:
    """An arm that is busy is asked again: not about somebody who is gone."""
    rival = Busy("basalt")
    async with staged(tmp_path, (Arm("granite"), rival), walks(1)) as stage:
        stage.clients._tries = 3
        rival.then = lambda: stage.store.forget_user("user-0")
        found = await stage.until(lambda status: sum(status["skipped"].values()) == 1)
        assert (found["skipped"], len(rival.requests)) == ({"forgotten": 1}, 1)
