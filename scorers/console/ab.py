"""Blind comparison at ``/ab``: a prompt and two answers, without a name. For raters, annotators and admins.

Nothing that is sent depends on which arm an answer is of: ids are digests, sides are drawn from ids, and the same bytes
come back when the arms are exchanged. A page without the script works the same; the script adds keys.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, quote

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, HTTPException, NotFoundException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody

from scorers.asking.answer import written
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.console.auth import CSP, is_https
from scorers.console.pages import LOGIN_STYLE, render, stylesheet_of
from scorers.console.roles import Reader
from scorers.console.sessions import RATER_COOKIE, cookie_of, set_cookie
from scorers.experiments.people import ENTER
from scorers.store.raters import SESSION_SECONDS, LinkOver
from scorers.store.runs import Run
from scorers.store.votes import AlreadyVoted, Choice, NotShown, Showing

_LARGEST = 16_384
_KEYS = (Path(__file__).parent / "static" / "ab.js").read_bytes()
_Name = Annotated[str, msgspec.Meta(max_length=256)]
NOTHING_LEFT = "no pair of this experiment is left for you at the moment"


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An experiment by its name."""

    experiment: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Said(msgspec.Struct, frozen=True):
    """One message of a conversation, as text."""

    role: str
    content: str


class ShownPair(msgspec.Struct, frozen=True):
    """What a rater sees: a conversation, and two answers to it as text."""

    pair_id: str
    messages: list[Said]
    left: str
    right: str


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rater's choice on the pair that they were shown."""

    pair_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    choice: Choice


def text_of(content: object) -> str:
    """A message's content as text; what is not text by its type."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(_part(part) for part in parts if isinstance(part, dict))


def _part(part: dict[str, Any]) -> str:
    text = part.get("text", part.get("refusal"))
    return text if isinstance(text, str) else f"({part.get('type', 'not text')})"


def _calls(calls: object) -> list[str]:
    return [said for call in calls if (said := written(call))] if isinstance(calls, list) else []


def answer_text(answer: dict[str, Any]) -> str:
    """An answer as a rater reads it: its text or refusal, then the tools that it calls."""
    said = [str(answer.get("text") or answer.get("refusal") or ""), *_calls(answer.get("tool_calls"))]
    return "\n\n".join(part for part in said if part.strip()) or "(no text)"


def _message(message: dict[str, Any]) -> Said:
    parts = [text_of(message.get("content")), *_calls(message.get("tool_calls"))]
    return Said(str(message.get("role", "")), "\n\n".join(part for part in parts if part))


def experiment_of(room: Room, name: str) -> Run:
    """The newest run of an experiment. Raises ``NotFoundException``."""
    run = room.store.experiments.current(name)
    if run is None:
        raise NotFoundException(detail="no experiment has this name")
    return run


def _own(reader: Reader, asked: str) -> str:
    """The experiment that this rater works on, or that anybody else asks for."""
    if reader.experiment is not None and asked not in ("", reader.experiment):
        raise PermissionDeniedException(detail="your link is for another experiment")
    return reader.experiment or asked


def _next(room: Room, reader: Reader, name: str, who: str) -> ShownPair | None:
    run = experiment_of(room, name)
    showing = room.store.votes.next(run.id, reader.name)
    return _shown(room, showing, who) if showing is not None else None


def _shown(room: Room, showing: Showing, who: str) -> ShownPair:
    pair = room.store.experiments.pair(showing.pair)
    if pair is None or pair.request is None:
        raise NotFoundException(detail="the text of this pair has just been deleted; ask for the next one")
    room.store.record_read(who, time.time(), pair.sample_id)
    left, right = (answer_text(pair.answers[arm]) for arm in showing.arms)
    messages = pair.request.get("messages")
    said = [_message(item) for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    return ShownPair(showing.id, said, left, right)


def _vote(room: Room, reader: Reader, name: str | None, vote: Vote) -> None:
    runs = [experiment_of(room, name)] if name else room.store.experiments.all()
    for run in runs:
        try:
            room.store.votes.vote(run.id, reader.name, vote.pair_id, vote.choice)
        except NotShown:
            continue
        except AlreadyVoted:
            raise HTTPException(detail="you have voted on this pair", status_code=HTTPStatus.CONFLICT) from None
        return
    raise NotFoundException(detail="you were shown no pair with this id")


@post("/api/pairs/next", status_code=200, operation_id="next_pair", summary="The pair to compare next, without names")
async def next_pair(request: AnyRequest, room: TheRoom, data: JSONBody[Which]) -> ShownPair:
    """The pair that the caller has before them, or the next one. It stays until they vote."""
    reader: Reader = request.scope["user"]
    found = await asyncio.to_thread(_next, room, reader, _own(reader, data.experiment), request.scope["auth"])
    if found is None:
        raise NotFoundException(detail=NOTHING_LEFT)
    return found


@post("/api/votes", operation_id="post_vote", summary="Say which of both answers is better")
async def post_vote(request: AnyRequest, room: TheRoom, data: JSONBody[Vote]) -> Vote:
    """Keep the caller's vote on the pair that they were shown. Each pair is voted on once."""
    reader: Reader = request.scope["user"]
    await asyncio.to_thread(_vote, room, reader, reader.experiment, data)
    return data


@get("/ab", sync_to_thread=True, include_in_schema=False)
def ab_page(request: AnyRequest, room: TheRoom, experiment: FromQuery[str] = "") -> Response[str] | Response[None]:
    """The pair to compare next."""
    reader: Reader = request.scope["user"]
    name = _own(reader, experiment)
    if not name:
        return Response(None, status_code=303, headers={"location": "/experiments"})
    shown = _next(room, reader, name, request.scope["auth"])
    done = room.store.votes.count(experiment_of(room, name).id, reader.name)
    facts = {"reader": reader, "experiment": name, "done": done, "nothing": NOTHING_LEFT}
    return render(room.templates, "ab.html", HTTPStatus.OK, shown=shown, **facts)


async def _form(request: AnyRequest) -> dict[str, str]:
    body = await request.body()
    if len(body) > _LARGEST:
        raise ClientException(detail=f"at most {_LARGEST} bytes")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


@post("/ab/vote", status_code=303, include_in_schema=False)
async def vote_form(request: AnyRequest, room: TheRoom) -> Response[None]:
    """A vote by a button of the page; leads to the next pair. One that was sent twice counts once."""
    reader: Reader = request.scope["user"]
    fields = await _form(request)
    name = _own(reader, fields.pop("experiment", ""))
    try:
        vote = msgspec.convert(fields, Vote)
    except msgspec.ValidationError as error:
        raise ClientException(detail=f"not a vote: {error}") from None
    try:
        await asyncio.to_thread(_vote, room, reader, name, vote)
    except HTTPException as error:  # a page from before: it was sent twice, or the experiment has begun anew
        if error.status_code not in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
            raise
    where = "/ab" if reader.experiment else f"/ab?experiment={quote(name, safe='')}"
    return Response(None, status_code=303, headers={"location": where})


@get(ENTER, sync_to_thread=False, include_in_schema=False)
def enter_page(room: TheRoom, link: FromQuery[str] = "") -> Response[str]:
    """Where a link leads: a button exchanges it, so that no preview of a mail program uses it up."""
    return _enter(room, HTTPStatus.OK if link else HTTPStatus.UNAUTHORIZED, link=link[:200], problem="")


def _enter(room: Room, status: int, **values: str) -> Response[str]:
    page = render(room.templates, "ab_enter.html", status, **values)
    page.set_header("content-security-policy", CSP.format(style=f" {LOGIN_STYLE}"))
    return page


@post(ENTER, include_in_schema=False)
async def enter_form(request: AnyRequest, room: TheRoom) -> Response[str] | Response[None]:
    """Exchange a link for a session."""
    fields = await _form(request)
    try:
        cookie = await asyncio.to_thread(room.store.raters.enter, fields.get("link", ""))
    except LinkOver as over:
        return _enter(room, HTTPStatus.FORBIDDEN, link="", problem=str(over))
    name, value = set_cookie(cookie, is_https(request.scope), RATER_COOKIE, SESSION_SECONDS)
    headers = {"location": "/ab", name.decode(): value.decode()}
    return Response(None, status_code=303, headers=headers)


@post("/ab/leave", status_code=303, include_in_schema=False)
async def leave_form(request: AnyRequest, room: TheRoom) -> Response[None]:
    """End a rater's session."""
    cookie = cookie_of(request.headers.get("cookie", "").encode("latin-1"), RATER_COOKIE)
    if cookie is not None:
        await asyncio.to_thread(room.store.raters.leave, cookie)
    name, value = set_cookie("", is_https(request.scope), RATER_COOKIE)
    return Response(None, status_code=303, headers={"location": ENTER, name.decode(): value.decode()})


@get("/ab/console.css", sync_to_thread=False, include_in_schema=False)
def ab_style() -> Response[bytes]:
    """The style sheet of the console, where a rater may read it."""
    return stylesheet_of()


@get("/ab/keys.js", sync_to_thread=False, include_in_schema=False)
def ab_keys() -> Response[bytes]:
    """Keys that press the buttons of the page."""
    headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "private, max-age=300"}
    return Response(_KEYS, headers=headers)


AB: tuple[HTTPRouteHandler, ...] = (
    next_pair,
    post_vote,
    ab_page,
    vote_form,
    enter_page,
    enter_form,
    leave_form,
    ab_style,
    ab_keys,
)
