"""Burn alerts: latency objectives of the settings, and quality objectives over verdicts, through the same tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proxy.config.settings import Objective
from proxy.errors import ConfigError
from scorers.rules.burn import Tier, reachable
from scorers.rules.document import BEHAVIOUR, OBJECTIVE, Alert
from scorers.rules.limits import LEAST
from scorers.rules.recording import FLAGGED, MISSED
from scorers.rules.texts import WHOLE, Places, annotated, changed, label, most, number, since


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality objective: in ``share`` of the applicable answers the event of ``scorer.output`` does not happen."""

    scorer: str
    output: str
    share: float


@dataclass(frozen=True, slots=True)
class _Goal:
    """What latency and quality objectives have in common. ``keys``: the labels of its recorded shares."""

    alert: str
    category: str
    stem: str
    keys: tuple[str, ...]
    matchers: str
    share: float
    fixed: dict[str, str]
    signal: str
    promise: str
    event: str
    model_query: str
    dashboard: str
    samples: str


def check(objectives: Sequence[Objective]) -> None:
    """Raises ``ConfigError``: two objectives of one application and signal are counted in one series, as one."""
    seen: set[tuple[str, str]] = set()
    problems = []
    for index, item in enumerate(objectives):
        if (item.app, item.signal) in seen:
            problems.append(f"objectives[{index}]: {item.signal} of app {item.app!r} has an objective already")
        seen.add((item.app, item.signal))
    if problems:
        raise ConfigError(problems)


def latency_alerts(objectives: Sequence[Objective], places: Places) -> tuple[list[Alert], list[str]]:
    """The alerts of the settings' objectives, and what was refused. Raises ``ConfigError``."""
    check(objectives)
    goals = [_latency(item, objectives) for item in objectives]
    return _all(goals, places)


def quality_alerts(qualities: Sequence[Quality], places: Places) -> tuple[list[Alert], list[str]]:
    """The alerts of quality objectives, and what was refused."""
    return _all([_quality(item) for item in qualities], places)


def _all(goals: Sequence[_Goal], places: Places) -> tuple[list[Alert], list[str]]:
    alerts: list[Alert] = []
    notes: list[str] = []
    for goal in goals:
        tiers, refused = reachable(goal.share)
        alerts += [_alert(goal, tier, threshold, places) for tier, threshold in tiers]
        notes += [f"Refused for {goal.signal}: {text}." for text in refused]
        if not any(tier.severity == "page" for tier, _ in tiers):
            notes.append(f"{goal.signal} never pages, it only makes tickets: its objective allows too much.")
    return alerts, notes


def _latency(item: Objective, objectives: Sequence[Objective]) -> _Goal:
    own = sorted({other.app for other in objectives if other.signal == item.signal and other.app != "*"})
    app = f'app="{item.app}"'
    if item.app == "*":  # an application's own objective takes the place of the common one
        app = f'app!~"{"|".join(name.replace(".", "[.]") for name in own)}"' if own else ""
    missed = 'increase(sightglass_objective_total{app=%q,signal=%q,result="missed"}[LONG])'
    return _Goal(
        alert="SightglassObjectiveBurn",
        category=OBJECTIVE,
        stem=MISSED,
        keys=("app", "signal"),
        matchers=",".join(part for part in (f'signal="{item.signal}"', app) if part),
        share=item.share,
        fixed={"signal": item.signal, **({} if item.app == "*" else {"app": item.app})},
        signal=item.signal,
        promise=f"{item.share:.4%}".rstrip("%").rstrip("0").rstrip(".")
        + f"% of requests within {item.below_seconds:g} s",
        event="missed",
        model_query=f"topk(1, sum by (model) ({missed}))",
        dashboard="sightglass-cost-latency",
        samples="/samples?app={{ $labels.app | urlquery }}",
    )


def _quality(item: Quality) -> _Goal:
    signal = f"{item.scorer}.{item.output}"
    flagged = 'sightglass_verdicts_estimated_total{scorer=%q,output=%q,app=%q,verdict="yes"}[LONG]'
    return _Goal(
        alert="SightglassQualityBurn",
        category=BEHAVIOUR,
        stem=FLAGGED,
        keys=("scorer", "output", "app"),
        matchers=f'scorer="{item.scorer}",output="{item.output}"',
        share=item.share,
        fixed={"scorer": item.scorer, "output": item.output},
        signal=signal,
        promise=f"{item.share:.4%}".rstrip("%").rstrip("0").rstrip(".") + "% of applicable answers without it",
        event="flagged",
        model_query=f"topk(1, sum by (model) (increase({flagged})))",
        dashboard="sightglass-behaviour",
        samples=f"/samples?scorer={item.scorer}&output={item.output}&verdict=yes&app={{{{ $labels.app | urlquery }}}}",
    )


def _alert(goal: _Goal, tier: Tier, threshold: float, places: Places) -> Alert:
    long, chosen = tier.long, f"{{{goal.matchers}}}"
    # The lower end of the interval: a few bad events among a few are no burn.
    expr = (
        f"{goal.stem}:lower{long}{chosen} > {threshold:g}\n"
        f"and {goal.stem}:ratio_rate{tier.short}{chosen} > {threshold:g}\n"
        f"and {goal.stem}:increase{long}{chosen} >= {LEAST}"
    )
    picked = "{" + ",".join(f"{key}=%q" for key in goal.keys) + "}"

    def of(what: str, shown: str = "humanizePercentage") -> str:
        return number(f"{goal.stem}:{what}{long}{picked}", goal.keys, shown)

    allowed = f"{(1 - goal.share) * 100:.4g}%"
    model = most(goal.model_query.replace("LONG", long), goal.keys, "model")
    lines = [
        f"Signal: {goal.signal} (objective: {goal.promise}). App: {label('app')}. Model: {model} (most of them).",
        f"From {allowed} allowed to {of('ratio_rate')} {goal.event} over {long} "
        f"(95% interval {of('lower')} to {of('upper')}, n = {of('increase', WHOLE)}).",
        since(goal.alert, goal.keys, f'tier="{long}"'),
        changed(model=False),
    ]
    summary = f"{label('app')}: {goal.signal} spends its error budget more than {tier.factor:g} times too fast"
    texts = annotated(goal.alert, places, summary, lines, goal.dashboard, goal.samples)
    labels = {"tier": long, **goal.fixed}
    return Alert(goal.alert, expr, tier.severity, goal.category, tier.wait, tier.keep, texts, labels)
