"""Shutdown dates of the models in use, taken from provider model lists that pass through the proxy."""

from __future__ import annotations

from collections.abc import Mapping

from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import OTHER

_NAME, _DROPPED = "sightglass_model_shutdown_timestamp_seconds", "sightglass_model_shutdowns_dropped_total"
#: Models of one upstream whose date is remembered; the rest of a longer list is left out, and counted.
_MOST = 2000


class Shutdowns:
    """Exports the announced date of each model that has its own label value, and of no other.

    A model list can name hundreds of models.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments
        self._dates: dict[str, dict[str, float]] = {}
        self._models: set[str] = set()
        self._shown: set[tuple[str, str]] = set()

    def listed(self, upstream: str, dates: Mapping[str, float | None], dropped: int = 0) -> None:
        """A model list came from ``upstream``, with dates in Unix seconds; ``None``: no date announced. ``dropped``: so
        many of its models were not read."""
        known = self._dates.setdefault(upstream, {})
        for model, at in dates.items():
            if at is None:
                known.pop(model, None)
            elif model in known or len(known) < _MOST:
                known[model] = at
            else:
                dropped += 1
            if model in self._models:
                self._show(upstream, model)
        if dropped:
            self._instruments.counter(_DROPPED, upstream).inc(dropped)

    def in_use(self, model: str) -> None:
        """``model`` has its own label value."""
        if model == OTHER or model in self._models:
            return
        self._models.add(model)
        for upstream in self._dates:
            self._show(upstream, model)

    def _show(self, upstream: str, model: str) -> None:
        at = self._dates[upstream].get(model)
        if at is not None:
            self._instruments.gauge(_NAME, upstream, model).set(at)
            self._shown.add((upstream, model))
        elif (upstream, model) in self._shown:
            self._instruments.remove(_NAME, upstream, model)
            self._shown.discard((upstream, model))
