"""How much of one claim the documents hold: the measures that the heads of groundedness weigh.

Every measure is in [0, 1] and larger means less support, so that no head can reward what is missing.
"""

from __future__ import annotations

import math
import re

import msgspec

from scorers.reading.features.claims import GLUE_CONCEPTS, LIGHT, bare
from scorers.reading.features.concepts import CONCEPTS, concept, concepts
from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import hashed, readable
from scorers.reading.features.otherwise import abbreviated, said_otherwise, speaks_of_itself
from scorers.reading.text import NUMBER_WORDS, names, stem, words
from scorers.reading.values.calendar import between_clocks, between_dates, counts_days, moved, periods, ticked
from scorers.reading.values.dates import MONTHS, Date
from scorers.reading.values.derived import Known, derived, rates_of
from scorers.reading.values.numbers import UNIT_WORDS, Quantity, decimal
from scorers.reading.values.values import Value, values_of

#: What a word that only joins weighs beside any other.
_GLUE_WEIGHT = 0.25
#: Words of content at which a claim counts half: what so few words leave out says little.
_SURE = 0.5
#: What each value adds to it where the documents hold all of them or the claim works them out.
_SURE_OF_VALUES = 0.75
#: How much of what a claim's words lack is what those of the whole answer lack.
_SHARED = 0.3
_WORDED = 3
_UNIT_BEHIND = re.compile(
    rf"(?:[ \t\u00a0\u202f]{{1,3}}|-)?(?:{'|'.join(sorted(UNIT_WORDS, key=len, reverse=True))})\b(?!-)",
    re.IGNORECASE,
)
_AFTER_SIGN = re.compile(r"[.!?:][*_]{0,2} [A-Z]\w+")
_HOURS_AND_MINUTES = re.compile(
    r"\b(?P<hours>\d{1,3}|[a-z]{3,9})\s{0,4}(?:hours?|hrs?|h)(?:\s{1,4}and|,)?\s{1,4}(?P<minutes>\d{1,2}|[a-z]{3,9})\s{0,4}"
    r"(?:minutes?|mins?|m)\b",
    re.IGNORECASE,
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
_SHORT_DAYS = "mon tue tues wed thu thur thurs fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_DAYS = frozenset((*_WEEKDAYS.split(), *MONTHS, *_SHORT_DAYS.split(), *_ORDINALS.split()))
#: Order of ``Support.measures``.
MEASURES = ("apart", "absent", "reworded", "new_values", "new_names", "own")


class Support(msgspec.Struct, frozen=True):
    """One claim beside its documents; ``measures`` in the order of ``MEASURES``.

    ``apart``: share of the claim's weight that its best window of two chunks lacks. ``absent``: share found nowhere, of
    what the question did not say already. ``reworded``: share of its word trigrams found nowhere. ``new_values``,
    ``new_names``: none, one, two or more found nowhere. ``own``: whether it speaks of the speaker.

    ``tokens``: the words of ``text``; ``capitals``: all that look like names in it, if it is no quotation; ``values``:
    its numbers, dates and times; ``new``: those found nowhere; ``best``: share and position of its window.
    """

    claim: str
    text: str
    measures: tuple[float, ...]
    values: list[Value]
    new: list[Value]
    names: frozenset[str]
    capitals: set[str]
    weights: dict[str, float]
    tokens: list[str]
    best: tuple[float, int]

    def absent(self, evidence: Evidence) -> frozenset[str]:
        """Stems of the claim that no document holds."""
        return frozenset(token for token in self.weights if not evidence.holds(token))


class Said(msgspec.Struct, frozen=True):
    """One sentence as it is compared: its ``text`` without list marks and citations, the words of that in order, the
    stems of its words of content with one for each value in place of its words, and its numbers, dates and times."""

    text: str
    tokens: list[str]
    stems: frozenset[str]
    values: list[Value]


def said(sentence: str, evidence: Evidence) -> Said:
    """``sentence`` read; the scorers of one sample read each once."""
    known: Said | None = evidence.said.get(sentence)
    if known is None:
        text = readable(bare(sentence))
        tokens = evidence.wordings[text]
        known = evidence.said[sentence] = Said(text, tokens, *_stems_of(text, tokens, evidence))
    return known


def _stems_of(text: str, tokens: list[str], evidence: Evidence) -> tuple[frozenset[str], list[Value]]:
    values = values_of(text, tokens)
    if not values:
        return frozenset(concepts(tokens)), values
    parts, at = [], 0
    for value in values:
        parts.append(text[at : value.start])
        at = value.end
        if isinstance(value, Quantity) and value.unit and (unit := _UNIT_BEHIND.match(text, at)) is not None:
            at = unit.end()  # the value stands for it
    parts.append(text[at:])
    return frozenset((*concepts(words(" ".join(parts))), *map(evidence.stand_for, values))), values


def new_values(text: str, values: list[Value], evidence: Evidence) -> tuple[list[Value], list[Value]]:
    """Those of ``values``, all that ``text`` says, that no document holds, and those that need not be held in that
    form.

    What the claim says and is not new may be worked with in the answer's next claims (``Evidence.earlier``). Scorers
    that ask the same beside the same words share what is found.
    """
    if not values:
        return [], []
    asked = (text, *evidence.beside, *evidence.earlier)
    known: tuple[list[Value], list[Value], list[float]] | None = evidence.judged.get(asked)
    if known is None:
        found = _new_values(text, values, evidence)
        known = evidence.judged[asked] = (*found, evidence.earlier[:])
    new, explained, evidence.earlier = known[0], known[1], known[2][:]
    return new, explained


def _new_values(text: str, values: list[Value], evidence: Evidence) -> tuple[list[Value], list[Value]]:
    unheld = [value for value in values if counts(value) and not evidence.holds_value(value)]
    explained: list[Value] = []
    if unheld:
        explained = calculated(unheld, text, [value for value in values if value not in unheld], evidence)
        explained += [one for one in unheld if one not in explained and said_otherwise(one, text, evidence)]
    new = [value for value in unheld if value not in explained]
    evidence.say(value for value in values if value not in new)
    return new, explained


def calculated(new: list[Value], text: str, held: list[Value], evidence: Evidence) -> list[Value]:
    """Those of ``new`` that are worked out of what the claim, the answer before it, the question or documents say."""
    known = Known(
        said=[float(one.number) for one in held if isinstance(one, Quantity) and decimal(one.number)],
        asked=evidence.asked_numbers,
        earlier=evidence.earlier,
        documents=evidence.operands,
        anywhere=evidence.many_numbers,
        factors=[*evidence.asked_factors, *rates_of(text, evidence.asked_text)],
        totals=evidence.totals,
        worked=evidence.asks_for_work,
        shares=evidence.shares or "%" in text,
    )
    found = derived(text, new, known)
    found += [one for one in _long_times(text, new, known, evidence) if one not in found]
    rest = [one for one in new if one not in found]
    if not rest:
        return found
    own = [*evidence.asked_dates, *(one for one in held if isinstance(one, Date))]
    for one in rest:
        if isinstance(one, Quantity):
            timed = one.base.startswith("time ") or evidence.asks_for_hours
            reached = timed and between_clocks(one, evidence.hours, evidence.asks_for_hours)
            reached = reached or (counts_days(one) and between_dates(one, [*evidence.dates, *own]))
        elif isinstance(one, Date):
            said = [*periods(text.lower()), *evidence.asked_periods]
            reached = moved(one, own, evidence.periods) or moved(one, [*evidence.dates, *own], said)
        else:
            reached = ticked(one, evidence.hours, [*periods(text.lower()), *evidence.periods])
        if reached:
            found.append(one)
    return found


def _long_times(text: str, new: list[Value], known: Known, evidence: Evidence) -> list[Value]:
    """The parts of a time in hours and minutes that the documents say in minutes, or that is worked out of those."""
    made: list[Value] = []
    for match in _HOURS_AND_MINUTES.finditer(text):
        parts = [value for value in new if match.start() <= value.start < match.end()]
        numbers = [NUMBER_WORDS.get(match[name].lower(), match[name]) for name in ("hours", "minutes")]
        if not parts or not all(map(str.isdigit, numbers)):
            continue
        whole = 60 * int(numbers[0]) + int(numbers[1])
        one = Quantity(str(whole), "minutes", f"time {60 * whole}", "", False, match.start(), match.end())
        if evidence.holds_value(one) or derived(text, [one], known):
            made += parts
    return made


def counts(value: Value) -> bool:
    """Whether a value that no document holds speaks against a claim: the bare name of a month does not."""
    return not isinstance(value, Date) or bool(value.day or value.year)


def _named(text: str, found: set[str]) -> set[str]:
    """Those of the names ``found`` in a claim that do not stand at the beginning of a sentence or behind a colon
    alone."""
    if not found:
        return found
    rest = _AFTER_SIGN.sub(" ", text)
    return {name for name in found if name.title() in rest}


def _known_name(name: str, evidence: Evidence) -> bool:
    """Whether the name, or another form of it (``China``, ``Chinese``), is there; a common word is no name."""
    return stem(name) in LIGHT or evidence.holds(CONCEPTS[name]) or evidence.begins(name[:4])


def _absent(weights: dict[str, float], values: list[Value], evidence: Evidence) -> float:
    """Share of the weight that is nowhere, of what the question did not say."""
    unasked = {token: weight for token, weight in weights.items() if token not in evidence.asked}
    for value in values:
        if evidence.asks_value(value):
            unasked.pop(evidence.stand_for(value), None)
    return 1.0 - evidence.known(unasked) if unasked else 0.0


def support(claim: str, evidence: Evidence) -> Support:
    """The measures of one claim against the evidence; linear in both."""
    read = said(claim, evidence)
    text, tokens, values = read.text, read.tokens, read.values
    weights = evidence.weigh(read.stems)
    new, explained = new_values(text, values, evidence)
    for value in explained:
        weights.pop(evidence.stand_for(value), None)
    for token in GLUE_CONCEPTS.intersection(weights):
        weights[token] *= _GLUE_WEIGHT
    best = evidence.best_window(weights)
    coverage = best[0]
    quoted = len(tokens) > 2 and evidence.quoted(text)  # then all its trigrams and names are there
    copied = 1.0 if quoted else evidence.copied(hashed(tokens))
    capitals: set[str] = set() if quoted else names(text)
    new_names = {
        name
        for name in _named(text, capitals) - _DAYS
        if (name[:-1] not in _DAYS or len(name) < 5) and not evidence.says(name) and not _known_name(name, evidence)
    }
    if new_names and (spelled_out := abbreviated(text, evidence)):
        new_names -= spelled_out
        weights = {token: weight for token, weight in weights.items() if token not in set(map(concept, spelled_out))}
        best = evidence.best_window(weights)
        coverage = best[0]
    size = len(read.stems - GLUE_CONCEPTS)
    sure = size / (size + _SURE + (0.0 if new else _SURE_OF_VALUES * len(values))) if size else 1.0
    measures = (
        sure * (1.0 - coverage),
        0.0 if coverage == 1.0 else sure * _absent(weights, values, evidence),
        sure * (1.0 - (coverage if copied is None else copied)),
        min(1.0, len(new) / 2),
        min(1.0, len(new_names) / 2),
        float(coverage < 1.0 and speaks_of_itself(text, tokens, evidence)),
    )
    return Support(claim, text, measures, values, new, frozenset(new_names), capitals, weights, tokens, best)


def measured(found: list[Support]) -> list[tuple[float, ...]]:
    """The measures of the claims of one answer. What their words lack (the first measures) counts in part for the
    whole answer, by the words of each claim: among sentences that documents hold an odd one says less."""
    if len(found) < 2:
        return [one.measures for one in found]
    sizes = [len(one.tokens) for one in found]
    whole = sum(sizes) or 1
    means = [
        math.fsum(size * one.measures[at] for size, one in zip(sizes, found, strict=True)) / whole
        for at in range(_WORDED)
    ]
    return [
        (
            *((1.0 - _SHARED) * own + _SHARED * mean for own, mean in zip(one.measures, means, strict=False)),
            *one.measures[_WORDED:],
        )
        for one in found
    ]
