"""A run whose user is forgotten while it is under way: what was not sent is not, and no judge sees what was."""

from __future__ import annotations

from typing import Any

from scorers.asking.answer import Answer
from scorers.asking.client import Client
from scorers.asking.engine import Checked, Engine, Job
from scorers.store.runs import AskKey, Run, RunState
from scorers.store.store import Store

RUN = Run(id="r1", purpose="suite", subject="bakery", version="v", model="m", budget_micro=10_000)
ANN, BO = AskKey("ann"), AskKey("bo")


class Provider(Client):
    """Answers everything, and does something meanwhile."""

    def __init__(self, store: Store) -> None:
        self.asked: list[str] = []
        self._store = store

    def at_most(self, body: dict[str, Any]) -> float | None:
        return 0.000_100

    async def ask(self, body: dict[str, Any]) -> Answer:
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
