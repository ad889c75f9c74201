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


def chosen(settings: Settings) -> list[str]:
    """Names of the scorers that ``settings.scorers`` switches on, in table order.

    Raises ``ConfigError`` where the model directory of one is wrong.

    A scorer name that the configuration allows but this version lacks is logged and skipped. So an older version still
    starts with a file written for a newer one, as after a rollback.
    """
    for name in settings.scorers:
        if name not in FACTORIES:
            log.warning("scorers.%s: not built in this version; the others run", name)
    own = {str(name): scorer for name, scorer in settings.scorers.items()}
    for scorer, its in own.items():
        if its.model is not None:
            folder = Path(its.model)
            (distilled_card.read_card if distilled_card.is_one(folder) else read_card)(folder, scorer)
    return [scorer for scorer in FACTORIES if scorer in own]


def build(settings: Settings, wanted: Container[str] = FACTORIES) -> dict[str, Scorer]:
    """The scorers that are ``chosen``; of those, the ``wanted`` ones. It takes half a second at first."""
    own = {str(name): scorer for name, scorer in settings.scorers.items()}
    return {name: FACTORIES[name](own[name]) for name in chosen(settings) if name in wanted}


def targets(settings: Settings | None = None) -> dict[str, str]:
    """Scorer -> ``module:function`` of its factory: what a scorer process imports. Model directories are run there."""
    found = {name: f"{factory.module}:{factory.function}" for name, factory in FACTORIES.items()}
    for scorer, own in settings.scorers.items() if settings else ():
        if own.model is not None:
            found[str(scorer)] = _DISTILLED if distilled_card.is_one(Path(own.model)) else _MODELLED
    return found
