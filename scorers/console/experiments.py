"""The JSON API of experiments: how each stands."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from scorers.console.api import TheRoom
from scorers.experiments.standing import status_of


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
    """The newest run of each experiment."""

    experiments: list[ExperimentStatus]


@get("/api/experiments", sync_to_thread=True, operation_id="list_experiments", summary="All experiments")
def list_experiments(room: TheRoom) -> ExperimentList:
    """The newest run of each experiment."""
    found = [msgspec.convert(status_of(run), ExperimentStatus) for run in room.store.experiments.all()]
    return ExperimentList(found)


@get("/api/experiments/{name:str}", sync_to_thread=True, operation_id="get_experiment", summary="One experiment")
def get_experiment(room: TheRoom, name: FromPath[str]) -> ExperimentStatus:
    """How one experiment stands."""
    run = room.store.experiments.current(name)
    if run is None:
        raise NotFoundException(detail="no experiment has this name")
    return msgspec.convert(status_of(run), ExperimentStatus)


EXPERIMENTS: tuple[HTTPRouteHandler, ...] = (list_experiments, get_experiment)
