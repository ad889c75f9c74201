"""The contract of a SampleQueue, which every implementation passes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.queue.protocol import Item, Kind, QueueError, SampleQueue
from proxy.queue.redis import RedisQueue
from proxy.queue.sqlite import SqliteQueue
from proxy.sample import Sample, encode
from support.servers import RedisServer

#: ``make(max_bytes)``: another handle on the same queue each time.
MakeQueue = Callable[[int], SampleQueue]


def sample(number: int, size: int = 10) -> Item:
    return Item(f"s{number}", Kind.SAMPLE, b"x" * size)


async def ids(queue: SampleQueue, group: str, owner: str = "me", limit: int = 100, lease: float = 15.0) -> list[str]:
    return [item.id for item in await queue.claim(group, owner, limit, lease)]


async def test_each_group_sees_each_item_of_its_kinds_once(queue: SampleQueue) -> None:
    """Groups are independent; a group that reads samples never sees rows."""
    await queue.ensure_group("refusal", (Kind.SAMPLE,))
    await queue.ensure_group("store", (Kind.SAMPLE, Kind.ROWS))
    await queue.publish([sample(1), Item("r1", Kind.ROWS, b"{}"), sample(2)])
    assert sorted(await ids(queue, "refusal")) == ["s1", "s2"]
    assert await ids(queue, "refusal") == []
    assert sorted(await ids(queue, "store")) == ["r1", "s1", "s2"]


async def test_a_group_begins_with_the_oldest_item_kept(queue: SampleQueue) -> None:
    """Samples published before the worker's first start are not lost."""
    await queue.publish([sample(1)])
    await queue.ensure_group("late", (Kind.SAMPLE,))
    assert await ids(queue, "late") == ["s1"]


async def test_publishing_again_under_the_same_id_adds_nothing(queue: SampleQueue) -> None:
    """A batch whose reply was lost may be sent again, even after its items were consumed and deleted."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1), sample(2)])
    [first, second] = await queue.claim("g", "me", 10, 15)
    await queue.acknowledge("g", "me", [first.sequence, second.sequence])
    await queue.publish([sample(1), sample(2), sample(3)])
    assert await ids(queue, "g") == ["s3"]


async def test_a_claim_whose_lease_ended_is_handed_out_again(queue: SampleQueue) -> None:
    """What a dead worker held goes to another one, with the delivery counted; a renewed claim does not."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1), sample(2)])
    [first, second] = await queue.claim("g", "dead", 10, 0.3)
    await queue.renew("g", "dead", [second.sequence], 30)
    await asyncio.sleep(0.4)
    [again] = await queue.claim("g", "alive", 10, 15)
    assert (again.id, again.deliveries) == (first.id, 2)


async def test_a_late_acknowledgement_leaves_the_new_owner_its_claim(queue: SampleQueue) -> None:
    """A worker that comes back after its lease ended cannot acknowledge what another one works on."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1)])
    [item] = await queue.claim("g", "slow", 10, 0.05)
    await asyncio.sleep(0.1)
    assert await ids(queue, "g", "quick") == ["s1"]
    await queue.acknowledge("g", "slow", [item.sequence])
    assert (await queue.backlog("g")).depth == 1


async def test_the_limit_of_a_claim_is_kept_and_nothing_is_skipped(queue: SampleQueue) -> None:
    """Small claims walk through mixed kinds, in the order of publishing where there is one shard."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    for number in range(5):
        await queue.publish([Item(f"r{number}", Kind.ROWS, b"{}"), sample(number)])
    seen = [await ids(queue, "g", limit=2) for _ in range(4)]
    assert [len(part) for part in seen] == [2, 2, 1, 0]
    assert sorted(name for part in seen for name in part) == [f"s{number}" for number in range(5)]


async def test_items_are_deleted_when_every_group_is_done_with_them(queue: SampleQueue) -> None:
    """The byte count falls back to zero, so a healthy queue never fills."""
    await queue.ensure_group("a", (Kind.SAMPLE,))
    await queue.ensure_group("b", (Kind.SAMPLE,))
    await queue.publish([sample(number, 1000) for number in range(20)])
    assert await queue.fill() == pytest.approx(0.02)
    for group in ("a", "b"):
        claimed = await queue.claim(group, "me", 100, 15)
        await queue.acknowledge(group, "me", [item.sequence for item in claimed])
    assert await queue.fill() == 0.0


async def test_the_backlog_counts_claimed_and_waiting_items(queue: SampleQueue) -> None:
    """Depth is what is not finished; age is the oldest one's."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    assert (await queue.backlog("g")).depth == 0
    await queue.publish([sample(1), sample(2), sample(3)])
    await queue.claim("g", "me", 1, 15)
    await asyncio.sleep(0.05)
    backlog = await queue.backlog("g")
    assert backlog.depth == 3
    assert 0.04 < backlog.oldest_age < 5


@pytest.mark.parametrize("make_queue", ["sqlite", "redis"], indirect=True)  # a cluster has a bound for each shard
async def test_the_byte_bound_removes_the_oldest_and_names_them(make_queue: MakeQueue) -> None:
    """Nothing grows without bound, and what was removed unseen is counted once for each group that missed it."""
    queue = make_queue(5_000)
    await queue.ensure_group("fast", (Kind.SAMPLE,))
    await queue.ensure_group("slow", (Kind.SAMPLE,))
    await queue.publish([sample(1, 1000), sample(2, 1000)])
    done = await queue.claim("fast", "me", 10, 15)
    await queue.acknowledge("fast", "me", [item.sequence for item in done])
    await queue.publish([sample(number, 1000) for number in range(3, 9)])
    assert await queue.fill() <= 1.0
    assert await queue.take_trimmed("slow") == ["s1", "s2", "s3"]
    assert await queue.take_trimmed("fast") == ["s3"]
    assert await queue.take_trimmed("slow") == []
    assert await ids(queue, "slow") == ["s4", "s5", "s6", "s7", "s8"]


async def test_what_the_bound_removes_from_under_a_claim_is_lost_and_counted(make_queue: MakeQueue) -> None:
    """R14: an item that goes while somebody holds it leaves no claim behind, and what its holder says does no harm."""
    queue = make_queue(5_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1, 1000)])
    [held] = await queue.claim("g", "me", 10, 15)
    for number in range(2, 40):
        await queue.publish([sample(number, 1000)])
    trimmed = await queue.take_trimmed("g")
    assert "s1" in trimmed
    await queue.renew("g", "me", [held.sequence], 15)
    await queue.acknowledge("g", "me", [held.sequence])
    left = await ids(queue, "g")
    assert (await queue.backlog("g")).depth == len(left)
    assert sorted(trimmed + left) == sorted(f"s{number}" for number in range(1, 40))


async def test_large_batches_and_large_items_arrive_whole(make_queue: MakeQueue) -> None:
    """A batch of more than one call's size, with an item of some megabytes."""
    queue = make_queue(100_000_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    batch = [Item(f"s{n}", Kind.SAMPLE, bytes([n % 251]) * (3_000_000 if n == 7 else 20_000)) for n in range(120)]
    await queue.publish(batch)
    await queue.publish(batch)  # its reply was lost, as far as the publisher knows
    seen: dict[str, bytes] = {}
    while claimed := await queue.claim("g", "me", 200, 15):
        assert not seen.keys() & {item.id for item in claimed}
        seen |= {item.id: item.payload for item in claimed}
    assert seen == {item.id: item.payload for item in batch}


async def test_the_file_is_private(tmp_path: Path) -> None:
    """Samples hold text of users: the file and its helpers are 0600 whatever the umask."""
    old = os.umask(0)
    try:
        queue = SqliteQueue(tmp_path / "queue.db", 5_000)
        await queue.publish([sample(1)])
        modes = {name: stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in os.listdir(tmp_path)}
        await queue.close()
    finally:
        os.umask(old)
    assert modes
    assert set(modes.values()) == {0o600}, modes


async def test_a_broken_file_is_an_error_of_the_queue_and_heals(tmp_path: Path) -> None:
    """A caller sees QueueError only, and the queue works again when its file can be opened."""
    folder = tmp_path / "later"
    queue = SqliteQueue(folder / "queue.db", 5_000)
    with pytest.raises(QueueError):
        await queue.publish([sample(1)])
    folder.mkdir()
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1)])
    assert await ids(queue, "g") == ["s1"]
    await queue.close()


def _publish_for_ever(path: str) -> None:
    async def run() -> None:
        queue = SqliteQueue(Path(path), 100_000_000)
        number = 0
        while True:
            await queue.publish([Item(f"a{number}", Kind.SAMPLE, b"1"), Item(f"b{number}", Kind.SAMPLE, b"2")])
            Path(path).with_suffix(".progress").write_text(str(number))
            number += 1

    asyncio.run(run())


async def test_a_publisher_killed_at_any_moment_leaves_whole_batches(tmp_path: Path) -> None:
    """After SIGKILL each batch is there whole or not at all, and everything that was confirmed is there."""
    path = tmp_path / "queue.db"
    progress = path.with_suffix(".progress")
    process = multiprocessing.get_context("spawn").Process(target=_publish_for_ever, args=(str(path),))
    process.start()
    deadline = time.monotonic() + 20
    while not (progress.exists() and int(progress.read_text() or 0) > 50):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    confirmed = int(progress.read_text() or 0)
    queue = SqliteQueue(path, 100_000_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    seen = await ids(queue, "g", limit=1_000_000)
    await queue.close()
    firsts = [int(name[1:]) for name in seen if name.startswith("a")]
    assert firsts == [int(name[1:]) for name in seen if name.startswith("b")]
    assert firsts == list(range(len(firsts)))
    assert len(firsts) > confirmed


async def test_two_consumers_of_a_group_never_hold_the_same_item(make_queue: MakeQueue) -> None:
    """Handles of two processes on one queue share its work."""
    one, two = make_queue(1_000_000), make_queue(1_000_000)
    await one.ensure_group("g", (Kind.SAMPLE,))
    await one.publish([sample(number) for number in range(200)])

    async def drain(queue: SampleQueue, owner: str) -> list[str]:
        got: list[str] = []
        while batch := await queue.claim("g", owner, 7, 15):
            got += [item.id for item in batch]
            await queue.acknowledge("g", owner, [item.sequence for item in batch])
        return got

    first, second = await asyncio.gather(drain(one, "a"), drain(two, "b"))
    assert sorted(first + second) == sorted(f"s{number}" for number in range(200))


def of_user(identity: str, user_hash: str | None) -> Item:
    """A sample of a user."""
    return Item(identity, Kind.SAMPLE, encode(Sample(id=identity, exchange=_exchange(identity, user_hash))))


def _exchange(identity: str, user_hash: str | None) -> Exchange:
    return Exchange(
        request_id=identity,
        instance="p1",
        started_at=1.0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=0.5,
        user_hash=user_hash,
    )


async def test_a_users_copies_are_deleted(queue: SampleQueue) -> None:
    """Samples of the user go and count as trimmed where they were not finished; rows go out of their batches."""
    rows = [ExchangeRow(_exchange(identity, user), Decision.PUBLISHED) for identity, user in (("a", "u1"), ("b", None))]
    batch = RowBatch("b1", "p1", 1, {"published": 2}, rows)
    await queue.ensure_group("refusal", (Kind.SAMPLE,))
    await queue.ensure_group("store", (Kind.SAMPLE, Kind.ROWS))
    items = [of_user("s1", "u1"), of_user("s2", "u2"), of_user("s3", "u1"), of_user("s4", None)]
    await queue.publish([*items, Item("b1", Kind.ROWS, msgspec.json.encode(batch))])
    claimed = await queue.claim("refusal", "me", 1, 15)
    await queue.acknowledge("refusal", "me", [claimed[0].sequence])
    assert await queue.forget_user("u1") == 3
    assert await queue.forget_user("u1") == 0
    assert await queue.forget_user('u"1') == 0
    assert await ids(queue, "refusal") == ["s2", "s4"]
    *_, left = await queue.claim("store", "me", 10, 15)
    kept = msgspec.json.decode(left.payload, type=RowBatch)
    assert ([row.exchange.request_id for row in kept.rows], kept.counts) == (["b"], {"published": 2})
    assert await queue.take_trimmed("refusal") == ["s3"]
    assert sorted(await queue.take_trimmed("store")) == ["s1", "s3"]


async def test_what_is_too_old_is_deleted(queue: SampleQueue) -> None:
    """Older than a moment: gone for every group, claimed or not; samples count as trimmed."""
    await queue.ensure_group("g", (Kind.SAMPLE, Kind.ROWS))
    await queue.publish([sample(1), sample(2), Item("r1", Kind.ROWS, b"{}")])
    await queue.claim("g", "me", 1, 15)
    assert await queue.expire(time.time() - 60) == 0
    assert await queue.expire(time.time() + 60) == 3
    assert await ids(queue, "g") == []
    assert sorted(await queue.take_trimmed("g")) == ["s1", "s2"]
    assert await queue.fill() == 0


async def test_a_clock_that_is_set_back_keeps_no_claim_of_the_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer died while the clock was an hour ahead: its items are handed out after a lease, not after an hour."""
    queue = SqliteQueue(tmp_path / "queue.db", 10_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    ahead = time.time() + 3600.0
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: ahead)
        await queue.publish([sample(1)])
        assert len(await queue.claim("g", "dead", 5, 0.2)) == 1
        assert await ids(queue, "g", "other", lease=0.2) == []
    deadline = time.monotonic() + 10
    while not (claimed := await ids(queue, "g", "other", lease=0.2)):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert claimed == ["s1"]
    await queue.close()


async def test_ids_that_nobody_asks_for_are_bounded_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten, each is counted for its group, and those that are kept are told once."""
    monkeypatch.setattr("proxy.queue.sqlite_file.MAX_TRIMMED", 5)
    queue = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    for group in ("g", "h"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    await queue.publish([sample(number) for number in range(10)])
    await queue.delete([f"s{number}" for number in range(10)])
    kept = {group: await queue.take_trimmed(group) for group in ("g", "h")}
    untold = {group: await queue.untold(group) for group in ("g", "h")}
    assert len(kept["g"]) + len(kept["h"]) == 5
    assert {group: len(kept[group]) + untold[group] for group in kept} == {"g": 10, "h": 10}
    assert await queue.untold("another") == 0
    await queue.close()


async def test_ids_that_nobody_asks_for_are_bounded_and_counted_in_redis(redis_server: RedisServer) -> None:
    """Of each group a million are kept."""
    with redis_server.client() as client:
        client.flushall()
        for first in range(0, 999_997, 10_000):  # one script for all of them would be too long on a busy machine
            client.rpush("{sg:0}:trimmed:g", *range(first, min(first + 10_000, 999_997)))
        queue = RedisQueue(redis_server.url, 1_000_000, 30.0)
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await queue.publish([sample(number) for number in range(10)])
        assert await queue.untold("g") == 0
        await queue.delete([f"s{number}" for number in range(10)])
        assert client.llen("{sg:0}:trimmed:g") == 1_000_000
        assert await queue.untold("g") == 7
        await queue.close()
        client.flushall()
