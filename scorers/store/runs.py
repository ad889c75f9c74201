"""Runs and asks: what Sightglass itself sends, and what became of it. Money is in whole micro-dollars.

A run is a plan of asks. Each ask is exactly one of pending, done, skipped and failed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from scorers.store.records import StoreError

MICRO = 1_000_000
#: The most that is counted, in micro-dollars: a thousand million dollars. What is more is as good as no limit, and no
#: database adds it up.
_MOST = 10**15


class Purpose(StrEnum):
    """Why a request was made."""

    PRODUCTION = "production"
    SHADOW = "shadow"
    STABILITY = "stability"
    PROBE = "probe"
    SUITE = "suite"
    BENCHMARK = "benchmark"
    JUDGE = "judge"


class RunState(StrEnum):
    """The state of a run."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    OUT_OF_BUDGET = "out_of_budget"


class AskState(StrEnum):
    """The state of an ask; exactly one each."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class RunTaken(StoreError):
    """Another process performs the run, or has ended it. Nothing was written."""


#: Why an ask has no result: it was sent, and its run was stopped or killed. Only who resumes the run asks it again.
INTERRUPTED = "interrupted"


class AskKey(NamedTuple):
    """Identifies an ask within its run: the case, the arm that is asked, and the repeat (from 0)."""

    case_id: str
    arm: str = ""
    repeat: int = 0


#: Why an ask is not sent, or has no answer: its user was forgotten. A pending ask has it as its reason from then on.
FORGOTTEN = "forgotten"
#: Why an endpoint accepts nobody.
NOBODY = frozenset({"key", "money", "model"})
#: Why an ask has no answer, where another try may have one. It is asked when the run is reopened, if it cost nothing.
PASSING = NOBODY | {"rate_limited", "unreachable", "upstream_error"}
#: Why an ask has no result although it may have been paid for, where who resumes the run asks it again all the same: a
#: judge that was away, or had no money left, has said nothing of the answer.
AGAIN = frozenset({INTERRUPTED, "judge_error", "budget"})


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of asks. ``subject``: what is asked, such as a suite's name; ``version``: its version. Times are Unix
    s. ``budget_micro`` and ``spent_micro`` are micro-dollars; spent includes what is reserved. ``plan`` and
    ``result`` are JSON."""

    id: str
    purpose: str
    subject: str
    version: str
    model: str | None
    state: str = RunState.RUNNING.value
    name: str | None = None
    app: str | None = None
    created_at: float = 0.0
    ended_at: float | None = None
    planned: int = 0
    budget_micro: int | None = None
    spent_micro: int = 0
    plan: dict[str, Any] = {}
    result: dict[str, Any] | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a run and its result. ``cost_usd`` is its cost, ``None`` where that is not known.
    ``cost_micro`` is what was charged for it, with what tries that were interrupted were charged. ``answer`` and
    ``checks`` are JSON; ``score`` is in [0, 1]."""

    case_id: str
    arm: str = ""
    repeat: int = 0
    state: str = AskState.PENDING.value
    reason: str | None = None
    reserved_micro: int | None = None
    cost_micro: int = 0
    cost_usd: float | None = None
    seconds: float | None = None
    ended_at: float | None = None
    passed: bool | None = None
    score: float | None = None
    answer: dict[str, Any] | None = None
    checks: list[dict[str, Any]] = []

    @property
    def key(self) -> AskKey:
        """Its key within the run."""
        return AskKey(self.case_id, self.arm, self.repeat)


class Reserved(StrEnum):
    """Whether the money was reserved; if not, which budget is used up."""

    YES = "yes"
    RUN_BUDGET = "run_budget"
    DAY_BUDGET = "day_budget"


def charged_usd(asks: Iterable[Ask]) -> float:
    """What asks cost, in USD. Where nobody told the cost of one, or of a try before, what was charged counts."""
    return math.fsum(
        ask.cost_micro / MICRO if ask.cost_usd is None or ask.cost_micro > micro(ask.cost_usd) else ask.cost_usd
        for ask in asks
    )


def may_be_asked_again(ask: Ask) -> bool:
    """Whether who resumes a run asks this again: it was interrupted or not judged, or failed unpaid, by what passes."""
    unpaid = ask.reason in PASSING and not ask.cost_micro
    return ask.state == AskState.FAILED.value and (unpaid or ask.reason in AGAIN)


def micro(usd: float) -> int:
    """USD in whole micro-dollars, rounded up, so that spending is never underestimated; at most ``_MOST``."""
    return max(0, math.ceil(usd * MICRO - 1e-6)) if usd * MICRO < _MOST else _MOST


def ledger_of(states: dict[str, int], planned: int) -> dict[str, int]:
    """planned = done + skipped + failed + pending, by name."""
    return {"planned": planned, **{state.value: states.get(state.value, 0) for state in _ORDER}}


_ORDER = (AskState.DONE, AskState.SKIPPED, AskState.FAILED, AskState.PENDING)
