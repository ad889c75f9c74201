"""Asks both arms of a pair: production first, money for the whole pair, then one after the other in random order.

What was sent is paid for once and never sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from scorers.asking.client import Client, Failed, Halted, UserForgotten
from scorers.experiments.enrol import Arm
from scorers.experiments.parts import Parts
from scorers.store.experiments import ARMS, Pair
from scorers.store.runs import FORGOTTEN, INTERRUPTED, NOBODY, Ask, AskKey, AskState, Reserved, RunTaken, micro

#: Failures that say nothing about an arm: the pair does not count.
_NO_ARMS = NOBODY | {INTERRUPTED}


class Asked(StrEnum):
    """What became of a pair. ``done``: both arms have ended. ``wait``: it may be tried later; nothing was sent.
    ``halted``: an endpoint accepts nobody (key, money, model). ``ended``: the run is over, and nothing was sent."""

    DONE = "done"
    WAIT = "wait"
    HALTED = "halted"
    RUN_BUDGET = "run_budget"
    DAY_BUDGET = "day_budget"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a pair, and why in words; ``reason`` is for the ledger."""

    asked: Asked
    why: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One arm of a pair: whom it asks and what."""

    arm: Arm
    body: dict[str, Any]


class PairAsker:
    """Asks pairs of one application, its ``account``."""

    def __init__(self, parts: Parts, account: str) -> None:
        cap = parts.settings.offpath.budget_usd_per_day
        self._store = parts.store.asking
        self._clients = parts.clients
        self._first = parts.first
        self._account = account
        self._day_budget = None if cap is None else micro(cap)
        self._told = parts.told

    def at_most(self, question: Question) -> int:
        """What a question may cost, in micro-dollars."""
        client = self._clients.get(question.arm.upstream, question.arm.model)
        return micro(client.at_most(question.body) or 0.0)

    async def _waits(self, questions: Iterable[Question]) -> str | None:
        """Why nobody may be asked now; ``None`` lets each be asked once. Raises ``StoreError``."""
        for question in questions:
            client = self._clients.get(question.arm.upstream, question.arm.model)
            why = await self._first.waits(question.arm.upstream, client.quota_told)
            if why is not None:
                return why
        return None

    async def ask(self, pair: Pair, questions: dict[str, Question], pending: list[str], held: int = 0) -> Result:
        """Ask the ``pending`` arms of a pair. ``held``: micro-dollars that are reserved in the run beside, for the
        judge; they stay so when an arm was asked. Raises ``StoreError``, and then what was sent is in doubt."""
        why = await self._waits(questions[arm] for arm in pending)
        if why is not None:
            return Result(Asked.WAIT, why)
        order = sorted(pending, key=lambda arm: arm != pair.first_arm)
        keys = [AskKey(pair.id, arm) for arm in order]
        amounts = [self.at_most(questions[arm]) for arm in order]
        money = (self._account, self._day_budget, (pair.id, held) if held else None)
        try:
            whole = await asyncio.to_thread(self._store.reserve, pair.run, keys, amounts, *money)
        except RunTaken as ended:
            return Result(Asked.ENDED, str(ended))
        if whole is Reserved.RUN_BUDGET:
            return Result(Asked.RUN_BUDGET, "the experiment's budget does not hold the next pair")
        if whole is Reserved.DAY_BUDGET:
            return Result(Asked.DAY_BUDGET, "the budget of the day does not hold the next pair")
        for place, (key, amount) in enumerate(zip(keys, amounts, strict=True)):
            try:
                halted = await self._one(pair, key, questions[key.arm], amount)
            except RunTaken as ended:
                return Result(Asked.ENDED, str(ended))
            if halted is not None:
                await self._give_up(pair, keys[place + 1 :], halted.reason)
                return Result(Asked.HALTED, str(halted), halted.reason)
        return Result(Asked.DONE)

    async def _one(self, pair: Pair, key: AskKey, question: Question, reserved: int) -> Halted | None:
        client = self._clients.get(question.arm.upstream, question.arm.model)
        may_be_sent = await asyncio.to_thread(self._store.begin, pair.run, key)
        ask = Ask(case_id=key.case_id, arm=key.arm, reserved_micro=reserved)
        halted = None
        try:
            if may_be_sent:
                ask = await self._answered(pair.run, client, question, ask)
            else:
                ask = _gone(ask)
        except UserForgotten:
            ask = _gone(ask)
        except Failed as failed:
            charged = reserved if failed.maybe_paid else 0
            changes = {"state": AskState.FAILED.value, "reason": failed.reason, "cost_micro": charged}
            ask = msgspec.structs.replace(ask, **changes, checks=[{"error": str(failed)}])
            halted = failed if isinstance(failed, Halted) else None
        await asyncio.to_thread(self._store.settle, pair.run, ask, self._account)
        self._told(self._account, ask)
        return halted

    async def _answered(self, run: str, client: Client, question: Question, ask: Ask) -> Ask:
        async def still_there() -> bool:
            return not await asyncio.to_thread(self._store.is_forgotten, run, ask.key)

        answer = await client.ask(question.body, still_there)
        return msgspec.structs.replace(
            ask,
            state=AskState.DONE.value,
            # An answer whose cost nobody told is charged what was reserved for it.
            cost_micro=micro(answer.cost_usd) if answer.cost_usd is not None else ask.reserved_micro or 0,
            cost_usd=answer.cost_usd,
            seconds=answer.seconds,
            answer=msgspec.to_builtins(answer),
        )

    async def _give_up(self, pair: Pair, keys: list[AskKey], reason: str) -> None:
        await asyncio.to_thread(self._store.skip, pair.run, keys, reason, self._account)

    async def release(self, pair: Pair, pending: list[str], reason: str) -> None:
        """End the pending arms of a pair that will not be asked. Raises ``StoreError``."""
        await self._give_up(pair, [AskKey(pair.id, arm) for arm in pending], reason)


def _gone(ask: Ask) -> Ask:
    """An ask whose user was forgotten before it was sent, or sent again."""
    return msgspec.structs.replace(ask, state=AskState.SKIPPED.value, reason=FORGOTTEN)


def pending_of(pair: Pair) -> list[str]:
    """The arms of a pair that are still to be asked."""
    return [arm for arm in ARMS if arm not in {**pair.answers, **pair.failures, **pair.unasked}]


def lost_of(pair: Pair) -> set[str]:
    """Why a pair does not count: an arm was never asked, or failed in a way that says nothing about it."""
    return set(pair.unasked.values()) | (_NO_ARMS & set(pair.failures.values()))
