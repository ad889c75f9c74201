"""The figures of a run: for each target its utility and its batteries, as JSON and for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from scorers.probes.battery import BEHAVIOURS, UTILITY, load
from scorers.probes.success import ADMITS, ASKS, INVENTS
from scorers.probes.target import Target
from scorers.statistics.attack_rates import Attack, JudgeLabels, attack_rate
from scorers.store.runs import Ask, AskState, Run, charged_usd

#: The members of ``probe run --json``; the stored result has more.
KEYS = ("targets", "cost_usd", "skipped")
_TARGET = ("app", "model", "system_prompt_hash", "tools_hash", "utility", "batteries")
#: The members of a battery; ``vague``, ``unknown`` and ``long_context`` have ``outcomes``, too.
_BATTERY = ("battery", "attacks", "successes", "ratio", "lower", "upper", "hit_at_k", "corrected", "outcomes")


def document(run: Run, asks: Iterable[Ask], labels: Mapping[str, JudgeLabels] | None = None) -> dict[str, Any]:
    """The result of a run: plain JSON. ``labels``: battery -> how often its scorers were right, where people said."""
    targets = msgspec.convert(run.plan["targets"], list[Target])
    found = list(asks)
    by_target: dict[int, list[Ask]] = defaultdict(list)
    for ask in found:
        by_target[int(ask.case_id.partition("/")[0])].append(ask)
    sent = [ask for ask in found if ask.state in (AskState.DONE.value, AskState.FAILED.value)]
    skipped = Counter(ask.reason or "" for ask in found if ask.state == AskState.SKIPPED.value)
    skipped.update(run.plan["left_out"])
    batteries = run.plan["batteries"]
    return {
        "targets": [
            _target(target, by_target[number], batteries, labels or {}) for number, target in enumerate(targets)
        ],
        "cost_usd": charged_usd(found),
        "skipped": dict(skipped),
        "app": run.app,
        "run": run.id,
        "asked": len(sent),
        "failed": dict(Counter(ask.reason or "" for ask in sent if ask.state == AskState.FAILED.value)),
        "window": run.plan["window"],
    }


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """What ``probe run --json`` prints of a result."""
    made: dict[str, Any] = {key: found[key] for key in KEYS}
    made["targets"] = [{key: target[key] for key in _TARGET} for target in found["targets"]]
    for target in made["targets"]:
        target["batteries"] = [{key: own[key] for key in _BATTERY if key in own} for own in target["batteries"]]
    return made


def _target(
    target: Target, asks: Sequence[Ask], batteries: Sequence[str], labels: Mapping[str, JudgeLabels]
) -> dict[str, Any]:
    by_battery: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        if ask.state == AskState.DONE.value and ask.passed is not None:
            by_battery[ask.arm].append(ask)
    rows = [_battery(name, by_battery[name], labels.get(name)) for name in batteries if by_battery[name]]
    return {
        "app": target.app,
        "model": target.model,
        "system_prompt_hash": target.system_prompt_hash,
        "tools_hash": target.tools_hash,
        "utility": _utility(by_battery[UTILITY]),
        "batteries": rows,
        "upstream": target.upstream,
        "sample_id": target.sample_id,
        "seen": target.seen,
    }


def _utility(asks: Sequence[Ask]) -> dict[str, Any]:
    found = attack_rate(_attacks(asks))
    if found is None:
        return {"tasks": 0, "done": 0, "ratio": None, "lower": None, "upper": None}
    return {
        "tasks": found.attacks,
        "done": found.successes,
        "ratio": found.ratio,
        "lower": found.lower,
        "upper": found.upper,
    }


def _attacks(asks: Sequence[Ask]) -> list[Attack]:
    return [Attack(ask.case_id, bool(ask.passed)) for ask in asks]


def _battery(name: str, asks: Sequence[Ask], labels: JudgeLabels | None) -> dict[str, Any]:
    battery = load(name)
    found = attack_rate(_attacks(asks), labels if battery.judged else None)
    assert found is not None
    row: dict[str, Any] = {
        "battery": name,
        "attacks": found.attacks,
        "successes": found.successes,
        "ratio": found.ratio,
        "lower": found.lower,
        "upper": found.upper,
        "hit_at_k": found.hit_at_k,
        "corrected": found.corrected,
        "k": found.k,
    }
    if battery.judged:
        row["outcomes"] = {outcome: _share(asks, "outcome", outcome) for outcome in (ASKS, INVENTS, ADMITS)}
    elif battery.fills or battery.positions:
        variants = [battery.variant(number) for number in range(battery.tries)]
        row["outcomes" if name in BEHAVIOURS else "variants"] = {
            variant: _of_variant(asks, variant) for variant in variants
        }
    return row


def _share(asks: Sequence[Ask], kind: str, value: str) -> dict[str, Any]:
    """How many answers did this, of all: with the interval over templates."""
    return _counted([Attack(ask.case_id, _said(ask, kind) == value) for ask in asks])


def _of_variant(asks: Sequence[Ask], variant: str) -> dict[str, Any]:
    return _counted([Attack(ask.case_id, bool(ask.passed)) for ask in asks if _said(ask, "variant") == variant])


def _counted(attacks: Sequence[Attack]) -> dict[str, Any]:
    found = attack_rate(attacks)
    if found is None:
        return {"n": 0, "ratio": None, "lower": None, "upper": None}
    return {"n": found.successes, "ratio": found.ratio, "lower": found.lower, "upper": found.upper}


def _said(ask: Ask, kind: str) -> str:
    return next((str(check[kind]) for check in ask.checks if kind in check), "")


def table(found: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [f"probes of {found['app']}: {found['asked']} calls, {found['cost_usd']:.4f} USD"]
    for target in found["targets"]:
        prompt, tools = ((target[key] or "none")[:12] for key in ("system_prompt_hash", "tools_hash"))
        lines.append(f"{target['model']}  prompt {prompt}  tools {tools}  ({target['seen']} samples)")
        lines.append(f"  {'utility':14} {_percent(target['utility'])}  of {target['utility']['tasks']} benign tasks")
        for row in target["batteries"]:
            what = "right" if row["battery"] in BEHAVIOURS else "got through"
            lines.append(
                f"  {row['battery']:14} {_percent(row)}  {row['successes']} of {row['attacks']} {what}, "
                f"hit@{row['k']} {row['hit_at_k']:.0%}"
            )
            for name, own in {**row.get("outcomes", {}), **row.get("variants", {})}.items():
                lines.append(f"    {name:12} {_percent(own)}")
        for line in target.get("changes", ()):
            lines.append(f"  {line}")
    if found["skipped"]:
        lines.append("skipped: " + ", ".join(f"{reason} {n}" for reason, n in sorted(found["skipped"].items())))
    if found["failed"]:
        lines.append("failed: " + ", ".join(f"{reason} {n}" for reason, n in sorted(found["failed"].items())))
    return "\n".join(lines) + "\n"


def _percent(own: Mapping[str, Any]) -> str:
    if own["ratio"] is None:
        return "   -  "
    return f"{own['ratio']:6.1%} ({own['lower']:.1%} to {own['upper']:.1%})"
