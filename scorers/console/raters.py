"""What a coordinator sees and does: links for raters, how far they are, whether they agree; votes by arm on a look."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from scorers.console.ab import experiment_of
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.experiments.people import VOTER, RaterReport, VotesByArm, link_path, look, report
from scorers.store.raters import LINK_HOURS


class NewLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom, and for how many hours the link can be used."""

    voter: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 90)] = LINK_HOURS


class MadeLink(msgspec.Struct, frozen=True):
    """A link that works once. It is shown here only; the store keeps its digest."""

    experiment: str
    voter: str
    path: str


def make_link(room: Room, name: str, wanted: NewLink, who: str) -> MadeLink:
    """A link for a rater. Raises ``ClientException`` for a name that cannot be a rater's."""
    experiment_of(room, name)
    if not VOTER.fullmatch(wanted.voter):
        raise ClientException(detail="voter: letters, digits, '.', '_' and '-', at most 64")
    if wanted.voter in room.names:
        raise ClientException(detail="voter: this is the name of a token")
    return MadeLink(name, wanted.voter, link_path(room.store.raters.link(name, wanted.voter, who, wanted.hours)))


@get(
    "/api/experiments/{name:str}/raters",
    sync_to_thread=True,
    operation_id="get_raters",
    summary="How far people are, and whether they agree",
)
def get_raters(room: TheRoom, name: FromPath[str]) -> RaterReport:
    """Progress and agreement of people, without their votes by arm."""
    return report(room.store, experiment_of(room, name))


@post("/api/experiments/{name:str}/links", operation_id="post_link", summary="A link for a rater, which works once")
async def post_link(request: AnyRequest, room: TheRoom, name: FromPath[str], data: JSONBody[NewLink]) -> MadeLink:
    """Make a link that lets one person compare answers of this experiment, and do nothing else."""
    return await asyncio.to_thread(make_link, room, name, data, request.scope["auth"])


@post("/api/experiments/{name:str}/looks", operation_id="post_look", summary="Votes by arm; early looks are recorded")
async def post_look(request: AnyRequest, room: TheRoom, name: FromPath[str]) -> VotesByArm:
    """Votes by arm. Before the verdict the look is recorded with the caller's name."""
    run = await asyncio.to_thread(experiment_of, room, name)
    return await asyncio.to_thread(look, room.store, run, request.scope["auth"])


RATERS: tuple[HTTPRouteHandler, ...] = (get_raters, post_link, post_look)
