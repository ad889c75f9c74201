"""Stability and probes in the console: the runs as JSON and as pages; one run with its wordings side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from proxy.sample import Sample
from scorers.console.api import LONG_RANGE, RANGE, AnyRequest, Room, TheRange, TheRoom, TheSettings
from scorers.console.pages import render
from scorers.console.query_params import Range, check_names, given_names, moments, page
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import Rate, Window, compute
from scorers.probes.battery import BEHAVIOURS
from scorers.stability.beside import Beside, beside, moved
from scorers.stability.result import warnings
from scorers.store.runs import Purpose, Run, RunState

#: Runs that are looked at, and prompts of a run that a page shows.
_RUNS, _PROMPTS = 500, 12
#: The live shares that stand beside the batteries for the same behaviours.
LIVE = (("clarification", "asked"), ("abstention", "abstained"), ("context_utilization", "ignored_context"))


class StabilityList(msgspec.Struct, frozen=True):
    """Results of stability runs: the members of ``stability run --json`` and more. ``cursor``: for the next page."""

    stability: list[dict[str, Any]]
    cursor: str | None


class ProbeList(msgspec.Struct, frozen=True):
    """Results of probe runs: the members of ``probe run --json`` and more. ``cursor``: for the next page."""

    probes: list[dict[str, Any]]
    cursor: str | None


def _results(room: Room, purpose: Purpose, range_: Range) -> tuple[list[dict[str, Any]], str | None]:
    """The results of runs that have one, the newest first."""
    now = time.time()
    since, until = moments(range_, now, now + 1.0)
    found = [
        run
        for run in room.store.asking.runs(range_.app, purpose.value, limit=_RUNS)
        if run.result is not None and since <= run.created_at < until and range_.model in (None, *_models(run))
    ]
    listed, cursor = page(found, lambda run: (f"{1e12 - run.created_at:020.6f}", run.id), range_.limit, range_.cursor)
    return [shown(run) for run in listed], cursor


def _models(run: Run) -> Sequence[str | None]:
    targets = (run.result or {}).get("targets")
    return [target["model"] for target in targets] if targets is not None else [run.model]


def shown(run: Run) -> dict[str, Any]:
    """A run's result with when it began and how it stands."""
    return {**(run.result or {}), "at": run.created_at, "state": run.state}


@get(
    "/api/stability",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_stability",
    summary="How much answers change by themselves, and by the wording of the request",
)
def get_stability(request: AnyRequest, room: TheRoom, range_: TheRange) -> StabilityList:
    """Every run of stability, the newest first. ``since`` and ``until`` bound when it began."""
    check_names(given_names(request), RANGE)
    return StabilityList(*_results(room, Purpose.STABILITY, range_))


@get(
    "/api/probes",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_probes",
    summary="How often attacks got through, by version of an application",
)
def get_probes(request: AnyRequest, room: TheRoom, range_: TheRange) -> ProbeList:
    """Every run of probes, the newest first. ``since`` and ``until`` bound when it began."""
    check_names(given_names(request), RANGE)
    return ProbeList(*_results(room, Purpose.PROBE, range_))


@get("/stability", sync_to_thread=True, include_in_schema=False)
def stability_page(room: TheRoom) -> Response[str]:
    """The newest runs of stability."""
    runs = room.store.asking.runs(purpose=Purpose.STABILITY.value, limit=50)
    return render(room.templates, "stability.html", runs=runs, running=RunState.RUNNING.value)


@get("/stability/{run_id:str}", sync_to_thread=True, include_in_schema=False)
def stability_run_page(request: AnyRequest, room: TheRoom, run_id: FromPath[str]) -> Response[str]:
    """One run, and the prompts whose answers changed with the wording. Who read them is recorded."""
    run = room.store.asking.run(run_id)
    if run is None or run.purpose != Purpose.STABILITY.value:
        raise NotFoundException(detail="no run of stability has this id")
    asks = room.store.asking.asks(run.id)
    ids = moved(run, asks)

    def sample_of(identity: str) -> Sample | None:
        detail = room.store.sample(identity)
        return detail.content if detail is not None else None

    found: list[Beside] = [one for each in ids[:_PROMPTS] if (one := beside(run, asks, each, sample_of)) is not None]
    room.store.record_reads(request.scope["auth"], time.time(), [one.id for one in found])
    return render(
        room.templates,
        "stability_run.html",
        run=run,
        found=run.result,
        warnings=warnings(run.result) if run.result is not None else [],
        prompts=found,
        more=max(0, len(ids) - _PROMPTS),
    )


@get("/probes", sync_to_thread=True, include_in_schema=False)
def probes_page(room: TheRoom, settings: TheSettings) -> Response[str]:
    """The newest run of each application, by version, with what changed; live shares of the same behaviours beside."""
    newest: dict[str, Run] = {}
    for run in room.store.asking.runs(purpose=Purpose.PROBE.value, limit=_RUNS):
        if run.result is not None and run.app is not None:
            newest.setdefault(run.app, run)
    rates = compute(room.store, Window.WEEK, time.time(), ModelNames.of(settings)) if newest else []
    live = {app: [rate for rate in rates if _is_live(rate, app)] for app in newest}
    return render(
        room.templates, "probes.html", runs=list(newest.values()), live=live, behaviours=(*BEHAVIOURS, "utility")
    )


def _is_live(rate: Rate, app: str) -> bool:
    return rate.app == app and rate.ratio is not None and (rate.scorer, rate.output) in LIVE


ASKED_AGAIN: tuple[HTTPRouteHandler, ...] = (
    *(get_stability, get_probes, stability_page, stability_run_page, probes_page),
)
