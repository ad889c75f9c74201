"""One group in the place of several: nothing is seen twice, nothing is lost, whoever comes and goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proxy.queue.protocol import Claimed, Item, Kind, SampleQueue

MakeQueue = Callable[[int], SampleQueue]
ROOM = 10_000_000
OTHERS: dict[str, tuple[Kind, ...]] = {"tone": (), "length": (), "keeper": (Kind.ROWS,)}
pytestmark = pytest.mark.real_servers


def item(number: int, kind: Kind = Kind.SAMPLE) -> Item:
    """Number so and so."""
    return Item(f"{kind.value}-{number}", kind, b"payload %d" % number)


async def begin(queue: SampleQueue) -> None:
    """The groups of a program that knows of no other way."""
    await queue.ensure_group("keeper", (Kind.ROWS, Kind.SAMPLE))
    for name in ("tone", "length"):
        await queue.ensure_group(name, (Kind.SAMPLE,))


async def take(queue: SampleQueue, group: str, limit: int = 100, owner: str = "w") -> list[Claimed]:
    """Claim and acknowledge."""
    claimed = await queue.claim(group, owner, limit, 30.0)
    await queue.acknowledge(group, owner, [one.sequence for one in claimed])
    return sorted(claimed, key=lambda one: one.sequence)


def ids(claimed: list[Claimed]) -> set[str]:
    """Their ids."""
    return {one.id for one in claimed}


async def test_each_of_the_others_sees_an_item_once(make_queue: MakeQueue) -> None:
    """By itself before the take-over, and by the one in its place after it; what it holds stays with it."""
    old, new = make_queue(ROOM), make_queue(ROOM)
    await begin(old)
    await old.publish([item(number) for number in range(6)])
    seen: dict[str, list[str]] = {name: [] for name in OTHERS}
    for name, limit in (("tone", 4), ("length", 2), ("keeper", 3)):
        seen[name] += ids(await take(old, name, limit))
    held = await old.claim("length", "w", 1, 30.0)
    assert await new.take_over("local", OTHERS) == sorted(OTHERS)
    await old.publish([item(number) for number in range(6, 9)])
    await old.publish([item(1, Kind.ROWS)])
    for one in await take(new, "local"):
        for name in OTHERS:
            if name not in one.had:
                seen[name].append(one.id)
    assert await take(old, "tone") == [] == await take(old, "length")
    seen["length"] += ids(held)
    assert ids(await take(old, "keeper")) == {"rows-1"}
    everything = [f"sample-{number}" for number in range(9)]
    assert {name: sorted(had) for name, had in seen.items()} == dict.fromkeys(OTHERS, everything)
    assert (await new.backlog("tone")).depth == 0
    await old.acknowledge("length", "w", [one.sequence for one in held])
    assert await new.fill() == 0.0


async def test_it_begins_once(make_queue: MakeQueue) -> None:
    """A second worker finds what the first one began; a program that begins its groups anew gets nothing twice."""
    one, two = make_queue(ROOM), make_queue(ROOM)
    await one.take_over("local", OTHERS)
    await one.publish([item(1)])
    assert ids(await take(one, "local")) == {"sample-1"}
    await one.publish([item(2)])
    await two.take_over("local", OTHERS)
    await begin(two)
    assert await take(two, "tone") == []
    assert [(found.id, found.had) for found in await take(two, "local")] == [("sample-2", ())]


async def test_another_one_may_come_later(make_queue: MakeQueue) -> None:
    """A group that is taken over when the taker is ahead of it is handed what lies between, and it alone."""
    queue = make_queue(ROOM)
    await queue.take_over("local", {"tone": ()})
    await queue.ensure_group("late", (Kind.SAMPLE,))
    await queue.publish([item(1), item(2)])
    assert len(await take(queue, "local")) == 2
    assert await queue.take_over("local", {"tone": (), "late": ()}) == ["late", "tone"]
    await queue.publish([item(3)])
    assert ids(await take(queue, "late")) == {"sample-1", "sample-2"}
    assert [(found.id, found.had) for found in await take(queue, "local")] == [("sample-3", ())]
    assert await take(queue, "tone") == []


async def test_the_others_have_it_back(make_queue: MakeQueue) -> None:
    """They go on where it stood, kinds and all; not while it holds something; and it may begin again."""
    queue = make_queue(ROOM)
    await begin(queue)
    await queue.take_over("local", OTHERS)
    await queue.publish([item(1)])
    assert len(await take(queue, "local")) == 1
    await queue.publish([item(2)])
    held = await queue.claim("local", "w", 1, 30.0)
    assert not await queue.give_back("local")
    await queue.publish([item(3)])
    await queue.acknowledge("local", "w", [one.sequence for one in held])
    assert await queue.give_back("local")
    for name in ("tone", "length"):
        assert ids(await take(queue, name)) == {"sample-3"}
    # Where it reads two kinds with one cursor, it may see again what it has kept: that changes nothing.
    assert "sample-3" in ids(await take(queue, "keeper"))
    await queue.publish([item(4)])
    assert ids(await take(queue, "tone")) == {"sample-4"}
    await queue.take_over("local", OTHERS)
    assert [(found.id, set(found.had)) for found in await take(queue, "local")] == [("sample-4", {"tone"})]


async def test_a_worker_that_meets_it_given_back_takes_it_again(make_queue: MakeQueue) -> None:
    """Two workers of this version: the end of one does not end the other's work, and nothing is seen twice."""
    one, two = make_queue(ROOM), make_queue(ROOM)
    for queue in (one, two):
        await queue.take_over("local", {"tone": (), "length": ()})
    await one.publish([item(1)])
    assert len(await take(one, "local")) == 1
    await one.publish([item(2)])
    assert await one.give_back("local")
    assert ids(await take(one, "tone", 1)) == {"sample-2"}
    assert [(found.id, found.had) for found in await take(two, "local")] == [("sample-2", ("tone",))]


async def test_what_is_handed_over_one_group_sees(make_queue: MakeQueue) -> None:
    """Of its own, once; a claim that is no longer the owner's hands nothing over."""
    queue = make_queue(ROOM)
    await queue.take_over("local", OTHERS)
    await queue.publish([item(1)])
    held = await queue.claim("local", "w", 10, 30.0)
    sequences = [one.sequence for one in held]
    await queue.hand_over("local", "somebody", sequences, ("tone",))
    assert await take(queue, "tone") == []
    await queue.hand_over("local", "w", sequences, ("tone", "length"))
    assert await take(queue, "keeper") == []
    await queue.acknowledge("local", "w", sequences)
    for name in ("tone", "length"):
        assert [(one.id, one.payload) for one in await take(queue, name)] == [("sample-1", b"payload 1")]
        assert await take(queue, name) == []
    assert await take(queue, "local") == []
    assert await queue.fill() == 0.0
