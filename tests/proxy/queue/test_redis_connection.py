"""The way to Redis: what a URL says, and whom it reaches: with TLS, through sentinels, in a cluster."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from proxy.config.settings import parse as parse_settings
from proxy.errors import ConfigError
from proxy.queue.connect import open_queue
from proxy.queue.protocol import Item, Kind, QueueError
from proxy.queue.redis import RedisQueue
from proxy.queue.redis_url import parse
from proxy.queue.sqlite import SqliteQueue
from support.processes import Child, free_ports, wait_until
from support.servers import RedisCluster, RedisServer
from support.tls import self_signed

ITEM = Item("s1", Kind.SAMPLE, b"x")


def test_urls_say_hosts_service_database_and_shards() -> None:
    """One server, several nodes, sentinels; what is shown holds no password."""
    one = parse("rediss://ann:p%40ss@redis.example:6380/4?ssl_ca_certs=/ca.pem")
    assert (one.kind, one.hosts, one.shards) == ("", [("redis.example", 6380)], None)
    assert one.options["password"] == "p@ss"
    assert (one.options["username"], one.options["db"], one.options["ssl"]) == ("ann", 4, True)
    assert one.options["ssl_ca_certs"] == "/ca.pem"
    assert one.shown == "redis at redis.example:6380"
    several = parse("redis+cluster://:secret@a:1,[::1]:2,c/?shards=16")
    assert (several.kind, several.hosts, several.shards) == ("cluster", [("a", 1), ("::1", 2), ("c", 6379)], 16)
    assert "secret" not in several.shown
    sentinel = parse("redis+sentinel://a:1,b:2/main/3")
    assert (sentinel.kind, sentinel.service, sentinel.options["db"]) == ("sentinel", "main", 3)


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://host:port/0",
        "redis://host/zero?shards=x",
        "redis://host/0?shards=0",
        "redis://host/0?shards=257",
        "redis+sentinel://host/",
        "redis+other://host/",
        "valkey://host/",
    ],
)
def test_a_bad_url_is_one_clear_error(url: str) -> None:
    """It names the key."""
    with pytest.raises(ConfigError) as caught:
        parse(url)
    assert [problem.startswith("queue: ") for problem in caught.value.problems] == [True]


async def test_the_settings_open_the_queue_that_they_name(tmp_path: Path) -> None:
    """The embedded one by default, Redis by its URL, without any server being there."""
    base = {"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}]}
    embedded = open_queue(parse_settings(base, {}), tmp_path)
    assert isinstance(embedded, SqliteQueue)
    await embedded.close()
    for url in ("redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1,127.0.0.1:2/"):
        remote = open_queue(parse_settings(base | {"queue": url}, {}), tmp_path)
        assert isinstance(remote, RedisQueue)
        await remote.close()


@pytest.mark.real_servers
async def test_a_cluster_is_recognised_behind_a_plain_url(redis_cluster: RedisCluster) -> None:
    """A node of a cluster is asked for its map, whatever the URL calls it."""
    for each in redis_cluster.nodes:
        with each.client() as client:
            client.flushall()
    node = redis_cluster.nodes[1]
    queue = RedisQueue(node.url, 1_000_000, 5.0)
    await queue.ensure_group("plain", (Kind.SAMPLE,))
    await queue.publish([Item(f"plain-{number}", Kind.SAMPLE, b"x") for number in range(30)])
    assert len(await queue.claim("plain", "me", 100, 15)) == 30
    assert len(await queue._all()) == 8
    await queue.close()


@pytest.mark.real_servers
@pytest.mark.parametrize(
    ("memory", "policy", "warnings"),
    [("64mb", "allkeys-lru", 1), ("64mb", "noeviction", 0), ("64mb", "volatile-ttl", 0), ("0", "allkeys-lru", 0)],
)
async def test_a_server_that_may_evict_the_queue_is_warned_of_once(
    memory: str, policy: str, warnings: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only where a limit and a policy for all keys meet; a new connection does not warn again."""
    with RedisServer(tmp_path / "redis", "--maxmemory", memory, "--maxmemory-policy", policy) as server:
        queue = RedisQueue(server.url, 1_000_000, 5.0)
        await queue.publish([ITEM])
        queue._link._ready = False  # as after an error: the next call connects anew
        await queue.publish([ITEM])
        said = [record.getMessage() for record in caplog.records if "maxmemory-policy" in record.getMessage()]
        assert len(said) == warnings
        assert all(f"127.0.0.1:{server.port}" in line and policy in line and "noeviction" in line for line in said)
        await queue.close()


@pytest.mark.real_servers
async def test_what_may_not_be_asked_is_no_failure(tmp_path: Path) -> None:
    """A user without INFO on a server whose limit is set uses the queue as before."""
    with RedisServer(tmp_path / "redis", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru") as server:
        with server.client() as client:
            client.execute_command("ACL SETUSER", "sg", "on", ">pass", "~*", "+@all", "-info", "+info|cluster")
        queue = RedisQueue(server.url.replace("//", "//sg:pass@"), 1_000_000, 5.0)
        await queue.publish([ITEM])
        assert await queue.fill() == 1e-6
        await queue.close()


@pytest.mark.real_servers
async def test_tls_is_verified(tmp_path: Path) -> None:
    """With its authority the server is believed, without it nothing is said to it."""
    key, certificate = self_signed(tmp_path)
    (port,) = free_ports(1)
    tls = ["--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    with RedisServer(tmp_path / "redis", *tls, "--tls-auth-clients", "no"):
        trusting = RedisQueue(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}", 1000, 5.0)
        await trusting.publish([ITEM])
        assert await trusting.fill() == 0.001
        await trusting.close()
        doubting = RedisQueue(f"rediss://127.0.0.1:{port}/0", 1000, 5.0)
        with pytest.raises(QueueError, match="certificate"):
            await doubting.publish([ITEM])
        await doubting.close()


@pytest.mark.real_servers
async def test_r09_sentinels_name_the_primary_and_its_successor(tmp_path: Path) -> None:
    """The primary dies, its replica is promoted, and the queue finds it by itself."""
    (port,) = free_ports(1)
    with RedisServer(tmp_path / "one") as one:
        replica = ("--replicaof", "127.0.0.1", str(one.port), "--repl-diskless-sync-delay", "0")
        with RedisServer(tmp_path / "two", *replica) as two:
            file = tmp_path / "sentinel.conf"
            times = ("down-after-milliseconds main 500", "failover-timeout main 2000")
            lines = [
                f"port {port}",
                "bind 127.0.0.1",
                f"dir {tmp_path}",
                f"sentinel monitor main 127.0.0.1 {one.port} 1",
            ]
            file.write_text("\n".join([*lines, *(f"sentinel {line}" for line in times), ""]))
            sentinel = Child("sentinel", ["redis-server", str(file), "--sentinel"], tmp_path / "sentinel.log", tmp_path)
            try:
                with two.client() as client:
                    wait_until(
                        lambda: client.info("replication").get("master_link_status") == "up",  # type: ignore[union-attr]
                        15,
                        "the replica in step",
                    )
                wait_until(lambda: "+slave" in sentinel.output(), 20, "the sentinel to know the replica")
                queue = RedisQueue(f"redis+sentinel://127.0.0.1:{port}/main/0", 1000, 1.0)
                await queue.ensure_group("g", (Kind.SAMPLE,))
                await queue.publish([ITEM])
                await asyncio.to_thread(wait_until, one.replicated, 15, "the replica's confirmation")
                one.kill()
                deadline = time.monotonic() + 20
                while True:
                    try:
                        await queue.publish([Item("s2", Kind.SAMPLE, b"y")])
                        break
                    except QueueError as error:
                        assert time.monotonic() < deadline, error
                        await asyncio.sleep(0.2)
                assert [item.id for item in await queue.claim("g", "me", 10, 15)] == ["s1", "s2"]
                await queue.close()
            finally:
                sentinel.stop()
