"""The pages of one thing: a sample with its scores and labels, a request and what became of it, the whole ledger."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from scorers.asking.source import reasons_of
from scorers.console import views
from scorers.console.api import AnyRequest, Room, TheRoom, TheSettings, read_sample
from scorers.console.highlights import marked
from scorers.console.pages import proxy_url, render
from scorers.console.query_params import sample_query, with_names
from scorers.console.roles import Reader
from scorers.console.write_api import Label, keep_label
from scorers.store.records import SampleQuery

_LARGEST = 16_384


def _list_of(given: dict[str, str]) -> tuple[SampleQuery, str]:
    """The list that the reader came from: its query, and the query string that leads on in it."""
    kept = {name: value for name, value in given.items() if value and name not in ("limit", "cursor")}
    return sample_query(kept), urlencode(kept)


def _link(identity: str | None, listed: str) -> str | None:
    if identity is None:
        return None
    return f"/samples/{quote(identity, safe='')}" + (f"?{listed}" if listed else "")


@get("/samples/{sample_id:str}", sync_to_thread=True, include_in_schema=False)
def sample_page(request: AnyRequest, room: TheRoom, settings: TheSettings, sample_id: FromPath[str]) -> Response[str]:
    """One sample: what was asked, answered, and made of it. Who read it is recorded."""
    query, listed = _list_of(dict(request.query_params.items()))
    detail, evidence, reason = read_sample(room, sample_id, request.scope["auth"])
    record, content = detail.record, detail.content
    newer, older = room.store.neighbours(with_names(query, room.store, settings), record)
    reader: Reader = request.scope["user"]
    return render(
        room.templates,
        "sample.html",
        record=record,
        content=content,
        evidence=evidence,
        reason=reason,
        replayable=reasons_of(content),
        marked=marked(content, evidence, record.scores) if content else None,
        rows=views.score_rows(record.scores, room.store.labels_of(record.id)),
        unscored=views.unscored(record.scores, record.results),
        newer=_link(newer, listed),
        older=_link(older, listed),
        listed=listed,
        may_label=reader.may("POST", "/labels"),
    )


@post("/labels", status_code=303, include_in_schema=False)
async def label_form(request: AnyRequest, room: TheRoom) -> Response[None]:
    """A label by the buttons of a sample's page; leads back to it."""
    body = await request.body()
    if len(body) > _LARGEST:
        raise ClientException(detail=f"at most {_LARGEST} bytes")
    try:
        fields = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        listed = urlencode(parse_qsl(fields.pop("list", "")))
        label = msgspec.convert(fields, Label)
    except ValueError as error:
        raise ClientException(detail=f"not a label: {error}") from None
    await keep_label(room, label, request.scope["user"])
    where = f"{_link(label.sample_id, listed)}#{quote(f'{label.scorer}.{label.output}')}"
    return Response(None, status_code=303, headers={"location": where})


@get("/requests/{request_id:str}", sync_to_thread=True, include_in_schema=False)
def request_page(room: TheRoom, request_id: FromPath[str]) -> Response[str]:
    """Why a request has its scores, or has none."""
    found = room.store.ledger_of(request_id)
    if found is None:
        raise NotFoundException(detail="no request has this id, or its row is past retention")
    sample = room.store.sample(request_id)
    return render(room.templates, "request.html", found=found, sampled=sample is not None)


@get("/ledger", sync_to_thread=True, include_in_schema=False)
def ledger_page(request: AnyRequest, room: TheRoom, settings: TheSettings) -> Response[str] | Response[None]:
    """The balance of every request and every sample; a form asks for one request."""
    wanted = request.query_params.get("request_id", "").strip()
    if wanted:
        return Response(None, status_code=303, headers={"location": f"/requests/{quote(wanted, safe='')}"})
    return render(room.templates, "ledger.html", 200, proxy_url=proxy_url(request, settings), **_ledger(room))


def _ledger(room: Room) -> dict[str, object]:
    ledger = room.store.ledger()
    proxies, scorers = views.ledger_tables(ledger)
    return {
        "proxies": proxies,
        "scorers": scorers,
        "shares": views.decision_shares(proxies),
        "balance": views.balance(ledger),
        "reasons": ledger["reasons"],
    }


DESK: tuple[HTTPRouteHandler, ...] = (sample_page, label_form, request_page, ledger_page)
