"""Faults in Redis: forwarded traffic never notices, what is lost is counted, and it comes back by itself.

The first half is the proxy as a process of its own, before a Redis that is absent, killed, stopped, deaf or slow. The
second half is the queue's client alone against a real server that refuses, forgets, moves or lies about the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from proxy.exchange import Decision, Exchange, Operation, Outcome
from proxy.observe.sampler import Sampler, Verdict
from proxy.observe.tap import Content
from proxy.publish.publisher import Entry, Publisher
from proxy.queue.protocol import Kind, QueueError
from proxy.queue.redis import RedisQueue
from proxy.queue.scripts import Script
from proxy.telemetry.instruments import Instruments
from support import plain
from support.forwarder import Forwarder
from support.patience import patient
from support.processes import free_ports, get_ok, wait_until
from support.proxying import Proxy, post
from support.redis_items import ids, sample, until
from support.servers import RedisCluster, RedisServer
from support.upstream import ScriptedUpstream

pytestmark = pytest.mark.real_servers

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where is the lamp?"}]}
#: How much slower the slowest tenth of the requests may be with Redis out of order (s): noise of a shared machine.
NOISE = 0.05
_ECHO = Script("return ARGV[1]")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    with RedisServer(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def between(server: RedisServer) -> Iterator[Forwarder]:
    """What stands between the client and that Redis."""
    with Forwarder(server.port) as forwarder:
        yield forwarder


def load(proxy: Proxy, seconds: float) -> list[float]:
    """Requests one after the other, all answered with 200; how long each took, sorted."""
    took = []
    with plain.client(timeout=10) as client:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            begun = time.monotonic()
            assert client.post(f"{proxy.url}/v1/chat/completions", json=BODY).status_code == 200
            took.append(time.monotonic() - begun)
            time.sleep(0.005)
    return sorted(took)


def ninth(took: list[float]) -> float:
    """What nine of ten requests stayed below."""
    return took[len(took) * 9 // 10]


def degraded(proxy: Proxy) -> bool:
    return proxy.metric("sightglass_degraded", component="queue") == 1


def wait_recovered(proxy: Proxy) -> None:
    """Redis is well again: within ten seconds the ring is empty and the gauge says so."""
    wait_until(lambda: not degraded(proxy), 10, "the queue in order")
    proxy.wait_idle(10)


def published(proxy: Proxy) -> int:
    return round(proxy.metric("sightglass_sampling_decisions_total", decision="published"))


def kept(server: RedisServer) -> int:
    """Samples in the stream."""
    with server.client() as client:
        return int(client.xlen("{sg:0}:sample"))  # type: ignore[arg-type]


def complaints(proxy: Proxy) -> list[str]:
    """Lines of the log, other than the access log's."""
    return [line for line in proxy.output().splitlines() if " ERROR " in line or " WARNING " in line]


def undisturbed(proxy: Proxy, calm: list[float], seconds: float = 2.0) -> int:
    """Load while Redis is out of order: as fast as before, ready all the time. How many requests."""
    took = load(proxy, seconds)
    assert ninth(took) < ninth(calm) + NOISE
    assert get_ok(f"{proxy.url}/-/healthy")
    assert get_ok(f"{proxy.url}/-/ready")
    return len(took)


def test_r01_without_redis_at_the_start_it_serves(
    provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], tmp_path: Path
) -> None:
    """Ready and serving with no Redis; when one comes up, it gets everything that the ring held."""
    (port,) = free_ports(1)
    proxy = start_proxy(provider.url + "/v1", queue=f"redis://127.0.0.1:{port}/1")
    for _ in range(20):
        assert post(proxy.url, BODY).status_code == 200
    wait_until(lambda: degraded(proxy), 5, "the gauge")
    with RedisServer(tmp_path / "late", port=port) as server:
        wait_recovered(proxy)
        assert published(proxy) == 20
        with server.client(db=1) as client:
            assert client.xlen("{sg:0}:sample") == 20
        assert len(complaints(proxy)) == 1, complaints(proxy)
        proxy.end_now()


def test_r02_killed_under_load(
    provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], server: RedisServer
) -> None:
    """Requests take as long as before, and what was decided meanwhile arrives when Redis is there again."""
    proxy = start_proxy(provider.url + "/v1", queue=server.url)
    calm = load(proxy, 1.5)
    server.kill()
    during = undisturbed(proxy, calm)
    wait_until(lambda: degraded(proxy), 5, "the gauge")
    server.start()
    wait_recovered(proxy)
    assert published(proxy) == len(calm) + during
    assert during <= kept(server) <= during + 50  # what it held before died with it
    assert len(complaints(proxy)) <= 2, complaints(proxy)


async def test_r02_what_is_given_up_is_counted(open_redis: Callable[..., RedisQueue]) -> None:
    """An outage that outlasts the patience of the publisher costs samples, and each is counted as ``dropped_queue``."""
    (port,) = free_ports(1)
    registry = CollectorRegistry()
    settings = parse({"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}]}, {})
    sampler, instruments = Sampler(settings.sampling, b"secret"), Instruments(registry, "proxy")
    queue = open_redis(f"redis://127.0.0.1:{port}")
    publisher = Publisher(queue, settings, sampler, instruments, "p1", abandon_after=0.5)
    for number in range(7):
        exchange = Exchange(
            request_id=f"r{number}",
            instance="p1",
            started_at=1.0,
            app="other",
            operation=Operation.CHAT,
            upstream="u",
            outcome=Outcome.OK,
            duration=0.1,
        )
        content = Content(
            operation=Operation.CHAT,
            request=json.dumps(BODY).encode(),
            response=b"{}",
            response_tail=b"",
            sse=False,
            request_truncated=False,
            undecodable=None,
        )
        publisher.put(Entry(exchange, Verdict(Decision.PUBLISHED, 1.0, "uniform"), content))
    publisher.start()
    deadline = time.monotonic() + 10
    while registry.get_sample_value("sightglass_ring_samples"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    dropped = {"app": "other", "decision": "dropped_queue"}
    assert registry.get_sample_value("sightglass_sampling_decisions_total", dropped) == 7
    assert registry.get_sample_value("sightglass_degraded", {"component": "queue"}) == 1
    await publisher.stop(2)


@pytest.mark.parametrize("how", ["SIGSTOP", "CLIENT PAUSE"])
def test_r03_a_redis_that_stands_still(
    how: str, provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], server: RedisServer
) -> None:
    """It takes connections and answers nothing: no request waits, nothing is logged for each, and it recovers."""
    proxy = start_proxy(provider.url + "/v1", queue=server.url)
    calm = load(proxy, 1.5)
    if how == "SIGSTOP":
        server.pause()
    else:
        with server.client() as client:
            client.execute_command("CLIENT PAUSE", 4000, "ALL")
    during = undisturbed(proxy, calm, 2.5)
    assert degraded(proxy)
    server.resume()
    wait_recovered(proxy)
    assert kept(server) == published(proxy) == len(calm) + during
    assert len(complaints(proxy)) <= 2, complaints(proxy)


async def test_r03_one_probe_at_a_time(server: RedisServer, open_redis: Callable[..., RedisQueue]) -> None:
    """While Redis stands still, a hundred callers cost it a handful of connections: the breaker lets one try."""
    queue = open_redis(server.url)
    await until(lambda: queue.publish([sample()]))  # on a busy machine even a Redis that runs may answer late
    before = _connections(server)
    server.pause()
    refused = 0
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline or refused < 1000:
        results = await asyncio.gather(*(queue.fill() for _ in range(100)), return_exceptions=True)
        assert all(isinstance(result, QueueError) for result in results)
        refused += len(results)
        await asyncio.sleep(0.02)
    server.resume()
    await until(queue.fill)
    # The first hundred were under way together; after them it was one probe at a time.
    assert _connections(server) - before < 115


def _connections(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.info("stats")["total_connections_received"])  # type: ignore[index]


def test_r04_packets_go_nowhere(
    provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], server: RedisServer, between: Forwarder
) -> None:
    """A black hole on the way, for connections old and new: as with a Redis that stands still."""
    proxy = start_proxy(provider.url + "/v1", queue=between.url)
    calm = load(proxy, 1.5)
    between.swallow = True
    during = undisturbed(proxy, calm, 2.5)
    assert degraded(proxy)
    between.swallow = False
    wait_recovered(proxy)
    assert kept(server) == published(proxy) == len(calm) + during
    assert len(complaints(proxy)) <= 2, complaints(proxy)


async def test_r04_no_call_waits_longer_than_its_time(
    between: Forwarder, open_redis: Callable[..., RedisQueue]
) -> None:
    """A quarter of a second, whether the connection was there or is still to be made."""
    queue, fresh = open_redis(between.url), open_redis(between.url)
    await queue.publish([sample()])
    between.swallow = True
    for each in (queue, fresh, queue, fresh):
        begun = time.monotonic()
        with pytest.raises(QueueError):
            await each.publish([sample()])
        assert time.monotonic() - begun < patient(0.5)  # far below the 5 s of the client library
    between.swallow = False
    await until(lambda: fresh.publish([sample()]))


async def test_r05_slow_and_once_out_of_reach(between: Forwarder, open_redis: Callable[..., RedisQueue]) -> None:
    """One that is slow by a tenth of a second comes back after a failure: to connect takes it two of these, and the
    call itself another, which together are more than a call has."""
    queue = open_redis(between.url)
    await queue.publish([sample()])
    between.delay = 0.1
    between.swallow = True
    with pytest.raises(QueueError):
        await queue.publish([sample()])
    between.swallow = False
    await until(lambda: queue.publish([sample()]))
    begun = time.monotonic()
    await queue.publish([sample()])
    assert time.monotonic() - begun > 0.1  # it is still slow


def test_r05_slow_by_a_tenth_of_a_second_and_then_by_two(
    provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], server: RedisServer, between: Forwarder
) -> None:
    """A slow Redis still takes everything; one that is too slow is as good as none, and costs neither CPU nor log."""
    proxy = start_proxy(provider.url + "/v1", queue=between.url)
    calm = load(proxy, 1.5)
    between.delay = 0.1
    slow = undisturbed(proxy, calm)
    proxy.wait_idle(5)
    assert not degraded(proxy)
    assert kept(server) == published(proxy) == len(calm) + slow
    between.delay = 2.0
    too_slow = undisturbed(proxy, calm)
    used = proxy.cpu_seconds()
    time.sleep(2.0)
    assert proxy.cpu_seconds() - used < 0.5  # of two seconds in which nobody asks for anything
    assert degraded(proxy)
    between.delay = 0.0
    wait_recovered(proxy)
    assert kept(server) == published(proxy) == len(calm) + slow + too_slow
    assert len(complaints(proxy)) <= 2, complaints(proxy)


@pytest.mark.parametrize("how", ["password", "acl"])
def test_r06_not_allowed(
    how: str, provider: ScriptedUpstream, start_proxy: Callable[..., Proxy], server: RedisServer
) -> None:
    """A wrong password, a user who may not add: one line that says so without the secret, and no storm of tries."""
    with server.client() as client:
        client.execute_command("ACL SETUSER", "writer", "on", ">right-password", "~*", "+@all", "-xadd")
        client.execute_command("ACL SETUSER", "reader", "on", ">right-password", "~*", "+@all")
    secret = "wrong-password" if how == "password" else "right-password"
    proxy = start_proxy(provider.url + "/v1", queue=f"redis://writer:{secret}@127.0.0.1:{server.port}/0")
    before = _connections(server)
    load(proxy, 3.0)
    assert degraded(proxy)
    [line] = complaints(proxy)
    assert ("password" if how == "password" else "NOPERM") in line or "can't run this command" in line
    assert secret not in proxy.output()
    assert _connections(server) - before < 30
    with server.client() as client:
        client.execute_command("ACL SETUSER", "writer", ">wrong-password", "+xadd")
    wait_recovered(proxy)


async def test_r07_out_of_memory(server: RedisServer, open_redis: Callable[..., RedisQueue]) -> None:
    """Nothing can be added, and the caller is told why; what is there can be read, held, done and deleted."""
    queue = open_redis(server.url)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    first = [sample(1000) for _ in range(5)]
    await queue.publish(first)
    with server.client() as client:
        client.config_set("maxmemory", 1)
        refused = sample()
        for _ in range(3):  # the breaker stays closed: it answers
            with pytest.raises(QueueError, match="OOM"):
                await queue.publish([refused])
        claimed = await queue.claim("g", "me", 3, 15)
        await queue.renew("g", "me", [item.sequence for item in claimed], 15)
        await queue.acknowledge("g", "me", [item.sequence for item in claimed])
        assert (await queue.backlog("g")).depth == 2
        assert await queue.fill() == pytest.approx(0.002)
        client.config_set("maxmemory", 0)
    await queue.publish([refused])
    assert len(await ids(queue)) == 3


@pytest.mark.parametrize("why", ["MISCONF", "READONLY"])
async def test_r08_it_refuses_to_write(why: str, tmp_path: Path, open_redis: Callable[..., RedisQueue]) -> None:
    """A disk that can not be written, a primary that became a replica: refused with its reason, later well again."""
    with RedisServer(tmp_path / "redis", "--save", "3600 1000000") as server, server.client() as client:
        queue = open_redis(server.url)
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await queue.publish([sample()])
        if why == "MISCONF":
            (tmp_path / "redis" / "dump.rdb" / "in-the-way").mkdir(parents=True)
            client.bgsave()
            wait_until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", 10, "a failed save")  # type: ignore[index]
        else:
            client.replicaof("127.0.0.1", free_ports(1)[0])  # type: ignore[no-untyped-call]
        for _ in range(2):
            with pytest.raises(QueueError, match=why):
                await queue.publish([sample()])
        if why == "MISCONF":
            client.config_set("stop-writes-on-bgsave-error", "no")
        else:
            client.replicaof("NO", "ONE")  # type: ignore[no-untyped-call]
        await until(lambda: queue.publish([sample()]))
        assert len(await ids(queue)) == 2


async def test_r09_a_primary_of_the_cluster_dies(tmp_path: Path, open_redis: Callable[..., RedisQueue]) -> None:
    """Its replica takes over, and within ten seconds everything is published again."""
    with RedisCluster(tmp_path, replicas=1) as cluster:
        queue = open_redis(cluster.url + "/?shards=6")
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await until(lambda: queue.publish([sample() for _ in range(20)]))
        await asyncio.to_thread(cluster.wait_replicated)
        cluster.nodes[0].kill()
        after = [sample() for _ in range(20)]
        await until(lambda: queue.publish(after), 20)
        found: set[str] = set()
        deadline = time.monotonic() + 20
        while len(found) < 40 and time.monotonic() < deadline:
            # A claim whose answer was late is made again when its lease has ended.
            found |= {item.id for item in await until(lambda: queue.claim("g", "me", 100, 2.0))}
            await asyncio.sleep(0.05)
        assert len(found) == 40
        assert {item.id for item in after} <= found


async def test_r09_a_slot_moves(tmp_path: Path, open_redis: Callable[..., RedisQueue]) -> None:
    """ASK while a slot is on its way, MOVED when it has arrived: the client follows, nothing is lost or doubled."""
    with RedisCluster(tmp_path) as cluster:
        queue = open_redis(cluster.url + "/?shards=1")
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await queue.publish([sample() for _ in range(5)])
        clients = [node.client() for node in cluster.nodes]
        slot = int(clients[0].execute_command("CLUSTER KEYSLOT", "{sg:0}:sample"))
        names = [client.execute_command("CLUSTER MYID") for client in clients]
        names = [name.decode() if isinstance(name, bytes) else name for name in names]
        owner = next(n for n, client in enumerate(clients) if client.execute_command("CLUSTER COUNTKEYSINSLOT", slot))
        other = (owner + 1) % 3
        clients[other].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", names[owner])
        clients[owner].execute_command("CLUSTER SETSLOT", slot, "MIGRATING", names[other])
        keys = clients[owner].execute_command("CLUSTER GETKEYSINSLOT", slot, 100)
        port = cluster.nodes[other].port
        clients[owner].execute_command("MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS", *keys)
        meanwhile = [sample() for _ in range(5)]
        with contextlib.suppress(QueueError):  # a call with several keys is told to wait until the slot has arrived
            await queue.publish(meanwhile)
        for number in (other, owner, 3 - other - owner):
            clients[number].execute_command("CLUSTER SETSLOT", slot, "NODE", names[other])
        await until(lambda: queue.publish(meanwhile))
        await until(lambda: queue.publish([sample() for _ in range(5)]))
        assert len(await until(lambda: ids(queue))) == 15
        for client in clients:
            client.close()


async def test_r10_a_lost_reply_leaves_one_item(between: Forwarder, open_redis: Callable[..., RedisQueue]) -> None:
    """The batch was taken, its reply was not heard: sent again under the same ids, each item is there once."""
    queue = open_redis(between.url)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    batch = [sample() for _ in range(5)]
    between.drop_answers = True
    with pytest.raises(QueueError, match="no answer"):
        await queue.publish(batch)
    between.drop_answers = False
    await until(lambda: queue.publish(batch))
    claimed = await queue.claim("g", "me", 100, 15)
    assert [item.id for item in claimed] == [item.id for item in batch]
    await queue.acknowledge("g", "me", [item.sequence for item in claimed])
    await queue.publish(batch)
    assert await ids(queue) == []


@pytest.mark.parametrize("loss", ["FLUSHALL", "DEL", "XGROUP", "SCRIPT FLUSH"])
async def test_r11_what_was_deleted_is_made_again(
    loss: str, server: RedisServer, open_redis: Callable[..., RedisQueue]
) -> None:
    """Everything, the stream, the group or the scripts are gone: the consumer goes on, old claims touch nothing new."""
    queue = open_redis(server.url)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(), sample()])
    old = await queue.claim("g", "me", 1, 15)
    with server.client() as client:
        if loss == "DEL":
            client.delete("{sg:0}:sample")
        elif loss == "XGROUP":
            client.xgroup_destroy("{sg:0}:sample", "g")
        else:
            client.execute_command(loss)
    await queue.renew("g", "me", [item.sequence for item in old], 15)
    await queue.backlog("g")
    new = [sample(), sample()]
    await queue.publish(new)
    claimed = await queue.claim("g", "me", 100, 15)
    assert {item.id for item in new} <= {item.id for item in claimed}
    await queue.acknowledge("g", "me", [item.sequence for item in old])
    held = {item.sequence for item in claimed} - {item.sequence for item in old}
    assert (await queue.backlog("g")).depth == len(held)
    assert await queue.fill() > 0


@pytest.mark.parametrize("loss", ["never there", "FLUSHALL", "XGROUP"])
async def test_r11_no_group_is_too_late_for_what_another_has_finished(
    loss: str, server: RedisServer, open_redis: Callable[..., RedisQueue]
) -> None:
    """Groups that Redis has lost, or has never had, come back together: the first one to finish an item deletes it only
    when the others have it too."""
    queue = open_redis(server.url)
    if loss == "never there":
        server.pause()
    for group in ("fast", "slow"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    server.resume()
    await until(queue.fill)
    with server.client() as client:
        if loss == "FLUSHALL":
            client.flushall()
        elif loss == "XGROUP":
            client.xgroup_destroy("{sg:0}:sample", "fast")
            client.xgroup_destroy("{sg:0}:sample", "slow")
    items = [sample(), sample()]
    await queue.publish(items)
    claimed = await queue.claim("fast", "me", 10, 15)
    await queue.acknowledge("fast", "me", [item.sequence for item in claimed])
    assert [item.id for item in claimed] == [item.id for item in items]
    assert await ids(queue, "slow") == [item.id for item in items]


async def test_r12_never_a_foreign_reply(between: Forwarder, open_redis: Callable[..., RedisQueue]) -> None:
    """Ten thousand questions with unlike answers, a third of them cancelled at a random moment: each hears its own."""
    queue = open_redis(between.url, timeout=2.0)
    await queue.fill()
    moments = random.Random(12)
    between.delay = 0.001
    asked = heard = 0

    async def ask() -> None:
        nonlocal asked, heard
        for _ in range(500):
            word = f"word-{asked}".encode()
            asked += 1
            call = asyncio.ensure_future(queue._link.run(_ECHO, ["{sg:0}:echo"], [word]))
            if moments.random() < 0.3:
                await asyncio.sleep(moments.random() * 0.004)
                call.cancel()
            with contextlib.suppress(asyncio.CancelledError, QueueError):
                assert await call == word
                heard += 1

    await asyncio.gather(*(ask() for _ in range(20)))
    assert asked == 10_000
    assert heard > 5000


async def test_r13_an_idle_consumer_is_quiet(server: RedisServer, open_redis: Callable[..., RedisQueue]) -> None:
    """Nothing blocks in Redis, so no time-out is ever met by waiting: no error, no new connection."""
    queue = open_redis(server.url)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    before = _connections(server)
    for _ in range(10):
        assert await ids(queue) == []
        await asyncio.sleep(0.1)
    with server.client() as client:
        slow = client.info("clients")["blocked_clients"]  # type: ignore[index]
    assert slow == 0
    assert _connections(server) - before <= 2  # those of this test


async def test_r14_entries_trimmed_by_others_are_lost_and_counted(
    server: RedisServer, open_redis: Callable[..., RedisQueue]
) -> None:
    """Somebody trims the stream under pending claims: they are cleaned up, each counted once as trimmed."""
    queue = open_redis(server.url)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(), sample(), sample()])
    assert len(await ids(queue, lease=0.0)) == 3
    with server.client() as client:
        client.xtrim("{sg:0}:sample", maxlen=1, approximate=False)
        await asyncio.sleep(0.01)
        assert len(await ids(queue)) == 1
        assert client.xpending("{sg:0}:sample", "g")["pending"] == 1  # type: ignore[index]
    assert len(await queue.take_trimmed("g")) == 2
    assert await queue.take_trimmed("g") == []
    assert (await queue.backlog("g")).depth == 1
