"""What the training of ``refused`` promises of the answers that were written apart, and of what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scorers.datasets.written import written
from scorers.models.train.linear import Plan
from scorers.models.train.refusal_answers import AUTHORS, FOLDS, KEPT, MANNERS, Given, apart, everything
from scorers.models.train.refusal_sense import WEIGHTS, Crossed
from scorers.models.train.sense import Seen
from scorers.reading.encoder import SIZE
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import Part
from scorers.reading.refusal_signs import SIGNS, signs


def test_a_manner_is_in_one_part_whatever_its_file():
    """So that a manner is left out as a whole, though both files have answers in it."""
    assert len({Given(source, "in-character", "No.", True).part for source in MANNERS}) == 1
    found = {Given("unsaid", one["manner"], "", True).part for one in written(MANNERS["unsaid"])}
    assert found == {f"manners {fold}" for fold in range(FOLDS)}


def test_an_author_is_a_part():
    """All that one of them wrote is left out together, and is in no fold."""
    for author in AUTHORS:
        assert {one.part for one in apart(author)} == {author}


def test_each_file_has_both_labels_in_its_languages():
    """Each source that is fitted on has a weight; the one that is kept has none."""
    elsewhere = {f"{number} author" for number in ("fifth", "eighth", "tenth", "twelfth", "fourteenth", "sixteenth")}
    languages = {*MANNERS, *elsewhere}
    for source, name in (MANNERS | AUTHORS | KEPT).items():
        assert (source in WEIGHTS) is (source not in KEPT)
        found = {(one["language"], one["label"]) for one in written(name)}
        asked = {"en"} if source not in languages else {language.value for language in SUPPORTED}
        asked -= {"en"} if source in elsewhere else set()
        assert found == {(language, label) for language in asked for label in ("yes", "no")}


def test_what_is_kept_is_not_fitted_on(tmp_path: Path):
    """All that was written apart is, but for that."""
    for name in ("gptfuzz_responses", "coconot_pref", "in3_turns", "begin"):
        (tmp_path / f"{name}.jsonl").write_text("", encoding="utf-8")
    assert {one.source for one in everything(tmp_path)} == {"own", *MANNERS, *AUTHORS}


PLAN = Plan((Part(1), Part(1)), SIGNS, fewest=2, penalty=2.0, dense_penalty=1.0)


class _Encoded:
    """Gives each view a vector, and keeps the answers that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    def of(self, rows: list[Seen]) -> Any:
        self.asked.append({row.views[1] for row in rows})
        return np.ones((len(rows), 3 * SIZE))


def _answers() -> list[Given]:
    told = {"gptfuzz": "quillwort marsh sedge", "own": "brass kettle lid", "third author": "lamp oil wick"}
    return [
        Given(
            source,
            f"g{at}",
            f"{words if at % 2 else 'a plain day'} {at}",
            at % 2 == 1,
            held=source == "gptfuzz" and at > 5,
        )
        for source, words in told.items()
        for at in range(8)
    ] + [
        Given(source, f"g{at}", f"{words if at % 2 else 'ein Tag wie jeder'} {at}", at % 2 == 1, Language.GERMAN)
        for source, words in {"fifth author": "Flussuferläufer", "tenth author": "Wasserkessel"}.items()
        for at in range(8)
    ]


def test_a_part_is_left_out_of_both_heads():
    """A head over words that was fitted without a part knows none of its words, and its vectors are not seen."""
    encoded: Any = _Encoded()
    crossed = Crossed(_answers(), encoded, PLAN)
    for part, word in (("gptfuzz", "quillwort"), ("own", "kettle"), ("third author", "wick")):
        heads = crossed.without(part)
        assert _known(heads.words, word) is False
        assert all(_known(heads.words, other) for other in {"quillwort", "kettle", "wick"} - {word})
        assert not any(word in text for text in encoded.asked[-1])
    assert _known(crossed.whole().words, "quillwort")
    for part, word, other in (
        ("fifth author", "Flussuferläufer", "Wasserkessel"),
        ("tenth author", "Wasserkessel", "Flussuferläufer"),
    ):
        head = crossed.without(part).foreign
        assert not _knows(head, word) and _knows(head, other)


def test_what_is_held_out_is_in_no_fit():
    """Of both heads, whatever else is left out."""
    encoded: Any = _Encoded()
    crossed = Crossed(_answers(), encoded, PLAN)
    crossed.whole(), crossed.without("own")
    assert all("quillwort marsh sedge 5" in text and "quillwort marsh sedge 7" not in text for text in encoded.asked)


def _known(words: Any, word: str) -> bool:
    """Whether the head weighs the word."""
    bare, shown = signs("a plain day"), signs(f"a plain day {word}")
    return bool(words.logit(*bare) != words.logit(*shown))


def _knows(foreign: Any, word: str) -> bool:
    """Whether the head over the words of other languages weighs the word itself."""
    return any(word.lower() in words for words, _ in foreign.weights)
