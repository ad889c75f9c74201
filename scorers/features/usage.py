"""How much of an answer comes from its documents, from where in them, and how long its longest copied run is."""

from __future__ import annotations

from dataclasses import dataclass

from scorers.features.claims import GLUE, bare
from scorers.features.documents import Evidence, content, readable
from scorers.text import STOPWORDS, plain, sentences, unwrapped, words

#: Order of ``Usage.measures``; all in [0, 1], larger where less of the documents was used.
MEASURES = ("unused", "scattered", "reworded", "short_run", "run_apart", "nothing_fresh")
#: What words that the question already had, and words that only join, weigh beside any other.
_ASKED_WEIGHT, _GLUE_WEIGHT = 0.3, 0.25
#: Words of a run, and words found only in the documents, beyond which more says nothing more.
_LONG_RUN, _MANY_FRESH = 12, 8
#: Places in the documents that one trigram is followed from, which bounds the search for runs.
_PLACES = 32


@dataclass(frozen=True, slots=True)
class Usage:
    """``share`` of the answer's weight found in the documents; ``thirds`` of it from start, middle and end, sum 1 or 0.

    ``run``: words of the longest run that answer and documents share.
    """

    measures: tuple[float, ...]
    share: float
    thirds: tuple[float, float, float]
    run: int


class Runs:
    """Documents as one row of words, to look for runs in; a run of stop words alone counts as none."""

    def __init__(self, evidence: Evidence) -> None:
        self._tokens = [word for chunk in evidence.chunks for word in words(chunk)]
        self._places: dict[tuple[str, str, str], list[int]] = {}
        for place, gram in enumerate(zip(self._tokens, self._tokens[1:], self._tokens[2:], strict=False)):
            held = self._places.setdefault(gram, [])
            if len(held) < _PLACES:
                held.append(place)

    def longest(self, tokens: list[str]) -> int:
        """Words of the longest shared run; runs below three words are found as 0 or, for single words, not at all."""
        best, at = 0, 0
        while at + 2 < len(tokens):
            length = max((self._length(tokens, at, place) for place in self._at(tokens, at)), default=0)
            if length > best and not STOPWORDS.issuperset(tokens[at : at + length]):
                best = length
            at += max(1, length - 2)
        return best

    def _at(self, tokens: list[str], at: int) -> list[int]:
        return self._places.get((tokens[at], tokens[at + 1], tokens[at + 2]), [])

    def _length(self, tokens: list[str], at: int, place: int) -> int:
        length = 3
        limit = min(len(tokens) - at, len(self._tokens) - place)
        while length < limit and tokens[at + length] == self._tokens[place + length]:
            length += 1
        return length


def usage(answer: str, asked: str, evidence: Evidence, runs: Runs) -> Usage | None:
    """The measures of one answer; ``None`` when it has no word of content."""
    question = set(content(words(plain(asked))))
    everything: set[str] = set()
    tokens: list[str] = []
    held = total = 0.0
    thirds = [0.0, 0.0, 0.0]
    for sentence in sentences(unwrapped(plain(answer))):
        said = words(readable(bare(sentence)))
        tokens += said
        weights = _weights(set(content(said)), question, evidence)
        everything |= weights.keys()
        coverage, _ = evidence.best_window(weights)
        there, position = evidence.best_window(weights, 1)
        size = sum(weights.values())
        held, total = held + coverage * size, total + size
        thirds[min(2, 3 * position // max(1, len(evidence.chunks)))] += there * size
    if not everything:
        return None
    weights = _weights(everything, question, evidence)
    found = {token for token in everything if evidence.holds(token)}
    share = sum(weights[token] for token in sorted(found)) / sum(weights[token] for token in sorted(everything))
    near = held / total if total else 0.0
    copied = evidence.copied(tokens)
    run = runs.longest(tokens)
    fresh = len(found - question - GLUE)
    measures = (
        1.0 - share,
        1.0 - near,
        1.0 - (near if copied is None else copied),
        1.0 - min(1.0, run / _LONG_RUN),
        1.0 - (run / len(tokens) if len(tokens) > 2 else near),
        1.0 - min(1.0, fresh / min(_MANY_FRESH, len(everything))),
    )
    whole = sum(thirds) or 1.0
    return Usage(measures, share, (thirds[0] / whole, thirds[1] / whole, thirds[2] / whole), run)


def _weights(tokens: set[str], question: set[str], evidence: Evidence) -> dict[str, float]:
    weights = evidence.weigh(tokens)
    for token in tokens:
        weights[token] *= (_ASKED_WEIGHT if token in question else 1.0) * (_GLUE_WEIGHT if token in GLUE else 1.0)
    return weights
