"""The drift page's rows: in what order, how near to an alarm, with what interval."""

from __future__ import annotations

from typing import Any

import pytest

from scorers.console.drift_board import board
from scorers.drift.monitor import SignalView
from scorers.drift.signals import State

_PLAIN: dict[str, Any] = {
    "signal": "refusal.refused",
    "app": "bot",
    "model": "m",
    "state": State.WATCHING,
    "since": 0.0,
    "baseline": 0.05,
    "current": 0.06,
    "samples": 150,
    "samples_needed": 0,
    "statistic": 99.0,
    "threshold": 9999.0,
    "causes": [],
    "baseline_at": 0.0,
    "last_at": 0.0,
    "unit": "ratio",
    "baseline_median": None,
    "current_median": None,
}


def _view(**changes: Any) -> SignalView:
    names = SignalView.__struct_fields__
    defaults = {name: None for name in names if name not in _PLAIN and name != "simulated"}
    return SignalView(**{**defaults, **_PLAIN, **changes})


def test_what_wants_to_be_read_stands_first() -> None:
    """Alarms on shares before those on shapes, watched signals by how near they are, learned ones by how far."""
    found = board(
        [
            _view(app="far", statistic=1.0),
            _view(app="near", statistic=5000.0),
            _view(signal="refusal.refused.shape", state=State.DRIFTED, statistic=3.0, threshold=1.0),
            _view(state=State.DRIFTED, statistic=20_000.0),
            _view(state=State.LEARNING, samples=10, samples_needed=490),
            _view(state=State.LEARNING, samples=400, samples_needed=100),
            _view(state=State.STALE),
        ]
    )
    assert [row.view.app for row in found.watching] == ["near", "far"]
    assert [row.kind for row in found.drifted] == ["flagged", "mean score"]
    assert [row.learned for row in found.learning] == [80.0, 2.0]
    assert (found.total, len(found.stale), found.simulated) == (7, 1, False)


def test_evidence_is_drawn_on_its_own_scale() -> None:
    """Evidence multiplies: a hundred of ten thousand is half the way. Beyond the threshold the bar is full."""
    (half,) = board([_view()]).watching
    assert half.near == pytest.approx(50.0, abs=0.1)
    (full,) = board([_view(state=State.DRIFTED, statistic=1e9)]).drifted
    assert full.near == 100.0
    (new,) = board(
        [_view(state=State.LEARNING, threshold=None, baseline=None, current=None, samples_needed=5)]
    ).learning
    assert (new.near, new.lower, new.place(None)) == (0.0, None, 0.0)


def test_the_interval_is_of_the_last_two_blocks() -> None:
    """A share now is of at most 200 conversations, and its interval too; shapes have none."""
    (row,) = board([_view(samples=1250, current=0.25)]).watching
    assert row.n == 150
    assert row.lower is not None and row.upper is not None and row.lower < 0.25 < row.upper
    assert row.upper <= row.scale and row.place(row.upper) <= 100
    (shape,) = board([_view(signal="refusal.refused.shape")]).watching
    assert shape.lower is None


def test_a_made_up_baseline_is_said() -> None:
    """One simulated baseline among the signals makes the page say so."""
    assert board([_view(), _view(simulated=True)]).simulated


def test_evidence_is_said_in_times_of_the_threshold() -> None:
    """A statistic is told as a multiple of its threshold; one in the hundreds of millions as far beyond it."""
    (near,) = board([_view(statistic=5000.0, threshold=10_000.0)]).watching
    assert near.evidence == "0.5 times the threshold of an alarm"
    (far,) = board([_view(state=State.DRIFTED, statistic=3.2e8, threshold=1e4)]).drifted
    assert far.evidence == "far beyond its alarm"
    (new,) = board([_view(state=State.LEARNING, threshold=None, samples_needed=5)]).learning
    assert new.evidence == "no threshold yet"
