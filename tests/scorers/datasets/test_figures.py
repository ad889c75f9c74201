"""What the figures promise: known values, and intervals that respect groups."""

import pytest

from scorers.datasets.figures import Scored, auroc, calibration_error, figures, intervals


def rows(*items: tuple[float, bool, bool]) -> list[Scored]:
    return [Scored(value, flagged, label) for value, flagged, label in items]


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([2.0, 3.0], [1.0], 1.0),
        ([1.0], [1.0], 0.5),
        ([1.0, 3.0], [2.0], 0.5),
        ([0.0], [1.0, 2.0], 0.0),
        ([], [1.0], None),
    ],
)
def test_auroc(positive: list[float], negative: list[float], expected: float | None) -> None:
    """Pairs in the right order, ties as one half."""
    assert auroc(positive, negative) == expected


def test_rates() -> None:
    """Sensitivity, specificity, balanced accuracy and F1 of four rows."""
    found = figures(rows((0.9, True, True), (0.2, False, True), (0.8, True, False), (0.1, False, False)))
    assert (found.positives, found.negatives) == (2, 2)
    assert (found.sensitivity, found.specificity, found.balanced_accuracy, found.f1) == (0.5, 0.5, 0.5, 0.5)
    assert found.auroc == 0.75


def test_an_empty_class_has_no_figure() -> None:
    """Without a positive row there is no sensitivity; it is not zero."""
    found = figures(rows((0.1, False, False)))
    assert (found.auroc, found.sensitivity, found.f1, found.balanced_accuracy) == (None, None, None, None)
    assert found.specificity == 1.0
    assert figures([]).ece is None


def test_calibration_error() -> None:
    """Values that equal the share of events have none; certain and wrong has all."""
    assert calibration_error(rows((0.5, True, True), (0.5, True, False))) == pytest.approx(0.0)
    assert calibration_error(rows((1.0, True, False), (0.0, False, True))) == pytest.approx(1.0)


def test_intervals_hold_the_figure_and_widen_with_groups() -> None:
    """The same rows as few groups tell less than each by itself."""
    alone = [Scored(i / 100, i >= 50, i % 3 == 0, str(i)) for i in range(100)]
    together = [Scored(row.value, row.flagged, row.label, str(i // 20)) for i, row in enumerate(alone)]
    one, few = intervals(alone), intervals(together)
    assert one["specificity"][0] <= (figures(alone).specificity or 0) <= one["specificity"][1]
    assert few["specificity"][1] - few["specificity"][0] > one["specificity"][1] - one["specificity"][0]
    assert intervals(alone) == one
