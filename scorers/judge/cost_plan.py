"""Estimates the weekly cost of a judge before it is switched on: matching x sampled x price, from the last day's
traffic."""

from __future__ import annotations

import msgspec

from proxy.config.offpath import Price
from scorers.judge.prompt import LONGEST, SYSTEM
from scorers.judge.rubrics import RUBRICS
from scorers.judge.selection import CHARACTERS_A_TOKEN, RECHECKED, UNSURE
from scorers.store.judging import Volume

#: Characters of questions and marks around the material of one call; tokens of a typical answer.
_AROUND, _ANSWER_TOKENS = 900, 120
#: JSON around a stored sample's text, as a share of it.
_STORED = 0.6
_WEEK = 7.0


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A week at the last day's traffic. ``matching``: samples of the applications in the last day; ``sampled``: how
    many of them would be asked about, by one rubric or more calls: ``calls``; USD, and at most (``upper``) when the
    cheap scorers were unsure of everything. ``usd_a_week`` is cut at seven times the budget, where there is one."""

    apps: list[str]
    matching: int
    sample: float
    rubrics: list[str]
    calls_a_week: float
    tokens_a_call: float
    usd_a_call: float
    usd_a_week: float
    usd_a_week_upper: float
    budget_usd_a_week: float | None


def plan(
    volumes: list[Volume], apps: list[str], sample: float, scorers: list[str], price: Price, budget: float | None
) -> Estimate:
    """The estimate for samples of one day. Rubrics that need documents are counted as if every sample had some."""
    rubrics = [rubric.scorer for rubric in RUBRICS if rubric.scorer in scorers]
    matching = sum(volume.samples for volume in volumes)
    characters = sum(volume.samples * volume.characters for volume in volumes) / matching if matching else 0.0
    shown = min(sum(LONGEST.values()), characters * _STORED) + len(SYSTEM) + _AROUND
    tokens = shown / CHARACTERS_A_TOKEN
    a_call = (tokens * price.input + _ANSWER_TOKENS * price.output) / 1e6
    calls = matching * len(rubrics) * _WEEK * (1 + RECHECKED)
    usual, most = min(1.0, sample), min(1.0, sample * UNSURE)
    week = calls * usual * a_call
    return Estimate(
        apps=apps,
        matching=matching,
        sample=sample,
        rubrics=rubrics,
        calls_a_week=calls * usual,
        tokens_a_call=tokens + _ANSWER_TOKENS,
        usd_a_call=a_call,
        usd_a_week=week if budget is None else min(week, 7 * budget),
        usd_a_week_upper=calls * most * a_call if budget is None else min(calls * most * a_call, 7 * budget),
        budget_usd_a_week=None if budget is None else 7 * budget,
    )


def told(found: Estimate) -> str:
    """The estimate as one line of text."""
    budget = f", cut at the budget of {found.budget_usd_a_week:.2f}" if found.budget_usd_a_week is not None else ""
    return (
        f"\njudge: {found.matching} samples a day, {found.calls_a_week:.0f} calls a week "
        f"of {found.usd_a_call:.6f} USD: {found.usd_a_week:.2f} USD a week "
        f"(at most {found.usd_a_week_upper:.2f}{budget})\n"
    )
