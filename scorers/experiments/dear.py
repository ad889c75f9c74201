"""Whether an experiment costs far more than was estimated. Then it asks nothing until somebody has looked.

All of it is read from the store, so that a worker that starts again comes to the same. ``accept`` is what a person says
who goes on all the same: what pairs have cost so far is the estimate from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scorers.statistics.planning import money
from scorers.store.experiments import PairState
from scorers.store.runs import MICRO, Run, micro
from scorers.store.store import Store

_TOO_DEAR = "it costs more than three times what was estimated"
#: Above this multiple of the estimate an experiment waits for somebody to look; below the second (micro-dollars) no
#: estimate is missed by much that matters.
_TOO_MUCH, _SMALL = 3.0, 10_000
#: Pairs that must have ended before an estimate is called missed.
_LEAST = 5
#: In the plan of a run: USD of both arms of a pair that somebody has accepted.
_ACCEPTED = "accepted_usd_of_arms"


@dataclass(slots=True)
class Cost:
    """Pairs of a run that have ended, what its calls that were not interrupted were charged in micro-dollars, and how
    many of them were charged the most that they may cost, since nobody told."""

    pairs: int = 0
    micro: int = 0
    assumed: int = 0

    def too_dear(self, name: str, plan: Mapping[str, Any]) -> str | None:
        """Why the experiment of this name waits for somebody, by the ``plan`` of its run; ``None``: it need not."""
        estimate = estimate_of(plan)
        if estimate is None or self.pairs < _LEAST:
            return None
        if self.micro <= max(_SMALL, _TOO_MUCH * micro(estimate) * self.pairs):
            return None
        assumed = f"; {self.assumed} calls of unknown cost were charged the most they may" if self.assumed else ""
        each = f"{money(self.micro / MICRO / self.pairs)} USD a pair, and {money(estimate)} was"
        instead = f"`sightglass experiment resume {name}` goes on at that cost, `stop` ends it"
        return f"{_TOO_DEAR}: {each}{assumed}. {instead}"


def cost_of(store: Store, run: str) -> Cost:
    """What a run has cost so far. Blocking. Raises ``StoreError``."""
    charged, assumed = store.experiments.charged(run)
    ended = sum(n for (state, _), n in store.experiments.counts(run).items() if state == PairState.DONE.value)
    return Cost(ended, charged, assumed)


def estimate_of(plan: Mapping[str, Any]) -> float | None:
    """USD that the arms of a pair are estimated to cost; ``None`` before there is a plan."""
    found: float | None = plan.get("usd_of_arms", plan.get("usd_per_pair"))
    accepted: float | None = plan.get(_ACCEPTED)
    return found if found is None or accepted is None else max(found, accepted)


def accept(store: Store, run: Run) -> float | None:
    """Go on at what pairs have cost so far, and say how much that is in USD; ``None``, with nothing changed, where the
    run does not wait for somebody. Blocking. Raises ``StoreError``."""
    cost = cost_of(store, run.id)
    if cost.too_dear(run.name or "", run.plan) is None:
        return None
    usd = cost.micro / MICRO / cost.pairs
    store.experiments.plan(run.id, {_ACCEPTED: usd})
    store.experiments.pause(run.id, None)
    return usd
