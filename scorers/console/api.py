"""The JSON API: samples, rates, the ledger; and what machines poll: metrics and health."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from jinja2 import Environment
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from proxy.sample import Sample
from scorers.evidence import documents
from scorers.rates import Rate, Window, compute
from scorers.score import Reason, Verdict
from scorers.store.ledger import Ledger, RequestLedger
from scorers.store.records import (
    BadQuery,
    SampleDetail,
    SamplePage,
    SampleQuery,
    SampleRecord,
    StoreUnavailable,
)
from scorers.store.store import Store

AnyRequest = Request[None, str, State]


@dataclass(frozen=True, slots=True)
class Room:
    """What the handlers work with."""

    store: Store
    registry: CollectorRegistry
    health: Callable[[], dict[str, object]]
    templates: Environment


TheRoom = NamedDependency[SkipValidation[Room]]


class SampleView(SampleRecord, frozen=True, kw_only=True):
    """A sample with all that is stored of it. ``evidence``: the texts that its answer may rest on, or why none."""

    content: Sample | None
    evidence: list[str]
    evidence_reason: str | None


class RateList(msgspec.Struct, frozen=True):
    """The rates of one window."""

    rates: list[Rate]


class What(msgspec.Struct, frozen=True, omit_defaults=True):
    """Filters that only samples have."""

    scorer: str | None = None
    output: str | None = None
    verdict: Verdict | None = None
    session_id: str | None = None
    trace_id: str | None = None
    response_id: str | None = None


class Range(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every list takes."""

    since: str | None = None
    until: str | None = None
    app: str | None = None
    model: str | None = None
    limit: int = 100
    cursor: str | None = None


Text = FromQuery[str | None]
Moment = Annotated[str | None, QueryParameter(description="Unix seconds or ISO 8601")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


def provide_what(
    scorer: Text = None,
    output: Text = None,
    verdict: FromQuery[Verdict | None] = None,
    session_id: Text = None,
    trace_id: Text = None,
    response_id: Text = None,
) -> What:
    """The filters of a list of samples."""
    return What(scorer, output, verdict, session_id, trace_id, response_id)


def provide_range(
    since: Moment = None,
    until: Moment = None,
    app: Text = None,
    model: Text = None,
    limit: Limit = 100,
    cursor: Text = None,
) -> Range:
    """The bounds of a list."""
    return Range(since, until, app, model, limit, cursor)


def check_names(given: list[str]) -> None:
    """Raise ``BadQuery`` for a parameter that no list has: a mistyped filter must not pass for none."""
    known = (*What.__struct_fields__, *Range.__struct_fields__)
    for name in given:
        if name not in known:
            raise BadQuery(f"{name[:64]}: no such parameter; there are {', '.join(known)}")


@get(
    "/api/samples",
    sync_to_thread=True,
    dependencies={
        "what": Provide(provide_what, sync_to_thread=False),
        "range_": Provide(provide_range, sync_to_thread=False),
    },
)
def list_samples(
    request: AnyRequest,
    room: TheRoom,
    what: NamedDependency[SkipValidation[What]],
    range_: NamedDependency[SkipValidation[Range]],
) -> SamplePage:
    """Samples, newest first, without their text."""
    check_names(list(request.query_params))
    return room.store.samples(SampleQuery(**msgspec.structs.asdict(what), **msgspec.structs.asdict(range_)))


def read_sample(room: Room, identity: str, who: str) -> tuple[SampleDetail, list[str], Reason | None]:
    """A sample, its evidence and why there is none. The reading is recorded first, or the text is not shown."""
    detail = room.store.sample(identity)
    if detail is None:
        raise NotFoundException(detail="no sample has this id")
    if detail.content is None:
        return detail, [], None
    room.store.record_read(who, time.time(), detail.record.id)
    found = documents(detail.content)
    return (detail, [], found) if isinstance(found, Reason) else (detail, list(found), None)


@get("/api/samples/{sample_id:str}", sync_to_thread=True)
def get_sample(request: AnyRequest, room: TheRoom, sample_id: FromPath[str]) -> SampleView:
    """One sample with its text, evidence and scores. Who read it is recorded."""
    detail, evidence, reason = read_sample(room, sample_id, request.scope["auth"])
    return SampleView(
        **msgspec.structs.asdict(detail.record),
        content=detail.content,
        evidence=evidence,
        evidence_reason=reason.value if reason else None,
    )


@get("/api/rates", sync_to_thread=True)
def get_rates(room: TheRoom, window: FromQuery[Window] = Window.DAY) -> RateList:
    """Shares with 95 % intervals, for each application and model, and for all applications."""
    return RateList(compute(room.store, window, time.time()))


@get("/api/ledger", sync_to_thread=True)
def get_ledger(room: TheRoom) -> Ledger:
    """What became of every request, and of every sample in each scorer's hands."""
    return room.store.ledger()


@get("/api/ledger/{request_id:str}", sync_to_thread=True)
def get_request(room: TheRoom, request_id: FromPath[str]) -> RequestLedger:
    """What became of one request."""
    found = room.store.ledger_of(request_id)
    if found is None:
        raise NotFoundException(detail="no request has this id, or its row is past retention")
    return found


@get("/metrics", sync_to_thread=True, media_type=MediaType.TEXT)
def get_metrics(request: AnyRequest, room: TheRoom) -> Response[bytes]:
    """The process's metrics, in Prometheus' text format or, when asked for, OpenMetrics."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(room.registry), headers={"content-type": content_type})


@get("/-/healthy", sync_to_thread=False)
def get_healthy() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/-/ready", sync_to_thread=True)
def get_ready(room: TheRoom) -> Response[dict[str, object]]:
    """Whether the store answers and the worker says that it is ready; 503 when not."""
    facts = dict(room.health())
    ready = bool(facts.pop("ready", True))
    try:
        room.store.ping()
    except StoreUnavailable:
        ready, facts["store"] = False, "unavailable"
    return Response({"ready": ready, **facts}, status_code=200 if ready else 503)


API: tuple[HTTPRouteHandler, ...] = (
    list_samples,
    get_sample,
    get_rates,
    get_ledger,
    get_request,
    get_metrics,
    get_healthy,
    get_ready,
)
