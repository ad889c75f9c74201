"""Two curves of production for the page Theatre: when a model refuses, by how due that is; what more effort brings."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from scorers.benchmarks.production import success
from scorers.statistics.weighted_share import Observation, estimate, moments_of
from scorers.store.theatre import Call, Refusal

#: Equal parts of [0, 1] over which refusals are counted.
PARTS = 5
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max", "other")
#: Calls below which a level of effort is not shown.
_FEWEST = 5


def calibration(refusals: Iterable[Refusal]) -> list[dict[str, Any]]:
    """For each model: points (x: mean probability that a refusal is due, y: how often it refuses, with its interval),
    and the operating point: refused where it was not due, answered where it was."""
    by_model: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_model[refusal.model].append(refusal)
    return [_curve(model, own) for model, own in sorted(by_model.items())]


def _curve(model: str, refusals: Sequence[Refusal]) -> dict[str, Any]:
    parts: dict[int, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        parts[min(PARTS - 1, int(refusal.due * PARTS))].append(refusal)
    points = []
    for _, own in sorted(parts.items()):
        total = sum(refusal.weight for refusal in own)
        due = sum(refusal.due * refusal.weight for refusal in own) / total
        points.append({"due": due, **(_share(own, True) or {})})
    free = [refusal for refusal in refusals if refusal.due < 0.5]
    due_ones = [refusal for refusal in refusals if refusal.due >= 0.5]
    people = sum(refusal.by == "people" for refusal in refusals)
    return {
        "model": model,
        "n": len(refusals),
        "labelled": people,
        "judged": len(refusals) - people,
        "points": points,
        "over_refused": _share(free, True),
        "under_refused": _share(due_ones, False),
    }


def _share(refusals: Sequence[Refusal], refused: bool) -> dict[str, Any] | None:
    """How many of them were refused (or were not), one voice a conversation, weighted to production."""
    seen = (Observation(one.refused is refused, one.weight, one.conversation) for one in refusals)
    found = estimate(moments_of(seen))
    if found is None:
        return None
    return {"ratio": found.ratio, "lower": found.lower, "upper": found.upper, "n": len(refusals)}


def efforts(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """For each model and effort asked for: success, refusals, mean cost and median thinking time of its answers."""
    groups: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        if call.effort is not None:
            groups[call.model, call.effort].append(call)
    order = {name: place for place, name in enumerate(_EFFORTS)}
    rows = sorted(groups.items(), key=lambda pair: (pair[0][0], order.get(pair[0][1], len(order))))
    return [_effort(key, own) for key, own in rows if len(own) >= _FEWEST]


def _effort(key: tuple[str, str], calls: Sequence[Call]) -> dict[str, Any]:
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    thinking = [call.thinking for call in calls if call.thinking is not None]
    scored = [call for call in calls if call.refused is not None]
    seen = estimate(moments_of(Observation(call.refused is True, 1.0, call.request_id) for call in scored))
    return {
        "model": key[0],
        "effort": key[1],
        "requests": len(calls),
        **success(calls),
        "refused": {"ratio": seen.ratio, "lower": seen.lower, "upper": seen.upper} if seen is not None else None,
        "cost_usd": sum(costs) / len(costs) if costs else None,
        "thinking_seconds": statistics.median(thinking) if thinking else None,
    }
