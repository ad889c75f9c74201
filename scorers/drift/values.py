"""What the drift feed says: the values that they give for signals, and the dimensions behind them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from scorers.drift.causes import NONE
from scorers.drift.signals import Value
from scorers.drift.upstream import KINDS
from scorers.estimates.rates import ALL
from scorers.score import HINTS, Verdict
from scorers.store.records import Facts, Observation

#: A signal: its name, app and model.
Key = tuple[str, str, str]
_VERSION = "scorer_version"
#: The facts that are dimensions, under the same names.
_FACTS = (
    *("response_model", "system_fingerprint", "provider", "system_prompt", "tools", "parameters"),
    *("length", "language"),
)
_YES = Verdict.YES.value
_MIXES = frozenset({"mix.app", "mix.model", "mix.language", "mix.length"})


class Dimensions(dict[str, str]):
    """The dimensions that may have changed, by name. Those of equal facts are one object, so that they are counted
    together. It keeps a copy for each version of a scorer, of which a store has few."""

    __slots__ = ("_by_version", "sent")

    def __init__(self, named: Mapping[str, str]) -> None:
        super().__init__(named)
        self._by_version: dict[str, dict[str, str]] = {}
        #: Those that tell an upstream's changes, as far as they were sent.
        self.sent = {name: named[name] for name in KINDS if named[name] != NONE}

    def with_version(self, version: str) -> dict[str, str]:
        """These and the version of a scorer."""
        found = self._by_version.get(version)
        if found is None:
            found = self._by_version[version] = {**self, _VERSION: version}
        return found


def dimensions_of(facts: Facts) -> Dimensions:
    """The dimensions that may have changed. The value of a field that was not sent is ``(none)``."""
    return _dimensions(*(getattr(facts, name) for name in _FACTS))


@lru_cache(maxsize=1024)
def _dimensions(*values: str | None) -> Dimensions:
    return Dimensions({name: value or NONE for name, value in zip(_FACTS, values, strict=True)})


def values_of(
    seen: Observation,
    model: str,
    dimensions: Dimensions,
    counted: AbstractSet[str] = frozenset(),
    of_all: AbstractSet[str] = frozenset(),
) -> list[tuple[Key, Value]]:
    """The values that what the feed has of a sample gives for signals. ``counted``: the signals of the model that its
    conversation has been counted in, and ``of_all``: those of all models. It gives them no further value."""
    found: list[tuple[Key, Value]] = []
    if seen.told:
        if not of_all >= _MIXES:
            found += _mix_values(seen, model, dimensions, of_all)
        facts, app, at = seen.facts, seen.app, seen.at
        for name, number in (
            ("latency.time_to_first_token", facts.first_token),
            ("latency.duration", facts.duration),
            ("cost.per_request", facts.cost),
        ):
            if number is not None and name not in counted:
                found.append(((name, app, model), Value(at, number, dimensions=dimensions)))
    for source, scores in seen.scores.items():
        for score in scores:
            names = _names(source, score.output)
            if score.value is not None and names is not None and names[1] not in counted:
                found += _score_values(seen, source, model, dimensions, counted)
                break
    return found


def _mix_values(
    seen: Observation, model: str, dimensions: Dimensions, of_all: AbstractSet[str]
) -> list[tuple[Key, Value]]:
    app = seen.app
    mixes = (("app", ALL, app), ("model", app, model), ("language", app, None), ("length", app, None))
    return [
        ((name, of, ALL), Value(seen.at, category=dimensions[mix] if category is None else category))
        for mix, of, category in mixes
        if (name := f"mix.{mix}") not in of_all
    ]


def _score_values(
    seen: Observation, source: str, model: str, dimensions: Dimensions, counted: AbstractSet[str]
) -> list[tuple[Key, Value]]:
    """For each output, the share of answers in which the event happened, and the mean score."""
    app, at = seen.app, seen.at
    sums: dict[tuple[str, str], tuple[float, float, float, str]] = {}
    for score in seen.scores[source]:
        names, value, weight, version = _names(source, score.output), score.value, score.weight, score.version
        if value is None or names is None or names[1] in counted:
            continue
        yes = weight if score.verdict == _YES else 0.0
        own = sums.get(names)
        if own is None:
            sums[names] = weight, yes, weight * value, version
        else:
            sums[names] = own[0] + weight, own[1] + yes, own[2] + weight * value, version
    found: list[tuple[Key, Value]] = []
    for (share, shape), (weight, yes, total, version) in sums.items():
        if weight <= 0:
            continue
        named = dimensions.with_version(version)
        if share not in counted:
            found.append(((share, app, model), Value(at, min(1.0, yes / weight), dimensions=named)))
        found.append(((shape, app, model), Value(at, min(1.0, total / weight), dimensions=named)))
    return found


@lru_cache(maxsize=4096)
def _names(source: str, output: str) -> tuple[str, str] | None:
    """The two signals of an output: the share of answers with the event, and the shape of the scores. A hint has
    none."""
    return None if (source, output) in HINTS else (f"{source}.{output}", f"{source}.{output}.shape")
