"""Conducts a run of probes: what it will cost, the plan in the store, the asks, within one budget for all targets.

The first tries of all batteries come first, so that a budget which ends early has asked something of each.
"""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import orjson

from proxy.config.settings import Settings
from proxy.exchange import Usage
from scorers.asking.answer import Answer
from scorers.asking.client import Client
from scorers.asking.engine import Checked, Engine, Job, skip_unsent
from scorers.asking.manners import ProductionFirst, until_free
from scorers.asking.recipient import NoRecipient, prices_of, target_of
from scorers.asking.run_store import Book
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.probes.battery import UTILITY, Success, load
from scorers.probes.place import Probe, probe
from scorers.probes.success import ADMITS, ASKS, behaviour, exact, nothing_said
from scorers.probes.target import Found, Ground, Target, ground
from scorers.score import Scorer
from scorers.store.runs import Ask, AskKey, Purpose, Run, RunState, micro
from scorers.suites.conduct import new_run_id

#: Tokens of the context window that ``stuffing`` fills, where nothing else is said.
WINDOW = 16_000
#: Tokens of a usual answer to a probe.
_USUAL_ANSWER = 120


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run is made. ``day_budget``: micro-dollars of all requests of ours on a day."""

    app: str
    batteries: Sequence[str]
    window: int = WINDOW
    concurrency: int = 4
    max_usd: float | None = None
    day_budget: int | None = None


@dataclass(slots=True)
class Conductor:
    """One run over the targets that were found, but for those that cannot be asked (``left_out`` says why, a line
    each). Raises ``NoRecipient`` where that is all of them.

    ``first``: what makes it wait for production, ``say`` gets why; ``by``: who began it (``command`` or ``worker``).
    """

    found: Found
    settings: Settings
    scorers: Mapping[str, Scorer]
    book: Book
    asked: Asked
    told: Callable[[Ask], object] = lambda ask: None
    first: ProductionFirst | None = None
    say: Callable[[str], object] = lambda why: None
    by: str = "command"
    run: str = field(default_factory=new_run_id)
    why: str = ""
    left_out: list[str] = field(default_factory=list)
    _grounds: dict[str, Ground] = field(init=False)
    _clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        targets, reasons = [], Counter(self.found.left_out)
        for target in self.found.targets:
            try:
                prices = prices_of(self.settings, target.upstream, target.model)
                whom = target_of(self.settings, target.upstream, target.model)
            except NoRecipient as error:
                if len(self.left_out) == len(self.found.targets) - 1:
                    raise
                self.left_out.append(f"{target.model} is left out: {error}")
                reasons[error.reason] += target.seen
                continue
            targets.append(target)
            self._clients.append(Client(whom, prices, self._tell))
        samples = {target.sample_id: self.found.samples[target.sample_id] for target in targets}
        self.found = Found(targets, samples, dict(reasons), self.found.users)
        self._grounds = {identity: ground(sample) for identity, sample in samples.items()}

    def _tell(self, line: str) -> None:
        self.say(line)  # which is set later

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            await client.close()

    def keys(self, target: int) -> list[AskKey]:
        """The asks of a target, first tries first."""
        found = []
        for name in (UTILITY, *self.asked.batteries):
            battery = load(name)
            for attempt in range(battery.tries):
                found += [AskKey(f"{target}/{name}/{item.id}", name, attempt) for item in battery.templates]
        return sorted(found, key=lambda key: key.repeat)

    def calls(self) -> int:
        """How many calls the run makes."""
        return sum(len(self.keys(number)) for number in range(len(self.found.targets)))

    def usd(self) -> float:
        """What the run will cost about, in USD."""
        total = 0.0
        for number, client in enumerate(self._clients):
            for key in self.keys(number):
                said = len(orjson.dumps(self._probe(key).body)) / CHARACTERS_A_TOKEN
                thinks = self._grounds[self.found.targets[number].sample_id].thinks
                total += client.cost(Usage(input=round(said), output=_USUAL_ANSWER + thinks), None) or 0.0
        return total

    def begin(self) -> Run:
        """Keep a new run with its plan."""
        asked = self.asked
        run = Run(
            id=self.run,
            purpose=Purpose.PROBE.value,
            subject=asked.app,
            version="1",
            model=self.found.targets[0].model,
            app=asked.app,
            budget_micro=micro(asked.max_usd) if asked.max_usd is not None else None,
            plan={
                "by": self.by,
                "targets": msgspec.to_builtins(self.found.targets),
                "batteries": list(asked.batteries),
                "window": asked.window,
                "left_out": self.found.left_out,
            },
        )
        # What a probe is built on was said by somebody: who is forgotten meanwhile is asked about no more.
        whose = [self.found.users.get(target.sample_id) for target in self.found.targets]
        self.book.create(run, [(key, user) for number, user in enumerate(whose) for key in self.keys(number)])
        return run

    async def perform(self, estimate: float) -> RunState:
        """Ask everything, target by target; ``estimate``: USD, of all of them. One whose model, key or endpoint is not
        there any more does not end the others. What was not sent is skipped, with its reason."""
        states, whys, spent = [], [], 0
        for number in range(len(self._clients)):
            engine = self._engine(number, estimate, spent)
            state, spent = await engine.perform(), engine.spent
            if state is RunState.DONE:
                continue
            states.append(state)
            whys.append(engine.why)
            over = state is RunState.OUT_OF_BUDGET or engine.too_dear
            of = "" if over else f"{number}/"
            await asyncio.to_thread(skip_unsent, self.book, self.run, state, self.asked.app, of)
            if over:
                break
        self.why = "; ".join(dict.fromkeys(whys))
        return RunState.STOPPED if RunState.STOPPED in states else states[-1] if states else RunState.DONE

    def _engine(self, number: int, estimate: float, spent: int) -> Engine:
        job = Job(
            run=self.run,
            cases=[[key] for key in self.keys(number)],
            body=lambda key: self._probe(key).body,
            check=self._check,
            concurrency=self.asked.concurrency,
            account=self.asked.app,
            day_budget=self.asked.day_budget,
            estimate=micro(estimate),
            spent=spent,
            told=self.told,
            before=functools.partial(self._before, number) if self.first is not None else None,
        )
        return Engine(self.book, self._clients[number], job)

    async def _before(self, number: int) -> None:
        assert self.first is not None
        await until_free(self.first, self.found.targets[number].upstream, self._clients[number], self.say)

    def _parts(self, key: AskKey) -> tuple[Target, str, str]:
        number, name, template = key.case_id.split("/", 2)
        return self.found.targets[int(number)], name, template

    def _probe(self, key: AskKey) -> Probe:
        target, name, identity = self._parts(key)
        battery = load(name)
        template = next(item for item in battery.templates if item.id == identity)
        return probe(battery, template, key.repeat, self._grounds[target.sample_id], (self.run, self.asked.window))

    async def _check(self, key: AskKey, answer: Answer) -> Checked:
        battery = load(key.arm)
        made = self._probe(key)
        if (reason := nothing_said(battery, answer)) is not None:
            return Checked(None, None, [], failed=reason)
        if not battery.judged:
            success = exact(battery, answer, made.secret)
            return Checked(success, float(success), [{"variant": battery.variant(key.repeat)}])
        did = await behaviour(made.body["messages"], answer, self.scorers)
        success = did == (ASKS if battery.success is Success.ASKS else ADMITS)
        return Checked(success, float(success), [{"outcome": did}])
