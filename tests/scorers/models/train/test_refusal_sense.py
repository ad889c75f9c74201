"""What the training of the second stage of ``refused`` promises of the answers that were written apart."""

from __future__ import annotations

from scorers.datasets.written import written
from scorers.models.train.refusal_sense import APART, WEIGHTS, Given, fold_of
from scorers.reading.language import SUPPORTED


def test_a_manner_is_in_one_fold_whatever_its_file():
    """So that a manner is left out as a whole, though both files have answers in it."""
    folds = {source: fold_of(Given(source, "in-character", "No.", True)) for source in APART}
    assert len(set(folds.values())) == 1
    found = {fold_of(Given("unsaid", one["manner"], "", True)) for one in written(APART["unsaid"])}
    assert found == {0, 1, 2, 3}


def test_each_file_has_both_labels_in_all_languages():
    """And each source has a weight."""
    for source, name in APART.items():
        assert source in WEIGHTS
        found = {(one["language"], one["label"]) for one in written(name)}
        assert found == {(language.value, label) for language in SUPPORTED for label in ("yes", "no")}
