"""What speaks against one claim in the documents: replaced numbers and names, negation, opposites, rivals of a kind.

The window of two chunks that holds most of the rest of the claim is taken as the place that talks of the same thing.
Measures are in [0, 1], and none is in a claim that repeats its window word by word.
"""

from __future__ import annotations

from scorers.reading.features.documents import Evidence, readable
from scorers.reading.features.lexicon import KINDS, NEGATIONS, OPPOSITES
from scorers.reading.features.support import Support, figures
from scorers.reading.text import stem, words

#: Order of ``conflict``.
CONFLICTS = (
    *("number", "number_there", "name", "name_there", "negated", "negated_there", "unnegated", "opposite", "kind"),
    "apart",
)


def conflict(found: Support, evidence: Evidence) -> tuple[float, ...]:
    """The measures of one claim, in the order of ``CONFLICTS``."""
    text = readable(found.text)
    odd = {stem(name) for name in found.names} | found.numbers
    coverage, position = evidence.best_window({t: w for t, w in found.weights.items() if t not in odd})
    window = readable(evidence.window(position))
    said, there = words(text), words(window)
    new = figures(text) - evidence.numbers
    clash = float(bool(new and figures(window) - figures(text)))
    negated = _negates(said) and not _negates(there)
    return (
        min(1.0, len(new) / 2),
        clash * coverage,
        min(1.0, len(found.names) / 2),
        bool(found.names) * coverage,
        float(negated),
        negated * coverage,
        float(_negates(there) and not _negates(said)) * coverage,
        _exclusive(said, there, OPPOSITES) * (0.5 + 0.5 * coverage),
        _exclusive(said, there, KINDS) * (0.5 + 0.5 * coverage),
        found.measures[0],
    )


def _negates(tokens: list[str]) -> bool:
    return not NEGATIONS.isdisjoint(tokens)


def _exclusive(said: list[str], there: list[str], table: dict[str, frozenset[str]]) -> float:
    """How many words of the claim (none, one, two or more) have a rival in the window and are not in it."""
    claim, place = set(map(stem, said)), set(map(stem, there))
    return min(1.0, sum(bool(table.get(word, frozenset()) & (place - claim)) for word in claim - place) / 2)
