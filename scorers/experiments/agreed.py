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

from proxy.config.settings import Settings
from scorers.experiments.left import REMOVED, close_left
from scorers.experiments.spec import Spec
from scorers.store.experiments import Enrolment
from scorers.store.runs import Purpose, Run, RunState, micro
from scorers.store.store import Store

log = logging.getLogger("sightglass.worker")

#: How far back a new experiment draws samples, in seconds.
_BACK = 86_400.0


def run_for(spec: Spec, store: Store, settings: Settings, now: float) -> tuple[Spec, Run]:
    """The run of an experiment: the newest, or a new one where that has another configuration or there was one without
    it since, with its outcomes. A run that is over is closed. Blocking. Raises ``StoreError``."""
    run = store.experiments.current(spec.name)
    if run is not None and run.version == spec.version:
        if run.state != RunState.RUNNING.value:
            close_left(store, run)
            if not run.plan.get(REMOVED):
                return spec, run
        elif (agreed := as_agreed(spec, run.plan, settings)) is not None:
            return agreed, run
        else:
            log.warning("experiment %s: its outcomes or its judge are no more what it began with: a new run", spec.name)
    if run is not None:
        close_left(store, run)
    run = new_run(spec, settings, now)
    store.experiments.begin(run, Enrolment(now - _BACK))
    log.info("experiment %s begins as run %s", spec.name, run.id)
    return spec, run


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
    judge = _judge(found, settings)
    return found if plan.get("judge", judge) == judge else None  # a plan of before does not say who judges


def _judge(spec: Spec, settings: Settings) -> str | None:
    return settings.judge.model if spec.judged and settings.judge is not None else None
