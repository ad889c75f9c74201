"""The published form: lines of Markdown, intervals of rates without a miss, and what differs from a document."""

import pytest

from scorers.datasets.figures import Scored
from scorers.report.table import Row, differing, row_of, tables, written

_DOCUMENT = "# Scorers\n\n<!-- score-report -->\nold\n<!-- end of score-report -->\n\nEnd.\n"


def scored(*values: float, label: bool) -> list[Scored]:
    return [Scored(value, value >= 0.5, label, f"{label}{at}") for at, value in enumerate(values)]


@pytest.fixture
def rows() -> list[Row]:
    of_people = row_of("s.o", "one", "people", "seen", scored(0.9, 0.2, label=True) + scored(0.1, 0.3, label=False))
    ordinary = row_of("s.o", "two", "none", "held out", scored(0.9, *[0.1] * 9, label=False))
    for row in (of_people, ordinary):
        row.milliseconds, row.per_second = 0.5, 2000
    return [of_people, ordinary]


def test_a_rate_without_a_miss_is_not_certain(rows: list[Row]) -> None:
    """Where all rows agree a bootstrap has no width; Wilson's interval over the groups has."""
    right = rows[0].figures["specificity"]
    assert right.value == right.upper == 1.0
    assert 0.3 < right.lower < 0.4
    together = row_of("s.o", "x", "people", "seen", [Scored(0.1, False, False, "same") for _ in range(50)])
    assert together.figures["specificity"].lower < 0.25


def test_ordinary_traffic_has_false_alarms_only(rows: list[Row]) -> None:
    """No one labelled it, so it has no specificity; the interval is turned round with the rate."""
    found = rows[1].figures["false_positive_rate"]
    assert found.value == pytest.approx(0.1)
    assert found.lower <= found.value <= found.upper
    assert "specificity" not in rows[1].figures
    assert rows[1].benign and not rows[0].benign


def test_tables(rows: list[Row]) -> None:
    """Sets with labels, ordinary traffic, and what was left out, each with as many cells as its heading."""
    left = row_of("s.o", "three", "people", "left out", scored(0.9, label=True) + scored(0.1, label=False))
    left.paired, left.pairs = 0.75, 4
    lines = [line for line in tables(rows, [left]).splitlines() if line.startswith("|")]
    assert len(lines) == 9
    for head, rule, line in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        assert head.count("|") == rule.count("|") == line.count("|")
    assert lines[2].startswith("| `s.o` | one | people | seen | 2 + 2 | .750 [")
    assert lines[2].endswith("| 0.50 | 2,000 |")
    assert lines[5].startswith("| `s.o` | two | held out | 10 | .100 [")
    assert lines[8].endswith("| .750 of 4 |")
    assert "Left out" not in tables(rows, [])


def test_written_between_the_marks(rows: list[Row]) -> None:
    """The rest of the document stays; without marks nothing is written."""
    text = tables(rows, [])
    made = written(_DOCUMENT, text)
    assert made.startswith("# Scorers\n") and made.endswith("\n\nEnd.\n") and "old" not in made
    assert written(made, text) == made
    for broken in ("", _DOCUMENT.partition("<!-- end")[0]):
        with pytest.raises(ValueError, match="score-report"):
            written(broken, text)


def test_what_differs_is_told_and_cost_is_not(rows: list[Row]) -> None:
    """A figure that moved is one line out and one in; another machine's milliseconds are no difference."""
    document = written(_DOCUMENT, tables(rows, []))
    rows[0].milliseconds, rows[0].per_second = 12.25, 82
    assert differing(document, tables(rows, [])) == []
    rows[1].no = 11
    found = differing(document, tables(rows, []))
    assert [line[:2] for line in found] == ["+ ", "- "]
    assert "| 11 |" in found[0] and "| 10 |" in found[1]
    with pytest.raises(ValueError, match="score-report"):
        differing("nothing", "")
