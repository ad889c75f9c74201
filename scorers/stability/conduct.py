"""Conducts a run: what it will cost, the plan in the store, the asks. The result is made in ``result``."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from proxy.exchange import Usage
from scorers.asking.answer import Answer
from scorers.asking.client import Client
from scorers.asking.engine import CUT, Checked, Engine, Job, skip_all, skip_unsent
from scorers.asking.manners import ProductionFirst, until_free
from scorers.asking.run_store import Book
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.score import Scorer
from scorers.stability.plan import BASE, Chosen, Prompt, body_for, keys_of
from scorers.stability.verdicts import verdicts
from scorers.store.runs import Ask, AskKey, Purpose, Run, RunState, micro
from scorers.suites.check import text_of
from scorers.suites.conduct import new_run_id

#: Tokens of a usual answer where nothing is known of it.
_USUAL_ANSWER = 250


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run is made. ``max_usd``: what it may cost; ``day_budget``: micro-dollars of all requests of ours a day."""

    app: str
    repeats: int = 5
    families: Sequence[str] = ()
    seed: int = 0
    concurrency: int = 4
    max_usd: float | None = None
    day_budget: int | None = None


@dataclass(slots=True)
class Conductor:
    """One run over the prompts that were chosen. ``first``: what makes it wait for production, ``say`` gets why;
    ``by``: who began it (``command`` or ``worker``)."""

    chosen: Chosen
    client: Client
    scorers: Mapping[str, Scorer]
    book: Book
    asked: Asked
    told: Callable[[Ask], object] = lambda ask: None
    first: ProductionFirst | None = None
    say: Callable[[str], object] = lambda why: None
    by: str = "command"
    run: str = field(default_factory=new_run_id)
    why: str = ""
    _prompts: dict[str, Prompt] = field(init=False)

    def __post_init__(self) -> None:
        self._prompts = {prompt.id: prompt for prompt in self.chosen.prompts}

    def calls(self) -> int:
        """How many calls the run makes."""
        return sum(self.asked.repeats + len(prompt.arms) for prompt in self.chosen.prompts)

    def usd(self) -> float | None:
        """What the run will cost about, in USD; ``None`` where no price is known."""
        total = 0.0
        for prompt in self.chosen.prompts:
            sample = self.chosen.samples[prompt.id]
            said = len(orjson.dumps(body_for(sample, BASE, self.asked.seed))) / CHARACTERS_A_TOKEN
            usage = sample.exchange.usage
            answer = usage.output + usage.reasoning_output if usage is not None else _USUAL_ANSWER
            cost = self.client.cost(Usage(input=round(said), output=answer), None)
            if cost is None:
                return None
            total += cost * (self.asked.repeats + len(prompt.arms))
        return total

    def begin(self) -> Run:
        """Keep a new run (``run``) with its plan. Rewrites that a prompt does not allow are skipped asks with their
        reason."""
        asked = self.asked
        run = Run(
            id=self.run,
            purpose=Purpose.STABILITY.value,
            subject=asked.app,
            version="1",
            model=self.client.target.model,
            app=asked.app,
            budget_micro=micro(asked.max_usd) if asked.max_usd is not None else None,
            plan={
                "by": self.by,
                "upstream": self.chosen.prompts[0].upstream,
                "repeats": asked.repeats,
                "seed": asked.seed,
                "rewrites": list(asked.families),
                "left_out": self.chosen.left_out,
                "prompts": msgspec.to_builtins(self.chosen.prompts),
            },
        )
        planned: list[tuple[AskKey, str | None]] = []
        skipped: dict[str, list[AskKey]] = defaultdict(list)
        for prompt in self.chosen.prompts:
            user = self.chosen.users.get(prompt.id)
            keys = keys_of(prompt, asked.repeats, asked.seed) + [AskKey(prompt.id, arm) for arm in prompt.left_out]
            planned += [(key, user) for key in keys]
            for arm, why in prompt.left_out.items():
                skipped[why].append(AskKey(prompt.id, arm))
        self.book.create(run, planned)
        for why, keys in skipped.items():
            skip_all(self.book, run.id, keys, why)
        return run

    async def perform(self, run: str, estimate: float | None) -> RunState:
        """Ask everything. How the run ended; ``why`` says more where it stopped. What was not sent is skipped, with its
        reason."""
        asked = self.asked
        job = Job(
            run=run,
            cases=[keys_of(prompt, asked.repeats, asked.seed) for prompt in self.chosen.prompts],
            body=self._body,
            check=self._check,
            concurrency=asked.concurrency,
            account=asked.app,
            day_budget=asked.day_budget,
            estimate=micro(estimate) if estimate is not None else None,
            told=self.told,
            before=self._before if self.first is not None else None,
        )
        engine = Engine(self.book, self.client, job)
        state = await engine.perform()
        self.why = engine.why
        await asyncio.to_thread(skip_unsent, self.book, run, state, asked.app)
        return state

    async def _before(self) -> None:
        assert self.first is not None
        await until_free(self.first, self.chosen.prompts[0].upstream, self.client, self.say)

    def _body(self, key: AskKey) -> dict[str, Any]:
        return dict(body_for(self.chosen.samples[key.case_id], key.arm, self.asked.seed))

    async def _check(self, key: AskKey, answer: Answer) -> Checked:
        if answer.cut and not text_of(answer) and not answer.tool_calls:  # ended in its reasoning: nothing to compare
            return Checked(None, None, [], failed=CUT)
        said = await verdicts(self.chosen.samples[key.case_id], answer, self.scorers)
        return Checked(None, None, [{"verdicts": said}])
