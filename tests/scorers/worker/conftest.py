"""A worker's parts over a real queue in a file, with live metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from proxy.queue.protocol import Kind
from proxy.queue.sqlite import SqliteQueue
from support.scoring import FailingStore, Metrics


@pytest.fixture
def metrics() -> Metrics:
    """Fresh metrics."""
    return Metrics()


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[SqliteQueue]:
    """The embedded queue, empty, with the groups of a worker."""
    made = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    await made.ensure_group("store", (Kind.ROWS, Kind.SAMPLE))
    await made.ensure_group("refusal", (Kind.SAMPLE,))
    yield made
    await made.close()


@pytest.fixture
def failing_store(tmp_path: Path) -> Iterator[FailingStore]:
    """A store that works until it is told otherwise."""
    opened = FailingStore.open("sqlite", tmp_path / "data")
    assert isinstance(opened, FailingStore)
    yield opened
    opened.close()
