"""Conducts a run of benchmarks: the plan with what it may cost, then the asks, each answer marked as it comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from proxy.exchange import Usage
from scorers.asking.answer import Answer
from scorers.asking.client import Client
from scorers.asking.engine import Checked, Engine, Job, by_case
from scorers.asking.run_store import Book
from scorers.benchmarks.marking import Marker
from scorers.benchmarks.plan import Plan, Wanted
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.store.runs import Ask, AskKey, AskState, Purpose, Run, RunState, micro
from scorers.suites.conduct import new_run_id

#: Tokens of a usual answer, by benchmark: with its steps, without reasoning.
_USUAL = {"gsm8k": 250, "humaneval": 250, "mmlu": 250}
NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made. ``max_tokens``: of one answer, its reasoning included."""

    repeats: int = 1
    max_tokens: int = 8_192
    temperature: float | None = None
    concurrency: int = 4
    max_usd: float | None = None
    name: str | None = None
    effort: str | None = None
    day_budget: int | None = None


@dataclass(slots=True)
class Conductor:
    """One run of benchmarks with one model. ``before``: awaited before each case; it returns when the endpoint may be
    asked."""

    plan: Plan
    wanted: Wanted
    client: Client
    marker: Marker
    book: Book
    settings: Settings
    told: Callable[[Ask], object] = lambda ask: None
    before: Callable[[], Awaitable[None]] | None = None
    run: str = field(default_factory=new_run_id)
    why: str = ""
    _keys: list[AskKey] = field(init=False)

    def __post_init__(self) -> None:
        repeats = range(self.settings.repeats)
        self._keys = [AskKey(key, variant, n) for key, variant in self.plan.items for n in repeats]

    def asked(self) -> list[AskKey]:
        """The asks that are sent, of all that are planned."""
        return [key for key in self._keys if self.plan.item(key).benchmark not in self.plan.not_run]

    def forecast(self, waiting: Sequence[AskKey] | None = None) -> tuple[int, float | None]:
        """Calls, and USD as estimated; ``None`` without a price. ``waiting``: what is left of a run that is resumed."""
        found = [self._usual(key) for key in (self.asked() if waiting is None else waiting)]
        total = None if any(usd is None for usd in found) else sum(usd or 0.0 for usd in found)
        return len(found), total

    def _usual(self, key: AskKey) -> float | None:
        said = len(orjson.dumps(self.body(key))) / CHARACTERS_A_TOKEN
        usual = _USUAL[self.plan.item(key).benchmark]
        return self.client.cost(Usage(input=round(said), output=min(usual, self.settings.max_tokens)), None)

    def begin(self) -> None:
        """Keep a new run (``run``) with its plan; what cannot be run is skipped."""
        wanted, settings = self.wanted, self.settings
        run = Run(
            id=self.run,
            purpose=Purpose.BENCHMARK.value,
            subject=",".join(wanted.benchmarks),
            version=self.plan.version(),
            model=self.client.target.model,
            name=settings.name,
            budget_micro=micro(settings.max_usd) if settings.max_usd is not None else None,
            plan={
                "base_url": self.client.target.base_url,
                "sample": wanted.sample,
                "variants": wanted.variants,
                "plus": wanted.plus,
                "shots": wanted.shots,
                "seed": wanted.seed,
                "repeats": settings.repeats,
                "temperature": settings.temperature,
                "effort": settings.effort,
                "max_tokens": settings.max_tokens,
                "not_run": self.plan.not_run,
                "groups": {item.key: item.group for item in self.plan.items.values() if item.group},
            },
        )
        self.book.create(run, [(key, None) for key in self._keys])
        self.left(run.id, self._keys)

    def left(self, run: str, pending: Sequence[AskKey]) -> list[AskKey]:
        """What is asked of what is pending. The rest is skipped: HumanEval where there is no sandbox."""
        asked = set(self.asked())
        for key in pending:
            if key not in asked:
                skipped = Ask(case_id=key.case_id, arm=key.arm, repeat=key.repeat, state=AskState.SKIPPED.value)
                self.book.settle(run, msgspec.structs.replace(skipped, reason=NOT_RUN))
        return [key for key in pending if key in asked]

    async def perform(self, run: str, waiting: Sequence[AskKey], estimate: float | None) -> RunState:
        """Ask what is pending. How the run ended; ``why`` says more where it stopped."""
        job = Job(
            run=run,
            cases=by_case(waiting),
            body=self.body,
            check=self._check,
            concurrency=self.settings.concurrency,
            day_budget=self.settings.day_budget,
            estimate=micro(estimate) if estimate is not None else None,
            told=self.told,
            before=self.before,
        )
        engine = Engine(self.book, self.client, job)
        state = await engine.perform()
        self.why = engine.why
        return state

    def body(self, key: AskKey) -> dict[str, Any]:
        """The chat request of an ask, without its model."""
        settings = self.settings
        found: dict[str, Any] = {"messages": self.plan.item(key).messages(), "store": False}
        if settings.temperature is not None:
            found["temperature"] = settings.temperature
        if settings.effort is not None:
            found["reasoning_effort"] = settings.effort
        return found | {"max_tokens": settings.max_tokens}

    async def _check(self, key: AskKey, answer: Answer) -> Checked:
        return await self.marker(self.plan.item(key), answer)
