"""Heads over sentence vectors are fitted with how near two views are."""

from __future__ import annotations

import numpy as np
import pytest

from scorers.models.train import sense
from scorers.models.train.sense import Seen
from scorers.reading.encoder import NEAR, SIZE, STEP


def _rows(coin: np.random.Generator, count: int) -> tuple[list[Seen], sense.Matrix]:
    """Rows whose last two vectors are alike where the label is positive; nothing else tells the label."""
    one, other = (coin.normal(size=(count, SIZE)) for _ in range(2))
    positive = np.arange(count) % 2 == 0
    other[positive] = one[positive] + 0.5 * other[positive]
    views = [
        part / np.linalg.norm(part, axis=1, keepdims=True) for part in (coin.normal(size=(count, SIZE)), one, other)
    ]
    return [Seen((), {"plain": 1.0}, bool(told), 1.0) for told in positive], np.hstack(views)


def test_signs_stand_in_their_order_with_how_near_the_last_two_views_are() -> None:
    """Whatever a row says under that name."""
    rows, encoded = _rows(np.random.default_rng(1), 6)
    shown = sense.signs_of(rows, encoded, ("plain", NEAR, "never"))
    assert shown[:, 0].tolist() == [1.0] * 6
    assert shown[:, 1] == pytest.approx(np.einsum("ij,ij->i", encoded[:, SIZE : 2 * SIZE], encoded[:, 2 * SIZE :]))
    assert shown[:, 2].tolist() == [0.0] * 6


def test_a_head_learns_from_it() -> None:
    """It tells new rows where the vectors by themselves tell nothing."""
    coin = np.random.default_rng(2)
    head = sense.fit(*_rows(coin, 200), ("plain", NEAR), 5.0, 0.1)
    rows, encoded = _rows(coin, 100)
    signs = sense.signs_of(rows, encoded, ("plain", NEAR))
    told = head.bias + encoded @ head.weights.ravel() + signs @ np.array([head.dense["plain"], head.dense[NEAR]])
    assert np.mean((told > STEP) == [row.positive for row in rows]) > 0.9
