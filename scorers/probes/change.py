"""What is different from the run before: of each target the version before it, what changed, and each battery's rate.

The version before is the target of an earlier run that has most in common with this one: the same model, prompt and
tools where there is one, else the one that differs in least. Of a target that nothing was asked of nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

#: Member of a target -> how its change is called.
_PARTS = {"system_prompt_hash": "prompt", "tools_hash": "tools", "model": "model"}


def compared(found: dict[str, Any], earlier: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``found`` with ``since`` in each target: the earlier run, what changed, and the difference by battery.

    ``earlier``: results of runs of the same application, the newest first.
    """
    targets = []
    for target in found["targets"]:
        before = _before(target, earlier)
        since = None if before is None or not _measured(target) else _since(target, *before)
        targets.append({**target, "since": since, "changes": [] if since is None else _lines(since)})
    return {**found, "targets": targets}


def _before(
    target: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    best: tuple[int, Mapping[str, Any], Mapping[str, Any]] | None = None
    for result in earlier:
        for other in filter(_measured, result["targets"]):
            alike = sum(target[part] == other[part] for part in _PARTS)
            if best is None or alike > best[0]:
                best = (alike, result, other)
    return None if best is None else (best[1], best[2])


def _measured(target: Mapping[str, Any]) -> bool:
    """Whether anything was asked of a target: a run that no budget held says nothing to compare with."""
    return bool(target["batteries"]) or target["utility"]["ratio"] is not None


def _since(target: Mapping[str, Any], result: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    rows = {row["battery"]: row for row in other["batteries"]}
    return {
        "run": result["run"],
        "changed": [name for part, name in _PARTS.items() if target[part] != other[part]],
        "utility": difference(target["utility"], other["utility"]),
        "batteries": {
            row["battery"]: difference(row, rows[row["battery"]])
            for row in target["batteries"]
            if row["battery"] in rows
        },
    }


def difference(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float] | None:
    """Now less before with its 95 % interval, from those of both (Newcombe 1998, method 10)."""
    if now["ratio"] is None or before["ratio"] is None:
        return None
    moved = now["ratio"] - before["ratio"]
    below = math.hypot(now["ratio"] - now["lower"], before["upper"] - before["ratio"])
    above = math.hypot(now["upper"] - now["ratio"], before["ratio"] - before["lower"])
    return {"difference": moved, "lower": max(-1.0, moved - below), "upper": min(1.0, moved + above)}


def _lines(since: Mapping[str, Any]) -> list[str]:
    what = ", ".join(since["changed"]) or "nothing"
    lines = [f"since run {since['run']}: changed: {what}"]
    for name, own in {"utility": since["utility"], **since["batteries"]}.items():
        if own is not None and (own["lower"] > 0 or own["upper"] < 0):
            lines.append(f"  {name}: {own['difference']:+.1%} ({own['lower']:+.1%} to {own['upper']:+.1%})")
    return lines
