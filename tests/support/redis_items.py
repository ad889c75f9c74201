"""Items for tests of the queue on Redis, and what such tests ask of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from proxy.queue.protocol import Item, Kind, QueueError
from proxy.queue.redis import RedisQueue

_numbers = itertools.count()


def sample(size: int = 10) -> Item:
    return Item(f"s{next(_numbers)}", Kind.SAMPLE, b"x" * size)


async def ids(queue: RedisQueue, group: str = "g", lease: float = 15.0) -> list[str]:
    return [item.id for item in await queue.claim(group, "me", 1000, lease)]


async def until(attempt: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What ``attempt`` gives once the queue takes it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except QueueError as error:
            assert time.monotonic() < deadline, error
            await asyncio.sleep(0.1)
