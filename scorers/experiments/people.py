"""People who compare answers: how far they are, whether they agree, and what they prefer.

Before the verdict nothing in a report tells which arm people prefer. Whoever wants to know all the same is written
down.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from scorers.experiments.standing import status_of
from scorers.statistics.agreement import kappa
from scorers.statistics.joint import Verdict
from scorers.store.experiments import CANDIDATE, CONTROL
from scorers.store.runs import Run
from scorers.store.store import Store
from scorers.store.votes import Choice, Kind, Look, Showing

#: What a rater may be called, and where a link leads on the console.
VOTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ENTER = "/ab/enter"


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


def report(store: Store, run: Run) -> RaterReport:
    """Progress and agreement of a run."""
    votes = store.votes.votes(run.id)
    by_pair: dict[str, list[str]] = defaultdict(list)
    for vote in votes:
        if vote.kind == Kind.PAIR and vote.preferred is not None:
            by_pair[vote.pair].append(vote.preferred)
    agreement, n = kappa(by_pair.values())
    looks = store.votes.looks(run.id)
    return RaterReport(run.name or run.id, progress(votes), len(by_pair), agreement, n, looks)


def by_arm(store: Store, run: Run, recorded: bool) -> VotesByArm:
    """Votes by arm. Whether that is a look is the caller's to know and to record."""
    votes = store.votes.votes(run.id)
    counts = Counter(vote.preferred for vote in votes if vote.kind == Kind.PAIR)
    return VotesByArm(run.name or run.id, counts[CANDIDATE], counts[CONTROL], counts["tie"], recorded)


def look(store: Store, run: Run, who: str) -> VotesByArm:
    """Votes by arm; before the verdict that is recorded first."""
    early = not decided(run)
    if early:
        store.votes.look(run.id, who)
    return by_arm(store, run, early)
