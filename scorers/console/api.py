"""The JSON API that reads: samples, rates, costs, the ledger; and what machines poll: metrics and health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from jinja2 import Environment
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, SkipValidation
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from proxy.config.settings import Settings
from proxy.queue.protocol import SampleQueue
from proxy.redact import Redactor
from proxy.sample import Sample
from scorers.asking.source import reasons_of
from scorers.console.query_params import (
    SAMPLE_FILTERS,
    Range,
    What,
    check_names,
    given_names,
    moments,
    page,
    provide_long_range,
    provide_range,
    provide_what,
    with_names,
)
from scorers.estimates.costs import AnswerCost, TaskCost, compute_costs
from scorers.estimates.model_names import ModelNames
from scorers.estimates.price_tips import Tip, unpriced
from scorers.estimates.rates import Rate, Window, compute_between
from scorers.reading.evidence import documents
from scorers.score import Reason
from scorers.store.ledger import Ledger, RequestLedger
from scorers.store.records import (
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
    """What the handlers work with. Without a queue (a console over a store alone) nothing can be imported. ``names``:
    the names of tokens, and whose they are."""

    store: Store
    queue: SampleQueue | None
    redactor: Redactor
    registry: CollectorRegistry
    health: Callable[[], dict[str, object]]
    templates: Environment
    names: dict[str, str]


TheRoom = NamedDependency[SkipValidation[Room]]
TheSettings = NamedDependency[SkipValidation[Settings]]


class SampleView(SampleRecord, frozen=True, kw_only=True):
    """A sample with all that is stored of it. ``evidence``: the texts that its answer may rest on, or why none.
    ``replayable``: why it cannot be asked again as it was; empty: it can; null: not known."""

    content: Sample | None
    evidence: list[str]
    evidence_reason: str | None
    replayable: list[str] | None


class Origin(StrEnum):
    """Which samples rates are of: those of traffic, or those that came from elsewhere."""

    TRAFFIC = "traffic"
    IMPORTED = "imported"


class RateList(msgspec.Struct, frozen=True):
    """The rates of one window; ``cursor`` asks for the next page."""

    rates: list[Rate]
    cursor: str | None


class CostList(msgspec.Struct, frozen=True):
    """What successes cost in one window; ``cursor`` asks for the next page of ``answers``. ``unpriced``: answers of
    all applications whose cost is not known, with the line to add to the price file."""

    costs: list[TaskCost]
    answers: list[AnswerCost]
    cursor: str | None
    unpriced: list[Tip]


RANGE = Range.__struct_fields__
LONG_RANGE = {"range_": Provide(provide_long_range, sync_to_thread=False)}
TheRange = NamedDependency[SkipValidation[Range]]


@get(
    "/api/samples",
    sync_to_thread=True,
    dependencies={
        "what": Provide(provide_what, sync_to_thread=False),
        "range_": Provide(provide_range, sync_to_thread=False),
    },
    operation_id="list_samples",
    summary="Samples, newest first, without their text",
    description="Every filter narrows the list; ``scorer`` lists what it has scored, ``outcome`` what ended so, "
    "``model`` ``other`` all models that have no rate of their own.",
)
def list_samples(
    request: AnyRequest,
    room: TheRoom,
    settings: TheSettings,
    what: NamedDependency[SkipValidation[What]],
    range_: TheRange,
) -> SamplePage:
    """Samples, newest first, without their text."""
    check_names(given_names(request), SAMPLE_FILTERS)
    query = SampleQuery(**msgspec.structs.asdict(what), **msgspec.structs.asdict(range_))
    return room.store.samples(with_names(query, room.store, settings))


def read_sample(room: Room, identity: str, who: str) -> tuple[SampleDetail, list[str], Reason | None]:
    """A sample, its evidence and why there is none. The reading is recorded first, or the text is not shown."""
    detail = room.store.sample(identity)
    if detail is None:
        raise NotFoundException(detail="no sample has this id")
    if detail.content is not None or any(score.explanation for score in detail.record.scores):
        room.store.record_read(who, time.time(), detail.record.id)
    if detail.content is None:
        return detail, [], None
    found = documents(detail.content)
    return (detail, [], found) if isinstance(found, Reason) else (detail, list(found), None)


@get(
    "/api/samples/{sample_id:str}",
    sync_to_thread=True,
    operation_id="get_sample",
    summary="One sample with its text, evidence and scores",
)
def get_sample(request: AnyRequest, room: TheRoom, sample_id: FromPath[str]) -> SampleView:
    """One sample with its text, evidence and scores. Who read it is recorded."""
    detail, evidence, reason = read_sample(room, sample_id, request.scope["auth"])
    return SampleView(
        **msgspec.structs.asdict(detail.record),
        content=detail.content,
        evidence=evidence,
        evidence_reason=reason.value if reason else None,
        replayable=reasons_of(detail.content),
    )


@get(
    "/api/rates",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_rates",
    summary="Shares with 95 % intervals",
)
def get_rates(
    request: AnyRequest,
    room: TheRoom,
    settings: TheSettings,
    range_: TheRange,
    window: FromQuery[Window] = Window.DAY,
    origin: FromQuery[Origin] = Origin.TRAFFIC,
) -> RateList:
    """Shares with 95 % intervals, for each application and model, and for all applications.

    ``since`` and ``until`` go before ``window``.
    """
    check_names(given_names(request), ("window", "origin", *RANGE))
    since, until = moments(range_, window.seconds, time.time())
    rates = compute_between(room.store, since, until, origin is Origin.IMPORTED, ModelNames.of(settings))
    chosen = [rate for rate in rates if _chosen(range_, rate.app, rate.model)]
    return RateList(*page(chosen, lambda r: (r.scorer, r.output, r.app, r.model), range_.limit, range_.cursor))


def _chosen(range_: Range, app: str, model: str) -> bool:
    return range_.app in (None, app) and range_.model in (None, model)


@get(
    "/api/costs",
    sync_to_thread=True,
    dependencies=LONG_RANGE,
    operation_id="get_costs",
    summary="What successes and answers cost",
)
def get_costs(
    request: AnyRequest,
    room: TheRoom,
    settings: TheSettings,
    range_: TheRange,
    window: FromQuery[Window] = Window.DAY,
) -> CostList:
    """What a successful task costs, for each application and (last) all of them; and an answer that is not flagged.

    A task spans models, so ``model`` chooses among the answers only. These have pages; all else is on the first.
    """
    check_names(given_names(request), ("window", *RANGE))
    since, until = moments(range_, window.seconds, time.time())
    found = compute_costs(room.store, since, until, ModelNames.of(settings))
    tasks = [row for row in found.costs if range_.app in (None, row.app)]
    answers = [row for row in found.answers if _chosen(range_, row.app, row.model)]
    missing = [tip for tip in unpriced(room.store, settings, since, until) if range_.model in (None, tip.model)]
    listed, cursor = page(answers, lambda r: (r.scorer, r.output, r.app, r.model), range_.limit, range_.cursor)
    if range_.cursor is not None:  # a sum over all pages counts each row once
        tasks, missing = [], []
    return CostList(tasks, listed, cursor, missing)


@get(
    "/api/ledger",
    sync_to_thread=True,
    operation_id="get_ledger",
    summary="What became of every request and every sample",
)
def get_ledger(request: AnyRequest, room: TheRoom) -> Ledger:
    """What became of every request, and of every sample in each scorer's hands. It is one sum over all of them."""
    check_names(given_names(request), ())
    return room.store.ledger()


@get(
    "/api/ledger/{request_id:str}",
    sync_to_thread=True,
    operation_id="get_request",
    summary="What became of one request, for each scorer",
)
def get_request(room: TheRoom, request_id: FromPath[str]) -> RequestLedger:
    """What became of one request."""
    found = room.store.ledger_of(request_id)
    if found is None:
        raise NotFoundException(detail="no request has this id, or its row is past retention")
    return found


#: Threads of their own: those of the pages may all be waiting for a store that does not answer.
_ENCODING, _PINGING = (ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("metrics", "ping"))
#: Seconds after which a store that has not answered is away.
_PING_SECONDS = 3.0


@get(
    "/metrics",
    media_type=MediaType.TEXT,
    operation_id="get_metrics",
    summary="Prometheus metrics of the worker",
)
async def get_metrics(request: AnyRequest, room: TheRoom) -> Response[bytes]:
    """The process's metrics, in Prometheus' text format or, when asked for, OpenMetrics."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    body = await asyncio.get_running_loop().run_in_executor(_ENCODING, encode, room.registry)
    return Response(body, headers={"content-type": content_type})


@get(
    "/-/healthy", sync_to_thread=False, operation_id="get_healthy", summary="Whether the process gets on with its work"
)
def get_healthy(room: TheRoom) -> Response[dict[str, str]]:
    """The process gets on with its work; 503 when it is wedged and should be started again."""
    alive = bool(room.health().get("ok", True))
    return Response({"status": "ok" if alive else "wedged"}, status_code=200 if alive else 503)


@get(
    "/-/ready",
    operation_id="get_ready",
    summary="Whether the worker is ready and the store answers",
)
async def get_ready(room: TheRoom) -> Response[dict[str, object]]:
    """Whether the store answers within three seconds and the worker says that it is ready; 503 when not."""
    facts = dict(room.health())
    ready = bool(facts.pop("ready", True))
    try:
        pinging = asyncio.get_running_loop().run_in_executor(_PINGING, room.store.ping)
        await asyncio.wait_for(pinging, _PING_SECONDS)
    except (StoreUnavailable, TimeoutError):
        ready, facts["store"] = False, "unavailable"
    return Response({"ready": ready, **facts}, status_code=200 if ready else 503)


API: tuple[HTTPRouteHandler, ...] = (
    list_samples,
    get_sample,
    get_rates,
    get_costs,
    get_ledger,
    get_request,
    get_metrics,
    get_healthy,
    get_ready,
)
