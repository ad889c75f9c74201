"""The page Theatre: benchmarks as published, their reworded shadow, and production beside; refusals and effort."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from scorers.benchmarks import curves, production
from scorers.benchmarks.item import PUBLISHED
from scorers.console.api import Room, TheRoom, TheSettings
from scorers.console.effort_chart import pictures
from scorers.console.pages import render
from scorers.estimates.model_names import ModelNames
from scorers.store.runs import Purpose, Run

#: Runs that are looked at, and models that are shown.
_LOOKED_AT, _SHOWN = 200, 12
#: The curve's frame, in units of its picture.
SIDE, EDGE = 200, 24


class BenchmarkBar(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of a model, in one variant: a score in [0, 1] and, of a reworded one, its gap."""

    name: str
    variant: str
    n: int
    score: float | None
    lower: float | None
    upper: float | None
    errors: int
    not_run: str = ""
    gap: dict[str, Any] | None = None

    @property
    def shadow(self) -> bool:
        """Whether it is a reworded form."""
        return self.variant != PUBLISHED


def bars(run: Run) -> list[BenchmarkBar]:
    """The bars of a run: each benchmark as published, then its variants. Further readings and subjects have none."""
    result = run.result or {}
    gaps = {(gap["name"], gap["variant"]): gap for gap in result.get("gaps", [])}
    return [
        BenchmarkBar(gap=gaps.get((line["name"], line["variant"])), **line)
        for line in result.get("benchmarks", [])
        if ":" not in line["name"]
    ]


def _models(room: Room, names: ModelNames, now: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The newest run of each model with production's figures beside, and how both order the versions."""
    runs = production.newest(room.store.asking.runs(purpose=Purpose.BENCHMARK.value, limit=_LOOKED_AT))
    figures = production.figures(room.store, list(runs), now, names) if runs else {}
    shown = [
        {"model": model, "run": run, "bars": bars(run), "production": figures.get(model)}
        for model, run in list(runs.items())[:_SHOWN]
    ]
    return shown, production.correlation(runs, figures)


@get("/theatre", sync_to_thread=True, include_in_schema=False)
def theatre_page(room: TheRoom, settings: TheSettings) -> Response[str]:
    """Benchmarks and production of the last 30 days side by side."""
    now = time.time()
    since = now - production.SECONDS
    models, correlation = _models(room, ModelNames.of(settings), now)
    efforts = curves.efforts(room.store.theatre.calls(since, now))
    return render(
        room.templates,
        "theatre.html",
        models=models,
        correlation=correlation,
        curves=[curve for curve in curves.calibration(room.store.theatre.refusals(since, now)) if curve["n"]][:_SHOWN],
        efforts=efforts,
        effort_pictures=pictures(efforts)[:_SHOWN],
        side=SIDE,
        edge=EDGE,
    )


THEATRE: tuple[HTTPRouteHandler, ...] = (theatre_page,)
