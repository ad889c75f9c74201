"""Causes of a shift: ranks the dimensions that only a proxy sees by how much of the shift each of them explains.

For each dimension the outcome is tabulated by value, before and now. If only the value matters, each value keeps its
mean, and the shift comes from changed weights of the values. That expected shift divided by the observed one is the
dimension's share. A new fingerprint with different behaviour explains all of its shift. A dimension that did not change
explains nothing. One that changed at another time leaves a shift within its values, which rules it out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

#: Dimension -> whose change it is. In the order in which equals are listed.
DIMENSIONS: dict[str, str] = {
    "scorer_version": "ours",
    "response_model": "provider",
    "system_fingerprint": "provider",
    "provider": "provider",
    "system_prompt": "ours",
    "tools": "ours",
    "parameters": "ours",
    "language": "mix",
    "length": "mix",
    "app": "mix",
}
#: Values of one dimension that are counted separately; the rest are ``(other)``.
MAX_VALUES = 20
OTHER_VALUES = "(other)"
#: A missing field has a value too: if a fingerprint starts to be sent, that is a change.
NONE = "(none)"
#: Values that make a block; "now" is the block that is filling and the one before it.
BLOCK = 100
_SHRINK = 5.0
_LEAST_SHARE, _CLEAR_SHARE, _LEAST_Z = 0.25, 0.6, 3.0


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One change: ``share`` of the shift that it explains, in [0, 1]; ``at``: when it was first seen (Unix s).

    ``whose`` change it is: ``ours`` (prompt, tools, parameters, scorers), the ``provider``'s, or the traffic's ``mix``.
    """

    dimension: str
    whose: str
    from_: str = msgspec.field(name="from")
    to: str
    at: float
    share: float


class Cell(msgspec.Struct, array_like=True):
    """One value of one dimension: number and sum of outcomes in the past, the block before, and this block."""

    first_at: float
    past: float = 0.0
    past_sum: float = 0.0
    before: float = 0.0
    before_sum: float = 0.0
    now: float = 0.0
    now_sum: float = 0.0


class Tables(msgspec.Struct, omit_defaults=True):
    """The outcomes of one signal by dimension and value. ``squares``: sums of squared outcomes, block by block."""

    cells: dict[str, dict[str, Cell]] = {}
    past: float = 0.0
    before: float = 0.0
    now: float = 0.0
    squares: list[float] = msgspec.field(default_factory=lambda: [0.0, 0.0, 0.0])
    before_at: float = 0.0
    now_at: float = 0.0

    def learn(self, outcome: float, dimensions: Mapping[str, str], at: float) -> None:
        """Add a past outcome."""
        gathered = Gathered(self)
        gathered.gather(True, outcome, dimensions, at)
        gathered.settle()

    def add(self, outcome: float, dimensions: Mapping[str, str], at: float) -> None:
        """Add a current outcome."""
        gathered = Gathered(self)
        gathered.gather(False, outcome, dimensions, at)
        gathered.settle()

    def fold(self) -> None:
        """Close the full block: the block before it becomes part of the past."""
        for cells in self.cells.values():
            for cell in cells.values():
                cell.past, cell.past_sum = cell.past + cell.before, cell.past_sum + cell.before_sum
                cell.before, cell.before_sum = cell.now, cell.now_sum
                cell.now = cell.now_sum = 0.0
        self.past, self.before, self.now = self.past + self.before, self.now, 0.0
        self.squares = [self.squares[0] + self.squares[1], self.squares[2], 0.0]
        self.before_at = self.now_at

    def rebase(self) -> None:
        """Make the current outcomes the whole past."""
        for cells in self.cells.values():
            for value, cell in list(cells.items()):
                cell.past, cell.past_sum = cell.before + cell.now, cell.before_sum + cell.now_sum
                cell.before = cell.before_sum = cell.now = cell.now_sum = 0.0
                if not cell.past:
                    del cells[value]
        self.past, self.before, self.now = self.before + self.now, 0.0, 0.0
        self.squares = [self.squares[1] + self.squares[2], 0.0, 0.0]

    def place(self, cells: dict[str, Cell], value: str, at: float) -> Cell:
        """The cell of a value that has none of its own so far."""
        if len(cells) >= MAX_VALUES:
            # A value that has not been seen for two blocks is replaced.
            idle = [name for name, cell in cells.items() if not cell.before and not cell.now and name != OTHER_VALUES]
            rest = cells.setdefault(OTHER_VALUES, Cell(at))
            if not idle or not (self.now or self.before):
                return rest
            gone = cells.pop(min(idle, key=lambda name: cells[name].past))
            rest.past, rest.past_sum = rest.past + gone.past, rest.past_sum + gone.past_sum
        cells[value] = Cell(at)
        return cells[value]


class Gathered:
    """Outcomes on their way into tables: those with the same dimensions are counted together.

    Numbers and squares are in the tables at once, the cells only after ``settle``. It must be called before the tables
    are folded, rebased, read or encoded.
    """

    __slots__ = ("_groups", "_past", "_tables")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._past = True
        #: Dimensions, number and sum of their outcomes, and when the first of them came; by the dimensions' identity.
        self._groups: dict[int, tuple[Mapping[str, str], list[float], float]] = {}

    def gather(self, past: bool, outcome: float, dimensions: Mapping[str, str], at: float) -> None:
        """Add a past or a current outcome."""
        tables = self._tables
        if past is not self._past:
            self.settle()
            self._past = past
        if past:
            tables.past += 1
            tables.squares[0] += outcome * outcome
        else:
            if not tables.now:
                tables.now_at = at
            tables.now += 1
            tables.squares[2] += outcome * outcome
        if not dimensions:
            return
        found = self._groups.get(id(dimensions))
        if found is None:
            self._groups[id(dimensions)] = dimensions, [1.0, outcome], at
        else:
            numbers = found[1]
            numbers[0] += 1.0
            numbers[1] += outcome

    def settle(self) -> None:
        """Count what was gathered in the cells of its values, in the order in which they were first seen."""
        tables, past = self._tables, self._past
        for dimensions, (number, total), at in self._groups.values():
            for dimension, value in dimensions.items():
                try:
                    cell = tables.cells[dimension][value]
                except KeyError:
                    cell = tables.place(tables.cells.setdefault(dimension, {}), value, at)
                if past:
                    cell.past += number
                    cell.past_sum += total
                else:
                    cell.now += number
                    cell.now_sum += total
        self._groups.clear()


def rank(tables: Tables) -> list[Cause]:
    """The dimensions that explain the shift between past and now, best first; empty when none does."""
    recent = tables.before + tables.now
    if not tables.past or not recent:
        return []
    found = []
    for dimension, cells in tables.cells.items():
        cause = _cause(tables, dimension, cells)
        if cause is not None:
            found.append(cause)
    order = list(DIMENSIONS)
    return sorted(found, key=lambda cause: (-round(cause.share * 20), order.index(cause.dimension)))


def _cause(tables: Tables, dimension: str, cells: Mapping[str, Cell]) -> Cause | None:
    past, recent = tables.past, tables.before + tables.now
    past_sum = math.fsum(cell.past_sum for cell in cells.values())
    recent_sum = math.fsum(cell.before_sum + cell.now_sum for cell in cells.values())
    shift = recent_sum / recent - past_sum / past
    mean = (past_sum + recent_sum) / (past + recent)
    variance = math.fsum(tables.squares) / (past + recent) - mean * mean
    if variance <= 0 or abs(shift) < 1e-9:
        return None
    explained = within = weight = 0.0
    moved: dict[str, float] = {}
    for value, cell in cells.items():
        later, later_sum = cell.before + cell.now, cell.before_sum + cell.now_sum
        own = (cell.past_sum + later_sum + _SHRINK * mean) / (cell.past + later + _SHRINK)
        moved[value] = later / recent - cell.past / past
        explained += moved[value] * own
        if cell.past and later:
            harmonic = cell.past * later / (cell.past + later)
            within += harmonic * (later_sum / later - cell.past_sum / cell.past)
            weight += harmonic
    share = explained / shift
    left = math.copysign(1.0, shift) * within / math.sqrt(variance * weight) if weight else 0.0
    if share < _LEAST_SHARE or (left > _LEAST_Z and share < _CLEAR_SHARE):
        return None
    to, gone = max(moved, key=lambda value: moved[value]), min(moved, key=lambda value: moved[value])
    new = not cells[to].past
    at = cells[to].first_at if new else (tables.before_at if tables.before else tables.now_at)
    return Cause(
        dimension=dimension, whose=DIMENSIONS[dimension], from_=gone, to=to, at=at, share=round(min(1.0, share), 3)
    )
