"""What was agreed when an experiment began: which outcomes decide, and which judge compares. It holds until its end.

Scorers and the judge are configured elsewhere, and may change while an experiment runs. An outcome that came later is
not taken in, and none may leave: who could take a guard away after a look would ship what it stops.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from proxy.config.settings import Settings
from scorers.experiments.asked_at import address, moved
from scorers.experiments.left import REMOVED, close_left
from scorers.experiments.parts import Parts
from scorers.experiments.spec import Spec
from scorers.statistics.planning import money
from scorers.store.experiments import Enrolment
from scorers.store.runs import MICRO, Purpose, Run, RunState, micro
from scorers.store.store import Store

log = logging.getLogger("sightglass.worker")

#: How far back a new experiment draws samples, in seconds.
_BACK = 86_400.0
#: What of an experiment only says how long it lasts and what it may cost; none of it is a part of what is measured.
_LIMITS_OF = ("budget_usd", "until")
#: In the plan of a run: what runs of the same name before have cost, in USD; how its limits were changed; and where its
#: judge is.
_BEFORE, _LIMITS, _JUDGE_AT = "before_usd", "limits_changed", "judge_at"


def run_for(spec: Spec, parts: Parts, now: float) -> tuple[Spec, Run]:
    """The run of an experiment: the newest, or a new one where that has another configuration or there was one without
    it since, with its outcomes. A run that is over is closed. Blocking. Raises ``StoreError``."""
    store, settings = parts.store, parts.settings
    run = store.experiments.current(spec.name)
    if run is not None and run.version != spec.version and _but_for_limits(spec, run.plan):
        run = _with_limits(spec, run, store)
    if run is not None and run.version == spec.version:
        if run.state != RunState.RUNNING.value:
            close_left(store, run)
            if not run.plan.get(REMOVED):
                return _noted(spec, run.plan), run
        elif (agreed := as_agreed(spec, run.plan, settings)) is None:
            log.warning("experiment %s: its outcomes or its judge are no more what it began with: a new run", spec.name)
        elif (why := moved(run.plan, parts.clients)) is not None:
            log.warning("experiment %s: %s: a new run", spec.name, why)
        else:
            return _noted(agreed, run.plan), run
    if run is not None:
        close_left(store, run)
    made = new_run(spec, settings, now)
    if run is not None:
        before = run.spent_micro / MICRO + run.plan.get(_BEFORE, 0.0)
        made = msgspec.structs.replace(made, plan={**made.plan, _BEFORE: before})
    store.experiments.begin(made, Enrolment(now - _BACK))
    spec = _noted(spec, made.plan)
    log.info("experiment %s begins as run %s%s", spec.name, made.id, "".join(f"; {said}" for said in spec.notes))
    return spec, made


def _noted(spec: Spec, plan: Mapping[str, Any]) -> Spec:
    """The experiment with what is to be said of its run."""
    before, notes = plan.get(_BEFORE, 0.0), list(spec.notes)
    if before:
        notes.append(f"runs of it before this one have cost {money(before)} USD, which its budget does not count")
    if (changed := plan.get(_LIMITS)) is not None:
        notes.append(f"changed while it ran: {changed}")
    return replace(spec, notes=tuple(notes))


def _but_for_limits(spec: Spec, plan: Mapping[str, Any]) -> bool:
    """Whether a run measures what is configured, and only how long it lasts and what it may cost has changed."""
    kept, own = plan.get("experiment"), spec.settings.model_dump(mode="json")
    return kept is not None and dict.fromkeys(_LIMITS_OF) | kept | {name: own[name] for name in _LIMITS_OF} == own


def _with_limits(spec: Spec, run: Run, store: Store) -> Run:
    """The run with the limits of now; what it has cost counts. One that ended at a limit, or was stopped, goes on; one
    that was refused, or is decided, is as it was. Blocking. Raises ``StoreError``."""
    own, before = spec.settings.model_dump(mode="json"), run.plan["experiment"]
    names = [name for name in _LIMITS_OF if own[name] != before.get(name)]
    said = ", ".join(f"{name} from {_said(before.get(name))} to {_said(own[name])}" for name in names)
    if run.state == RunState.STOPPED.value and not run.plan.get("reachable", True):
        return run  # nothing was asked: it is planned anew
    budget = None if spec.settings.budget_usd is None else micro(spec.settings.budget_usd)
    changes = {"experiment": own, _LIMITS: said}
    holds = budget is None or run.spent_micro < budget
    goes_on = run.state == RunState.STOPPED.value or (run.state == RunState.OUT_OF_BUDGET.value and holds)
    if goes_on and not run.plan.get(REMOVED):
        close_left(store, run)
        store.asking.resume(run.id, run.app or "")
        run = msgspec.structs.replace(run, state=RunState.RUNNING.value, ended_at=None)
    run = msgspec.structs.replace(run, version=spec.version, budget_micro=budget, plan={**run.plan, **changes})
    store.experiments.renew(run, changes)
    log.info("experiment %s goes on as run %s: %s; what it has cost counts", spec.name, run.id, said)
    return run


def _said(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def new_run(spec: Spec, settings: Settings, now: float) -> Run:
    """A run of an experiment that begins at ``now`` (Unix s)."""
    own = spec.settings
    return Run(
        id=f"{spec.name}-{secrets.token_hex(4)}",
        purpose=Purpose.SHADOW.value,
        subject=spec.name,
        name=spec.name,
        version=spec.version,
        app=own.app,
        model=own.candidate.model,
        created_at=now,
        budget_micro=None if own.budget_usd is None else micro(own.budget_usd),
        plan={
            "experiment": own.model_dump(mode="json"),
            "primary": spec.primary,
            "guards": list(spec.guards),
            "margins": {name: spec.margin(name) for name in spec.outcomes},
            "judge": _judge(spec, settings),
            _JUDGE_AT: _judge_at(spec, settings),
            "rate": settings.sampling.rate_of(own.app),
        },
    )


def as_agreed(spec: Spec, plan: Mapping[str, Any], settings: Settings) -> Spec | None:
    """The experiment with the outcomes of a run that goes on, by its plan; ``None`` where one of them is measured no
    more, or by another judge, so that the run cannot go on."""
    agreed = [plan.get("primary", spec.primary), *plan.get("guards", spec.guards)]
    if not set(agreed) <= set(spec.outcomes):
        return None
    later = [name for name in spec.outcomes if name not in agreed]
    notes = (f"not part of it, since it began without: {', '.join(later)}",) if later else ()
    found = replace(spec, primary=agreed[0], guards=tuple(agreed[1:]), notes=(*spec.notes, *notes))
    # A plan of before does not say who judges, or where.
    judge, at = _judge(found, settings), _judge_at(found, settings)
    return found if plan.get("judge", judge) == judge and plan.get(_JUDGE_AT, at) == at else None


def _judge(spec: Spec, settings: Settings) -> str | None:
    return settings.judge.model if spec.judged and settings.judge is not None else None


def _judge_at(spec: Spec, settings: Settings) -> str | None:
    if not spec.judged or settings.judge is None:
        return None
    return address(settings.judge.base_url)["address"]
