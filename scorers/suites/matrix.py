"""A suite over its runs, for people: cases by runs, what regressed, and how two answers differ. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from scorers.suites.verdict import CaseResult, Results

#: Words of an answer that are compared; what is longer is shown unmarked.
_MOST_WORDS = 2_000
_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


class Cell(StrEnum):
    """What became of a case in a run."""

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    ERROR = "error"
    ABSENT = "absent"


class Show(StrEnum):
    """Which cases are listed."""

    ALL = "all"
    REGRESSED = "regressed"
    FLAKY = "flaky"
    ERRORED = "errored"


class Row(msgspec.Struct, frozen=True):
    """A case and its cells, in the order of the runs. ``changed``: its content differs from that of the newest run."""

    id: str
    asks: str
    cells: list[Cell]
    means: list[float | None]
    regressed: bool


def cell_of(item: CaseResult | None) -> Cell:
    """What became of a case."""
    if item is None:
        return Cell.ABSENT
    if item.mean is None:
        return Cell.ERROR
    if item.flaky:
        return Cell.FLAKY
    return Cell.PASSED if item.mean >= 1 else Cell.FAILED


def matrix(runs: Sequence[Results], show: Show = Show.ALL) -> list[Row]:
    """Cases by ``runs`` (the newest first), in the order of the newest run, those of older runs behind."""
    by_run = [{item.case.id: item for item in run.cases} for run in runs]
    order: dict[str, CaseResult] = {}
    for cases in by_run:
        for identity, item in cases.items():
            order.setdefault(identity, item)
    rows = []
    for identity, shown in order.items():
        found = [cases.get(identity) for cases in by_run]
        means = [item.mean if item is not None else None for item in found]
        cells = [cell_of(item) for item in found]
        rows.append(Row(identity, shown.case.asks, cells, means, _regressed(found)))
    return [row for row in rows if _wanted(row, show)]


def _regressed(found: Sequence[CaseResult | None]) -> bool:
    """Whether the newest run is worse than the run before it, on the same content."""
    if len(found) < 2 or found[0] is None or found[1] is None:
        return False
    new, old = found[0], found[1]
    same = new.case.digest == old.case.digest
    return same and new.mean is not None and old.mean is not None and new.mean < old.mean


def _wanted(row: Row, show: Show) -> bool:
    if show is Show.REGRESSED:
        return row.regressed
    if show is Show.FLAKY:
        return Cell.FLAKY in row.cells
    if show is Show.ERRORED:
        return Cell.ERROR in row.cells
    return True


class Piece(msgspec.Struct, frozen=True):
    """A part of a text; ``only``: the other text does not have it."""

    text: str
    only: bool


def differences(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, word by word, with what only one of them has."""
    left, right = _PIECE.findall(before), _PIECE.findall(after)
    if max(len(left), len(right)) > _MOST_WORDS:
        return [Piece(before, False)], [Piece(after, False)]
    old: list[Piece] = []
    new: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        equal = kind == "equal"
        if b > a:
            old.append(Piece("".join(left[a:b]), not equal))
        if d > c:
            new.append(Piece("".join(right[c:d]), not equal))
    return old, new
