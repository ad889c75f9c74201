"""Every implementation of a SampleQueue, for the tests of their one contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from proxy.queue.protocol import SampleQueue
from proxy.queue.redis import RedisQueue
from proxy.queue.sqlite import SqliteQueue
from support.servers import RedisCluster, RedisServer

#: ``make(max_bytes)``: another handle on the same queue each time.
MakeQueue = Callable[[int], SampleQueue]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for all tests of the contract; each begins with it empty."""
    with RedisServer(tmp_path_factory.mktemp("redis") / "one") as server:
        yield server


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """One cluster of three, likewise."""
    with RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "redis", "cluster"])
async def make_queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeQueue]:
    """Handles on one queue, closed with the test."""
    made: list[SampleQueue] = []
    servers: list[RedisServer] = []
    url = ""
    if request.param == "redis":
        servers = [request.getfixturevalue("redis_server")]
        url = servers[0].url + "/3"
    elif request.param == "cluster":
        cluster: RedisCluster = request.getfixturevalue("redis_cluster")
        servers, url = cluster.nodes, cluster.url + "/?shards=3"
    for server in servers:
        with server.client() as client:
            client.flushall()

    def make(max_bytes: int) -> SampleQueue:
        made.append(RedisQueue(url, max_bytes, 5.0) if url else SqliteQueue(tmp_path / "queue.db", max_bytes))
        return made[-1]

    yield make
    for queue in made:
        await queue.close()


@pytest.fixture
def queue(make_queue: MakeQueue) -> SampleQueue:
    """A queue with room."""
    return make_queue(1_000_000)
