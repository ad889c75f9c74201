"""Requests between their end and their record: together, in order, each once, and never for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from proxy.record.batching import Settling
from proxy.record.finish import Finisher
from proxy.record.progress import Progress


class Desk:
    """Stands in the place of a Finisher and keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []
        self.batches = 0

    def finish(self, ended: Iterable[Progress]) -> None:
        self.seen += ended
        self.batches += 1


def _desk() -> Any:
    desk: Finisher | Desk = Desk()
    return desk


async def test_they_are_recorded_together_a_moment_later() -> None:
    """Nothing is recorded at once; some milliseconds later all are, in their order, with the time of their end."""
    settling, desk = Settling(), _desk()
    began = time.monotonic()
    ended = [Progress("POST") for _ in range(5)]
    for progress in ended:
        settling.put(desk, progress)
    gone = time.monotonic() - began
    assert desk.seen == []
    took = [progress.duration for progress in ended]
    await asyncio.sleep(0.2)
    assert desk.seen == ended
    assert desk.batches == 1
    assert [progress.duration for progress in ended] == took
    assert all(0 < seconds <= gone for seconds in took), "not of the time in which they waited"
    settling.put(desk, Progress("GET"))
    await asyncio.sleep(0.2)
    assert len(desk.seen) == 6


async def test_many_do_not_wait() -> None:
    """However fast requests end, a bounded number waits."""
    settling, desk = Settling(), _desk()
    most = 0
    for number in range(1, 1001):
        settling.put(desk, Progress("POST"))
        most = max(most, number - len(desk.seen))
    assert most < 128
    assert len(desk.seen) >= 1000 - 128


async def test_large_ones_wait_together_within_a_bound() -> None:
    """What holds much memory does not wait for many of its kind, and one that is huge not at all."""
    settling, desk = Settling(), _desk()
    for number in range(1, 101):
        large = Progress("POST")
        large.request_bytes = 100_000
        settling.put(desk, large)
        assert number - len(desk.seen) <= 20
    settling.settle()
    small, huge = Progress("POST"), Progress("POST")
    huge.response_bytes = 2_000_001
    settling.put(desk, small)
    settling.put(desk, huge)
    assert desk.seen[-2:] == [small, huge]


async def test_asked_for_it_settles() -> None:
    """A scrape and the end of the process ask for everything that waits; the timer then finds nothing to do."""
    settling, desk = Settling(), _desk()
    settling.put(desk, Progress("POST"))
    settling.settle()
    assert len(desk.seen) == 1
    settling.settle()
    await asyncio.sleep(0.05)
    assert len(desk.seen) == 1


async def test_each_goes_to_the_finisher_that_it_began_with() -> None:
    """After a reload there are two: every request is recorded by its own, in order."""
    settling, before, after = Settling(), _desk(), _desk()
    ended = [Progress("POST") for _ in range(4)]
    for desk, progress in zip((before, before, after, before), ended, strict=True):
        settling.put(desk, progress)
    settling.settle()
    assert before.seen == [ended[0], ended[1], ended[3]]
    assert after.seen == [ended[2]]
