"""A conductor over a real store and scripted upstreams, round by round, without a worker around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from proxy.config.settings import Settings, parse
from proxy.exchange import Exchange, Operation, Outcome, Usage
from proxy.observe.identity import judge_guard
from proxy.sample import Choice, Message, Sample
from scorers import registry
from scorers.asking.manners import Clients, ProductionFirst
from scorers.experiments.conduct import Conductor
from scorers.experiments.outcomes import events_of
from scorers.experiments.pairwise import PairJudge
from scorers.experiments.parts import Parts, Places
from scorers.experiments.spec import specs_of
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient
from scorers.store.store import Store
from support.arms import Arm

SECRET = b"a secret of the tests"


def document_for(urls: tuple[str, str], experiment: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A configuration with one experiment between two upstreams."""
    own = {
        "name": "walks",
        "app": "guide",
        "candidate": {"upstream": "rival", "model": "m-cand"},
        "primary": "refusal.refused",
        "share": 1.0,
        "budget_usd": 4,
    }
    document: dict[str, Any] = {
        "upstreams": [
            {
                "name": "served",
                "base_url": urls[0],
                "api_key": "k1",
                "models": ["m-prod"],
                "price": {"input": 1, "output": 2},
            },
            {"name": "rival", "base_url": urls[1], "api_key": "k2", "price": {"input": 1, "output": 1}},
        ],
        "apps": ["guide"],
        "offpath": {"budget_usd_per_day": 5, "concurrency": 2, "apps": {"guide": {"send_to": ["rival"]}}},
        "experiments": [{**own, **(experiment or {})}],
        "scorers": {"refusal": {}},
    }
    return {**document, **more}


def settings_for(urls: tuple[str, str], experiment: dict[str, Any] | None = None, **more: Any) -> Settings:
    """The settings of that configuration."""
    return parse(document_for(urls, experiment, **more), {})


def walk(number: int, now: float, **changes: Any) -> Sample:
    """A sampled question of a conversation of its own."""
    facts: dict[str, Any] = {
        "request_id": f"q{number:04}",
        "instance": "p",
        "started_at": now - 30 + number / 1000,
        "app": "guide",
        "operation": Operation.CHAT,
        "upstream": "served",
        "outcome": Outcome.OK,
        "duration": 0.2,
        "model_asked": "m-prod",
        "conversation": f"walk-{number}",
        "user_hash": f"user-{number % 3}",
        "usage": Usage(input=60, output=20),
        "streamed": False,
    }
    own = {name: changes.pop(name) for name in list(changes) if name in facts}
    sample: dict[str, Any] = {
        "id": f"q{number:04}",
        "exchange": Exchange(**{**facts, **own}),
        "messages": (Message("user", f"How do I get to house number {number} of the old town?"),),
        "choices": (Choice(text="Take the second street behind the mill."),),
        "replayable": (),
    }
    return Sample(**{**sample, **changes})


class Stage:
    """A conductor with all that it stands on. ``clock`` may be set."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.offset = 0.0
        self.clients = Clients(settings, timeout=5.0, tries=1)
        self._scorers = registry.build(settings)
        self.judge: PairJudge | None = None
        (spec,) = specs_of(settings)
        if spec.judged and settings.judge is not None:
            client = JudgeClient(settings.judge, judge_guard(SECRET))
            cap = settings.offpath.budget_usd_per_day
            budget = JudgeBudget(store.judging, settings.judge, cap=cap)
            self.judge = PairJudge(client, budget, store.judging, "guide")
        clock = self._now
        first = ProductionFirst(store.asking, settings, clock)
        shared, own = (asyncio.Semaphore(settings.offpath.concurrency) for _ in range(2))
        parts = Parts(store, settings, self.clients, first, self._score, SECRET, Places(shared, own), clock=clock)
        self.conductor = Conductor(spec, parts, self.judge)

    def _now(self) -> float:
        return self.store._clock() + self.offset

    async def _score(self, samples: Sequence[Sample]) -> list[dict[str, float | None]]:
        return [events_of([s for scorer in self._scorers.values() for s in await scorer(sample)]) for sample in samples]

    async def estimate(self, usd: float) -> None:
        """Begin the run where there is none, with a plan by which the arms of a pair cost so much."""
        await self.conductor.load()
        run = self.store.experiments.current("walks")
        assert run is not None
        self.store.experiments.plan(run.id, {"usd_of_arms": usd})

    async def until(self, condition: Callable[[dict[str, Any]], bool], rounds: int = 60) -> dict[str, Any]:
        """Rounds until the status fulfils a condition; the status then."""
        for _ in range(rounds):
            await self.conductor.round()
            status = self.conductor.document.get("status")
            if status is not None and condition(status):
                return dict(status)
        raise AssertionError(self.conductor.document)

    async def rounds(self, number: int) -> dict[str, Any]:
        """So many rounds; the status then."""
        for _ in range(number):
            await self.conductor.round()
        return dict(self.conductor.document.get("status") or {})

    async def close(self) -> None:
        """Close all connections."""
        await self.clients.close()
        if self.judge is not None:
            await self.judge.close()


@asynccontextmanager
async def staged(
    folder: Path,
    arms: tuple[Arm, Arm],
    samples: Sequence[Sample],
    experiment: dict[str, Any] | None = None,
    url: str = "sqlite",
    **more: Any,
) -> AsyncIterator[Stage]:
    """A stage whose store holds ``samples``, in front of both arms."""
    with arms[0].serve() as served, arms[1].serve() as rival:
        store = Store.open(url, folder)
        store.save_samples(list(samples), content=True)
        stage = Stage(store, settings_for((served.url, rival.url), experiment, **more))
        stage.offset = 5.0  # what was just stored has settled
        try:
            yield stage
        finally:
            await stage.close()
            store.close()
