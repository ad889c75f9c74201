"""The protocol of a sample queue and its nouns.

Items are published in batches, all or nothing, and read by consumer groups that each see every item of their kind once:
claimed under a lease, renewed, acknowledged, or handed out again when the lease ends. An item is deleted when every
group has finished with it. The queue is bounded by bytes; what the bound removes is counted per group.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec


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
    """One item handed to a consumer. ``deliveries`` counts from 1; ``age`` is seconds since it was published."""

    sequence: int
    id: str
    kind: Kind
    payload: bytes
    deliveries: int
    age: float


class Backlog(msgspec.Struct, frozen=True):
    """What a group has not finished: items, and the age of the oldest in seconds (0 when none)."""

    depth: int
    oldest_age: float


class SampleQueue(Protocol):
    """All methods may raise ``QueueError``; none is ever called on a request's path."""

    async def publish(self, items: list[Item]) -> None:
        """Add the items, all or none; an id that is already there is left alone."""

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Make a group that reads from the oldest item kept; nothing happens when it is there."""

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Up to ``limit`` items that nobody holds, for ``lease`` seconds."""

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Hold on to claimed items."""

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """The items are done. A claim that was lost to another owner is left to it."""

    async def backlog(self, group: str) -> Backlog:
        """What the group has not finished."""

    async def fill(self) -> float:
        """The share of the byte bound in use, 0 to 1."""

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids of samples that the bound removed before the group saw them, each given once."""

    async def close(self) -> None:
        """Let go of files and connections."""


class QueueError(Exception):
    """The queue could not do it now; the caller keeps or drops its items and counts them."""
