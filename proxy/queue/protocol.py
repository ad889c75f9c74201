"""The protocol of a sample queue and its nouns.

Items are published in batches, all or nothing, and read by consumer groups that each see every item of their kind once:
claimed under a lease, renewed, acknowledged, or handed out again when the lease ends. An item is deleted when every
group has finished with it. The queue is bounded by bytes; what the bound removes is counted per group.

An item that a group gives up is buried: it becomes a dead letter of that group, kept with its reason in an area that
is bounded by bytes (``DEAD_SHARE`` of the queue's), until it is replayed to that group alone, expires or is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

#: Bytes that dead letters may hold, as a share of the queue's own bound and on top of it.
DEAD_SHARE = 0.1
#: Ids that ``take_trimmed`` keeps for a group that never asks; beyond it the oldest are forgotten.
MAX_TRIMMED = 1_000_000
#: A group that nobody claimed from for so long (seconds) is given up by ``expire``: a scorer that was switched off must
#: not keep every item until the queue is full.
ABANDONED = 86_400.0
#: Longest reason of a dead letter, in characters.
MAX_REASON = 500


class Kind(StrEnum):
    """What an item holds."""

    SAMPLE = "sample"
    ROWS = "rows"
    FEEDBACK = "feedback"


class Item(msgspec.Struct, frozen=True):
    """One thing to publish. ``id`` makes publishing idempotent."""

    id: str
    kind: Kind
    payload: bytes


class Claimed(msgspec.Struct, frozen=True):
    """One item handed to a consumer. ``deliveries`` counts from 1; ``age`` is seconds since it was published.

    ``had``: groups that had it themselves, before the one that it was claimed from was put in their place.
    """

    sequence: int
    id: str
    kind: Kind
    payload: bytes
    deliveries: int
    age: float
    had: tuple[str, ...] = ()


class Backlog(msgspec.Struct, frozen=True):
    """What a group has not finished: items, and the age of the oldest in seconds (0 when none)."""

    depth: int
    oldest_age: float


class DeadLetter(msgspec.Struct, frozen=True):
    """An item that ``group`` gave up, under the item's id. ``age`` is seconds since it was buried."""

    group: str
    id: str
    kind: Kind
    payload: bytes
    reason: str
    deliveries: int
    age: float


class DeadCount(msgspec.Struct, frozen=True):
    """A group's dead letters: how many are kept, and how many the bound has removed since the queue began."""

    kept: int
    dropped: int


class SampleQueue(Protocol):
    """All methods may raise ``QueueError``; none is ever called on a request's path."""

    async def publish(self, items: list[Item]) -> None:
        """Add the items, all or none; an id that is already there is left alone."""

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Make a group that reads from the oldest item kept; nothing happens when it is there."""

    async def take_over(self, group: str, others: Mapping[str, tuple[Kind, ...]]) -> list[str]:
        """Put ``group``, which reads samples, in the place of ``others``; called again it changes nothing.

        It begins where the one of them that is furthest behind stands, which is recorded: ``Claimed.had`` tells which
        of them had an item themselves. From then on they see only what they hold, what is replayed or handed to them,
        and the kinds named with them. Returns every group in whose place it stands, whoever said so.
        """

    async def give_back(self, group: str) -> bool:
        """Undo ``take_over``: the others go on where ``group`` stands. False while somebody holds an item of it."""

    async def hand_over(self, group: str, owner: str, sequences: list[int], to: tuple[str, ...]) -> None:
        """Give copies of items that are held in ``group`` to each of these groups alone. They stay claimed here."""

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Up to ``limit`` items that nobody holds, for ``lease`` seconds."""

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Hold on to claimed items."""

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """The items are done. A claim that was lost to another owner is left to it."""

    async def bury(self, group: str, owner: str, sequences: list[int], reason: str) -> None:
        """Turn claimed items into dead letters of the group. A claim that was lost to another owner is left to it."""

    async def dead(self, group: str, limit: int) -> list[DeadLetter]:
        """Up to ``limit`` dead letters of the group, oldest first."""

    async def dead_count(self, group: str) -> DeadCount:
        """How many dead letters the group has."""

    async def replay(self, group: str, ids: list[str] | None = None) -> int:
        """Hand these dead letters (``None``: all) to the group again, deliveries counted anew; nobody else sees them.

        How many there were: an id that is no dead letter any more changes nothing and is not counted.
        """

    async def delete(self, ids: list[str]) -> int:
        """Delete the items with these ids and their dead letters; how many copies. Samples count as trimmed."""

    async def backlog(self, group: str) -> Backlog:
        """What the group has not finished."""

    async def fill(self) -> float:
        """The share of the byte bound in use, 0 to 1."""

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids of samples that were removed (bound, age, deletion) before the group finished them, each given once."""

    async def forget_user(self, user_hash: str) -> int:
        """Delete every copy of a user's samples and rows, dead letters too; how many. Samples count as trimmed."""

    async def expire(self, before: float) -> int:
        """Delete what was published before this moment (Unix s), finished or not, and dead letters buried before it.

        How many. Samples that a group had not finished count as trimmed. Groups that nobody claimed from for
        ``ABANDONED`` seconds are forgotten, with what they had not finished counted likewise; a claim or
        ``ensure_group`` begins such a group anew.
        """

    async def close(self) -> None:
        """Let go of files and connections."""


class QueueError(Exception):
    """The queue could not do it now; the caller keeps or drops its items and counts them."""
