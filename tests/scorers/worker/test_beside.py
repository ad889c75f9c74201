"""What a worker does beside scoring: a defect is told, seen in the metrics and survived."""

from __future__ import annotations

import asyncio

import pytest

from scorers.worker.beside import Beside
from support.scoring import Metrics, until


class Loop:
    """A loop that fails on its first ``failures`` starts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.begun = 0
        self.taken_back = 0

    async def run(self, stop: asyncio.Event) -> None:
        self.begun += 1
        if self.begun <= self.failures:
            raise KeyError("what somebody wrote")
        await stop.wait()

    def take_back(self) -> None:
        self.taken_back += 1


async def test_a_defect_is_survived_and_told_without_text(caplog: pytest.LogCaptureFixture) -> None:
    """The loop is begun again after a rest; degraded until it has run for as long; its words are in no log."""
    metrics, loop, stop = Metrics(), Loop(failures=2), asyncio.Event()
    beside = Beside("drift", loop.run, metrics.instruments, loop.take_back)
    beside.rest = 0.3
    assert metrics.value("degraded", component="drift") == 0
    running = asyncio.create_task(beside.run(stop))
    await until(lambda: metrics.value("degraded", component="drift") == 1)
    await until(lambda: loop.begun == 3)
    assert metrics.value("degraded", component="drift") == 1
    await until(lambda: metrics.value("degraded", component="drift") == 0)
    assert loop.taken_back == 2
    assert [line for line in caplog.messages if line.startswith("drift rests for 0 s: KeyError at test_beside.py:")]
    assert "somebody wrote" not in caplog.text
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_a_stop_ends_the_rest() -> None:
    """A worker that stops does not wait for a loop that rests."""
    metrics, loop, stop = Metrics(), Loop(failures=9), asyncio.Event()
    running = asyncio.create_task(Beside("runs", loop.run, metrics.instruments).run(stop))
    await until(lambda: metrics.value("degraded", component="runs") == 1)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert loop.begun == 1
