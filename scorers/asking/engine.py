"""A run's asks, some at once: reserve the money of a case, ask, look at the answer, settle. Nothing is asked twice.

The money of a case with all of its repeats is set aside before its first call. A run stops by itself when its budget or
the day's ends, when the endpoint accepts nobody (key, money, model), when it gives no answer any more, and at three
times what was estimated.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from scorers.asking.answer import Answer
from scorers.asking.client import Client, Failed, Halted, UserForgotten
from scorers.asking.run_store import Book
from scorers.statistics.planning import money
from scorers.store.asking import AskStore
from scorers.store.runs import FORGOTTEN, MICRO, PASSING, Ask, AskKey, AskState, Reserved, RunState, micro
from scorers.store.sql import chunks

#: Above this multiple of the estimate a run waits for somebody to look.
_TOO_MUCH = 3.0
#: Below this (micro-dollars) no estimate is missed by much that matters.
_SMALL = 10_000
#: So many calls in a row without an answer, and the endpoint is asked no more; fewer, where that takes so long (s).
_IN_VAIN, _FEW_IN_VAIN, _SILENT = 20, 3, 600.0
#: So many answers in a row of which a judge says nothing, or that say nothing themselves (``cut``), and no more of
#: them are paid for.
_UNJUDGED, _WORDLESS = 10, 10
#: Why an answer that the limit on tokens ended before it said anything counts in no figure (``Checked.failed``).
CUT = "cut"
#: Failures of single requests: the endpoint is there, and says so at once.
_OF_ONE = frozenset({"refused", "too_large"})
#: Why an ask was not sent: the run's budget or the day's ended, or the endpoint accepted nobody.
_NOT_SENT = {RunState.OUT_OF_BUDGET: "budget", RunState.STOPPED: "stopped"}


class Checked(msgspec.Struct, frozen=True):
    """What became of an answer: ``passed`` and ``score`` in [0, 1], each check in words, and USD that checking cost.
    ``failed``: why there is no verdict; ``forgotten``: the user was, before all was checked. ``judged``: whether a
    judge that was asked said what it thinks; ``None``: none was."""

    passed: bool | None
    score: float | None
    checks: list[dict[str, Any]] = []
    cost_usd: float = 0.0
    failed: str | None = None
    judged: bool | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be performed. ``cases``: for each case its asks that are pending. ``body``: what is sent, or ``None`` to
    skip the ask as ``skip_reason``. ``estimate``: micro-dollars, of which ``spent`` is gone already. ``told``: called
    after each ask, with its result. ``before``: awaited before each case; it returns when the upstream may be asked.
    """

    run: str
    cases: Sequence[Sequence[AskKey]]
    body: Callable[[AskKey], dict[str, Any]]
    check: Callable[[AskKey, Answer], Awaitable[Checked]]
    extra_micro: Callable[[AskKey], int] = lambda key: 0
    concurrency: int = 4
    account: str = ""
    day_budget: int | None = None
    estimate: int | None = None
    spent: int = 0
    told: Callable[[Ask], object] = lambda ask: None
    before: Callable[[], Awaitable[None]] | None = None


def by_case(keys: Iterable[AskKey]) -> list[list[AskKey]]:
    """The asks of each case and arm together, its repeats in their order: what is paid for as a whole."""
    found: dict[tuple[str, str], list[AskKey]] = defaultdict(list)
    for key in keys:
        found[key.case_id, key.arm].append(key)
    return list(found.values())


def skip_all(book: Book, run: str, keys: Sequence[AskKey], reason: str, account: str = "") -> None:
    """Close asks that were not sent as skipped, many in one step. Blocking."""
    for part in chunks(keys):
        book.skip(run, part, reason, account)


def skip_unsent(book: Book, run: str, state: RunState, account: str = "", of: str = "") -> None:
    """Close the asks that a run which is over has not sent: skipped, with the reason. ``of``: those whose cases begin
    so. Blocking."""
    left = [ask.key for ask in book.asks(run) if ask.state == AskState.PENDING.value and ask.case_id.startswith(of)]
    skip_all(book, run, left, _NOT_SENT.get(state, "stopped"), account)


def break_off(book: AskStore, run: str, account: str = "") -> None:
    """Close the asks of a run that will not go on: what was under way is charged and failed (``interrupted``), the rest
    is skipped. Blocking."""
    book.resume(run, account, RunState.STOPPED)
    skip_unsent(book, run, RunState.STOPPED, account)


def _gone(ask: Ask, charged: int) -> Ask:
    """An ask whose user was forgotten before it was sent, or before its answer was looked at."""
    return msgspec.structs.replace(ask, state=AskState.SKIPPED.value, reason=FORGOTTEN, cost_micro=charged)


class Engine:
    """Performs one job."""

    def __init__(self, book: Book, client: Client, job: Job) -> None:
        self._book = book
        self._client = client
        self._job = job
        self._turn, self._reserving = asyncio.Lock(), asyncio.Lock()
        #: Micro-dollars that went into what was estimated.
        self.spent = job.spent
        #: Cases for which money is set aside, and what is set when some of it came back.
        self._holding = 0
        self._freed = asyncio.Event()
        #: Calls that were charged the most that they may cost, by why that is not known.
        self._assumed: Counter[str] = Counter()
        self._state = RunState.DONE
        #: Calls without an answer since the last one that had one, by why; and when that was (monotonic s).
        self._in_vain: Counter[str] = Counter()
        self._heard_at = time.monotonic()
        #: Answers of which the judge said nothing since it last said something, by why.
        self._unjudged: Counter[str] = Counter()
        #: Answers that said something, and those that the limit on tokens ended in their reasoning since the last one.
        self._said = self._wordless = 0
        #: Why the run stopped before its end, in words; and whether its cost is the reason.
        self.why = ""
        self.too_dear = False

    async def perform(self) -> RunState:
        """Ask what is pending; how the run ended. Raises ``StoreError`` and ``OSError`` where it cannot be kept."""
        waiting = iter(self._job.cases)
        workers = [asyncio.create_task(self._work(waiting)) for _ in range(max(1, self._job.concurrency))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return self._state

    async def _work(self, waiting: Any) -> None:  # noqa: ANN401 - an iterator that the workers share
        for keys in waiting:
            if self._state is not RunState.DONE or not await self._case(keys):
                return

    async def _case(self, keys: Sequence[AskKey]) -> bool:
        """One case with its repeats; False when the run has stopped."""
        if self._job.before is not None:
            async with self._turn:  # one waits for all of them, so that the reason is said once
                await self._job.before()
        each = max(self._most(key) for key in keys)
        whole = await self._reserved(keys, each)
        if whole is not Reserved.YES:
            whose = "the run's budget" if whole is Reserved.RUN_BUDGET else "the budget of the day"
            asked = f"which is asked {len(keys)} times and " if len(keys) > 1 else "which "
            most = f"{asked}may cost {money(each * len(keys) / MICRO)} USD"
            self._stop(RunState.OUT_OF_BUDGET, f"{whose} does not hold the next case, {most}")
            return False
        try:
            for key in keys:
                if self._state is RunState.STOPPED:
                    return False
                await self._ask(key, each)
        finally:
            self._holding -= 1
            self._free()
        return True

    async def _reserved(self, keys: Sequence[AskKey], each: int) -> Reserved:
        """Set the money of a case aside. While other cases hold some, of which most comes back, that is waited for.

        One case after the other: what another has just set aside is known before this one finds too little left.
        """
        while True:
            async with self._reserving:
                freed = self._freed
                whole = await asyncio.to_thread(
                    self._book.reserve, self._job.run, keys, each, self._job.account, self._job.day_budget
                )
                self._holding += whole is Reserved.YES
            if whole is Reserved.YES or not (self._holding or freed.is_set()) or self._state is not RunState.DONE:
                return whole
            await freed.wait()

    def _free(self) -> None:
        self._freed.set()
        self._freed = asyncio.Event()

    def _most(self, key: AskKey) -> int:
        usd = self._client.at_most(self._job.body(key))
        return micro(usd or 0.0) + self._job.extra_micro(key)

    async def _ask(self, key: AskKey, reserved: int) -> None:
        may_be_sent = await asyncio.to_thread(self._book.begin, self._job.run, key)
        ask = Ask(case_id=key.case_id, arm=key.arm, repeat=key.repeat, reserved_micro=reserved)
        try:
            if may_be_sent:
                answer = await self._client.ask(self._job.body(key), functools.partial(self._still_there, key))
                ask = await self._answered(key, ask, answer, reserved)
            else:
                ask = _gone(ask, 0)
        except UserForgotten:
            ask = _gone(ask, 0)
        except Failed as failed:
            charged = reserved if failed.maybe_paid else 0
            self._assumed.update([failed.reason] if charged else [])
            failure = {"state": AskState.FAILED.value, "reason": failed.reason, "cost_micro": charged}
            ask = msgspec.structs.replace(ask, **failure, checks=[{"error": str(failed)}])
            if isinstance(failed, Halted):
                self._stop(RunState.STOPPED, str(failed))
            self._no_answer(failed)
        await asyncio.to_thread(self._book.settle, self._job.run, ask, self._job.account)
        self._free()
        self.spent += ask.cost_micro
        estimate = self._job.estimate
        if estimate and self.spent > max(_SMALL, _TOO_MUCH * estimate):
            self.too_dear = True
            told = ", ".join(f"{number} {reason}" for reason, number in self._assumed.most_common())
            why = f" (charged the most that they may cost: {told})" if told else ""
            self._stop(RunState.STOPPED, f"it costs more than three times what was estimated{why}")
        self._job.told(ask)

    def _no_answer(self, failed: Failed) -> None:
        """Count a call that had none; stop where the endpoint gives none any more. Who resumes the run asks again what
        was not paid for."""
        if failed.reason in _OF_ONE:
            return
        self._in_vain.update([failed.reason])
        silent = time.monotonic() - self._heard_at
        away = sum(number for reason, number in self._in_vain.items() if reason in PASSING)
        if self._in_vain.total() >= _IN_VAIN or (away >= _FEW_IN_VAIN and silent > _SILENT):
            told = ", ".join(f"{reason} {number}" for reason, number in self._in_vain.most_common())
            self._stop(RunState.STOPPED, f"no answer in {self._in_vain.total()} calls in a row ({told}): {failed}")

    def _is_judged(self, found: Checked) -> None:
        """Count answers that were paid for, and that the judge says nothing of; stop after some."""
        if found.judged:
            self._unjudged.clear()
        if found.judged is not False:
            return
        self._unjudged.update([found.failed or "failed"])
        if self._unjudged.total() >= _UNJUDGED:
            told = ", ".join(f"{reason} {number}" for reason, number in self._unjudged.most_common())
            why = next((f": {check['why']}" for check in found.checks if check.get("error") and check.get("why")), "")
            self._stop(RunState.STOPPED, f"no verdict on {self._unjudged.total()} answers in a row ({told}){why}")

    def _is_said(self, found: Checked) -> None:
        """Count answers that were paid for, and that ended before they said anything; stop after some, and where others
        said something, after as many as those: one hard battery of probes ends no run."""
        self._wordless = self._wordless + 1 if found.failed == CUT else 0
        self._said += found.failed != CUT
        if self._wordless >= max(_WORDLESS, self._said):
            why = "the limit on tokens ended each of them in its reasoning"
            self._stop(RunState.STOPPED, f"{self._wordless} answers in a row said nothing: {why}")

    async def _answered(self, key: AskKey, ask: Ask, answer: Answer, reserved: int) -> Ask:
        known = answer.cost_usd
        self._in_vain.clear()
        self._heard_at = time.monotonic()
        if not await self._still_there(key):
            return _gone(ask, micro(known) if known is not None else reserved)  # nothing of it goes to a judge
        found = await self._job.check(key, answer)
        if found.failed == FORGOTTEN:
            return _gone(ask, micro(known + found.cost_usd) if known is not None else reserved)
        self._is_judged(found)
        self._is_said(found)
        self._assumed.update(["without usage"] if known is None and reserved else [])
        cost = None if known is None else known + found.cost_usd
        return msgspec.structs.replace(
            ask,
            state=AskState.FAILED.value if found.failed else AskState.DONE.value,
            reason=found.failed,
            # An answer whose cost nobody told is charged what was reserved for it.
            cost_micro=micro(cost) if cost is not None else reserved,
            cost_usd=cost,
            seconds=answer.seconds,
            passed=found.passed,
            score=found.score,
            answer=msgspec.to_builtins(answer),
            checks=found.checks,
        )

    async def _still_there(self, key: AskKey) -> bool:
        return not await asyncio.to_thread(self._book.is_forgotten, self._job.run, key)

    def _stop(self, state: RunState, why: str) -> None:
        if self._state is RunState.DONE:
            self._state, self.why = state, why
