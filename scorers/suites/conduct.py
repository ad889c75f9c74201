"""Conducts a suite's run: the plan with what it costs and what it can find, then the asks, then what they say."""

from __future__ import annotations

import asyncio
import functools
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from proxy.exchange import Usage
from scorers.asking.answer import Answer
from scorers.asking.client import Client
from scorers.asking.engine import Checked, Engine, Job, by_case
from scorers.asking.run_store import Book
from scorers.cases.case import Case
from scorers.cases.suite import Suite
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.store.runs import FORGOTTEN, Ask, AskKey, AskState, Purpose, Run, RunState, micro
from scorers.suites.checker import Checker
from scorers.suites.rubric import RubricJudge
from scorers.suites.verdict import NOTHING_EXPECTED, PlannedCase, drop_of

#: Tokens of a usual answer where nothing is known of it.
_USUAL_ANSWER = 250
#: An answer may have so many times the tokens of the one that was served, and at least as many as the second number.
_LONGER, _LEAST = 4, 1_024
_SHOWN = 300


def new_run_id() -> str:
    """A run's id: the moment, and four digits by chance."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made. ``max_usd``: what it may cost; ``temperature`` and ``seed`` replace those of the cases;
    ``max_tokens``: the limit of those that have none."""

    repeats: int = 1
    seed: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    concurrency: int = 4
    max_usd: float | None = None
    name: str | None = None
    day_budget: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will be: its calls, USD as estimated and at most (``None`` without a price), the smallest drop."""

    calls: int
    unlabelled: int
    usd: float | None
    usd_at_most: float | None
    mde: float | None


@dataclass(slots=True)
class Conductor:
    """One run of a suite against one model. ``version``: of the suite, of which some cases may be forgotten. ``users``:
    case id -> the keyed hash of the user whom it came from. ``before``: awaited before each case; it returns when the
    endpoint may be asked."""

    suite: Suite
    version: str
    client: Client
    checker: Checker
    book: Book
    settings: Settings
    judge: RubricJudge | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[Ask], object] = lambda ask: None
    before: Callable[[], Awaitable[None]] | None = None
    run: str = field(default_factory=new_run_id)
    why: str = ""
    _cases: dict[str, Case] = field(init=False)

    def __post_init__(self) -> None:
        self._cases = {case.id: case for case in self.suite.cases}

    def planned(self) -> list[PlannedCase]:
        """What the plan keeps of each case."""
        return [PlannedCase(c.id, c.digest(), c.cluster, c.weight, asks_of(c)) for c in self.suite.cases]

    def forecast(self, waiting: Sequence[AskKey] | None = None) -> Forecast:
        """What the run will be, before anything is spent. ``waiting``: what is left of a run that is resumed."""
        labelled = [case for case in self.suite.cases if case.labelled]
        repeats = self.settings.repeats
        times = {case.id: repeats for case in labelled} if waiting is None else Counter(key.case_id for key in waiting)
        asked = [(case, times[case.id]) for case in labelled if times[case.id]]
        usual = [_times(self._usual(case), number) for case, number in asked]
        most = [_times(self.client.at_most(self.body(AskKey(case.id))), number) for case, number in asked]
        known = all(cost is not None for cost in (*usual, *most))
        judged = sum(self._extra(AskKey(case.id)) * number for case, number in asked) / 1e6
        voices = [PlannedCase(c.id, "", c.cluster, 1.0, "") for c in labelled]
        return Forecast(
            calls=sum(number for _, number in asked),
            unlabelled=len(self.suite.cases) - len(labelled),
            usd=sum(cost or 0.0 for cost in usual) + judged if known else None,
            usd_at_most=sum(cost or 0.0 for cost in most) + judged if known else None,
            mde=drop_of(voices, repeats),
        )

    def _usual(self, case: Case) -> float | None:
        tokens = case.source.get("answer_tokens")
        given = tokens if isinstance(tokens, int) else _USUAL_ANSWER
        said = len(orjson.dumps(self.body(AskKey(case.id)))) / CHARACTERS_A_TOKEN
        return self.client.cost(Usage(input=round(said), output=given), None)

    def begin(self) -> None:
        """Keep a new run (``run``) with its plan; the cases of which nothing is expected are skipped."""
        settings = self.settings
        run = Run(
            id=self.run,
            purpose=Purpose.SUITE.value,
            subject=self.suite.name,
            version=self.version,
            model=self.client.target.model,
            name=settings.name,
            app=self.suite.app,
            budget_micro=micro(settings.max_usd) if settings.max_usd is not None else None,
            plan={
                "base_url": self.client.target.base_url,
                "repeats": settings.repeats,
                "seed": settings.seed,
                "temperature": settings.temperature,
                "max_tokens": settings.max_tokens,
                "cases": msgspec.to_builtins(self.planned()),
            },
        )
        keys = [AskKey(case.id, "", n) for case in self.suite.cases for n in range(settings.repeats)]
        self.book.create(run, [(key, self.users.get(key.case_id)) for key in keys])
        for key in keys:
            if not self._cases[key.case_id].labelled:
                skipped = Ask(
                    case_id=key.case_id, repeat=key.repeat, state=AskState.SKIPPED.value, reason=NOTHING_EXPECTED
                )
                self.book.settle(run.id, skipped)

    def still_there(self, run: str, waiting: Sequence[AskKey]) -> list[AskKey]:
        """What is pending, without the cases that were forgotten since the run was begun: those are skipped."""
        for key in waiting:
            if key.case_id not in self._cases:
                gone = Ask(case_id=key.case_id, repeat=key.repeat, state=AskState.SKIPPED.value, reason=FORGOTTEN)
                self.book.settle(run, gone, self.suite.app or "")
        return [key for key in waiting if key.case_id in self._cases]

    async def perform(self, run: str, waiting: Sequence[AskKey], estimate: float | None) -> RunState:
        """Ask what is pending. How the run ended; ``why`` says more where it stopped."""
        job = Job(
            run=run,
            cases=by_case(waiting),
            body=self.body,
            check=functools.partial(self._check, run),
            extra_micro=self._extra,
            concurrency=self.settings.concurrency,
            account=self.suite.app or "",
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
        """The chat request of an ask, without its model: what the case lists, and nothing of any user's."""
        case, settings = self._cases[key.case_id], self.settings
        found: dict[str, Any] = {"messages": [_sent(one) for one in case.messages], "store": False, **case.parameters}
        if case.tools:
            found["tools"] = list(case.tools)
        for name in ("tool_choice", "response_format"):
            value = getattr(case, name)
            if value is not None:
                found[name] = value
        if settings.temperature is not None:
            found["temperature"] = settings.temperature
        if settings.seed is not None:
            found["seed"] = settings.seed + key.repeat
        limit = found.get("max_tokens")
        if not isinstance(limit, int) or limit < 1:  # a version before took any value from a file
            served = case.source.get("answer_tokens")
            usual = max(_LEAST, _LONGER * served) if isinstance(served, int) else _LEAST
            found["max_tokens"] = settings.max_tokens or usual
        return found

    async def _check(self, run: str, key: AskKey, answer: Answer) -> Checked:
        async def still_there() -> bool:
            return not await asyncio.to_thread(self.book.is_forgotten, run, key)

        return await self.checker(self._cases[key.case_id], answer, still_there)

    def _extra(self, key: AskKey) -> int:
        case = self._cases[key.case_id]
        if self.judge is None:
            return 0
        longest = round(self.body(key)["max_tokens"] * CHARACTERS_A_TOKEN)
        criteria = [item.value for item in case.assertions if item.kind == "rubric"]
        return sum(self.judge.at_most(case, criterion, longest) for criterion in criteria)


def _times(cost: float | None, number: int) -> float | None:
    return None if cost is None else cost * number


def _sent(message: dict[str, Any]) -> dict[str, Any]:
    """A message without members that say nothing: what an SDK dumps has ``tool_calls: null`` or ``[]``, which providers
    refuse."""
    return {name: value for name, value in message.items() if name == "content" or value not in (None, [])}


def asks_of(case: Case) -> str:
    """What a case asks, for people: the beginning of its last user turn."""
    for message in reversed(case.messages):
        content = message.get("content")
        if message["role"] == "user" and content:
            text = content if isinstance(content, str) else " ".join(_texts(content))
            return " ".join(text.split())[:_SHOWN]
    return ""


def _texts(parts: Sequence[Any]) -> list[str]:
    return [str(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
