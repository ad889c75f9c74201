"""How much of an answer comes from its documents, from where in them, and how long its longest copied run is."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from scorers.reading.features.claims import GLUE_CONCEPTS, courteous
from scorers.reading.features.concepts import concepts
from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import hashed
from scorers.reading.features.support import counts, new_values, said
from scorers.reading.text import STOPWORDS, plain, sentences, unwrapped, words
from scorers.reading.values.numbers import Quantity
from scorers.reading.values.values import Value

#: Order of ``Usage.measures``; all in [0, 1], larger where less of the documents was used.
MEASURES = ("unused", "scattered", "reworded", "short_run", "run_apart", "nothing_fresh", "no_value")
#: What words that the question already had, and words that only join, weigh beside any other.
_ASKED_WEIGHT, _GLUE_WEIGHT = 0.3, 0.25
#: Words of a run, and words found only in the documents, beyond which more says nothing more.
_LONG_RUN, _MANY_FRESH = 12, 8
#: ``no_value`` of an answer that says no value: neither that the documents hold what it says, nor that they do not.
_NO_VALUES = 0.5
#: Words of content at which an answer counts half: what so few words leave out says little.
_SURE = 1
#: What a number, a date or a time weighs beside a word in an answer of few: hardly anybody says one by chance.
_VALUE_WEIGHT, _SHORT = 2.0, 6
#: How much less everything else counts where records hold all values of the answer: their words are names of fields.
_HELD_VALUES = 0.5


@dataclass(frozen=True, slots=True)
class Usage:
    """``share`` of the answer's weight found in the documents; ``thirds`` of it from start, middle and end, sum 1 or 0.

    ``run``: words of the longest run that answer and documents share.
    """

    measures: tuple[float, ...]
    share: float
    thirds: tuple[float, float, float]
    run: int


def longest_run(tokens: list[str], evidence: Evidence, grams: list[int] | None = None) -> int:
    """Words of the longest run that ``tokens`` share with the documents, 0 for fewer than three or stop words alone.

    ``grams``: the hashed trigrams of ``tokens``, where they are known. A run lies within a stretch of trigrams that the
    documents have, so it is looked for only where the stretch is long enough to hold a longer one.
    """
    grams = hashed(tokens) if grams is None else grams
    found = evidence.places_of(grams)
    there = [*evidence.tokens, ""]  # no word of an answer is empty
    best = 0
    for begin, end in _stretches(list(map(found.__contains__, grams))):
        at = begin
        # Of a run of n words the last trigram begins n - 3 words on: the next run may begin there.
        while end - at + 2 > max(best, 2):
            length = _length(tokens, at, there, found[grams[at]])
            if length > best and not STOPWORDS.issuperset(tokens[at : at + length]):
                best = length
            at += max(1, length - 2)
    return best


def _stretches(held: list[bool]) -> list[tuple[int, int]]:
    """Where those that are ``held`` follow one another, beginnings and ends, the longest first."""
    found, at = [], 0
    for stretch in bytes(held).split(b"\0"):
        if stretch:
            found.append((at, at + len(stretch)))
        at += len(stretch) + 1
    return sorted(found, key=lambda one: one[0] - one[1])


def _length(tokens: list[str], at: int, there: list[str], places: list[int]) -> int:
    """How long the run from ``at`` is that begins at one of ``places``, each of which has its first three words."""
    length, size = 3, len(tokens) - at
    while len(places) > 1 and length < size:
        word = tokens[at + length]
        places = [place for place in places if there[place + length] == word]
        if not places:
            return length
        length += 1
    place = places[0]
    while length < size and tokens[at + length] == there[place + length]:
        length += 1
    return length


def usage(answer: str, asked: str, evidence: Evidence) -> Usage | None:
    """The measures of one answer without its courtesies; ``None`` when it has no word of content."""
    found = sentences(unwrapped(plain(answer)))
    return usage_of([sentence for sentence in found if not courteous(sentence)], asked, evidence)


def usage_of(found: list[str], asked: str, evidence: Evidence) -> Usage | None:
    """``usage`` of an answer whose sentences are known, in plain signs, unwrapped, none of them courteous.

    Numbers, dates and times are compared by value: each counts as one word that is there in whatever form it is said.
    """
    question = set(concepts(words(plain(asked))))
    everything: set[str] = set()
    tokens: list[str] = []
    held = total = 0.0
    values: set[str] = set()
    worked: set[str] = set()
    thirds = [0.0, 0.0, 0.0]
    for sentence in found:
        read = said(sentence, evidence)
        tokens += read.tokens
        _, explained = new_values(read.text, read.values, evidence) if read.values else ((), ())
        for value in read.values:
            if value in explained:
                if _tells(value):
                    worked.add(evidence.stand_for(value))
                continue
            if evidence.asks_value(value):
                question.add(evidence.stand_for(value))
            elif counts(value):
                values.add(evidence.stand_for(value))
        stems = read.stems.difference(map(evidence.stand_for, explained)) if explained else read.stems
        weights = _weights(stems, question, evidence)
        everything |= weights.keys()
        (coverage, _), (there, position) = evidence.best_windows(weights)
        size = math.fsum(weights.values())
        held, total = held + coverage * size, total + size
        thirds[min(2, 3 * position // max(1, len(evidence.chunks)))] += there * size
    if not everything and not worked:
        return None
    everything |= worked
    values |= worked
    weights = _weights(everything, question, evidence)
    bonus = _VALUE_WEIGHT if len(everything) <= _SHORT else 1.0
    for token in values & everything:
        weights[token] *= bonus
    there_too = {token for token in everything if token in worked or evidence.holds(token)}
    share = sum(weights[token] for token in sorted(there_too)) / sum(weights[token] for token in sorted(everything))
    near = held / total if total else 0.0
    grams = hashed(tokens)
    copied = evidence.copied(grams)
    run = longest_run(tokens, evidence, grams)
    own = everything - question - GLUE_CONCEPTS
    size = len(everything - GLUE_CONCEPTS)
    held_values = len(values & there_too) / len(values) if values else 0.0
    sure = size / (size + _SURE) * (1.0 - _HELD_VALUES * held_values * evidence.records)
    measures = tuple(
        sure * measure
        for measure in (
            1.0 - share,
            1.0 - near,
            1.0 - (near if copied is None else copied),
            1.0 - min(1.0, run / _LONG_RUN),
            1.0 - (run / len(tokens) if len(tokens) > 2 else near),
            1.0
            - min(1.0, _counted(own & there_too, values, bonus) / min(_MANY_FRESH, _counted(own, values, bonus) or 1)),
            1.0 - held_values if values else _NO_VALUES,
        )
    )
    whole = sum(thirds) or 1.0
    return Usage(measures, share, (thirds[0] / whole, thirds[1] / whole, thirds[2] / whole), run)


def _tells(value: Value) -> bool:
    """Whether a value that the answer worked out says that it looked into its documents: small numbers do not."""
    return not isinstance(value, Quantity) or "." in value.number or len(value.number) > 1


def _counted(tokens: AbstractSet[str], values: AbstractSet[str], bonus: float) -> float:
    return len(tokens) + (bonus - 1.0) * len(tokens & values)


def _weights(tokens: AbstractSet[str], question: set[str], evidence: Evidence) -> dict[str, float]:
    weights = evidence.weigh(tokens)
    for token in tokens:
        if token in question:
            weights[token] *= _ASKED_WEIGHT * (_GLUE_WEIGHT if token in GLUE_CONCEPTS else 1.0)
        elif token in GLUE_CONCEPTS:
            weights[token] *= _GLUE_WEIGHT
    return weights
