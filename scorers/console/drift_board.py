"""What the drift page shows: signals by state, each with how near it is to an alarm and where it went. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scorers.drift.baseline import wilson
from scorers.drift.causes import BLOCK
from scorers.drift.monitor import SignalView
from scorers.drift.signals import Kind, State, kind_of

_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Row:
    """One signal; places are of 100. ``near``: how near the evidence is to the threshold, on its own scale.

    ``learned``: how much of its baseline it has. Shares are drawn from 0 to ``scale``; ``lower`` and ``upper`` bound
    the current share with 95 %, on ``n``: the conversations of the last two blocks, of which it is.
    """

    view: SignalView
    near: float
    learned: float
    scale: float
    lower: float | None
    upper: float | None
    n: int

    @property
    def name(self) -> str:
        """What the signal is of, without what kind of signal it is."""
        return self.view.signal.removesuffix(".shape")

    @property
    def kind(self) -> str:
        """The kind of signal, in a word."""
        return {"shape": "mean score", "share": "flagged", "quantile": "median", "mix": "mix"}[
            kind_of(self.view.signal).value
        ]

    @property
    def evidence(self) -> str:
        """How the statistic compares with the threshold of an alarm. It has no upper bound."""
        if not self.view.threshold:
            return "no threshold yet"
        times = self.view.statistic / self.view.threshold
        return "far beyond its alarm" if times >= 1000 else f"{times:,.3g} times the threshold of an alarm"

    def place(self, share: float | None) -> float:
        """Where a share stands on the scale, of 100."""
        return 100 * min(self.scale, share or 0.0) / self.scale


@dataclass(frozen=True, slots=True)
class Board:
    """All signals by what wants to be read first."""

    drifted: list[Row]
    stale: list[Row]
    watching: list[Row]
    learning: list[Row]

    @property
    def total(self) -> int:
        """How many signals there are."""
        return len(self.drifted) + len(self.stale) + len(self.watching) + len(self.learning)

    @property
    def simulated(self) -> bool:
        """Whether any baseline was made up."""
        return any(row.view.simulated for row in (*self.drifted, *self.stale, *self.watching))


def board(found: Sequence[SignalView]) -> Board:
    """The signals in their states: alarms the surest first, watched ones the nearest to an alarm first."""
    rows = [_row(view) for view in found]

    def of(state: State) -> list[Row]:
        return [row for row in rows if row.view.state is state]

    watching = sorted(of(State.WATCHING), key=lambda row: (-row.near, row.view.signal, row.view.app))
    learning = sorted(of(State.LEARNING), key=lambda row: (-row.learned, row.view.signal, row.view.app))
    drifted = sorted(of(State.DRIFTED), key=lambda row: (kind_of(row.view.signal) is not Kind.SHARE, -row.near))
    return Board(drifted, of(State.STALE), watching, learning)


def _row(view: SignalView) -> Row:
    near = 0.0
    if view.threshold:
        # Evidence multiplies, so that its logarithm tells how far it has come; a PSI adds up.
        sequential = kind_of(view.signal) in (Kind.SHARE, Kind.QUANTILE)
        near = (
            math.log1p(view.statistic) / math.log1p(view.threshold) if sequential else view.statistic / view.threshold
        )
    whole = view.samples + view.samples_needed
    learned = 100 * view.samples / whole if whole else 0.0
    lower = upper = None
    n = view.samples if view.samples < 2 * BLOCK else BLOCK + view.samples % BLOCK
    if kind_of(view.signal) is Kind.SHARE and view.current is not None and n:
        lower, upper = wilson(view.current, n, _Z95)
    most = max(view.baseline or 0.0, view.current or 0.0, upper or 0.0)
    scale = next((end for end in (0.05, 0.1, 0.2, 0.3, 0.5, 0.75) if most <= end), 1.0)
    return Row(view, 100 * min(1.0, near), learned, scale, lower, upper, n)
