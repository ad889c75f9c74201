"""Detects upstream changes of a model: a served model, fingerprint, prompt or tools that were never seen before."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: Kinds of ``sightglass_upstream_change_timestamp_seconds``.
KINDS = ("response_model", "system_fingerprint", "system_prompt", "tools", "provider")
#: Sent by the application, so leaving it out is also a value. Upstreams do not always send the others.
_SENT = ("system_prompt", "tools")
#: The value of a kind that was not sent; no hash is empty.
_ABSENT = ""
#: Sightings that make a new value a change: a single odd answer is not one.
SIGHTINGS = 3
_REMEMBERED = 20


class Sight(msgspec.Struct, array_like=True):
    """When a value was first seen (Unix s), and how often it was seen."""

    first_at: float
    n: int = 0


class Upstream(msgspec.Struct, omit_defaults=True):
    """The values seen behind one model, by kind and value. ``changed``: kind -> Unix s of its last change."""

    known: dict[str, dict[str, Sight]] = {}
    changed: dict[str, float] = {}

    def see(self, dimensions: Mapping[str, str], at: float, times: int = 1) -> None:
        """Record one request, or so many alike that came one after another, the first of them ``at`` (Unix s).

        The first value of a kind is not a change; the third sighting of a later one is.

        Sending no tools or no system prompt also counts as a value.
        """
        for kind in KINDS:
            value = dimensions.get(kind, _ABSENT if kind in _SENT else None)
            if value is None:
                continue
            known = self.known.setdefault(kind, {})
            first = not known
            if value not in known and len(known) >= _REMEMBERED:
                del known[min(known, key=lambda name: (known[name].n, known[name].first_at))]
            sight = known.setdefault(value, Sight(at, SIGHTINGS if first else 0))
            before, sight.n = sight.n, sight.n + times
            if before < SIGHTINGS <= sight.n:
                self.changed[kind] = max(sight.first_at, self.changed.get(kind, 0.0))
