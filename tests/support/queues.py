"""A sample queue in memory, for what a real one can not be made to do on time: fail, hang, fill up."""

from __future__ import annotations

import asyncio

import msgspec

from proxy.exchange import RowBatch
from proxy.queue.protocol import Backlog, Claimed, DeadCount, DeadLetter, Item, Kind
from proxy.sample import Sample, decode


class ScriptedQueue:
    """A queue in memory that fails, hangs or fills up as a test says; ids that are there are left alone."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.tries: list[list[str]] = []
        self.answers: list[Exception | None] = []
        self.always: Exception | None = None
        self.reply_lost = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.full = 0.0

    async def publish(self, items: list[Item]) -> None:
        self.tries.append([item.id for item in items])
        await self.gate.wait()
        error = self.answers.pop(0) if self.answers else self.always
        if error is None or self.reply_lost:
            for item in items:
                self.items.setdefault(item.id, item)
        if error is not None:
            raise error

    async def fill(self) -> float:
        if self.always is not None:
            raise self.always
        return self.full

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None: ...

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        return []

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None: ...

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None: ...

    async def bury(self, group: str, owner: str, sequences: list[int], reason: str) -> None: ...

    async def dead(self, group: str, limit: int) -> list[DeadLetter]:
        return []

    async def dead_count(self, group: str) -> DeadCount:
        return DeadCount(0, 0)

    async def replay(self, group: str, ids: list[str] | None = None) -> int:
        return 0

    async def delete(self, ids: list[str]) -> int:
        return 0

    async def forget_user(self, user_hash: str) -> int:
        return 0

    async def expire(self, before: float) -> int:
        return 0

    async def backlog(self, group: str) -> Backlog:
        return Backlog(0, 0.0)

    async def take_trimmed(self, group: str) -> list[str]:
        return []

    async def untold(self, group: str) -> int:
        return 0

    async def close(self) -> None: ...

    def batches(self) -> list[RowBatch]:
        """The batches of rows that it holds, in the order of their sequence."""
        found = [
            msgspec.json.decode(item.payload, type=RowBatch) for item in self.items.values() if item.kind is Kind.ROWS
        ]
        return sorted(found, key=lambda batch: batch.sequence)

    def samples(self) -> dict[str, Sample]:
        """The samples that it holds, by id."""
        return {item.id: decode(item.payload) for item in self.items.values() if item.kind is Kind.SAMPLE}
