"""Production's own figures of a model beside its benchmarks, and whether the two move together over versions.

The figures are of the last 30 days. A version is a model under the name by which it was asked, or by which it answers.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from proxy.feedback import TaskOutcome
from scorers.benchmarks.results import interval
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import ALL, Rate, compute_between
from scorers.statistics.rank import FEWEST, rank_correlation
from scorers.store.runs import Purpose, Run, RunState
from scorers.store.store import Store
from scorers.store.theatre import Call

SECONDS = 30 * 86_400.0
#: Figure -> scorer and output whose rate it is.
RATES = {"refusal": ("refusal", "refused"), "groundedness": ("groundedness", "ungrounded")}
TOO_FEW = "too few versions"


def figures(
    store: Store, models: Sequence[str], now: float, names: ModelNames | None = None
) -> dict[str, dict[str, Any]]:
    """Model -> its figures; one that production has not used is not there. Blocking."""
    since = now - SECONDS
    calls = store.theatre.calls(since, now)
    rates = compute_between(store, since, now, names=names)
    found = {}
    for model in models:
        own = [call for call in calls if model in (call.model, call.version)]
        if own:
            asked = {call.model for call in own}
            found[model] = _figures(model, own, [rate for rate in rates if rate.app == ALL and rate.model in asked])
            found[model] |= {"since": since, "until": now}
    return found


def _figures(model: str, calls: Sequence[Call], rates: Sequence[Rate]) -> dict[str, Any]:
    found: dict[str, Any] = {"model": model, "requests": len(calls)}
    for name, (scorer, output) in RATES.items():
        own = [rate for rate in rates if (rate.scorer, rate.output) == (scorer, output) and rate.ratio is not None]
        # Several names of one version have a rate each: the one with most samples tells most.
        rate = max(own, key=lambda one: one.scored, default=None)
        found[name] = _rate(rate, output) if rate is not None else None
    return found | success(calls) | {"latency": latency(calls)}


def _rate(rate: Rate, output: str) -> dict[str, Any]:
    bounds = {"ratio": rate.ratio, "lower": rate.lower, "upper": rate.upper}
    return {"output": output, **bounds, "scored": rate.scored, "calibrated": rate.calibrated}


def success(calls: Iterable[Call]) -> dict[str, Any]:
    """The share of ended tasks that were a success, and what a success costs, failures included; ``None`` without."""
    costs: dict[str, list[float | None]] = defaultdict(list)
    outcomes: dict[str, str] = {}
    for call in calls:
        if call.task is not None:
            outcomes[call.task_id] = call.task
            costs[call.task_id].append(call.cost_usd)
    if not outcomes:
        return {"success": None, "cost_per_success_usd": None}
    good = [float(outcome == TaskOutcome.SUCCESS.value) for outcome in outcomes.values()]
    ratio, lower, upper = interval(good)
    known = {task: sum(cost or 0.0 for cost in own) for task, own in costs.items() if None not in own}
    right = sum(outcomes[task] == TaskOutcome.SUCCESS.value for task in known)
    return {
        "success": {"ratio": ratio, "lower": lower, "upper": upper, "tasks": len(good)},
        "cost_per_success_usd": sum(known.values()) / right if right else None,
    }


def latency(calls: Sequence[Call]) -> dict[str, float | None]:
    """Seconds: medians of the first token (streams) and of the whole answer, and the 95th percentile of the latter."""
    first = sorted(call.first_token for call in calls if call.first_token is not None)
    whole = sorted(call.duration for call in calls)
    return {
        "first_token_p50": statistics.median(first) if first else None,
        "duration_p50": statistics.median(whole) if whole else None,
        "duration_p95": whole[int(0.95 * (len(whole) - 1))] if whole else None,
    }


def newest(runs: Iterable[Run]) -> dict[str, Run]:
    """Model -> its newest run of benchmarks that has ended. ``runs``: the newest first."""
    found: dict[str, Run] = {}
    for run in runs:
        if run.purpose == Purpose.BENCHMARK.value and run.result and run.model and run.state == RunState.DONE.value:
            found.setdefault(run.model, run)
    return found


def correlation(runs: dict[str, Run], production: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How benchmark scores and production's figures order the versions that have both: rank correlations, or that there
    are too few."""
    both = [model for model in runs if model in production]
    pairs = []
    for benchmark in sorted({line["name"] for model in both for line in _published(runs[model])}):
        for figure in ("refusal", "groundedness", "success", "cost_per_success_usd", "latency"):
            values = [
                (score, own)
                for model in both
                if (score := _score(runs[model], benchmark)) is not None
                and (own := value_of(production[model], figure)) is not None
            ]
            found = rank_correlation([x for x, _ in values], [y for _, y in values])
            if found is not None:
                told = {"rho": round(found[0], 6), "p_value": found[1]}
                pairs.append({"benchmark": benchmark, "figure": figure, "versions": len(values), **told})
    verdict = {} if len(both) >= FEWEST else {"verdict": TOO_FEW}
    return {"versions": len(both), **verdict, "pairs": pairs}


def _published(run: Run) -> list[dict[str, Any]]:
    lines = (run.result or {}).get("benchmarks", [])
    return [line for line in lines if line["variant"] == "published" and ":" not in line["name"]]


def _score(run: Run, benchmark: str) -> float | None:
    return next((line["score"] for line in _published(run) if line["name"] == benchmark), None)


def value_of(figure: dict[str, Any], name: str) -> float | None:
    """One figure as a number; ``None`` where it is not known. Of latency it is the median of the whole answer."""
    value = figure.get(name)
    if isinstance(value, dict):
        value = value.get("ratio") if name != "latency" else value.get("duration_p50")
    return float(value) if value is not None else None
