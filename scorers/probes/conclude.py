"""The beginning and the end of a run that command and worker share: the scorers that judge, and the stored result."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from proxy.config.settings import ScorerSettings
from scorers.probes import change, result
from scorers.registry import FACTORIES
from scorers.score import Scorer
from scorers.statistics.attack_rates import JudgeLabels
from scorers.store.asking import AskStore
from scorers.store.runs import Purpose, RunState

_SCORERS = ("clarification", "abstention", "refusal")


def judges() -> dict[str, Scorer]:
    """The scorers that say what an answer does, whether or not the configuration runs them on production."""
    return {name: FACTORIES[name](ScorerSettings()) for name in _SCORERS}


def concluded(store: AskStore, run: str, app: str, state: RunState) -> dict[str, Any]:
    """End a run: its result with what changed since the runs before, kept in the store. Blocking."""
    stored = store.run(run)
    assert stored is not None
    began = stored.created_at
    earlier = [
        other.result for other in store.runs(app, Purpose.PROBE.value) if other.created_at < began and other.result
    ]
    found = change.compared(result.document(stored, store.asks(run), labels(store)), earlier)
    store.finish(run, state, found)
    return found


def labels(store: AskStore) -> dict[str, JudgeLabels]:
    """Battery -> how often its scorers were right, on the answers that people have labelled. Blocking."""
    counts: dict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    for ask in store.labelled(Purpose.PROBE.value):
        said = next(str(check["label"]) for check in ask.checks if "label" in check)
        counts[ask.arm][said, bool(ask.passed)] += 1
    return {
        battery: JudgeLabels(
            positives=own["yes", True] + own["yes", False],
            found=own["yes", True],
            negatives=own["no", True] + own["no", False],
            alarms=own["no", True],
        )
        for battery, own in counts.items()
    }
