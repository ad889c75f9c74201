"""Drift in the console: signals with their causes as JSON and as a page; a new baseline accepted."""

from __future__ import annotations

import asyncio
import logging
import time
from urllib.parse import parse_qs

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import HTTPRouteHandler

from scorers.console.api import LONG_RANGE, RANGE, AnyRequest, TheRange, TheRoom, TheSettings
from scorers.console.drift_board import board
from scorers.console.pages import render
from scorers.console.query_params import check_names, given_names, moments, page
from scorers.console.roles import Reader
from scorers.drift.monitor import Chosen, SignalView, accept_baseline, views

_log = logging.getLogger("sightglass.console")
_LARGEST = 4096
_FORM = "application/x-www-form-urlencoded"


class SignalList(msgspec.Struct, frozen=True):
    """The signals; ``cursor`` asks for the next page."""

    signals: list[SignalView]
    cursor: str | None


class Accepted(msgspec.Struct, frozen=True):
    """A signal whose baseline is now what is seen."""

    signal: str
    app: str
    model: str


class AcceptedList(msgspec.Struct, frozen=True):
    """The signals whose baseline was accepted."""

    accepted: list[Accepted]


@get(
    "/api/drift",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_drift",
    summary="Drift signals and what changed with them",
)
def get_drift(request: AnyRequest, room: TheRoom, settings: TheSettings, range_: TheRange) -> SignalList:
    """Every signal with its state, and for one that has drifted what changed with it.

    ``since`` and ``until`` bound when a signal came into its state.
    """
    check_names(given_names(request), RANGE)
    now = time.time()
    since, until = moments(range_, now, now + 1.0)
    found = [
        view
        for view in views(room.store, settings, now)
        if range_.app in (None, view.app) and range_.model in (None, view.model) and since <= view.since < until
    ]
    return SignalList(*page(found, lambda view: (view.signal, view.app, view.model), range_.limit, range_.cursor))


@post(
    "/api/drift/accept", status_code=200, operation_id="post_accept", summary="Accept what is seen now as the baseline"
)
async def post_accept(request: AnyRequest, room: TheRoom, settings: TheSettings) -> AcceptedList | Response[None]:
    """Make what is seen now the baseline of a signal, or, with nothing named, of all that have drifted.

    JSON ``{"signal", "app", "model"}``, each of which may be left out, or the same as a form, which leads back to the
    page.
    """
    form = request.headers.get("content-type", "").startswith(_FORM)
    chosen = _chosen(await request.body(), form)
    keys = await asyncio.to_thread(accept_baseline, room.store, settings, chosen, time.time())
    if not keys and chosen != Chosen():
        raise NotFoundException(detail="no such signal, or none of them has drifted")
    for key in keys:
        _log.info("the baseline of %s (app %s, model %s) was accepted by %s", *key, request.scope["auth"])
    if form:
        return Response(None, status_code=303, headers={"location": "/drift"})
    return AcceptedList([Accepted(*key) for key in keys])


def _chosen(body: bytes, form: bool) -> Chosen:
    if len(body) > _LARGEST:
        raise ClientException(detail=f"at most {_LARGEST} bytes")
    try:
        if form:
            fields = parse_qs(body.decode(), keep_blank_values=True)
            return msgspec.convert({name: values[-1] for name, values in fields.items()}, Chosen)
        return msgspec.json.decode(body, type=Chosen) if body.strip() else Chosen()
    except ValueError as error:
        raise ClientException(detail=f"not an object of signal, app and model: {error}") from None


@get("/drift", sync_to_thread=True, include_in_schema=False)
def drift_page(request: AnyRequest, room: TheRoom, settings: TheSettings) -> Response[str]:
    """What has drifted and why, then what is watched and what is still learned."""
    reader: Reader = request.scope["user"]
    return render(
        room.templates,
        "drift.html",
        board=board(views(room.store, settings, time.time())),
        budget=settings.drift.false_alarms_per_month,
        min_days=settings.drift.baseline.min_days,
        min_samples=settings.drift.baseline.min_samples,
        may_accept=reader.may("POST", "/api/drift/accept"),
    )


DRIFT: tuple[HTTPRouteHandler, ...] = (get_drift, post_accept, drift_page)
