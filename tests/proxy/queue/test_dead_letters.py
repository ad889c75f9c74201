"""The contract's other half: dead letters, and deletion by age, by id and by user."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.queue.protocol import DeadCount, Item, Kind, SampleQueue
from proxy.sample import Sample, encode


def sample(number: int, size: int = 10) -> Item:
    return Item(f"s{number}", Kind.SAMPLE, b"x" * size)


def exchange(name: str, user: str | None) -> Exchange:
    return Exchange(
        request_id=name,
        instance="i",
        started_at=1.0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=0.1,
        user_hash=user,
    )


def of_user(name: str, user: str | None) -> Item:
    return Item(name, Kind.SAMPLE, encode(Sample(id=name, exchange=exchange(name, user))))


async def buried(queue: SampleQueue, numbers: list[int], group: str = "g", size: int = 10) -> None:
    """Publish these and bury each of them."""
    await queue.publish([sample(number, size) for number in numbers])
    claimed = await queue.claim(group, "me", 100, 15)
    await queue.bury(group, "me", [item.sequence for item in claimed], "crashed")


async def ids(queue: SampleQueue, group: str) -> list[str]:
    return sorted(item.id for item in await queue.claim(group, "me", 100, 15))


async def test_what_is_buried_is_kept_with_its_reason_and_not_delivered_again(queue: SampleQueue) -> None:
    """A dead letter has left the backlog of its group; the other group never notices."""
    for group in ("g", "other"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    await queue.publish([sample(1), sample(2)])
    first, second = sorted(await queue.claim("g", "me", 10, 15), key=lambda item: item.id)
    await queue.bury("g", "me", [first.sequence], "not a sample")
    await queue.acknowledge("g", "me", [second.sequence])
    [letter] = await queue.dead("g", 10)
    assert (letter.group, letter.id, letter.kind, letter.payload) == ("g", "s1", Kind.SAMPLE, b"x" * 10)
    assert (letter.reason, letter.deliveries) == ("not a sample", 1)
    assert 0 <= letter.age < 5
    assert (await queue.backlog("g")).depth == 0
    assert await queue.dead_count("g") == DeadCount(kept=1, dropped=0)
    assert await queue.dead("other", 10) == []
    assert await ids(queue, "other") == ["s1", "s2"]


async def test_the_deliveries_of_a_letter_are_those_of_its_last_claim(queue: SampleQueue) -> None:
    """Poison that was delivered again and again says so."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1)])
    for _ in range(3):
        [item] = await queue.claim("g", "me", 10, 0.05)
        await asyncio.sleep(0.08)
    await queue.bury("g", "me", [item.sequence], "deliveries")
    assert [letter.deliveries for letter in await queue.dead("g", 1)] == [3]


async def test_only_who_holds_an_item_buries_it(queue: SampleQueue) -> None:
    """A worker whose lease ended can not bury what another one works on, nor what is done."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([sample(1)])
    [item] = await queue.claim("g", "slow", 10, 0.05)
    await asyncio.sleep(0.08)
    [again] = await queue.claim("g", "quick", 10, 15)
    await queue.bury("g", "slow", [item.sequence], "crashed")
    assert (await queue.backlog("g")).depth == 1
    await queue.acknowledge("g", "quick", [again.sequence])
    await queue.bury("g", "quick", [again.sequence], "crashed")
    assert await queue.dead("g", 10) == []


async def test_w08_a_replay_reaches_its_group_once_however_often_it_is_asked_for(queue: SampleQueue) -> None:
    """Replayed twice, a letter is delivered once, with fresh deliveries; other groups see nothing of it."""
    for group in ("g", "other"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    await buried(queue, [1, 2, 3])
    assert len(await ids(queue, "other")) == 3
    assert await queue.replay("g", ["s1", "nobody"]) == 1
    assert await queue.replay("g", ["s1"]) == 0
    assert (await queue.backlog("g")).depth == 1
    assert await queue.replay("g") == 2
    assert await queue.replay("g") == 0
    again = await queue.claim("g", "me", 100, 15)
    assert sorted((item.id, item.kind, item.payload, item.deliveries) for item in again) == [
        (name, Kind.SAMPLE, b"x" * 10, 1) for name in ("s1", "s2", "s3")
    ]
    assert await ids(queue, "other") == []
    await queue.acknowledge("g", "me", [item.sequence for item in again])
    assert (await queue.backlog("g")).depth == 0
    assert await queue.dead_count("g") == DeadCount(0, 0)
    assert await queue.take_trimmed("g") == []


async def test_a_replayed_letter_can_die_again(queue: SampleQueue) -> None:
    """What was replayed in vain is buried and replayed like any other."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await buried(queue, [1])
    for _ in range(3):
        assert await queue.replay("g") == 1
        [item] = await queue.claim("g", "me", 10, 15)
        await queue.bury("g", "me", [item.sequence], "crashed again")
        assert [letter.reason for letter in await queue.dead("g", 10)] == ["crashed again"]
    assert await queue.dead_count("g") == DeadCount(1, 0)


async def test_the_queue_is_empty_again_after_a_replay(queue: SampleQueue) -> None:
    """Replayed items are deleted when they are done, and no byte stays on the books."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await buried(queue, list(range(10)), size=1000)
    assert await queue.fill() == 0.0
    await queue.replay("g")
    assert await queue.fill() == pytest.approx(0.01)
    again = await queue.claim("g", "me", 100, 15)
    await queue.acknowledge("g", "me", [item.sequence for item in again])
    await queue.publish([sample(99)])
    [last] = await queue.claim("g", "me", 100, 15)
    await queue.acknowledge("g", "me", [last.sequence])
    assert await queue.fill() == 0.0


@pytest.mark.parametrize("make_queue", ["sqlite", "redis"], indirect=True)  # a cluster has a bound for each shard
async def test_letters_are_bounded_and_what_the_bound_removes_is_counted(queue: SampleQueue) -> None:
    """A poisoned producer can not fill the disk: the oldest letters go, and how many is known."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await buried(queue, list(range(50)), size=5000)  # a tenth of the bound has room for 20
    count = await queue.dead_count("g")
    assert count == DeadCount(20, 30)
    assert [letter.id for letter in await queue.dead("g", 2)] == ["s30", "s31"]


async def test_v05_what_is_too_old_is_gone_from_queue_and_letters(queue: SampleQueue) -> None:
    """Retention reaches the queue: unfinished samples count as trimmed, finished ones and letters just go."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.ensure_group("slow", (Kind.SAMPLE,))
    await buried(queue, [1])
    await queue.publish([sample(2)])
    await asyncio.sleep(0.02)
    before = time.time()
    await asyncio.sleep(0.02)
    await queue.publish([sample(3)])
    await queue.expire(before - 3600)
    assert (await queue.backlog("g")).depth == 2
    assert await queue.expire(before) == 3  # s1 (waiting for slow) and its letter, s2
    assert await queue.dead("g", 10) == []
    assert await queue.take_trimmed("g") == ["s2"]
    assert sorted(await queue.take_trimmed("slow")) == ["s1", "s2"]
    assert await ids(queue, "g") == await ids(queue, "slow") == ["s3"]


async def test_a_group_that_nobody_reads_any_more_is_given_up(
    queue: SampleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scorer that was switched off keeps nothing back; what it had not finished is on its books if it returns."""
    for module in ("sqlite", "redis"):
        monkeypatch.setattr(f"proxy.queue.{module}.ABANDONED", 1.0)
    for group in ("old", "kept"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    await queue.publish([sample(number, 1000) for number in range(6)])
    some = await queue.claim("old", "me", 10, 15)
    await queue.acknowledge("old", "me", [item.sequence for item in some if item.id == "s0"])
    claimed = await queue.claim("kept", "me", 10, 15)
    await queue.acknowledge("kept", "me", [item.sequence for item in claimed])
    await queue.expire(0)
    assert await queue.fill() > 0.004
    await asyncio.sleep(2.1)  # Redis gives whole seconds here
    assert await ids(queue, "kept") == []
    await queue.expire(0)
    assert await queue.fill() == 0.0
    assert sorted(await queue.take_trimmed("old")) == [f"s{number}" for number in range(1, 6)]
    await queue.ensure_group("old", (Kind.SAMPLE,))
    await queue.publish([sample(9)])
    assert await ids(queue, "old") == await ids(queue, "kept") == ["s9"]


async def test_v08_items_are_deleted_by_id_wherever_they_are(queue: SampleQueue) -> None:
    """Waiting, claimed, dead: every copy of the named samples goes, and the ledger hears of it."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await buried(queue, [1])
    await queue.publish([sample(2), sample(3)])
    held = await queue.claim("g", "me", 1, 15)
    await queue.publish([sample(4)])
    assert await queue.delete(["s1", "s2", "s3", "nobody"]) == 3
    assert await queue.dead("g", 10) == []
    assert sorted(await queue.take_trimmed("g")) == ["s2", "s3"]
    assert (await queue.backlog("g")).depth == 1
    await queue.acknowledge(
        "g", "me", [item.sequence for item in held]
    )  # what its holder says of it later does no harm
    assert await ids(queue, "g") == ["s4"]
    assert await queue.delete(["s2"]) == 0


async def test_v08_a_user_is_forgotten_in_items_batches_and_letters(queue: SampleQueue) -> None:
    """Samples of the user go; the user's rows leave their batch, whose counts stay as they were."""
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.ensure_group("store", (Kind.ROWS,))
    await queue.publish([of_user("dead", "ann")])
    [item] = await queue.claim("g", "me", 10, 15)
    assert await ids(queue, "store") == []
    await queue.bury("g", "me", [item.sequence], "crashed")
    rows = [ExchangeRow(exchange(user or "none", user), Decision.PUBLISHED) for user in ("ann", "bob", None)]
    batch = RowBatch("b1", "i", 1, {"published": 3}, rows)
    await queue.publish([of_user("s1", "ann"), of_user("s2", "bob"), Item("b1", Kind.ROWS, msgspec.json.encode(batch))])
    assert await queue.forget_user("ann") == 3
    assert await queue.dead("g", 10) == []
    assert await queue.take_trimmed("g") == ["s1"]
    assert await ids(queue, "g") == ["s2"]
    [left] = await queue.claim("store", "me", 10, 15)
    assert left.id == "b1"
    found = msgspec.json.decode(left.payload, type=RowBatch)
    assert [row.exchange.user_hash for row in found.rows] == ["bob", None]
    assert found.counts == {"published": 3}
    assert await queue.forget_user("ann") == 0
