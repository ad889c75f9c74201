"""A run whose user is forgotten while it is under way, and one whose endpoint is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import pytest

from proxy.config.offpath import Price
from proxy.observe.pricing import Prices
from scorers.asking import engine as engine_module
from scorers.asking.answer import Answer
from scorers.asking.client import Client, Failed, Target
from scorers.asking.engine import Checked, Engine, Job
from scorers.judge.still_there import StillThere, always
from scorers.store.runs import AskKey, Reserved, Run, RunState
from scorers.store.store import Store
from support import replies
from support.upstream import Recorded, ScriptedUpstream, Step

RUN = Run(id="r1", purpose="suite", subject="bakery", version="v", model="m", budget_micro=10_000)
ANN, BO = AskKey("ann"), AskKey("bo")
COST = Price(input=1.0, output=2.0)


class Provider(Client):
    """Answers everything, and does something meanwhile."""

    def __init__(self, store: Store) -> None:
        self.asked: list[str] = []
        self._store = store

    def at_most(self, body: dict[str, Any]) -> float | None:
        return 0.000_100

    async def ask(self, body: dict[str, Any], still_there: StillThere = always) -> Answer:
        self.asked.append(body["case"])
        if len(self.asked) == 1:
            self._store.forget_user("jane")
        return Answer(text="Rye.", cost_usd=0.000_030, seconds=0.1)


async def test_an_answer_of_a_forgotten_user_goes_to_no_judge(sqlite_store: Store) -> None:
    """It was paid for, and is skipped like the asks behind it; the others are asked and looked at."""
    store, looked = sqlite_store, []
    repeat = AskKey("ann", "", 1)
    store.asking.create(RUN, [(ANN, "jane"), (repeat, "jane"), (BO, None)])

    async def check(key: AskKey, answer: Answer) -> Checked:
        looked.append(key.case_id)
        return Checked(True, 1.0)

    provider = Provider(store)
    job = Job(run="r1", cases=[[ANN, repeat], [BO]], body=lambda key: {"case": key.case_id}, check=check, concurrency=1)
    assert await Engine(store.asking, provider, job).perform() is RunState.DONE
    assert (provider.asked, looked) == (["ann", "bo"], ["bo"])
    ended = {ask.key: (ask.state, ask.reason, ask.cost_micro, ask.answer is None) for ask in store.asking.asks("r1")}
    assert ended == {
        ANN: ("skipped", "forgotten", 30, True),
        repeat: ("skipped", "forgotten", 0, True),
        BO: ("done", None, 30, False),
    }
    run = store.asking.run("r1")
    assert run is not None
    assert run.spent_micro == 60


class Away(Client):
    """Fails with these, one after the other; ``None`` is an answer. The last one again and again."""

    def __init__(self, *script: Failed | None) -> None:
        self.asked = 0
        self._script = script

    def at_most(self, body: dict[str, Any]) -> float | None:
        return 0.0

    async def ask(self, body: dict[str, Any], still_there: StillThere = always) -> Answer:
        failed = self._script[min(self.asked, len(self._script) - 1)]
        self.asked += 1
        if failed is not None:
            raise failed
        return Answer(text="Rye.", cost_usd=0.0)


async def performed(store: Store, provider: Away) -> tuple[RunState, str, int]:
    """How a run of forty cases ended, why, and how many were asked."""
    keys = [AskKey(f"c{n:02}") for n in range(40)]
    store.asking.create(RUN, [(key, None) for key in keys])

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(True, 1.0)

    engine = Engine(store.asking, provider, Job("r1", [[key] for key in keys], lambda key: {}, check, concurrency=1))
    return await engine.perform(), engine.why, provider.asked


async def test_an_endpoint_that_is_away_is_asked_no_more(sqlite_store: Store) -> None:
    """After twenty calls in a row without an answer the run stops and says why; who resumes it asks all of them."""
    found = await performed(sqlite_store, Away(None, Failed("unreachable", "port 1 is closed")))
    assert found == (RunState.STOPPED, "no answer in 20 calls in a row (unreachable 20): port 1 is closed", 21)
    assert len(sqlite_store.asking.reopen("r1")) == 39


async def test_an_endpoint_that_is_away_for_long_is_asked_no_more(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quota that is waited for in vain takes minutes for each call: three of them are enough."""
    monkeypatch.setattr(engine_module, "_SILENT", 0.0)
    state, why, count = await performed(sqlite_store, Away(Failed("rate_limited", "status 429")))
    assert (state, why, count) == (RunState.STOPPED, "no answer in 3 calls in a row (rate_limited 3): status 429", 3)


async def test_requests_that_are_refused_one_by_one_end_no_run(sqlite_store: Store) -> None:
    """A filter refuses attacks with 400, one after the other, and answers all else."""
    assert (await performed(sqlite_store, Away(Failed("refused", "status 400"))))[::2] == (RunState.DONE, 40)


async def test_an_endpoint_that_fails_now_and_then_ends_no_run(sqlite_store: Store) -> None:
    """Each answer begins the count anew."""
    broken = Failed("broken", "broken", maybe_paid=True)
    state, _, count = await performed(sqlite_store, Away(*[broken] * 19, None, *[broken] * 19, None))
    assert (state, count) == (RunState.DONE, 40)


class Dear(Client):
    """Each call may cost a thousand micro-dollars, and costs thirty. ``most``: how many were under way at once."""

    def __init__(self) -> None:
        self.most = self._now = 0

    def at_most(self, body: dict[str, Any]) -> float | None:
        return 0.001

    async def ask(self, body: dict[str, Any], still_there: StillThere = always) -> Answer:
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.05)
        self._now -= 1
        return Answer(text="Rye.", cost_usd=0.000_030)


@pytest.mark.parametrize(
    ("budget", "day", "most", "answered"),
    [(2_500, None, 2, 20), (None, 3_700, 3, 20), (1_100, None, 1, 4), (None, 1_100, 1, 4), (900, None, 0, 0)],
)
@pytest.mark.parametrize("late", [False, True])
async def test_money_that_is_only_set_aside_is_waited_for(
    sqlite_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    budget: int | None,
    day: int | None,
    most: int,
    answered: int,
    late: bool,
) -> None:
    """A budget that holds two calls at once holds many, one after the other: fewer are under way, and none is left out
    before what was really spent leaves no room. ``late``: who has set money aside hears of it after those for whom none
    was left, as it happens with threads."""
    reserve = sqlite_store.asking.reserve

    def slow(*words: Any) -> Reserved:
        found = reserve(*words)
        if late and found is Reserved.YES:
            time.sleep(0.02)
        return found

    monkeypatch.setattr(sqlite_store.asking, "reserve", slow)
    keys = [AskKey(f"c{n:02}") for n in range(20)]
    sqlite_store.asking.create(msgspec.structs.replace(RUN, budget_micro=budget), [(key, None) for key in keys])

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(True, 1.0)

    client = Dear()
    cases = [[key] for key in keys]
    job = Job("r1", cases, lambda key: {}, check, concurrency=8, day_budget=day)
    state = await asyncio.wait_for(Engine(sqlite_store.asking, client, job).perform(), 30.0)
    assert (client.most, sqlite_store.asking.ledger("r1")["done"]) == (most, answered)
    assert state is (RunState.DONE if answered == 20 else RunState.OUT_OF_BUDGET)


@pytest.mark.parametrize("judged", [None, True])
async def test_answers_that_nobody_judges_are_paid_for_no_more(sqlite_store: Store, judged: bool | None) -> None:
    """A judge that is away: after ten answers in a row the run stops and says why; answers between them that only a
    rule decides say nothing of a judge. Who resumes the run asks again what has no verdict."""
    keys = [AskKey(f"c{n:02}") for n in range(40)]
    sqlite_store.asking.create(RUN, [(key, None) for key in keys])
    told = [{"why": "the judge gave no answer (status 500)", "error": "judge_error"}]
    away = Checked(None, None, told, failed="judge_error", judged=False)

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(True, 1.0, judged=judged) if int(key.case_id[1:]) % 4 == 1 else away

    job = Job("r1", [[key] for key in keys], lambda key: {}, check, concurrency=1)
    engine = Engine(sqlite_store.asking, Away(None), job)
    state, done = await engine.perform(), [ask for ask in sqlite_store.asking.asks("r1") if ask.state != "pending"]
    if judged:
        assert (state, len(done)) == (RunState.DONE, 40)
    else:
        said = "no verdict on 10 answers in a row (judge_error 10): the judge gave no answer (status 500)"
        assert (state, engine.why, len(done)) == (RunState.STOPPED, said, 13)
        assert len(sqlite_store.asking.reopen("r1")) == 40 - 3


async def test_a_budget_that_is_too_small_is_told_what_it_needs(sqlite_store: Store) -> None:
    """A case with all of its repeats, each at the most that it may cost; the estimate is less, and does not tell."""
    keys = [AskKey("ann", "", n) for n in range(5)]
    sqlite_store.asking.create(msgspec.structs.replace(RUN, budget_micro=4_900), [(key, None) for key in keys])

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(True, 1.0)

    engine = Engine(sqlite_store.asking, Dear(), Job("r1", [keys], lambda key: {}, check))
    assert await engine.perform() is RunState.OUT_OF_BUDGET
    said = "the run's budget does not hold the next case, which is asked 5 times and may cost 0.005 USD"
    assert engine.why == said


@pytest.mark.parametrize(("status", "headers"), [(429, {"retry-after-ms": "60"}), (500, {}), (400, {})])
async def test_a_question_is_not_sent_again_once_its_user_is_forgotten(
    sqlite_store: Store, status: int, headers: dict[str, str]
) -> None:
    """Whatever is tried again, after a wait, after an error or in another form, is not about somebody who is gone; what
    waits behind the same refusal is not either. The others are asked again."""
    seen: list[str] = []

    def script(request: Recorded) -> Iterable[Step]:
        seen.append(request.json()["messages"][0]["content"])
        if seen == ["ann"]:
            sqlite_store.forget_user("jane")
        return replies.error(status, headers) if len(seen) <= 2 else replies.chat_json("Rye.")

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(True, 1.0)

    def body(key: AskKey) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": key.case_id}], "seed": 3, "store": False}

    sqlite_store.asking.create(RUN, [(ANN, "jane"), (BO, None)])
    with ScriptedUpstream(script) as server:
        client = Client(Target(base_url=server.url, model="m", tries=5), Prices([{"m": COST}], date.min))
        job = Job(run="r1", cases=[[ANN], [BO]], body=body, check=check, concurrency=1)
        assert await Engine(sqlite_store.asking, client, job).perform() is RunState.DONE
        await client.close()
    assert seen[:2] == ["ann", "bo"]
    assert seen.count("ann") == 1
    ended = {ask.case_id: (ask.state, ask.reason, ask.answer is None) for ask in sqlite_store.asking.asks("r1")}
    assert ended == {"ann": ("skipped", "forgotten", True), "bo": ("done", None, False)}


async def test_what_a_check_did_not_ask_of_a_forgotten_user(sqlite_store: Store) -> None:
    """A check that found its user gone has no verdict: the ask is skipped, and what it cost stays charged."""
    sqlite_store.asking.create(RUN, [(ANN, "jane")])

    async def check(key: AskKey, answer: Answer) -> Checked:
        sqlite_store.forget_user("jane")
        return Checked(None, None, [{"why": "quoted"}], 0.000_020, failed="forgotten")

    job = Job(run="r1", cases=[[ANN]], body=lambda key: {}, check=check)
    assert await Engine(sqlite_store.asking, Dear(), job).perform() is RunState.DONE
    (ask,) = sqlite_store.asking.asks("r1")
    assert (ask.state, ask.reason, ask.cost_micro, ask.answer, ask.checks) == ("skipped", "forgotten", 50, None, [])


async def test_answers_that_say_nothing_are_paid_for_no_more(sqlite_store: Store) -> None:
    """Ten in a row that the limit on tokens ended in their reasoning stop a run; some among others do not, and where
    many said something, it takes as many."""
    keys = [AskKey(f"c{n:02}") for n in range(80)]
    sqlite_store.asking.create(RUN, [(key, None) for key in keys])
    cut = {*range(9), *range(10, 19), *range(30, 41), *range(44, 80)}  # 9, 9, 11 and many in a row

    async def check(key: AskKey, answer: Answer) -> Checked:
        return Checked(None, None, failed="cut" if int(key.case_id[1:]) in cut else None)

    job = Job("r1", [[key] for key in keys], lambda key: {}, check, concurrency=1)
    engine = Engine(sqlite_store.asking, Away(None), job)
    assert await engine.perform() is RunState.STOPPED
    assert engine.why.startswith("15 answers in a row said nothing")
    assert sqlite_store.asking.ledger("r1")["pending"] == 80 - 59
