"""What the lines of the drift feed say: the values that they give for signals, and the dimensions behind them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache

from scorers.drift.causes import NONE
from scorers.drift.signals import Value
from scorers.estimates.rates import ALL
from scorers.score import HINTS, Verdict
from scorers.store.drift import FACTS
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


class Dimensions(dict[str, str]):
    """The dimensions that may have changed, by name. Those of equal facts are one object, so that they are counted
    together. It keeps a copy for each version of a scorer, of which a store has few."""

    __slots__ = ("_by_version",)

    def __init__(self, named: Mapping[str, str]) -> None:
        super().__init__(named)
        self._by_version: dict[str, dict[str, str]] = {}

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
    line: Observation,
    model: str,
    dimensions: Dimensions,
    counted: Container[str] = (),
    of_all: Container[str] = (),
) -> list[tuple[Key, Value]]:
    """The values that one line of the feed gives for signals. ``counted``: the signals of the model that its
    conversation has been counted in, and ``of_all``: those of all models. It gives them no further value."""
    app, at, facts = line.app, line.at, line.facts
    if line.source != FACTS:
        return _score_values(line, model, dimensions, counted)
    mixes = (("app", ALL, app), ("model", app, model), ("language", app, None), ("length", app, None))
    found: list[tuple[Key, Value]] = [
        ((name, of, ALL), Value(at, category=dimensions[mix] if category is None else category))
        for mix, of, category in mixes
        if (name := f"mix.{mix}") not in of_all
    ]
    measured = {
        "latency.time_to_first_token": facts.first_token,
        "latency.duration": facts.duration,
        "cost.per_request": facts.cost,
    }
    for name, number in measured.items():
        if number is not None and name not in counted:
            found.append(((name, app, model), Value(at, number, dimensions=dimensions)))
    return found


def _score_values(
    line: Observation, model: str, dimensions: Dimensions, counted: Container[str]
) -> list[tuple[Key, Value]]:
    """For each output, the share of answers in which the event happened, and the mean score."""
    source, app, at = line.source, line.app, line.at
    sums: dict[str, tuple[float, float, float, str]] = {}
    for output, version, weight, value, verdict in line.scores:
        if value is None or (source, output) in HINTS or _names(source, output)[1] in counted:
            continue
        yes = weight if verdict == _YES else 0.0
        own = sums.get(output)
        if own is None:
            sums[output] = weight, yes, weight * value, version
        else:
            sums[output] = own[0] + weight, own[1] + yes, own[2] + weight * value, version
    found: list[tuple[Key, Value]] = []
    for output, (weight, yes, total, version) in sums.items():
        if weight <= 0:
            continue
        named = dimensions.with_version(version)
        share, shape = _names(source, output)
        if share not in counted:
            found.append(((share, app, model), Value(at, min(1.0, yes / weight), dimensions=named)))
        found.append(((shape, app, model), Value(at, min(1.0, total / weight), dimensions=named)))
    return found


@lru_cache(maxsize=4096)
def _names(source: str, output: str) -> tuple[str, str]:
    """The two signals of an output: the share of answers with the event, and the shape of the scores."""
    return f"{source}.{output}", f"{source}.{output}.shape"
