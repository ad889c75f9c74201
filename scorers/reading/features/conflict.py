"""What speaks against one claim in the documents: replaced numbers and names, negation, opposites, rivals of a kind.

The window of two chunks that holds most of the rest of the claim is taken as the place that talks of the same thing.
Measures are in [0, 1], and none is in a claim that repeats its window word by word.
"""

from __future__ import annotations

from scorers.reading.features.documents import Evidence, readable
from scorers.reading.features.lexicon import KINDS, NEGATIONS, OPPOSITES
from scorers.reading.features.support import Support
from scorers.reading.text import STEMS, stem, words
from scorers.reading.values.values import rival

#: Order of ``conflict``.
CONFLICTS = (
    *("number", "number_there", "name", "name_there", "negated", "negated_there", "unnegated", "opposite", "kind"),
    "apart",
)


def conflict(found: Support, evidence: Evidence) -> tuple[float, ...]:
    """The measures of one claim, in the order of ``CONFLICTS``."""
    odd = {stem(name) for name in found.names}.union(map(evidence.stand_for, found.new))
    coverage, position = (
        found.best
        if odd.isdisjoint(found.weights)
        else evidence.best_window({t: w for t, w in found.weights.items() if t not in odd})
    )
    window = evidence.window(position)
    tokens = found.tokens
    if "&" in found.text:  # a character reference that was written twice over
        tokens = words(readable(found.text))
    new = found.new
    there = window.values if new else []
    clash = float(any(rival(one, other) for one in new for other in there if other not in found.values))
    negates, negated_there = _negates(tokens), _negates(window.tokens)
    negated = negates and not negated_there
    stems = set(map(STEMS.__getitem__, tokens))
    claim, place = stems - window.stems, window.stems - stems
    return (
        min(1.0, len(new) / 2),
        clash * coverage,
        min(1.0, len(found.names) / 2),
        bool(found.names) * coverage,
        float(negated),
        negated * coverage,
        float(negated_there and not negates) * coverage,
        _exclusive(claim, place, OPPOSITES) * (0.5 + 0.5 * coverage),
        _exclusive(claim, place, KINDS) * (0.5 + 0.5 * coverage),
        found.measures[0],
    )


def _negates(tokens: list[str]) -> bool:
    return not NEGATIONS.isdisjoint(tokens)


def _exclusive(claim: set[str], place: set[str], table: dict[str, frozenset[str]]) -> float:
    """How many stems that only the claim has (none, one, two or more) have a rival among those of the window alone."""
    return min(1.0, sum(not place.isdisjoint(table[word]) for word in table.keys() & claim) / 2)
