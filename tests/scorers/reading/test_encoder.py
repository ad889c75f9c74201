"""What sentence vectors and the heads over them promise."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from scorers.reading.encoder import HELD, NEAR, SIZE, STEP, Sense, vectors

_LOADING = """
import sys
from scorers.reading import encoder
from scorers.worker.process_protocol import Memory
memory = Memory()
before, due = memory.resident(), encoder.still_to_load()
encoder.vectors(["The ferry leaves at nine."])
print(due, encoder.still_to_load(), memory.resident() - before)
"""


def test_a_vector_for_each_text_in_order():
    """Each visible text has a vector of length 1, the same one alone, again, and among others. Others have zeros."""
    texts = ["The ferry leaves at nine.", " ", "No ferry today.", "The ferry leaves at nine.", ""]
    found = vectors(texts)
    assert found.shape == (5, SIZE)
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 0, 1, 1, 0], abs=1e-4)
    assert np.array_equal(found[0], found[3])
    assert found[2] == pytest.approx(vectors(["No ferry today."])[0], abs=1e-4)


def test_what_says_the_same_is_near_in_any_language():
    """A sentence is nearer to its translation than to another sentence of its own language."""
    said, other, *translated = vectors(
        ["I will not help with that.", "The soup needs salt.", "Dabei helfe ich nicht.", "我不会帮忙做这件事。"]
    )
    assert all(said @ one > said @ other for one in translated)


def test_it_is_loaded_when_it_is_first_needed():
    """Importing loads nothing. What is foretold is not less memory than loading takes, and no multiple of it."""
    done = subprocess.run([sys.executable, "-c", _LOADING], check=True, capture_output=True, text=True, timeout=120)
    due, after, grown = map(int, done.stdout.split())
    assert (due, after) == (HELD, 0)
    assert HELD / 3 < grown <= HELD


def test_log_odds_are_rounded_sums():
    """Log-odds are the sum of bias, signs and views, in steps that no processor's last bits reach."""
    weights = np.zeros((2, SIZE), dtype=np.float32)
    weights[0] = vectors(["The ferry leaves at nine."])[0]
    head = Sense(0.5, weights, {"plain": 2.0, "later": -1.0})
    alone = head.logit(["The ferry leaves at nine.", ""], {"plain": 1.0})
    assert alone == pytest.approx(3.5, abs=STEP)
    assert (alone / STEP).is_integer()
    assert head.logit(["", "The ferry leaves at nine."], {"later": 1.0, "unknown": 9.0}) == -0.5


def test_how_near_the_last_two_views_are_is_a_sign_of_its_own():
    """The product of their vectors, where the head weighs it; what the caller gives under that name counts nothing."""
    told = ("The ferry leaves at nine.", "The boat departs at nine o'clock.", "My cat likes warm milk.")
    head = Sense(0.0, np.zeros((3, SIZE), dtype=np.float32), {NEAR: 4.0})
    alike, apart = (head.logit([told[2], told[0], other], {NEAR: 9.0}) for other in told[1:])
    seen = vectors(told)
    assert alike == pytest.approx(4.0 * float(seen[0] @ seen[1]), abs=STEP)
    assert apart == pytest.approx(4.0 * float(seen[0] @ seen[2]), abs=STEP)
    assert alike > apart + 1.0


def test_a_lone_surrogate_is_a_question_mark():
    """JSON may hold halves of pairs, alone or among words; they are encoded like any sign that says nothing."""
    assert np.array_equal(vectors(["\ud83d\ud83d"]), vectors(["??"]))
    assert np.array_equal(vectors(["No ferry \ud83d today."]), vectors(["No ferry ? today."]))
