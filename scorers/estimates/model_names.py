"""Which models are counted under their own names; all others are counted as ``other``.

Clients can request any model name, and a provider answers an invented one with an error. So a name is used only if it
is in Settings or has answered. There are at most ``models.max`` names. Where ``models.allow`` is set, only listed names
count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from proxy.config.settings import Settings
from proxy.telemetry.label_values import OTHER, known_limit, known_models, presentable

#: The name under which a model is counted.
Label = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The names listed in Settings, and how many names there may be in all."""

    known: frozenset[str] = field(default_factory=frozenset)
    limit: int = 30

    @classmethod
    def of(cls, settings: Settings) -> ModelNames:
        """The names of ``settings``."""
        return cls(frozenset(known_models(settings)), known_limit(settings))

    def admits(self, name: str, others: int) -> bool:
        """Whether ``name``, which answered, may be added to ``others`` names that are not listed in Settings."""
        return name in self.known or (others < self.limit - len(self.known) and presentable(name))

    def labels(self, answers: Mapping[str, int]) -> Label:
        """The label of each name, given its number of answers. The free places go to the names with the most
        answers."""
        wanted = sorted((n for n in answers if answers[n] and n not in self.known), key=lambda n: (-answers[n], n))
        free = max(0, self.limit - len(self.known))
        own = self.known | set([name for name in wanted if presentable(name)][:free])
        return lambda name: name if name in own else OTHER
