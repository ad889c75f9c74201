"""Redis on other hosts: a clock that jumps, and other servers of the family."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.queue.protocol import Kind
from proxy.queue.redis import RedisQueue
from support.redis_items import ids, sample
from support.servers import RedisServer, shifted_clock

pytestmark = pytest.mark.real_servers


@pytest.mark.parametrize("jump", ["+3600", "-3600"])
async def test_r15_the_clock_of_its_host_jumps(
    jump: str, tmp_path: Path, open_redis: Callable[..., RedisQueue]
) -> None:
    """An hour to either side: order and ages stay, and the claims of the dead end with their lease, no hour late."""
    clock = tmp_path / "clock"
    clock.write_text("+0000000")
    with RedisServer(tmp_path / "redis", env=shifted_clock(tmp_path, clock)) as server:
        queue = open_redis(server.url)
        await queue.ensure_group("g", (Kind.SAMPLE,))
        items = [sample() for _ in range(6)]
        await queue.publish(items[:3])
        assert len(await queue.claim("g", "dead", 2, 1.0)) == 2
        with server.client() as client:
            before = client.time()[0]  # type: ignore[index]
            clock.write_text(f"{int(jump):+08}")
            assert abs(client.time()[0] - before - int(jump)) < 60  # type: ignore[index]
        await queue.publish(items[3:])
        backlog = await queue.backlog("g")
        assert backlog.depth == 6
        assert backlog.oldest_age < 30
        got = await queue.claim("g", "me", 100, 1.0)
        assert all(item.age < 30 for item in got)
        assert [item.id for item in got if item.deliveries == 1] == [item.id for item in items[2:]]
        await asyncio.sleep(1.3)
        again = await queue.claim("g", "me", 100, 15)
        assert [item.id for item in again] == [item.id for item in items]
        assert {item.deliveries for item in again} <= {2, 3}


@pytest.mark.parametrize("binary", ["redis-server", "valkey-server"])
async def test_r16_other_servers(binary: str, tmp_path: Path, open_redis: Callable[..., RedisQueue]) -> None:
    """Whatever server of the family is installed takes an item through its whole life."""
    if shutil.which(binary) is None:
        pytest.skip(f"{binary} is not installed")
    with RedisServer(tmp_path / binary, binary=binary) as server:
        queue = open_redis(server.url, max_bytes=6000)
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await queue.publish([sample(500) for _ in range(14)])
        assert len(await queue.take_trimmed("g")) == 2
        first, second, *_ = await queue.claim("g", "me", 100, 15)
        await queue.acknowledge("g", "me", [first.sequence])
        await queue.bury("g", "me", [second.sequence], "crashed")
        assert await queue.replay("g") == 1
        assert (await queue.backlog("g")).depth == 11
        assert await ids(queue) == [second.id]
        assert await queue.expire(time.time() + 10) == 11
        assert await queue.fill() == 0.0
