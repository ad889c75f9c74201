"""What speaks against one claim in the documents: another value or name, a negation, an opposite, a rival of a kind.

Only where the documents speak of the same thing: the window of two chunks that holds most of the rest of the claim must
hold enough of it (``alignment``). Else every measure is zero: what documents do not mention they do not contradict.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from scorers.reading.features.concepts import CONCEPTS
from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import Window, readable
from scorers.reading.features.lexicon import KINDS, NEGATIONS, OPPOSITES
from scorers.reading.features.support import Support
from scorers.reading.text import STEMS, words
from scorers.reading.values.values import rival

#: Order of ``conflict``; each in [0, 1].
CONFLICTS = ("value", "name", "negated", "unnegated", "opposite", "kind")
#: Share of the claim's weight, its new values and names apart, below which nothing is said and from which all counts.
_LEAST, _FULL = 0.35, 0.7
#: Of a record a row says the same thing with fewer of the claim's words: its names are those of the fields.
_LEAST_OF_RECORDS = 0.2


def conflict(found: Support, evidence: Evidence) -> tuple[float, ...]:
    """The measures of one claim, in the order of ``CONFLICTS``."""
    coverage, position = found.best
    if found.names or found.new:
        odd = {CONCEPTS[name] for name in found.names}.union(map(evidence.stand_for, found.new))
        if not odd.isdisjoint(found.weights):
            coverage, position = evidence.best_window({t: w for t, w in found.weights.items() if t not in odd})
    aligned = alignment(coverage, records=evidence.records)
    if not aligned:
        return NOTHING
    window = evidence.window(position)
    tokens = found.tokens
    if "&" in found.text:  # a character reference that was written twice over
        tokens = words(readable(found.text))
    negates, negated_there = _negates(tokens, found.text), _negates(window.tokens, window.text)
    claim, place = _apart(tokens, window)
    return (
        aligned * _replaced(found, window),
        aligned * bool(found.names and window.names - found.capitals),
        aligned * (negates and not negated_there),
        aligned * (negated_there and not negates),
        aligned * _exclusive(claim, place, OPPOSITES),
        aligned * _exclusive(claim, place, KINDS),
    )


_COMPOUND = re.compile(r"\b(?:no|not|never|non|without)-\w+(?:-\w+)*|\bno\. ?(?=\d)", re.IGNORECASE)
#: Stems that have a rival in one of the tables.
_RIVALLED = frozenset((*OPPOSITES, *KINDS))
_NO_STEMS: frozenset[str] = frozenset()
NOTHING = (0.0,) * len(CONFLICTS)


def alignment(coverage: float, *, records: bool) -> float:
    """How surely a window speaks of the same thing, by the share of the claim that it holds."""
    least = _LEAST_OF_RECORDS if records else _LEAST
    return min(1.0, max(0.0, (coverage - least) / (_FULL - least)))


def _replaced(found: Support, window: Window) -> float:
    """Whether a value that no document holds stands where the window has another one of its kind."""
    if not found.new:
        return 0.0
    others = [value for value in window.values if value not in found.values]
    return float(any(rival(new, other) for new in found.new for other in others))


def _negates(tokens: list[str], text: str) -> bool:
    """Whether there is a word of negation that is no part of a compound (never-before-seen, no-brainer), nor of a
    number (no. 12)."""
    if "-" in text or "o. " in text:
        tokens = words(_COMPOUND.sub(" ", text))
    return not NEGATIONS.isdisjoint(tokens)


def _apart(tokens: list[str], window: Window) -> tuple[AbstractSet[str], AbstractSet[str]]:
    """The stems that the claim alone has, of those that have a rival; where there is one, those of the window alone."""
    claim = _RIVALLED.intersection(map(STEMS.__getitem__, tokens))
    claim = claim and claim - window.stems
    return claim, window.stems.difference(map(STEMS.__getitem__, tokens)) if claim else _NO_STEMS


def _exclusive(claim: AbstractSet[str], place: AbstractSet[str], table: dict[str, frozenset[str]]) -> float:
    """How many stems that only the claim has (none, one, two or more) have a rival among those of the window alone."""
    known = [word for word in claim if word in table]
    return min(1.0, sum([not place.isdisjoint(table[word]) for word in known]) / 2) if known else 0.0
