"""Which models have a name of their own where answers are counted; all others are ``other``.

Clients can ask for any name, and a provider answers an invented one with an error. So a name has to be in Settings, or
to have answered, and there are at most ``models.max`` of them; where ``models.allow`` is given only listed ones count.
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
    """Names that Settings spell out, and how many there may be in all."""

    known: frozenset[str] = field(default_factory=frozenset)
    limit: int = 30

    @classmethod
    def of(cls, settings: Settings) -> ModelNames:
        """Those of ``settings``."""
        return cls(frozenset(known_models(settings)), known_limit(settings))

    def admits(self, name: str, others: int) -> bool:
        """Whether ``name``, which answered, has a place beside ``others`` names that Settings do not spell out."""
        return name in self.known or (others < self.limit - len(self.known) and presentable(name))

    def labels(self, answers: Mapping[str, int]) -> Label:
        """The label of each name, by its number of answers: the free places go to those with the most."""
        wanted = sorted((n for n in answers if answers[n] and n not in self.known), key=lambda n: (-answers[n], n))
        free = max(0, self.limit - len(self.known))
        own = self.known | set([name for name in wanted if presentable(name)][:free])
        return lambda name: name if name in own else OTHER
