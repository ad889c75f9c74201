"""Every implementation of a SampleQueue, for the tests of their one contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from proxy.queue.protocol import SampleQueue
from proxy.queue.sqlite import SqliteQueue

#: ``make(max_bytes)``: another handle on the same queue each time.
MakeQueue = Callable[[int], SampleQueue]


@pytest.fixture(params=["sqlite"])
async def make_queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeQueue]:
    """Handles on one queue, closed with the test."""
    made: list[SampleQueue] = []

    def make(max_bytes: int) -> SampleQueue:
        made.append(SqliteQueue(tmp_path / "queue.db", max_bytes))
        return made[-1]

    yield make
    for queue in made:
        await queue.close()


@pytest.fixture
def queue(make_queue: MakeQueue) -> SampleQueue:
    """A queue with room."""
    return make_queue(1_000_000)
