"""How much of one claim the documents hold: the measures that the heads of groundedness weigh.

Every measure is in [0, 1] and larger means less support, so that no head can reward what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scorers.reading.features.claims import GLUE, LIGHT, bare
from scorers.reading.features.documents import Evidence, readable
from scorers.reading.text import content, names, stem, words
from scorers.reading.values.dates import MONTHS, Date
from scorers.reading.values.derived import derived
from scorers.reading.values.values import Value, values_of

#: What a word that only joins weighs beside any other.
_GLUE_WEIGHT = 0.25
#: Who speaks of themselves rests on no document; what they heard, know or think may.
_OWN = re.compile(
    r"\b(?:me|my|we|our|i(?!(?: ?'ve| have| am| was)?(?: \w{1,12})? "
    r"(?:think|thought|heard|hear|know|knew|believe|guess|read|learned|see|mean|agree|bet|sure)\b))\b",
    re.IGNORECASE,
)
#: A claim in ASCII without any of these words does not speak of its speaker.
_OWN_CUES = frozenset(("me", "my", "we", "our", "i"))
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
_DAYS = frozenset((*_WEEKDAYS.split(), *MONTHS))
#: Order of ``Support.measures``.
MEASURES = ("apart", "absent", "reworded", "new_values", "new_names", "own")


@dataclass(frozen=True, slots=True)
class Support:
    """One claim beside its documents; ``measures`` in the order of ``MEASURES``.

    ``apart``: share of the claim's weight that its best window of two chunks lacks. ``absent``: share found nowhere, of
    what the question did not say already. ``reworded``: share of its word trigrams found nowhere. ``new_values``,
    ``new_names``: none, one, two or more found nowhere. ``own``: whether it speaks of the speaker.

    ``tokens``: the words of ``text``; ``values``: its numbers, dates and times; ``new``: those found nowhere; ``best``:
    share and position of its window.
    """

    claim: str
    text: str
    measures: tuple[float, ...]
    values: list[Value]
    new: list[Value]
    names: frozenset[str]
    weights: dict[str, float]
    tokens: list[str]
    best: tuple[float, int]

    def absent(self, evidence: Evidence) -> frozenset[str]:
        """Stems of the claim that no document holds."""
        return frozenset(token for token in self.weights if not evidence.holds(token))


def stems_of(text: str, tokens: list[str], evidence: Evidence) -> tuple[set[str], list[Value]]:
    """The stems of the words of content of ``text``, with a stem for each value in place of its words; the values."""
    values = values_of(text, tokens)
    if not values:
        return set(content(tokens)), values
    parts, at = [], 0
    for value in values:
        parts.append(text[at : value.start])
        at = value.end
    parts.append(text[at:])
    return set(content(words(" ".join(parts)))).union(map(evidence.stand_for, values)), values


def counts(value: Value) -> bool:
    """Whether a value that no document holds speaks against a claim: the bare name of a month does not."""
    return not isinstance(value, Date) or bool(value.day or value.year)


def _known_name(name: str, evidence: Evidence) -> bool:
    """Whether the name, or another form of it (``China``, ``Chinese``), is there; a common word is no name."""
    return stem(name) in LIGHT or evidence.holds(stem(name)) or evidence.begins(name[:4])


def support(claim: str, evidence: Evidence) -> Support:
    """The measures of one claim against the evidence; linear in both."""
    text = readable(bare(claim))
    tokens = words(text)
    stems, values = stems_of(text, tokens, evidence)
    weights = evidence.weigh(stems)
    unheld = [value for value in values if counts(value) and not evidence.holds_value(value)]
    for value in derived(text, values, unheld):
        unheld.remove(value)
        weights.pop(evidence.stand_for(value), None)
    for token in weights.keys() & GLUE:
        weights[token] *= _GLUE_WEIGHT
    best = evidence.best_window(weights)
    coverage = best[0]
    unasked = {token: weight for token, weight in weights.items() if token not in evidence.asked}
    for value in values:
        if evidence.asks_value(value):
            unasked.pop(evidence.stand_for(value), None)
    copied = evidence.copied(tokens)
    named = names(text)
    new_names = {name for name in named - _DAYS if not evidence.says(name) and not _known_name(name, evidence)}
    measures = (
        1.0 - coverage,
        1.0 - evidence.known(unasked) if unasked else 0.0,
        1.0 - (coverage if copied is None else copied),
        min(1.0, len(unheld) / 2),
        min(1.0, len(new_names) / 2),
        float(bool((not text.isascii() or not _OWN_CUES.isdisjoint(tokens)) and _OWN.search(text))),
    )
    return Support(claim, text, measures, values, unheld, frozenset(new_names), weights, tokens, best)
