"""Heads with a hidden layer: what a logistic head cannot tell, and a file that gives back what was fitted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scorers.models.train import layered, sense
from scorers.models.train.sense import Seen
from scorers.reading import layered as reading
from scorers.reading.encoder import SIZE, vectors
from scorers.reading.layered import NEAR, Layered

HERE, THERE = "The boat leaves at noon.", "Ferries depart at twelve."


def rows(count: int, seed: int) -> tuple[list[Seen], np.ndarray]:
    """Vectors whose label is in neither view alone: the first number of one and the second of the other agree."""
    coin = np.random.default_rng(seed)
    encoded = coin.normal(0.0, 0.05, (count, 2 * SIZE))
    encoded[:, 0] = coin.choice([-1.0, 1.0], count)
    encoded[:, SIZE + 1] = coin.choice([-1.0, 1.0], count)
    positive = encoded[:, 0] == encoded[:, SIZE + 1]
    return [Seen((HERE, THERE), {}, bool(yes), 1.0) for yes in positive], encoded


def right(told: np.ndarray, known: list[Seen]) -> float:
    return float(np.mean([(value > 0) == one.positive for value, one in zip(told, known, strict=True)]))


def test_it_tells_what_is_in_neither_view_alone() -> None:
    """New rows, nearly all right; a logistic head on the same rows guesses."""
    known, encoded = rows(1_500, 1)
    new, seen = rows(500, 2)
    head = layered.fit(known, encoded, (NEAR,), 0.5, 0.3)
    near = (seen[:, :SIZE] * seen[:, SIZE:]).sum(axis=1, keepdims=True)
    table = np.hstack([seen, near])
    told = table @ head.direct + head.bias + np.tanh(table @ head.hidden + head.shift) @ head.out
    assert right(told, new) > 0.95
    plain = sense.fit(known, encoded, (), 0.5, 0.3)
    assert right(seen @ plain.weights.ravel() + plain.bias, new) < 0.7


def test_it_learns_how_near_the_views_are() -> None:
    """The head works that sign out for itself, in training as in use: no row needs to have it."""
    coin = np.random.default_rng(5)
    encoded = coin.normal(0.0, 1.0, (600, 2 * SIZE)) / np.sqrt(SIZE)
    positive = np.arange(600) % 2 == 0
    encoded[positive, SIZE:] = encoded[positive, :SIZE]
    known = [Seen((HERE, THERE), {}, bool(yes), 1.0) for yes in positive]
    head = layered.fit(known, encoded, (NEAR,), 2.0, 0.3)
    assert head.direct[2 * SIZE] > 1.0


def test_the_same_rows_give_the_same_head() -> None:
    """The layer begins at a fixed seed."""
    known, encoded = rows(200, 3)
    first, second = (layered.fit(known, encoded, (NEAR,), 0.5, 0.3) for _ in range(2))
    assert (first.hidden == second.hidden).all()


def test_a_head_is_the_mean_of_several() -> None:
    """Its log-odds are the mean of theirs: each one alone depends on where its layer begins."""
    known, encoded = rows(200, 6)
    head = layered.fit(known, encoded, (NEAR,), 0.5, 0.3)
    near = (encoded[:, :SIZE] * encoded[:, SIZE:]).sum(axis=1, keepdims=True)
    table = np.hstack([encoded, near])
    each = [layered.fit_one(known, encoded, (NEAR,), 0.5, 0.3, seed) for seed in range(layered.HEADS)]
    told = [bias + table @ direct + np.tanh(table @ hidden + shift) @ out for bias, direct, hidden, shift, out in each]
    mean = head.bias + table @ head.direct + np.tanh(table @ head.hidden + head.shift) @ head.out
    assert mean == pytest.approx(np.mean(told, axis=0), abs=0.02)
    assert np.std(told, axis=0).max() > 0.1


def test_a_file_gives_back_what_was_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All weights to the bit, and the log-odds with them."""
    known, encoded = rows(200, 4)
    head = layered.fit(known, encoded, (NEAR, "lone"), 0.5, 0.3)
    layered.write(head, tmp_path / "own.json")
    assert json.loads((tmp_path / "own.json").read_text())["signs"] == [NEAR, "lone"]
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    again = Layered.read("own")
    for part in reading.PARTS:
        assert getattr(again, part) == pytest.approx(getattr(head, part), abs=1e-6)
    assert again.logit((HERE, THERE), {"lone": 1.0}) == head.logit((HERE, THERE), {"lone": 1.0})


def test_log_odds_are_the_sum_of_both_parts() -> None:
    """The direct weights, how near the views are, the signs, and what leaves the layer."""
    width = 2 * SIZE + 2
    direct, hidden = np.zeros(width, dtype=np.float32), np.zeros((width, 2), dtype=np.float32)
    shift, out = np.array([0.5, 0.0], dtype=np.float32), np.array([2.0, 4.0], dtype=np.float32)
    direct[-2:] = 3.0, 0.25
    hidden[-1, 1] = 1.0
    head = Layered((NEAR, "lone"), 0.5, direct, hidden, shift, out)
    one, other = vectors([HERE, THERE])
    near = float(one @ other)
    assert near > 0.3
    told = head.logit((HERE, THERE), {"lone": 1.0, "unknown": 9.0})
    assert told == pytest.approx(0.5 + 3.0 * near + 0.25 + 2.0 * np.tanh(0.5) + 4.0 * np.tanh(1.0), abs=0.02)
    assert head.logit((HERE, ""), {}) == pytest.approx(0.5 + 2.0 * np.tanh(0.5), abs=0.02)
