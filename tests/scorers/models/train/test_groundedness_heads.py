"""Training of the heads of groundedness and context_utilization, on rows of our own."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from scorers.models.train import context_utilization, groundedness
from scorers.models.train.heads import Source, fit, threshold, values
from scorers.reading.features.heads import Head

NAMES = ("good", "noise")
FILES = ("begin", "faithdial_audit", "wice", "faceval", "halueval_qa_one", "halueval_qa_multi", "summedits")


def source(name: str, seed: int, size: int = 60) -> Source:
    """Answers of two rows each, of which one says nothing; ``good`` tells the label, ``noise`` does not."""
    coin = random.Random(seed)
    made = Source(name, 1.0)
    for position in range(size):
        label = position % 2 == 0
        made.truth.append(label)
        for row in ((0.0, coin.random()), (0.4 * label + 0.6 * coin.random(), coin.random())):
            made.rows.append(row)
            made.absent.append(frozenset({"edited"} if label else {"kept"}))
            made.owner.append(position)
    return made


def test_what_tells_gets_the_weight():
    """The measure that goes with the label weighs most, none is negative, and the same rows give the same head."""
    taken = [source("a", 1), source("b", 2)]
    head = fit(taken, NAMES, False)
    assert head.weights["good"] > 5 * head.weights["noise"] >= 0
    assert head == fit(taken, NAMES, False)
    assert not head.words


def test_words_may_speak_for_and_against():
    """Absent words of one class get a weight of its sign."""
    head = fit([source("a", 1), source("b", 2)], NAMES, True)
    assert head.words["edited"] > 0 > head.words["kept"]


def test_the_threshold_keeps_the_specificity():
    """The mean of the sources' specificities is as asked, and one step lower it is not."""
    taken = [source("a", 1), source("b", 2)]
    head = fit(taken, NAMES, False)

    def specificity(at: float) -> float:
        return float(
            np.mean(
                [
                    np.mean([v < at for v, label in zip(values(head, one, NAMES), one.truth, strict=True) if not label])
                    for one in taken
                ]
            )
        )

    assert specificity(head.threshold) >= 0.97 > specificity(head.threshold - 0.005)


def test_an_inseparable_set_has_the_highest_threshold():
    """When even the surest answers are supported, nearly nothing is flagged."""
    head = Head(bias=9.0, weights=dict.fromkeys(NAMES, 0.0), threshold=0.5)
    assert threshold(head, [source("a", 1)], NAMES) == 0.995


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All files of the sets, with forty short rows of our own each."""
    things, places = ("tower", "bakery", "ferry", "museum", "market"), ("Brenn", "Oldport", "Kestrel", "Marl")
    for name in FILES:
        rows = []
        for n in range(40):
            thing, place = things[n % 5], places[n % 4]
            context = f"The {thing} of {place} opened in {1800 + n} and is painted white. Number {n} sells tickets."
            good = f"The {thing} of {place} opened in {1800 + n}."
            bad = "Penguins from Saturn invented jazz in 1999." if n % 4 else f"The {thing} opened in {1900 + n}."
            for label, response in (("supported", good), ("unsupported", bad)):
                row = {"id": f"{n}{label}", "prompt": f"Tell me about {n}.", "context": context, "domain": f"d{n % 2}"}
                rows.append(json.dumps(row | {"response": response, "label": label}))
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_groundedness_from_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]):
    """The command writes a file with both heads, the same file twice, and prints each source left out."""
    written = []
    for name in ("one.json", "two.json"):
        assert groundedness.main(["--data", str(folder), "--out", str(folder / name)]) == 0
        written.append((folder / name).read_bytes())
    assert written[0] == written[1]
    heads = json.loads(written[0])
    assert heads.keys() == {"ungrounded", "ungrounded in summaries", "contradicted"}
    assert heads["ungrounded"]["weights"].keys() == set(groundedness.WEIGHED)
    told = capsys.readouterr().out
    assert "ungrounded begin" in told
    assert "contradicted summedits:d1" in told


def test_context_utilization_from_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]):
    """The command writes the head and prints paired accuracies."""
    out = folder / "head.json"
    assert context_utilization.main(["--data", str(folder), "--out", str(out)]) == 0
    assert json.loads(out.read_bytes()).keys() == {"ignored_context"}
    assert "begin swapped paired accuracy" in capsys.readouterr().out


def test_a_missing_file_is_an_error(tmp_path: Path):
    """An empty folder trains nothing."""
    with pytest.raises(FileNotFoundError):
        groundedness.main(["--data", str(tmp_path), "--out", str(tmp_path / "x.json")])
