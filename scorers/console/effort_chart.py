"""The pictures of effort: what more of it brings (tasks that succeed) against what it costs, by model, as SVG. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from markupsafe import Markup

from scorers.console import views

#: Of a drawing, in its own units; it is scaled to the width of its figure.
_SIDE, _HEIGHT, _EDGE = 200.0, 120.0, 24.0
_ROOM = 1.15
#: Nearer to the right end than this, a word ends at its point instead of beginning there.
_LAST = 40.0

Effort = Mapping[str, Any]


class EffortPicture(msgspec.Struct, frozen=True):
    """One model: success against the cost of an answer, and against its thinking time; ``None`` where that is not
    known of any effort."""

    model: str
    cost: Markup | None
    thinking: Markup | None


def pictures(efforts: Sequence[Effort]) -> list[EffortPicture]:
    """The pictures of the models of which the success of at least one effort is known. ``efforts``: rows of
    ``scorers.benchmarks.curves.efforts``, the least effort of a model first."""
    by_model: dict[str, list[Effort]] = {}
    for row in efforts:
        if row["success"] is not None:
            by_model.setdefault(row["model"], []).append(row)
    return [
        EffortPicture(
            model,
            _drawing(model, rows, "cost_usd", ("cost of an answer", views.dollars)),
            _drawing(model, rows, "thinking_seconds", ("thinking, median", _seconds)),
        )
        for model, rows in by_model.items()
    ]


def _drawing(model: str, rows: Sequence[Effort], key: str, axis: tuple[str, Callable[[float], str]]) -> Markup | None:
    """Points from the least effort to the most, joined by a line; up: tasks that succeed, with their interval."""
    known = [row for row in rows if row[key] is not None]
    if not known:
        return None
    name, told = axis
    most = max(float(row[key]) for row in known) * _ROOM or 1.0
    places = [(_EDGE + _SIDE * float(row[key]) / most, row) for row in known]
    said = "; ".join(f"{row['effort']}: {views.percent(row['success']['ratio'])} at {told(row[key])}" for row in known)
    line = " ".join(f"{x:.1f},{_y(row['success']['ratio']):.1f}" for x, row in places)
    bottom = _EDGE + _HEIGHT
    parts = [
        f'<rect class="frame" x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_HEIGHT}"/>',
        *(_whisker(x, row["success"]) for x, row in places),
        f'<polyline class="path" points="{line}"/>',
        *(_point(x, row, told(row[key])) for x, row in places),
        f'<text x="{_EDGE}" y="{_EDGE - 8}">tasks that succeed</text>',
        f'<text x="{_EDGE}" y="{bottom + 16}">0</text>',
        f'<text x="{_EDGE + _SIDE}" y="{bottom + 16}" text-anchor="end">{escape(f"{name}, up to {told(most)}")}</text>',
    ]
    label = escape(f"{views.inert(model)}, {name}: {said}")
    head = f'<svg viewBox="0 0 {_SIDE + 2 * _EDGE:g} {bottom + _EDGE:g}" role="img" aria-label="{label}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - numbers, and words that are escaped


def _whisker(x: float, success: Mapping[str, float]) -> str:
    top, bottom = _y(success["upper"]), _y(success["lower"])
    return f'<line class="whisk" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom:.1f}" y2="{top:.1f}"/>'


def _point(x: float, row: Effort, told: str) -> str:
    success = row["success"]
    y = _y(success["ratio"])
    title = escape(f"{row['effort']}: {views.percent(success['ratio'])} of {success['tasks']:,} tasks, {told}")
    last = x > _EDGE + _SIDE - _LAST
    word = f'<text x="{x - 7 if last else x + 7:.1f}" y="{y + 15:.1f}"{" text-anchor=" + _END if last else ""}>'
    point = f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{title}</title></circle>'
    return f"{point}{word}{escape(row['effort'])}</text>"


_END = '"end"'


def _y(share: float) -> float:
    return _EDGE + _HEIGHT * (1 - share)


def _seconds(value: float) -> str:
    return f"{value:.1f} s"
