"""The beginning and the end of a run that command and worker share: the scorers that judge, and the stored result."""

from __future__ import annotations

from typing import Any

from proxy.config.settings import ScorerSettings
from scorers.probes import change, result
from scorers.registry import FACTORIES
from scorers.score import Scorer
from scorers.store.asking import AskStore, Purpose, RunState

_SCORERS = ("clarification", "abstention", "refusal")


def judges() -> dict[str, Scorer]:
    """The scorers that say what an answer does, whether or not the configuration runs them on production."""
    return {name: FACTORIES[name](ScorerSettings()) for name in _SCORERS}


def concluded(store: AskStore, run: str, app: str, state: RunState) -> dict[str, Any]:
    """End a run: its result with what changed since the runs before, kept in the store. Blocking."""
    stored = store.run(run)
    assert stored is not None
    earlier = [other.result for other in store.runs(app, Purpose.PROBE.value) if other.id != run and other.result]
    found = change.compared(result.document(stored, store.asks(run)), earlier)
    store.finish(run, state, found)
    return found
