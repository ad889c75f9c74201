"""Words of a claim beside those of the documents."""

from __future__ import annotations

import numpy as np
import pytest

from scorers.distilled.alignment import CLAIM_WORDS, PAIR_SIGNS, SIGNS, SIZE, Aligner, Pairs
from scorers.reading.encoder import SIZE as ENCODED


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    """One whose matrix keeps what it can: orthogonal directions, drawn once."""
    square = np.random.default_rng(0).normal(size=(ENCODED, SIZE))
    return Aligner(np.linalg.qr(square)[0].astype(np.float32))


def pairs_of(aligner: Aligner, claim: str, *chunks: str) -> Pairs:
    prepared = aligner.prepared(list(chunks))
    assert prepared is not None
    found = aligner.pairs(claim, prepared, frozenset())
    assert found is not None
    return found


def sign(found: Pairs, name: str) -> list[float]:
    return [float(value) for value in found.rows[:, PAIR_SIGNS + SIGNS.index(name)]]


def test_a_word_stands_beside_the_one_that_says_the_same(aligner: Aligner) -> None:
    """Bought is nearer to purchased than to what the document does not speak of; the same word is nearest."""
    near = sign(pairs_of(aligner, "bought", "They purchased it."), "nearest")[0]
    far = sign(pairs_of(aligner, "bought", "The river is cold."), "nearest")[0]
    assert far + 0.2 < near < 1.0
    assert sign(pairs_of(aligner, "bought", "They bought it."), "said") == [1.0]
    assert sign(pairs_of(aligner, "bought", "They purchased it."), "said") == [0.0]


def test_a_claim_of_the_document_lacks_nothing(aligner: Aligner) -> None:
    """One of another matter lacks most of it."""
    told = "The harbour closed at noon."
    assert pairs_of(aligner, told, told).whole[:2] == pytest.approx((0.0, 0.0), abs=1e-5)
    assert pairs_of(aligner, "Violins need rosin.", told).whole[1] > 0.5


def test_negations_are_seen_on_both_sides(aligner: Aligner) -> None:
    """Of the word itself, and near the word that stands beside it."""
    assert 1.0 in sign(pairs_of(aligner, "It was not sold.", "It was sold."), "negates")
    assert 1.0 in sign(pairs_of(aligner, "It was sold.", "It was never sold."), "negated")
    assert 1.0 not in sign(pairs_of(aligner, "It was sold.", "It was sold."), "negated")


def test_bounds_and_nothing(aligner: Aligner) -> None:
    """Long claims are cut; documents or claims without a word give nothing."""
    assert len(pairs_of(aligner, "word " * 200, "A word.").rows) == CLAIM_WORDS
    assert aligner.prepared(["...", ""]) is None
    prepared = aligner.prepared(["A word."])
    assert prepared is not None
    assert aligner.pairs("?!", prepared, frozenset()) is None
