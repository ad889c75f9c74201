"""Words of a claim beside those of the documents: for each the word that says it best, wherever it stands.

Words are compared by the encoder's static vectors (``encoder.word_vectors``), brought to ``SIZE`` numbers by a matrix
that comes with the model: "bought" stands beside "purchased". Among equals the word counts whose neighbours fit, and
whose sentence holds most of the claim.
"""

from __future__ import annotations

import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from scorers.reading.encoder import word_vectors
from scorers.reading.text import words

Matrix = NDArray[np.float32]
#: Numbers in a word's vector here.
SIZE = 96
#: Words of one claim, and of the documents, that are looked at; what is beyond is not compared.
CLAIM_WORDS, DOCUMENT_WORDS = 48, 6_000
#: Words whose vectors are kept.
_KEPT = 20_000
#: What counts as a word.
WORD = re.compile(r"[^\W_]+|[%€$£]")
#: Cosines from which two words begin to say the same, and at which they do.
_UNLIKE, _LIKE = 0.3, 0.9
#: What neighbours that fit are worth beside the word itself, and the sentence that holds most of the claim.
_NEIGHBOURS, _SENTENCE = 0.35, 0.3
_FAR = 30
#: What a word that only joins counts beside another.
_JOINS = 0.15
_GLUE = frozenset(
    words(
        "the a an of to in on at for and or is are was were be been being it its this that these those with by from as "
        "he she they his her their i you we my your our has have had do does did so then there here which who what "
        "when where how s t"
    )
)
_NEGATION = frozenset(
    words(
        "not no never none without neither nor cannot nobody nothing unable failed refused denied instead except only "
        "but however unless"
    )
)
#: Where ``SIGNS`` begin in a pair.
PAIR_SIGNS = 2 * SIZE
#: What is told of each word of a claim besides the two vectors.
SIGNS = (
    "counts",
    "joins",
    "figure",
    "asked",
    "said",
    "nearest",
    "beside",
    "in place",
    "neighbours",
    "gap",
    "negates",
    "negated",
)
#: What is told of the claim as a whole.
WHOLE = ("sentence lacks", "documents lack", "long")


class Words(msgspec.Struct, frozen=True):
    """Words in order: unit vectors, the mean of each one's neighbours, how much each counts, lower-case forms."""

    vectors: Matrix
    around: Matrix
    counts: Matrix
    lower: list[str]


class Prepared(msgspec.Struct, frozen=True):
    """Documents: their words, the chunk of each, where chunks begin, the places of each lower-case form."""

    words: Words
    chunk: NDArray[np.int64]
    starts: NDArray[np.int64]
    places: dict[str, list[int]]


class Pairs(msgspec.Struct, frozen=True):
    """A claim: for each word what it and its counterpart differ in and share (``2 * SIZE`` numbers) with ``SIGNS``,
    how much each counts, and ``WHOLE``."""

    rows: Matrix
    counts: Matrix
    whole: tuple[float, ...]


class Aligner:
    """Reads words with one matrix of ``encoder.SIZE`` to ``SIZE``; keeps the vectors of words that it has met."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._known: dict[str, tuple[Matrix, float]] = {}

    def words(self, texts: list[str], most: int) -> tuple[Words, list[int]]:
        """The first ``most`` words of the texts, and how many each text has of them."""
        found: list[str] = []
        sizes = []
        for text in texts:
            own = WORD.findall(text)[: most - len(found)]
            found += own
            sizes.append(len(own))
        self._meet(found)
        vectors = np.zeros((len(found), SIZE), dtype=np.float32)
        counts = np.zeros(len(found), dtype=np.float32)
        for at, word in enumerate(found):
            vectors[at], counts[at] = self._known[word]
        return Words(vectors, _around(vectors, counts, sizes), counts, [word.lower() for word in found]), sizes

    def _meet(self, words: list[str]) -> None:
        if len(self._known) > _KEPT:
            self._known.clear()
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        if new:
            raw, rarity = word_vectors(new)
            vectors = raw @ self._matrix
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6
            for word, vector, rare in zip(new, vectors, rarity, strict=True):
                joins = _JOINS if word.lower() in _GLUE else 1.0
                self._known[word] = vector, min(2.0, max(0.2, (float(rare) - 5.0) / 5.0)) * joins

    def prepared(self, chunks: list[str]) -> Prepared | None:
        """Documents as chunks of text, prepared for any number of claims; ``None`` where they have no word."""
        words, sizes = self.words(chunks, DOCUMENT_WORDS)
        sizes = [size for size in sizes if size]
        if not sizes:
            return None
        places: dict[str, list[int]] = {}
        for at, word in enumerate(words.lower):
            places.setdefault(word, []).append(at)
        starts = np.cumsum([0, *sizes[:-1]])
        return Prepared(words, np.repeat(np.arange(len(sizes)), sizes), starts, places)

    def pairs(self, claim: str, evidence: Prepared, asked: frozenset[str]) -> Pairs | None:
        """The claim's words beside those of the documents; ``None`` for a claim without a word."""
        own, _ = self.words([claim], CLAIM_WORDS)
        return _aligned(own, evidence, asked) if own.lower else None


def _around(vectors: Matrix, counts: Matrix, sizes: list[int]) -> Matrix:
    """For each word the direction of the two before and the two behind it, within its text."""
    weighed = vectors * counts[:, None]
    around = np.zeros_like(vectors)
    of = np.repeat(np.arange(len(sizes)), sizes)
    for step, weight in ((1, 1.0), (2, 0.5)):
        same = (of[step:] == of[:-step])[:, None] * np.float32(weight)
        around[step:] += same * weighed[:-step]
        around[:-step] += same * weighed[step:]
    around /= np.linalg.norm(around, axis=1, keepdims=True) + 1e-4
    return around


def _aligned(own: Words, evidence: Prepared, asked: frozenset[str]) -> Pairs:
    words, chunk = evidence.words, evidence.chunk
    alike = np.clip(own.vectors @ words.vectors.T, 0.0, 1.0)
    for at, word in enumerate(own.lower):
        alike[at, evidence.places.get(word, [])] = 1.0
    fits = own.around @ words.around.T
    held = np.clip((alike - _UNLIKE) / (_LIKE - _UNLIKE), 0.0, 1.0)
    total = float(own.counts.sum())
    shares = own.counts @ np.maximum.reduceat(held, evidence.starts, axis=1) / total
    best = held + _NEIGHBOURS * fits + _SENTENCE * shares[chunk]
    # Rounded: the last bits differ from one processor to another, and the first of equals counts.
    at = np.round(best, 4).argmax(axis=1)
    each = np.arange(len(at))
    gap = np.minimum(np.abs(np.diff(at, prepend=at[:1])), _FAR) / _FAR
    place = chunk == int(np.round(shares, 4).argmax())
    signs = np.stack(
        [
            own.counts / 2.0,
            [word in _GLUE for word in own.lower],
            [any(map(str.isdigit, word)) for word in own.lower],
            [word in asked for word in own.lower],
            alike.max(axis=1) >= 1.0,
            alike.max(axis=1),
            alike[each, at],
            alike[:, place].max(axis=1),
            fits[each, at],
            gap,
            [word in _NEGATION for word in own.lower],
            [any(word in _NEGATION for word in words.lower[max(0, one - 3) : one + 4]) for one in at.tolist()],
        ],
        axis=1,
    ).astype(np.float32)
    counterpart = words.vectors[at]
    rows = np.hstack([np.abs(own.vectors - counterpart), own.vectors * counterpart, signs])
    lack = 1.0 - float(own.counts @ held.max(axis=1)) / total
    return Pairs(rows, own.counts, (1.0 - float(shares.max()), lack, len(at) / CLAIM_WORDS))
