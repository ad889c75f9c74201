"""When what stands behind a model last changed: a served model, fingerprint, prompt or tools never seen before."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: Kinds of ``sightglass_upstream_change_timestamp_seconds``.
KINDS = ("response_model", "system_fingerprint", "system_prompt", "tools", "provider")
#: What the application sends: leaving it out is something to be seen too. Upstreams do not always send the others.
_SENT = ("system_prompt", "tools")
#: The value of a kind that was not sent; no hash is empty.
_ABSENT = ""
#: Sightings that make a value a change: one odd answer is none.
SIGHTINGS = 3
_REMEMBERED = 20


class Sight(msgspec.Struct, array_like=True):
    """A value's first sight (Unix s), and how often it was seen."""

    first_at: float
    n: int = 0


class Upstream(msgspec.Struct, omit_defaults=True):
    """What was seen behind one model, by kind and value; ``changed``: kind -> Unix s of its last change."""

    known: dict[str, dict[str, Sight]] = {}
    changed: dict[str, float] = {}

    def see(self, dimensions: Mapping[str, str], at: float) -> None:
        """Note one request. The first value of a kind is no change; the third sight of a later one is.

        That no tools or no system prompt came is such a value.
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
            sight.n += 1
            if sight.n == SIGHTINGS:
                self.changed[kind] = max(sight.first_at, self.changed.get(kind, 0.0))
