"""What training promises: the same data gives the same head, the head separates what can be separated."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scorers.models.train import own_gibberish, own_orders, own_prompts, own_refusals
from scorers.models.train.data import rows, share, threshold_at
from scorers.models.train.linear import Plan, Row, fit, minimise, write
from scorers.reading.ngrams import Part

PLAN = Plan((Part(2, (3,)),), ("loud",), fewest=1)
ROWS = [
    Row((text,), {"loud": loud}, positive)
    for text, loud, positive in (
        ("i can not do that", 0.0, True),
        ("i can not say this", 1.0, True),
        ("no i can not", 0.0, True),
        ("here is the list", 0.0, False),
        ("here is what you want", 1.0, False),
        ("the list is here", 0.0, False),
    )
]


def test_what_can_be_separated_is():
    """Every training row is on its side, and an unseen one too."""
    head = fit(ROWS, PLAN)
    assert all((head.logit(row.texts, row.dense) > 0) == row.positive for row in ROWS)
    assert head.logit(("sorry i can not",)) > 0 > head.logit(("here is a list",))


def test_the_same_data_gives_the_same_file(tmp_path: Path):
    """Twice the same bytes; the order of the rows does not matter."""
    for at, taken in enumerate((ROWS, ROWS, ROWS[::-1])):
        write(fit(taken, PLAN), tmp_path / f"{at}.json")
    first, second, third = (json.loads((tmp_path / f"{at}.json").read_text()) for at in range(3))
    assert first == second
    assert first["parts"][0]["words"].keys() == third["parts"][0]["words"].keys()


def test_classes_count_equally():
    """Nine times as many negatives do not push everything to no."""
    many = [row for row in ROWS if row.positive] + 9 * [row for row in ROWS if not row.positive]
    head = fit(many, PLAN)
    assert all(head.logit(row.texts, row.dense) > 0 for row in ROWS if row.positive)


def test_only_the_heaviest_are_kept():
    """The vocabulary of a set is bounded."""
    head = fit(ROWS, Plan((Part(2, (3,)),), ("loud",), fewest=1, kept=4))
    assert all(len(grams) <= 4 for pair in head.weights for grams in pair)


def test_minimise():
    """L-BFGS finds the minimum of a bowl."""
    goal = np.array([3.0, -2.0, 0.5])
    scale = np.array([1.0, 10.0, 100.0])
    found = minimise(lambda w: (float((scale * (w - goal) ** 2).sum()), 2 * scale * (w - goal)), np.zeros(3), 100)
    assert found == pytest.approx(goal, abs=1e-2)


def test_threshold_at():
    """At most the asked share of the negatives is at or above the threshold."""
    negative = [float(at) for at in range(100)]
    threshold = threshold_at(negative, 0.97)
    assert share(negative, threshold) == pytest.approx(0.03)
    assert share([], 1.0) == 0.0


@pytest.mark.parametrize(
    "made", [own_refusals.answers, own_prompts.prompts, own_orders.sentences, lambda: own_gibberish.suffixes(20)]
)
def test_own_examples(made):
    """The same every time, no gap left unfilled, both labels where there are labels."""
    found = made()
    assert found == made()
    texts = [one if isinstance(one, str) else one[0] for one in found]
    assert all(texts)
    if not isinstance(found[0], str):
        assert {label for _, label in found} == {True, False}
        assert not [text for text in texts if "{" in text]


def test_rows_of_a_folder(tmp_path: Path):
    """Rows come in order; a missing set is an OSError, a broken line a ValueError."""
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n{"id": 2}\n')
    (tmp_path / "b.jsonl").write_text("{\n")
    assert [row["id"] for row in rows(tmp_path, "a")] == [1, 2]
    with pytest.raises(ValueError, match="Expecting"):
        list(rows(tmp_path, "b"))
    with pytest.raises(OSError, match="none"):
        list(rows(tmp_path, "none"))


@pytest.mark.parametrize("name", ["refusal", "injection", "document_instructions", "order_sense", "characters"])
def test_the_commands_say_what_they_need(name, tmp_path: Path):
    """Without a data folder a training command ends with status 2 and one clear line."""
    command = [sys.executable, "-m", f"scorers.models.train.{name}", "--data", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no folder" in done.stderr.splitlines()[-1]
