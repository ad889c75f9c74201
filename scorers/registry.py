"""The explicit, ordered table of scorers, and those that the settings switch on."""

from __future__ import annotations

from collections.abc import Callable

from proxy.errors import ConfigError
from proxy.settings import ScorerSettings, Settings
from scorers.groundedness import groundedness
from scorers.refusal import refusal
from scorers.score import Scorer

Factory = Callable[[ScorerSettings], Scorer]

#: Name in the settings -> factory, in the order in which they run and are shown.
FACTORIES: dict[str, Factory] = {
    "refusal": refusal,
    "groundedness": groundedness,
}


def build(settings: Settings) -> dict[str, Scorer]:
    """The scorers that ``settings.scorers`` names, in table order.

    Raises ``ConfigError`` with one line for each name that has no factory, beginning ``scorers.NAME``.
    """
    missing = [name for name in settings.scorers if name not in FACTORIES]
    if missing:
        raise ConfigError([f"scorers.{name}: not built in this version" for name in missing])
    chosen: dict[str, ScorerSettings] = {str(name): own for name, own in settings.scorers.items()}
    return {name: factory(chosen[name]) for name, factory in FACTORIES.items() if name in chosen}
