"""The picture of a confidence sequence: the band between its bounds over the number of conversations, as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

#: Of the drawing, in its own units; it is scaled to the width of the page.
_WIDTH, _HEIGHT = 440, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 30
_TICKS = (30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
#: For a picture that stands alone; a page has these in its style sheet.
STYLE = (
    ".sequence text{font:12px system-ui,sans-serif;fill:#55625e}.sequence .grid{stroke:#dfe5e3}"
    ".sequence .zero{stroke:#55625e}.sequence .margin{stroke:#a15c00;stroke-dasharray:5 4}"
    ".sequence .margin-name{fill:#a15c00}.sequence .band{fill:#bfe3d8;stroke:#0f6b5c;stroke-width:1.2}"
    ".sequence .mean{fill:none;stroke:#0f6b5c;stroke-width:2}"
)

#: n, mean, lower, upper.
Trail = Sequence[Sequence[float]]


class _Scale:
    """From conversations (on a logarithmic scale) and net wins to places in the drawing."""

    def __init__(self, trail: Trail, margin: float) -> None:
        self.first, self.last = trail[0][0], max(trail[-1][0], trail[0][0] + 1)
        reach = max(max(abs(point[2]), abs(point[3])) for point in trail)
        self.top = min(1.0, math.ceil(10 * max(reach, 1.5 * margin)) / 10)

    def x(self, n: float) -> float:
        share = (math.log(n) - math.log(self.first)) / (math.log(self.last) - math.log(self.first))
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (self.top - max(-self.top, min(self.top, value))) / (2 * self.top)
        return _TOP + share * (_HEIGHT - _TOP - _BOTTOM)


def drawing(trail: Trail, margin: float, name: str, alone: bool = False) -> Markup:
    """The picture; empty before the first look. ``alone``: a file by itself, with its style."""
    if not trail:
        return Markup("")
    scale = _Scale(trail, margin)
    n, mean, lower, upper = trail[-1]
    said = f"{name}: after {n:,.0f} conversations {mean:+.3f}, bounds {lower:+.3f} and {upper:+.3f}, margin {-margin:g}"
    parts = [*_grid(scale), *_margin(scale, margin), _band(scale, trail), _mean(scale, trail)]
    own = f' xmlns="http://www.w3.org/2000/svg" width="{2 * _WIDTH}"' if alone else ""
    style = f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>' if alone else ""
    head = f'<svg class="sequence" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"{own} aria-label="{escape(said)}">'
    return Markup(head + style + "".join(parts) + "</svg>")  # noqa: S704 - numbers, and a name that is escaped


def _grid(scale: _Scale) -> list[str]:
    found = []
    for value in (scale.top, scale.top / 2, 0.0, -scale.top / 2, -scale.top):
        y, kind = scale.y(value), "zero" if value == 0 else "grid"
        found.append(f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        label = "0" if value == 0 else f"{value:+.2g}".replace("-", "\u2212")
        found.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    ticks = [tick for tick in _TICKS if scale.first <= tick <= scale.last] or [int(scale.first)]
    for tick in ticks:
        place = scale.x(tick)
        anchor = "end" if place > _WIDTH - 40 else "middle"
        found.append(f'<text x="{place:.1f}" y="{_HEIGHT - 16}" text-anchor="{anchor}">{tick:,}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [*found, f'<text x="{middle}" y="{_HEIGHT - 3}" text-anchor="middle">conversations</text>']


def _margin(scale: _Scale, margin: float) -> list[str]:
    y = scale.y(-margin)
    line = f'<line class="margin" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    place = f'x="{_WIDTH - _RIGHT - 2}" y="{y + 13:.1f}" text-anchor="end"'
    return [line, f'<text class="margin-name" {place}>margin \u2212{margin:g}</text>']


def _band(scale: _Scale, trail: Trail) -> str:
    upper = [(point[0], point[3]) for point in trail]
    lower = [(point[0], point[2]) for point in reversed(trail)]
    return f'<polygon class="band" points="{_points(scale, [*upper, *lower])}"/>'


def _mean(scale: _Scale, trail: Trail) -> str:
    return f'<polyline class="mean" points="{_points(scale, [(point[0], point[1]) for point in trail])}"/>'


def _points(scale: _Scale, places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{scale.x(n):.1f},{scale.y(value):.1f}" for n, value in places)
