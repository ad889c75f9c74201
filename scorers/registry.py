"""The explicit, ordered table of scorers, and which of them the settings switch on.

A scorer's module is imported when its factory is called: most commands, and the worker itself, need only its name.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proxy.config.settings import ScorerSettings, Settings
from scorers.distilled import card as distilled_card
from scorers.onnx.card import read_card
from scorers.score import Scorer

if TYPE_CHECKING:
    from scorers.reading.reading import ReadingScorer

log = logging.getLogger("sightglass.worker")

_MODELLED = "scorers.onnx.model:modelled"
_DISTILLED = "scorers.distilled.scorer:distilled"


class Factory(NamedTuple):
    """Where a scorer is made, and the way there."""

    module: str
    function: str

    def __call__(self, settings: ScorerSettings) -> ReadingScorer:
        """The scorer with these settings."""
        made: ReadingScorer = getattr(importlib.import_module(self.module), self.function)(settings)
        return made


#: Name in the settings -> factory, in the order in which they run and are shown.
FACTORIES: dict[str, Factory] = {
    "refusal": Factory("scorers.refusal", "refusal"),
    "groundedness": Factory("scorers.groundedness", "groundedness"),
    "abstention": Factory("scorers.abstention", "abstention"),
    "clarification": Factory("scorers.clarification", "clarification"),
    "context_utilization": Factory("scorers.context_utilization", "context_utilization"),
    "prompt_injection": Factory("scorers.prompt_injection", "prompt_injection"),
    "format": Factory("scorers.format", "format_validity"),
}


def build(settings: Settings, wanted: Container[str] = FACTORIES) -> dict[str, Scorer]:
    """The scorers that ``settings.scorers`` names, in table order; of those, the ``wanted`` ones.

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
    return {name: factory(chosen[name]) for name, factory in FACTORIES.items() if name in chosen and name in wanted}


def targets(settings: Settings | None = None) -> dict[str, str]:
    """Scorer -> ``module:function`` of its factory: what a scorer process imports. Model directories are run there."""
    found = {name: f"{factory.module}:{factory.function}" for name, factory in FACTORIES.items()}
    for scorer, own in settings.scorers.items() if settings else ():
        if own.model is not None:
            found[str(scorer)] = _DISTILLED if distilled_card.is_one(Path(own.model)) else _MODELLED
    return found
