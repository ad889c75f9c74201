"""The JSON API of experiments: how each stands."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from scorers.console.api import LONG_RANGE, RANGE, AnyRequest, TheRange, TheRoom
from scorers.console.query_params import check_names, given_names, moments, page
from scorers.experiments.standing import status_of

#: Experiments that are looked through.
_MOST = 10_000


class OutcomeStatus(msgspec.Struct, frozen=True):
    """One outcome: the mean over ``n`` conversations, 1 where the candidate is better, with its bounds."""

    outcome: str
    primary: bool
    mean: float | None
    lower: float
    upper: float
    n: int
    verdict: str


class ExperimentStatus(msgspec.Struct, frozen=True):
    """How an experiment stands. ``noise``: the control against what was served, by outcome. ``more_pairs``: about how
    many more conversations lead to a verdict; null where nobody can say. ``reasons``: why it stands so."""

    name: str
    kind: str
    app: str
    state: str
    pairs: int
    skipped: dict[str, int]
    cost_usd: float
    outcomes: list[OutcomeStatus]
    verdict: str
    more_pairs: int | None
    noise: dict[str, Any]
    reasons: list[str]


class ExperimentList(msgspec.Struct, frozen=True):
    """The newest run of each experiment. ``cursor``: for the next page."""

    experiments: list[ExperimentStatus]
    cursor: str | None


@get(
    "/api/experiments",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="list_experiments",
    summary="All experiments",
)
def list_experiments(request: AnyRequest, room: TheRoom, range_: TheRange) -> ExperimentList:
    """The newest run of each experiment, by name. ``since`` and ``until`` bound when it began, ``model`` is the
    candidate's."""
    check_names(given_names(request), RANGE)
    now = time.time()
    since, until = moments(range_, now, now + 1.0)
    found = [
        run
        for run in room.store.experiments.all(_MOST)
        if since <= run.created_at < until and range_.app in (None, run.app) and range_.model in (None, run.model)
    ]
    listed, cursor = page(found, lambda run: (run.name or "",), range_.limit, range_.cursor)
    return ExperimentList([msgspec.convert(status_of(run), ExperimentStatus) for run in listed], cursor)


@get("/api/experiments/{name:str}", sync_to_thread=True, operation_id="get_experiment", summary="One experiment")
def get_experiment(room: TheRoom, name: FromPath[str]) -> ExperimentStatus:
    """How one experiment stands."""
    run = room.store.experiments.current(name)
    if run is None:
        raise NotFoundException(detail="no experiment has this name")
    return msgspec.convert(status_of(run), ExperimentStatus)


EXPERIMENTS: tuple[HTTPRouteHandler, ...] = (list_experiments, get_experiment)
