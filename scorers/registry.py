"""The explicit, ordered table of scorers, and which of them the settings switch on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from proxy.config.settings import ScorerSettings, Settings
from scorers.abstention import abstention
from scorers.clarification import clarification
from scorers.context_utilization import context_utilization
from scorers.distilled import card as distilled_card
from scorers.format import format_validity
from scorers.groundedness import groundedness
from scorers.onnx.card import read_card
from scorers.prompt_injection import prompt_injection
from scorers.reading.reading import ReadingScorer
from scorers.refusal import refusal
from scorers.score import Scorer

log = logging.getLogger("sightglass.worker")

#: Not imported here: it needs the extra ``onnx``.
_MODELLED = "scorers.onnx.model:modelled"
_DISTILLED = "scorers.distilled.scorer:distilled"

Factory = Callable[[ScorerSettings], ReadingScorer]

#: Name in the settings -> factory, in the order in which they run and are shown.
FACTORIES: dict[str, Factory] = {
    "refusal": refusal,
    "groundedness": groundedness,
    "abstention": abstention,
    "clarification": clarification,
    "context_utilization": context_utilization,
    "prompt_injection": prompt_injection,
    "format": format_validity,
}


def build(settings: Settings) -> dict[str, Scorer]:
    """The scorers that ``settings.scorers`` names, in table order.

    A scorer name that the configuration allows but this version lacks is logged and skipped. So an older version still
    starts with a file written for a newer one, as after a rollback.
    """
    for name in settings.scorers:
        if name not in FACTORIES:
            log.warning("scorers.%s: not built in this version; the others run", name)
    chosen: dict[str, ScorerSettings] = {str(name): own for name, own in settings.scorers.items()}
    for scorer, own in chosen.items():
        if own.model is not None:
            folder = Path(own.model)
            (distilled_card.read_card if distilled_card.is_one(folder) else read_card)(folder, scorer)
    return {name: factory(chosen[name]) for name, factory in FACTORIES.items() if name in chosen}


def targets(settings: Settings | None = None) -> dict[str, str]:
    """Scorer -> ``module:function`` of its factory: what a scorer process imports. Model directories are run there."""
    found = {name: f"{factory.__module__}:{factory.__name__}" for name, factory in FACTORIES.items()}
    for scorer, own in settings.scorers.items() if settings else ():
        if own.model is not None:
            found[str(scorer)] = _DISTILLED if distilled_card.is_one(Path(own.model)) else _MODELLED
    return found
