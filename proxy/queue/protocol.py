"""The protocol of a sample queue and its data types.

Items are published in batches, all or nothing. They are read by consumer groups, and each group sees every item of its
kinds once. An item is claimed under a lease, renewed, acknowledged, or delivered again when the lease ends. It is
deleted when every group has finished with it. The size of the queue in bytes is bounded. Items removed by this bound
are counted per group.

An item that a group gives up becomes a dead letter of that group. It is kept with its reason in a separate area bounded
by bytes (``DEAD_SHARE`` of the queue's bound) until it is replayed to that group alone, expires or is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

#: Bytes that dead letters may hold, as a share of the queue's own bound and on top of it.
DEAD_SHARE = 0.1
#: Ids that ``take_trimmed`` keeps for a group that never asks; beyond it the oldest are forgotten, and counted.
MAX_TRIMMED = 1_000_000
#: A group that nobody claimed from for so long (seconds) is given up by ``expire``: a scorer that was switched off must
#: not keep every item until the queue is full.
ABANDONED = 86_400.0
#: The id of what was published is remembered for so long (seconds) at least: until then it may be published again.
REMEMBERED = 300.0
#: Longest reason of a dead letter, in characters.
MAX_REASON = 500


class Kind(StrEnum):
    """The content type of an item."""

    SAMPLE = "sample"
    ROWS = "rows"
    FEEDBACK = "feedback"


class Item(msgspec.Struct, frozen=True):
    """One item to publish. ``id`` makes publishing idempotent."""

    id: str
    kind: Kind
    payload: bytes


class Claimed(msgspec.Struct, frozen=True):
    """One item delivered to a consumer. ``deliveries`` counts from 1; ``age`` is seconds since it was published.

    ``had``: groups that already had the item before the claiming group took their place.
    """

    sequence: int
    id: str
    kind: Kind
    payload: bytes
    deliveries: int
    age: float
    had: tuple[str, ...] = ()


class Backlog(msgspec.Struct, frozen=True):
    """Unfinished items of a group, and the age of the oldest in seconds (0 if there are none)."""

    depth: int
    oldest_age: float


class DeadLetter(msgspec.Struct, frozen=True):
    """An item that ``group`` gave up, under the id of the item. ``age`` is seconds since it was buried."""

    group: str
    id: str
    kind: Kind
    payload: bytes
    reason: str
    deliveries: int
    age: float


class DeadCount(msgspec.Struct, frozen=True):
    """The dead letters of a group: the number kept, and the number removed by the bound since the queue began."""

    kept: int
    dropped: int


class SampleQueue(Protocol):
    """All methods can raise ``QueueError``. None is ever called on the path of a request."""

    async def publish(self, items: list[Item]) -> None:
        """Add the items, all or none. An id that already exists is left unchanged."""

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Create a group that reads from the oldest item kept. Does nothing if the group exists."""

    async def take_over(self, group: str, others: Mapping[str, tuple[Kind, ...]]) -> list[str]:
        """Let ``group``, which reads samples, replace ``others``. A repeated call changes nothing.

        It begins at the position of the group that is furthest behind. This position is recorded: ``Claimed.had`` lists
        the groups that already had an item. From then on the others see only items that they hold, items replayed or
        handed to them, and the kinds named with them. Returns every group that it replaces, including earlier ones.
        """

    async def give_back(self, group: str) -> bool:
        """Undo ``take_over``: the others continue at the position of ``group``. False while its items are held."""

    async def hand_over(self, group: str, owner: str, sequences: list[int], to: tuple[str, ...]) -> None:
        """Give copies of items held in ``group`` to each of these groups alone. The items stay claimed here."""

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Claim up to ``limit`` items that nobody holds, for ``lease`` seconds."""

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Extend the lease of claimed items."""

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """Finish the items. A claim that passed to another owner is left unchanged."""

    async def bury(self, group: str, owner: str, sequences: list[int], reason: str) -> None:
        """Turn claimed items into dead letters of the group. A claim that passed to another owner is left unchanged."""

    async def dead(self, group: str, limit: int) -> list[DeadLetter]:
        """Up to ``limit`` dead letters of the group, oldest first."""

    async def dead_count(self, group: str) -> DeadCount:
        """The number of dead letters of the group."""

    async def replay(self, group: str, ids: list[str] | None = None) -> int:
        """Deliver these dead letters (``None``: all) to the group again, to no other group, with a new delivery count.

        Returns their number. An id that is no longer a dead letter is ignored and not counted.
        """

    async def delete(self, ids: list[str]) -> int:
        """Delete the items with these ids and their dead letters. Returns the number of copies.

        Deleted samples count as trimmed.
        """

    async def backlog(self, group: str) -> Backlog:
        """The unfinished items of the group."""

    async def fill(self) -> float:
        """The share of the byte bound in use, 0 to 1."""

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids of samples removed (bound, age, deletion) before the group finished them. Each is returned once."""

    async def untold(self, group: str) -> int:
        """How many ids ``take_trimmed`` has forgotten for the group, which did not ask, since the queue began."""

    async def forget_user(self, user_hash: str) -> int:
        """Delete every copy of a user's samples and rows, including dead letters. Returns their number.

        Deleted samples count as trimmed.
        """

    async def expire(self, before: float) -> int:
        """Delete items published, and dead letters buried, before this moment (Unix s), finished or not.

        Returns their number. Samples that a group had not finished count as trimmed. A group without a claim for
        ``ABANDONED`` seconds is removed, and its unfinished samples count as trimmed, too. A claim or ``ensure_group``
        creates such a group again.
        """

    async def close(self) -> None:
        """Close files and connections."""


class QueueError(Exception):
    """The queue is currently unavailable. The caller keeps its items, or drops and counts them."""


class Unwritten(QueueError):
    """It is certain that nothing of the call was written, such as where a file is locked by another process."""
