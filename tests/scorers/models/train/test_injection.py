"""What the training of ``attempted`` promises of the prompts that were written apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from scorers.models.train import injection, injection_figures
from scorers.models.train.injection import QUARTERS, apart
from scorers.models.train.injection_sense import Crossed, prompt
from scorers.models.train.own_templates import templates
from scorers.models.train.sense import Seen
from scorers.reading.encoder import SIZE, Sense
from scorers.reading.language import SUPPORTED, language_of
from scorers.reading.ngrams import Head


def test_a_manner_is_in_one_quarter():
    """So that a manner is left out as a whole; each quarter has attacks and others, of several manners."""
    turns = apart()
    quarters: dict[tuple[bool, str], set[int]] = {}
    for turn in turns:
        quarters.setdefault((turn.attacks, turn.manner), set()).add(turn.quarter)
    assert all(len(found) == 1 for found in quarters.values())
    for attacks in (True, False):
        found = [next(iter(of)) for (attack, _), of in quarters.items() if attack is attacks]
        assert all(found.count(at) >= 4 for at in range(QUARTERS))


def test_all_languages_and_both_labels_are_there():
    """Attacks and ordinary prompts in each of the eight languages."""
    assert {(turn.language, turn.attacks) for turn in apart()} == {
        (one, yes) for one in SUPPORTED for yes in (True, False)
    }


def test_templates_of_developers():
    """Whole prompts, no slot left open, none twice, in five languages; the same every time."""
    found = templates()
    assert found == templates()
    assert len(set(found)) == len(found) > 150
    assert not any("{w}" in text or "{s}" in text or "\\n" in text for text in found)
    assert {language_of(text[:1_000]).value for text in found} >= {"en", "de", "fr", "es", "pt"}


class _Heads:
    """In the place of ``Crossed``: the shipped heads for every part, and which part was left out of each last."""

    def __init__(self) -> None:
        self.left_of_words = self.left_of_vectors = ""
        self.words = self

    def __getitem__(self, left: str) -> Head:
        self.left_of_words = left
        return Head(-9.0, {}, injection.PLAN.parts, [({}, {})])

    def fit(self, left: str) -> Sense:
        self.left_of_vectors = left
        return Sense(0.0, np.zeros((3, SIZE), dtype=np.float32), {})


def _folder(path: Path) -> Path:
    """A data folder with two prompts in each set."""
    names = {*injection.SOURCES, "halueval_general", *(name for name, *_ in (*injection._CALM, *injection._LONG))}
    for name in names:
        lines = [
            {"id": f"{name}-{at}", "prompt": f"The {name} of day {at}?", "label": "-", "context": "", "response": ""}
            for at in (1, 2)
        ]
        (path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_figures_are_of_heads_that_saw_nothing_of_what_they_judge(tmp_path: Path) -> None:
    """Each source, each quarter and each author is judged by heads over words and over vectors without it."""
    heads: Any = _Heads()
    used: dict[str, set[tuple[str, str]]] = {}
    quarters = {turn.manner: str(turn.quarter) for turn in apart()}
    for one in injection_figures.left_out(_folder(tmp_path), heads):
        used.setdefault(one.name.partition(",")[0], set()).add((heads.left_of_words, heads.left_of_vectors))
        if one.name.startswith(("written apart", "apart")):
            assert heads.left_of_words == heads.left_of_vectors == quarters[one.group]
    for name in (*injection.SOURCES, *injection.AUTHORS):
        assert used[name] == {(name, name)}


def test_each_author_is_a_part_of_its_own(tmp_path: Path) -> None:
    """All that one of them wrote is in one part, and in no other; a few words (``go on``) are everybody's."""
    found = {name: [one.row.texts for one in taken] for name, taken in injection.parts(_folder(tmp_path)).items()}
    for author, file in injection.AUTHORS.items():
        assert found[author] == [injection.row(turn.text, turn.attacks).texts for turn in apart(file)]
        others = {texts for name, taken in found.items() if name != author for texts in taken}
        assert all(len(text) < 13 for text, *_ in others.intersection(found[author]))


def test_a_part_is_left_out_of_both_heads() -> None:
    """A head over words that was fitted without a part knows none of its words, and its vectors are not seen."""
    words = {"lamp": "quillwort marsh sedge", "oil": "brass kettle lid"}
    parts = {
        name: [prompt(injection.row(f"{told if at % 2 else 'a plain day'} {at}", at % 2 == 1), 1.0) for at in range(8)]
        for name, told in words.items()
    }
    seen: list[set[str]] = []

    class Encoded:
        def of(self, rows: list[Seen]) -> Any:
            seen.append({row.views[0] for row in rows})
            return np.zeros((len(rows), 3 * SIZE))

    encoded: Any = Encoded()
    crossed = Crossed(parts, injection.PLAN, encoded)
    for left, other in (("lamp", "oil"), ("oil", "lamp")):
        known = {gram for grams in crossed.words[left].weights[0] for gram in grams}
        assert not any(word in gram for gram in known for word in words[left].split())
        assert any(word in gram for gram in known for word in words[other].split())
        crossed.fit(left)
        assert all(words[left].split()[0] not in view for view in seen[-1]) and len(seen[-1]) == 8
