"""What a coordinator sees and does: links for raters, how far they are, whether they agree; votes by arm on a look.

Before the verdict nothing here tells which arm people prefer. Whoever wants to know all the same is written down.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from scorers.console.ab import experiment_of
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.console.roles import ENTER
from scorers.experiments.standing import status_of
from scorers.statistics.agreement import kappa
from scorers.statistics.joint import Verdict
from scorers.store.asking import Run
from scorers.store.experiments import CANDIDATE, CONTROL
from scorers.store.raters import LINK_HOURS
from scorers.store.votes import Choice, Kind, Look, Showing

VOTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class RaterProgress(msgspec.Struct, frozen=True):
    """What one rater has done. ``identical``: pairs with one answer twice, and how many of them were called a tie;
    ``repeats``: pairs that were shown again, and how many got the same vote."""

    voter: str
    pairs: int
    skipped: int
    identical: int
    identical_ties: int
    repeats: int
    repeats_same: int


class RaterReport(msgspec.Struct, frozen=True):
    """Progress and agreement, without a word on which arm is preferred. ``kappa`` is over the ``n`` pairs that two or
    more people voted on."""

    experiment: str
    raters: list[RaterProgress]
    pairs: int
    kappa: float | None
    n: int
    looks: list[Look]


class VotesByArm(msgspec.Struct, frozen=True):
    """Votes on pairs, without controls and skipped ones. ``recorded``: this was a look before the verdict."""

    experiment: str
    candidate: int
    control: int
    tie: int
    recorded: bool


class NewLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom, and for how many hours the link can be used."""

    voter: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 90)] = LINK_HOURS


class MadeLink(msgspec.Struct, frozen=True):
    """A link that works once. It is shown here only; the store keeps its digest."""

    experiment: str
    voter: str
    path: str


def link_path(secret: str) -> str:
    """Where a link leads, on the console."""
    return f"{ENTER}?link={secret}"


def decided(run: Run) -> bool:
    """Whether the experiment has its verdict, so that votes by arm are no secret."""
    return status_of(run)["verdict"] in (Verdict.SHIP.value, Verdict.DO_NOT_SHIP.value)


def progress(votes: Sequence[Showing]) -> list[RaterProgress]:
    """By rater, in the order of names."""
    by_voter: dict[str, list[Showing]] = defaultdict(list)
    for vote in votes:
        by_voter[vote.voter].append(vote)
    return [_progress(voter, by_voter[voter]) for voter in sorted(by_voter)]


def _progress(voter: str, votes: Sequence[Showing]) -> RaterProgress:
    first = {vote.pair: vote.preferred for vote in votes if vote.kind == Kind.PAIR}
    kept = [vote for vote in votes if vote.choice != Choice.SKIP]
    twice = [vote for vote in kept if vote.kind == Kind.REPEAT]
    same_answers = [vote for vote in kept if vote.kind == Kind.IDENTICAL]
    return RaterProgress(
        voter,
        sum(vote.kind == Kind.PAIR for vote in kept),
        len(votes) - len(kept),
        len(same_answers),
        sum(vote.choice == Choice.TIE for vote in same_answers),
        len(twice),
        sum(vote.preferred == first.get(vote.pair) for vote in twice),
    )


def report(room: Room, run: Run) -> RaterReport:
    """Progress and agreement of a run."""
    votes = room.store.votes.votes(run.id)
    by_pair: dict[str, list[str]] = defaultdict(list)
    for vote in votes:
        if vote.kind == Kind.PAIR and vote.preferred is not None:
            by_pair[vote.pair].append(vote.preferred)
    agreement, n = kappa(by_pair.values())
    looks = room.store.votes.looks(run.id)
    return RaterReport(run.name or run.id, progress(votes), len(by_pair), agreement, n, looks)


def by_arm(room: Room, run: Run, recorded: bool) -> VotesByArm:
    """Votes by arm. Whether that is a look is the caller's to know and to record."""
    votes = room.store.votes.votes(run.id)
    counts = Counter(vote.preferred for vote in votes if vote.kind == Kind.PAIR)
    return VotesByArm(run.name or run.id, counts[CANDIDATE], counts[CONTROL], counts["tie"], recorded)


def look(room: Room, name: str, who: str) -> VotesByArm:
    """Votes by arm; before the verdict that is recorded first."""
    run = experiment_of(room, name)
    early = not decided(run)
    if early:
        room.store.votes.look(run.id, who)
    return by_arm(room, run, early)


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
    return report(room, experiment_of(room, name))


@post("/api/experiments/{name:str}/links", operation_id="post_link", summary="A link for a rater, which works once")
async def post_link(request: AnyRequest, room: TheRoom, name: FromPath[str], data: JSONBody[NewLink]) -> MadeLink:
    """Make a link that lets one person compare answers of this experiment, and do nothing else."""
    return await asyncio.to_thread(make_link, room, name, data, request.scope["auth"])


@post("/api/experiments/{name:str}/looks", operation_id="post_look", summary="Votes by arm; early looks are recorded")
async def post_look(request: AnyRequest, room: TheRoom, name: FromPath[str]) -> VotesByArm:
    """Votes by arm. Before the verdict the look is recorded with the caller's name."""
    return await asyncio.to_thread(look, room, name, request.scope["auth"])


RATERS: tuple[HTTPRouteHandler, ...] = (get_raters, post_link, post_look)
