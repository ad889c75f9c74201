"""What a run of benchmarks says: scores with intervals, and the gap between published and reworded items.

A score is the mean over items; an item's is the mean over its answers. Its interval is Jeffreys' (items are
independent; where an item has several answers, their variance says of how many independent items they tell as much).
A gap is published minus variant, over the items that have both; its interval and p-value are those of ``paired``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scorers.benchmarks import gsm8k, humaneval, mmlu
from scorers.benchmarks.item import PUBLISHED
from scorers.statistics.beta import beta_quantile
from scorers.statistics.paired import Pair, difference
from scorers.store.runs import Ask, AskState, Run, charged_usd

_PASS_AT = (5, 10, 100)
#: What MMLU's shuffled options show beside the gap: how often another option was chosen.
CHANGED = "mmlu:changed_answer"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A line of ``benchmarks``: ``n`` items with an answer; score and bounds in [0, 1], ``None`` without one; asks that
    failed. ``name``: the benchmark, with another reading of its answers or a subject behind a colon."""

    name: str
    variant: str
    n: int
    score: float | None
    lower: float | None
    upper: float | None
    errors: int


class NotRun(Score, frozen=True, kw_only=True):
    """The line of a benchmark that was not run, with the reason."""

    not_run: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A line of ``gaps``: published minus variant on the same items, in [-1, 1]."""

    name: str
    variant: str
    gap: float
    lower: float
    upper: float
    p_value: float


Marks = dict[tuple[str, str, str], dict[str, list[float]]]


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of values in [0, 1] with its 95 % interval (Jeffreys)."""
    n = len(values)
    mean = math.fsum(values) / n
    effective = float(n)
    spread = math.fsum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0
    if any(value not in (0.0, 1.0) for value in values) and spread > 0:
        effective = max(effective, mean * (1 - mean) * n / spread)
    hits = mean * effective
    lower = 0.0 if hits == 0 else beta_quantile(0.025, hits + 0.5, effective - hits + 0.5)
    upper = 1.0 if hits >= effective else beta_quantile(0.975, hits + 0.5, effective - hits + 0.5)
    return mean, min(lower, mean), max(upper, mean)


def marks_of(run: Run, asks: Iterable[Ask]) -> tuple[Marks, dict[tuple[str, str], int]]:
    """(name, kind, key) -> answers, each item's by variant; and errors by benchmark and kind."""
    groups: dict[str, str] = run.plan.get("groups", {})
    found: Marks = defaultdict(lambda: defaultdict(list))
    errors: dict[tuple[str, str], int] = defaultdict(int)
    for ask in asks:
        benchmark, kind = ask.case_id.partition("/")[0], ask.arm.partition(".")[0]
        if ask.state == AskState.FAILED.value:
            errors[benchmark, kind] += 1
        marks = next((check["marks"] for check in ask.checks if "marks" in check), None)
        if ask.state != AskState.DONE.value or marks is None:
            continue
        for place, (reading, right) in enumerate(marks.items()):
            name = benchmark if not place else f"{benchmark}:{reading}"
            found[name, kind, ask.case_id][ask.arm].append(float(right))
        if ask.case_id in groups:
            subject = f"{benchmark}:{groups[ask.case_id]}"
            found[subject, kind, ask.case_id][ask.arm].append(float(next(iter(marks.values()))))
    return found, errors


def scores(run: Run, asks: Sequence[Ask]) -> list[Score]:
    """The lines of ``benchmarks``, the benchmarks first, then further readings and subjects."""
    marks, errors = marks_of(run, asks)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, kind, _), answers in marks.items():
        values[name, kind].append(_item(answers))
        if name.partition(":")[0] == humaneval.NAME:
            for k in _PASS_AT:
                chances = [humaneval.pass_at(k, len(one), round(sum(one))) for one in answers.values()]
                known = [chance for chance in chances if chance is not None]
                if known:
                    values[f"{name}:pass@{k}", kind].append(math.fsum(known) / len(known))
    found = [_score(name, kind, own, errors) for (name, kind), own in values.items()]
    there = {(score.name, score.variant) for score in found}
    for benchmark, kind in errors:
        if (benchmark, kind) not in there:
            found.append(_score(benchmark, kind, [], errors))
    for name, why in run.plan.get("not_run", {}).items():
        found.append(
            NotRun(name=name, variant=PUBLISHED, n=0, score=None, lower=None, upper=None, errors=0, not_run=why)
        )
    changed = _changed(asks)
    if changed:
        found.append(_score(CHANGED, "shuffled", changed, {}))
    order = {name: place for place, name in enumerate((gsm8k.NAME, humaneval.NAME, mmlu.NAME))}
    return sorted(found, key=lambda s: (":" in s.name, order[s.name.partition(":")[0]], s.name, s.variant != PUBLISHED))


def _item(answers: dict[str, list[float]]) -> float:
    """An item's score: the mean over its variants of the mean over their answers."""
    return math.fsum(math.fsum(one) / len(one) for one in answers.values()) / len(answers)


def _score(name: str, kind: str, values: Sequence[float], errors: dict[tuple[str, str], int]) -> Score:
    mean, lower, upper = interval(values) if values else (None, None, None)
    own = errors.get((name.partition(":")[0], kind), 0)
    return Score(name=name, variant=kind, n=len(values), score=mean, lower=lower, upper=upper, errors=own)


def _changed(asks: Sequence[Ask]) -> list[float]:
    """For each question of MMLU that was asked in several orders: the share of answers with another option."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for ask in asks:
        if ask.case_id.startswith(f"{mmlu.NAME}/") and ask.repeat == 0 and ask.state == AskState.DONE.value:
            option = next((check.get("said") for check in ask.checks if "said" in check), None)
            if option is not None:
                said[ask.case_id][ask.arm] = option
    found = []
    for options in said.values():
        others = [option for arm, option in options.items() if arm != PUBLISHED]
        if others and PUBLISHED in options:
            found.append(sum(option != options[PUBLISHED] for option in others) / len(others))
    return found


def gaps(run: Run, asks: Sequence[Ask]) -> list[Gap]:
    """The lines of ``gaps``, for each benchmark, reading and kind of variant; subjects have none."""
    marks, _ = marks_of(run, asks)
    subjects = {f"{mmlu.NAME}:{group}" for group in run.plan.get("groups", {}).values()}
    pairs: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for (name, kind, key), answers in marks.items():
        published = marks.get((name, PUBLISHED, key))
        if kind != PUBLISHED and published is not None and name not in subjects:
            pairs[name, kind].append(Pair(before=_item(answers), after=_item(published), cluster=key))
    found = []
    for (name, kind), own in sorted(pairs.items(), key=lambda pair: (":" in pair[0][0], pair[0])):
        seen = difference(own)
        if seen is not None:
            bounds = {"gap": seen.difference, "lower": seen.lower, "upper": seen.upper, "p_value": seen.p_value}
            found.append(Gap(name=name, variant=kind, **bounds))
    return found


def document(run: Run, asks: Sequence[Ask]) -> dict[str, Any]:
    """What ``benchmark run --json`` prints; ``production`` and ``correlation`` are still empty."""
    return {
        "model": run.model,
        "benchmarks": [msgspec.to_builtins(score) for score in scores(run, asks)],
        "gaps": [msgspec.to_builtins(gap) for gap in gaps(run, asks)],
        "production": {},
        "correlation": {},
        "cost_usd": round(charged_usd(asks), 6),
    }


def table(found: dict[str, Any], notes: Sequence[str]) -> str:
    """The same for a terminal; subjects are left out."""
    lines = [f"model {found['model']}", "", f"{'benchmark':<24} {'variant':<10} {'n':>6} {'score':>7}  95 %"]
    for score in found["benchmarks"]:
        if score["name"].startswith("mmlu:") and score["name"] != CHANGED:
            continue
        if score["score"] is None:
            why = score.get("not_run")
            said = f"not run: {why}" if why else f"no answers, {score['errors']} errors"
            lines.append(f"{score['name']:<24} {score['variant']:<10} {score['n']:>6}  {said}")
            continue
        errors = f", {score['errors']} errors" if score["errors"] else ""
        bounds = f"{score['lower']:.1%} to {score['upper']:.1%}{errors}"
        lines.append(f"{score['name']:<24} {score['variant']:<10} {score['n']:>6} {score['score']:>7.1%}  {bounds}")
    if found["gaps"]:
        lines += ["", f"{'gap (published - variant)':<35} {'points':>13}  95 %"]
    for gap in found["gaps"]:
        bounds = f"{100 * gap['lower']:+.1f} to {100 * gap['upper']:+.1f}, p = {gap['p_value']:.3g}"
        lines.append(f"{gap['name']:<24} {gap['variant']:<10} {100 * gap['gap']:>+13.1f}  {bounds}")
    if found["gaps"]:
        lines += ["", "A gap says that the words or numbers of an item matter. It is no proof of contamination."]
    lines += ["", *_beside(found), "", *notes, f"cost {found['cost_usd']:.4f} USD"]
    return "\n".join(lines) + "\n"


def _beside(found: dict[str, Any]) -> list[str]:
    """Production's own figures, and whether scores and figures move together."""
    own = found["production"]
    if not own:
        return ["production: no requests of this model in the store, or no store"]
    lines = [f"production, last 30 days: {own['requests']:,} answered requests"]
    for name in ("refusal", "groundedness", "success"):
        one = own[name]
        if one is not None:
            said = one.get("output", name)
            lines.append(f"  {said:<22} {one['ratio']:>7.1%}  {one['lower']:.1%} to {one['upper']:.1%}")
    if own["cost_per_success_usd"] is not None:
        lines.append(f"  {'cost per success':<22} {own['cost_per_success_usd']:>7.4f} USD")
    latency = own["latency"]["duration_p50"]
    lines.append(f"  {'latency, median':<22} {latency:>7.2f} s")
    moved = found["correlation"]
    if "verdict" in moved:
        lines.append(f"benchmarks and production over versions: {moved['verdict']} ({moved['versions']})")
    for pair in moved["pairs"]:
        lines.append(f"  {pair['benchmark']} and {pair['figure']}: rho {pair['rho']:+.2f}, p = {pair['p_value']:.3g}")
    return lines
