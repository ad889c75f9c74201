"""The JSON API about measuring itself: calibrations, the two-by-two tables, the judge's health, what it would cost."""

from __future__ import annotations

import math
import time
from typing import Annotated

import msgspec
from litestar import get
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from proxy.config.offpath import Price
from scorers.console.api import LONG_RANGE, RANGE, AnyRequest, TheRange, TheRoom, TheSettings
from scorers.console.query_params import check_names, given_names, moments, page
from scorers.estimates.calibration_fits import Calibration, calibrations
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import Window, compute_between
from scorers.estimates.two_by_two import Table, tables
from scorers.judge.controls import ROUNDS, Health, health
from scorers.judge.cost_plan import Estimate, plan

_DAY, _HOUR = 86_400.0, 3_600.0
_Share = Annotated[float | None, QueryParameter(ge=0, le=1)]
_Usd = Annotated[float | None, QueryParameter(ge=0)]


class CalibrationList(msgspec.Struct, frozen=True):
    """Every output that people labelled; ``cursor`` asks for the next page."""

    calibrations: list[Calibration]
    cursor: str | None


class TableList(msgspec.Struct, frozen=True):
    """Refusal and clarification, due or not, happened or not; ``cursor`` asks for the next page."""

    tables: list[Table]
    cursor: str | None


class JudgeHealth(msgspec.Struct, frozen=True):
    """How the judge does on items with known answers, by scorer; what was spent today by app, the sum as ``all``."""

    scorers: dict[str, Health]
    spent_usd_today: dict[str, float]


@get(
    "/api/calibration",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_calibration",
    summary="Calibrations by people's labels",
)
def get_calibration(request: AnyRequest, room: TheRoom, range_: TheRange) -> CalibrationList:
    """Labels, method, sensitivity, specificity and kappa with the prevalence, for each output and model.

    A calibration belongs to a model, not to an application. ``since`` and ``until`` select fits by their time.
    """
    check_names(given_names(request), RANGE)
    since, until = moments(range_, math.inf, time.time())
    found = [
        own
        for own in calibrations(room.store, time.time())
        if range_.model in (None, own.model) and since <= (own.fitted_at or since) <= until
    ]
    return CalibrationList(*page(found, lambda own: (own.scorer, own.output, own.model), range_.limit, range_.cursor))


@get(
    "/api/tables",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_tables",
    summary="Refusal and clarification, due or not, happened or not",
)
def get_tables(
    request: AnyRequest,
    room: TheRoom,
    settings: TheSettings,
    range_: TheRange,
    window: FromQuery[Window] = Window.WEEK,
) -> TableList:
    """Over and under, missed and needless, with intervals and the share that each could be asked of."""
    check_names(given_names(request), ("window", *RANGE))
    since, until = moments(range_, window.seconds, time.time())
    rates = compute_between(room.store, since, until, names=ModelNames.of(settings))
    found = tables(rate for rate in rates if range_.app in (None, rate.app) and range_.model in (None, rate.model))
    return TableList(*page(found, lambda own: (own.scorer, own.app, own.model), range_.limit, range_.cursor))


@get(
    "/api/judge/health",
    sync_to_thread=True,
    operation_id="get_judge_health",
    summary="How the judge does on items with known answers",
)
def get_judge_health(room: TheRoom) -> JudgeHealth:
    """Agreement with known answers and self-consistency over the last 24 hours."""
    found = health(room.store.judging.controls(int(time.time() // _HOUR) - ROUNDS + 1))
    return JudgeHealth(found, {app or "all": usd for app, usd in room.store.judging.spent().items()})


@get("/api/judge/estimate", sync_to_thread=True, operation_id="get_judge_estimate", summary="What a judge would cost")
def get_judge_estimate(
    room: TheRoom,
    settings: TheSettings,
    apps: FromQuery[str | None] = None,
    sample: _Share = None,
    input_price: _Usd = None,
    output_price: _Usd = None,
) -> Estimate:
    """What a judge would cost a week, by the last day's traffic. Without parameters as configured; ``apps``: names
    with commas between them, prices in USD for one million tokens."""
    own = settings.judge
    price = own.price if own is not None else None
    if input_price is not None and output_price is not None:
        price = Price(input=input_price, output=output_price)
    if price is None:
        raise ClientException(detail="input_price, output_price: no judge is configured whose price could be taken")
    listed = [name for name in (apps or "").split(",") if name] or (list(own.apps) if own is not None else [])
    share = sample if sample is not None else own.sample if own is not None else 0.1
    now = time.time()
    return plan(
        room.store.judging.volumes(now - _DAY, now, listed),
        listed,
        share,
        [str(name) for name in settings.scorers],
        price,
        own.budget_usd_per_day if own is not None else None,
    )


QUALITY: tuple[HTTPRouteHandler, ...] = (get_calibration, get_tables, get_judge_health, get_judge_estimate)
