"""The published form of a measured set: a row for a machine, a line of Markdown for people, and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from scorers.datasets.figures import Scored, figures, intervals
from scorers.estimates.tally import wilson

_FIGURES = ("auroc", "balanced_accuracy", "sensitivity", "specificity", "f1", "ece")
_COST = ("ms", "a second")
_LABELLED = (
    "output", "set", "labels by", "fitted", "n", "AUROC", "BAcc", "sensitivity", "specificity", "F1", "ECE", *_COST
)  # fmt: skip
_BENIGN = ("output", "set", "fitted", "n", "flagged", "ECE", *_COST)
_UNSEEN = ("output", "left out", "labels by", "n", "AUROC", "BAcc", "sensitivity", "specificity", "paired")
_BEGIN, _END = "<!-- score-report -->", "<!-- end of score-report -->"


class Cell(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    lower: float
    upper: float


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One output on one set. ``fitted``: seen, held out, rules, or what was left out of the fit.

    ``milliseconds`` is CPU time a sample of the whole scorer, ``per_second`` samples on one core; ``paired`` the share
    of pairs within a group that are in the right order.
    """

    output: str
    set: str
    labels: str
    fitted: str
    yes: int
    no: int
    figures: dict[str, Cell]
    version: str = ""
    unscored: dict[str, int] = {}
    milliseconds: float | None = None
    per_second: int | None = None
    paired: float | None = None
    pairs: int = 0

    @property
    def benign(self) -> bool:
        """Whether only false alarms were measured."""
        return self.labels == "none"


def row_of(output: str, name: str, labels: str, fitted: str, rows: list[Scored]) -> Row:
    """The figures of scored rows; rates in which all rows agree have Wilson's interval over the groups."""
    found, spread = figures(rows), intervals(rows)
    cells = {}
    for key in _FIGURES:
        value = getattr(found, key)
        if value is not None:
            cells[key] = Cell(*(round(one, 4) for one in (value, *spread.get(key, (value, value)))))
    for key, label in (("sensitivity", True), ("specificity", False)):
        if key in cells and cells[key].value in (0.0, 1.0):
            groups = len({row.group or str(at) for at, row in enumerate(rows) if row.label is label})
            cells[key] = Cell(
                cells[key].value, *(round(one, 4) for one in wilson(round(cells[key].value) * groups, groups))
            )
    if labels == "none" and "specificity" in cells:
        right = cells.pop("specificity")
        cells = {
            "false_positive_rate": Cell(*(round(1.0 - one, 4) for one in (right.value, right.upper, right.lower))),
            "ece": cells["ece"],
        }
    return Row(
        output=output, set=name, labels=labels, fitted=fitted, yes=found.positives, no=found.negatives, figures=cells
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(names: Sequence[str]) -> list[str]:
    return [_line(names), f"|{'---|' * len(names)}"]


def _cell(row: Row, key: str) -> str:
    found = row.figures.get(key)
    if found is None:
        return "–"
    value, lower, upper = (f"{one:.3f}".removeprefix("0") for one in (found.value, found.lower, found.upper))
    return f"{value} [{lower}, {upper}]"


def _cost(row: Row) -> list[str]:
    return [f"{row.milliseconds or 0.0:.2f}", f"{row.per_second or 0:,}"]


def labelled(row: Row) -> str:
    """The line of a set with labels."""
    names = [f"`{row.output}`", row.set, row.labels, row.fitted, f"{row.yes:,} + {row.no:,}"]
    return _line([*names, *(_cell(row, key) for key in _FIGURES), *_cost(row)])


def benign(row: Row) -> str:
    """The line of a set of ordinary traffic."""
    return _line(
        [
            f"`{row.output}`", row.set, row.fitted, f"{row.no:,}",
            _cell(row, "false_positive_rate"), _cell(row, "ece"), *_cost(row),
        ]
    )  # fmt: skip


def unseen(row: Row) -> str:
    """The line of a set that was left out of the fit."""
    paired = "" if row.paired is None else f"{row.paired:.3f} of {row.pairs:,}".removeprefix("0")
    names = [f"`{row.output}`", row.set, row.labels, f"{row.yes:,} + {row.no:,}"]
    return _line([*names, *(_cell(row, key) for key in _FIGURES[:4]), paired])


def tables(rows: list[Row], left_out: list[Row]) -> str:
    """The three tables as Markdown: sets with labels, ordinary traffic, sets left out of the fit."""
    parts = [
        "Sets with labels:",
        "\n".join([*_head(_LABELLED), *(labelled(row) for row in rows if not row.benign)]),
        "Ordinary traffic, where what is flagged counts as a false alarm:",
        "\n".join([*_head(_BENIGN), *(benign(row) for row in rows if row.benign)]),
    ]
    if left_out:
        parts += [
            "Left out of the fit, weights and (groundedness, context utilization) threshold:",
            "\n".join([*_head(_UNSEEN), *map(unseen, left_out)]),
        ]
    return "\n\n".join(parts)


def written(document: str, text: str) -> str:
    """``document`` with ``text`` between its marks. Raises ``ValueError`` when it has none."""
    begin, found, rest = document.partition(_BEGIN)
    _, closed, end = rest.partition(_END)
    if not found or not closed:
        raise ValueError(f"no {_BEGIN} ... {_END}")
    return f"{begin}{_BEGIN}\n{text}\n{_END}{end}"


def differing(document: str, text: str) -> list[str]:
    """Lines of ``text`` that the document lacks, cost left aside, and lines between its marks that ``text`` lacks.

    Raises ``ValueError`` when the document has no marks.
    """
    written(document, "")
    between = document.partition(_BEGIN)[2].partition(_END)[0]
    shown, made = (
        [_without_cost(line) for line in one.splitlines() if line.startswith("|")] for one in (between, text)
    )
    return [f"+ {line}" for line in made if line not in shown] + [f"- {line}" for line in shown if line not in made]


def _without_cost(line: str) -> str:
    return re.sub(r"\| \d+\.\d\d \| [\d,]+ \|$", "|", line)
