"""The queue on Redis Streams: for many machines, with one or several shards on one server or a cluster.

The shard of an item follows from its id. A batch is atomic within a shard, up to ``_CHUNK_BYTES``. A batch that failed
halfway is published again under the same ids, and items that were already added are recognized. The steps inside Redis
are in ``scripts.py`` and ``maintenance.py``.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from proxy.queue import maintenance as upkeep
from proxy.queue import scripts
from proxy.queue.erasure import rows_without, user_mark
from proxy.queue.protocol import (
    ABANDONED,
    DEAD_SHARE,
    MAX_REASON,
    REMEMBERED,
    Backlog,
    Claimed,
    DeadCount,
    DeadLetter,
    Item,
    Kind,
    QueueError,
)
from proxy.queue.redis_connection import Link, Value
from proxy.queue.redis_url import parse

#: The shards of a cluster, unless its URL says otherwise. All processes must mean the same number.
CLUSTER_SHARDS = 8
#: A batch whose outcome was unknown may be published again within this time (seconds) and is still stored once.
_REMEMBER = int(REMEMBERED)
#: Most bytes that one call carries, either way, give or take one item: calls have short time-outs.
_CHUNK_BYTES = 1_000_000
_CHUNK_ITEMS = 500
_CLAIM_BYTES = 4_000_000
_KINDS = tuple(Kind)
#: Replayed items of a group are its fourth stream. A sequence holds END of the entry's id, stream and shard.
_STREAMS = (*(kind.value for kind in _KINDS), "again")


class RedisQueue:
    """A ``SampleQueue`` at ``url``, holding at most ``max_bytes`` of payload. A call waits at most ``timeout`` seconds
    for an answer, and before that as long for a connection if there is none.

    On a cluster with several shards, each call is made once per shard. Raises ``ConfigError`` for a bad URL.
    """

    def __init__(self, url: str, max_bytes: int, timeout: float = 0.25) -> None:
        self._link = Link(parse(url), timeout)
        self._max_bytes = max_bytes
        self._shards = 0
        self._groups: dict[str, tuple[Kind, ...]] = {}
        #: Of a group that was put in the place of others: those.
        self._takes: dict[str, tuple[str, ...]] = {}
        self._turn = 0

    async def _all(self) -> range:
        """The indexes of the shards."""
        if not self._shards:
            given = self._link.address.shards
            self._shards = given or (CLUSTER_SHARDS if await self._link.clustered() else 1)
        return range(self._shards)

    async def publish(self, items: list[Item]) -> None:
        """Add the items. An id published within the last minutes is left unchanged."""
        shards = len(await self._all())
        by_shard: dict[int, list[Item]] = defaultdict(list)
        for item in items:
            by_shard[zlib.crc32(item.id.encode()) % shards].append(item)
        now = time.time()
        period = int(now / _REMEMBER)
        for shard, mine in by_shard.items():
            keys = [*_keys(shard, _STREAMS[:3]), *_keys(shard, (f"seen:{period}", f"seen:{period - 1}"))]
            for chunk in _chunks(mine):
                words: list[Value] = [f"{now:.3f}", self._max_bytes // shards, 2 * _REMEMBER + 60]
                for item in chunk:
                    words += [_KINDS.index(item.kind) + 1, item.id, item.payload]
                await self._link.run(scripts.PUBLISH, keys, words)

    async def ensure_group(self, group: str, kinds: tuple[Kind, ...]) -> None:
        """Create a group that reads from the oldest item kept.

        An unavailable Redis is not an error here, because a claim creates a missing group at any time.
        """
        self._groups[group] = kinds
        with contextlib.suppress(QueueError):
            for shard in await self._all():
                await self._make_groups(shard)

    async def _make_groups(self, shard: int) -> None:
        """Make those of our groups that Redis does not have, all at once: the first one alone would, when it has
        finished with an item, delete it before the others have seen it. One in the place of others first."""
        for group in self._takes:
            await self._stand_in(shard, group)
        words: list[Value] = []
        for group, kinds in self._groups.items():
            for kind in kinds if group not in self._takes else ():
                words += [group, _KINDS.index(kind) + 1]
        if words:
            await self._link.run(scripts.ENSURE, _keys(shard, (*_KINDS, "groups")), words)

    async def _stand_in(self, shard: int, group: str) -> dict[str, int]:
        """Each group that ``group`` replaces -> END of the last entry that it had itself."""
        keys = _keys(shard, (Kind.SAMPLE, "groups", f"places:{group}"))
        found = await self._link.run(upkeep.TAKE_OVER, keys, [group, *self._takes[group]])
        return {name.decode(): int(at.partition(b"-")[0]) for name, at in zip(found[::2], found[1::2], strict=True)}

    async def take_over(self, group: str, others: Mapping[str, tuple[Kind, ...]]) -> list[str]:
        """Let ``group`` replace ``others``, in each shard.

        An unavailable Redis is not an error here: see ``ensure_group``.
        """
        self._groups[group] = (Kind.SAMPLE,)
        self._takes[group] = tuple(others)
        for name in others:
            self._groups.setdefault(name, (Kind.SAMPLE,))
        stands: set[str] = set()
        with contextlib.suppress(QueueError):
            for shard in await self._all():
                stands |= (await self._stand_in(shard, group)).keys()
        return sorted(stands)

    async def give_back(self, group: str) -> bool:
        """Undo ``take_over`` in each shard where no item of the group is held."""
        self._takes.pop(group, None)
        done = True
        for shard in await self._all():
            keys = _keys(shard, (Kind.SAMPLE, f"places:{group}"))
            done = bool(await self._link.run(upkeep.GIVE_BACK, keys, [group])) and done
        return done

    async def hand_over(self, group: str, owner: str, sequences: list[int], to: tuple[str, ...]) -> None:
        """Give copies that only each of these groups sees."""
        for shard, claims in _unpack(sequences).items():
            head: list[Value] = [group, owner, len(to), *to, *_STREAMS]
            await self._link.run(upkeep.HAND_OVER, _keys(shard, _all_streams(group)), [*head, *claims])

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        """Expired claims first, then new items; the shards have the first turn in turn. A shard that is out of order
        does not keep back what others gave."""
        shards = await self._all()
        self._turn += 1
        claimed: list[Claimed] = []
        failed: QueueError | None = None
        for offset in shards:
            shard = (self._turn + offset) % len(shards)
            try:
                claimed += await self._claim_from(shard, group, owner, limit - len(claimed), lease)
            except QueueError as error:
                failed = error
            if len(claimed) >= limit:
                break
        if failed is not None and not claimed:
            raise failed
        return claimed

    async def _claim_from(self, shard: int, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        names = self._names(group)
        # One that somebody gave back, or that was lost, takes its place anew.
        places = await self._stand_in(shard, group) if group in self._takes else {}
        keys = _keys(shard, (*names, f"clock:{group}"))
        words: list[Value] = [group, owner, limit, _milliseconds(lease), int(group in self._groups), _CLAIM_BYTES]
        found = await self._link.run(scripts.CLAIM, keys, words)
        if found == 0:  # Redis has lost the group, and then mostly all of them, or has never had it
            await self._make_groups(shard)
            found = await self._link.run(scripts.CLAIM, keys, words)
        claimed: list[Claimed] = []
        for index, entry, id_, payload, published, kind, deliveries in found or ():
            name = names[index - 1].partition(":")[0]
            of = Kind((kind or name.encode()).decode())
            age = max(0.0, time.time() - float(published))
            had: tuple[str, ...] = ()
            if places and name == Kind.SAMPLE:
                end = int(entry.partition(b"-")[0])
                had = tuple(other for other, through in places.items() if end <= through)
            claimed.append(Claimed(_pack(shard, name, entry), id_.decode(), of, payload, deliveries, age, had))
        return claimed

    async def renew(self, group: str, owner: str, sequences: list[int], lease: float) -> None:
        """Extend the lease of items that are still claimed by this owner."""
        for shard, claims in _unpack(sequences).items():
            keys = _keys(shard, _all_streams(group))
            await self._link.run(scripts.RENEW, keys, [group, owner, _milliseconds(lease), *claims])

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        """Remove the claims, and delete items that every group has finished."""
        for shard, claims in _unpack(sequences).items():
            await self._link.run(scripts.ACKNOWLEDGE, _keys(shard, _all_streams(group)), [group, owner, *claims])

    async def bury(self, group: str, owner: str, sequences: list[int], reason: str) -> None:
        """Turn claimed items into dead letters of the group."""
        room = int(self._max_bytes * DEAD_SHARE) // len(await self._all())
        for shard, claims in _unpack(sequences).items():
            keys = _keys(shard, (*_all_streams(group), f"dead:{group}", "dropped"))
            head: list[Value] = [group, owner, reason[:MAX_REASON], f"{time.time():.3f}", room, *_STREAMS]
            await self._link.run(scripts.BURY, keys, [*head, *claims])

    async def dead(self, group: str, limit: int) -> list[DeadLetter]:
        """The dead letters of the group, oldest first."""
        found: list[tuple[float, DeadLetter]] = []
        now = time.time()
        for shard in await self._all():
            after = "-"
            while len(page := await self._page(_key(shard, f"dead:{group}"), after, min(limit, 50))):
                found += [(float(fields[b"b"]), _letter(group, fields, now)) for _, fields in page]
                after = "(" + page[-1][0].decode()
                if len(found) >= limit * (shard + 1):
                    break
        found.sort(key=lambda pair: pair[0])
        return [letter for _, letter in found[:limit]]

    async def dead_count(self, group: str) -> DeadCount:
        """The number of dead letters kept, and the number removed by the bound."""
        kept = dropped = 0
        for shard in await self._all():
            kept += int(await self._link.execute("XLEN", _key(shard, f"dead:{group}")))
            dropped += int(await self._link.execute("HGET", _key(shard, "dropped"), group) or 0)
        return DeadCount(kept, dropped)

    async def replay(self, group: str, ids: list[str] | None = None) -> int:
        """Deliver dead letters to their group again."""
        replayed = 0
        for shard in await self._all():
            keys, after = _keys(shard, (f"dead:{group}", f"again:{group}")), b"-"
            while after:
                words: list[Value] = [group, after, int(ids is None), *(ids or ())]
                after, count = await self._link.run(upkeep.REPLAY, keys, words)
                replayed += count
        return replayed

    async def backlog(self, group: str) -> Backlog:
        """Claimed items and those after the cursor."""
        depth, oldest = 0, time.time()
        for shard in await self._all():
            count, published = await self._link.run(scripts.BACKLOG, _keys(shard, self._names(group)), [group])
            depth += count
            if published:
                oldest = min(oldest, float(published))
        return Backlog(depth, max(0.0, time.time() - oldest) if depth else 0.0)

    async def fill(self) -> float:
        """The used share of the byte bound."""
        total = 0
        for shard in await self._all():
            total += await self._link.run(scripts.FILL, _keys(shard, (*_STREAMS[:3], "groups")))
        return total / self._max_bytes

    async def take_trimmed(self, group: str) -> list[str]:
        """Ids removed unseen. Each is returned once; at most 10,000 per shard and call."""
        ids: list[str] = []
        for shard in await self._all():
            taken = await self._link.run(scripts.TAKE_TRIMMED, _keys(shard, (f"trimmed:{group}",)))
            ids += [each.decode() for each in taken]
        return ids

    async def untold(self, group: str) -> int:
        """How many ids of ``take_trimmed`` were forgotten."""
        found = [await self._link.execute("HGET", _key(shard, "untold"), group) for shard in await self._all()]
        return sum(int(number or 0) for number in found)

    async def delete(self, ids: list[str]) -> int:
        """Delete items and dead letters by their ids."""
        return sum([(await self._sweep(key, "ids", *ids))[0] async for key in self._kept(_STREAMS[:3])])

    async def forget_user(self, user_hash: str) -> int:
        """Delete the user's samples, and replace batches that hold rows of the user by batches without them."""
        copies, mark = 0, user_mark(user_hash)
        async for key in self._kept((Kind.SAMPLE,)):
            copies += (await self._sweep(key, "mark", mark))[0]
        for shard in await self._all():
            key = _key(shard, Kind.ROWS)
            for entry, id_, payload, published in (await self._sweep(key, "rows", mark))[1]:
                less, rows = rows_without(payload, user_hash)
                if await self._link.run(upkeep.REPLACE, [key], [entry, id_, less, published]):
                    copies += rows
        return copies

    async def expire(self, before: float) -> int:
        """Delete items published or dead letters buried before this moment, and names of inactive consumers."""
        removed = 0
        async for key in self._kept(_STREAMS[:3]):
            age = "b" if ":dead:" in key else "t"
            while count := await self._link.run(upkeep.EXPIRE, [key], [age, f"{before:.3f}", _milliseconds(ABANDONED)]):
                removed += count
        return removed

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    def _names(self, group: str) -> list[str]:
        """The streams that the group reads, with its replayed items first; all possible streams if its kinds are
        unknown.
        """
        return [f"again:{group}", *(kind.value for kind in self._groups.get(group, _KINDS))]

    async def _kept(self, streams: Iterable[str]) -> AsyncIterator[str]:
        """The keys of these streams and of all groups' dead letters and replayed items, in every shard."""
        for shard in await self._all():
            for name in streams:
                yield _key(shard, name)
            for group in await self._link.execute("SMEMBERS", _key(shard, "groups")):
                for name in ("again", "dead"):
                    yield _key(shard, f"{name}:{group.decode()}")

    async def _sweep(self, key: str, how: str, *what: Value) -> tuple[int, list[Any]]:
        """Go through a stream page by page. Returns the number of removed or matching entries."""
        after, gone, rows = b"-", 0, []
        while after:
            after, count, found = await self._link.run(upkeep.SWEEP, [key], [after, how, *what])
            gone += count
            rows += found
        return gone, rows

    async def _page(self, key: str, after: str, count: int) -> list[tuple[bytes, dict[bytes, bytes]]]:
        return await self._link.execute("XRANGE", key, after, "+", "COUNT", count)  # type: ignore[no-any-return]


def _key(shard: int, name: str) -> str:
    return f"{{sg:{shard}}}:{name}"


def _keys(shard: int, names: Iterable[str]) -> list[str]:
    return [_key(shard, name) for name in names]


def _all_streams(group: str) -> tuple[str, ...]:
    return (*_STREAMS[:3], f"again:{group}")


def _milliseconds(lease: float) -> int:
    return round(lease * 1000)


def _pack(shard: int, name: str, entry: bytes) -> int:
    return int(entry.partition(b"-")[0]) << 10 | _STREAMS.index(name) << 8 | shard


def _unpack(sequences: list[int]) -> dict[int, list[Value]]:
    """For each shard: the stream number (from 1) and the END of each claim, in order."""
    found: dict[int, list[Value]] = defaultdict(list)
    for sequence in sequences:
        found[sequence & 255] += [(sequence >> 8 & 3) + 1, sequence >> 10]
    return found


def _letter(group: str, fields: dict[bytes, bytes], now: float) -> DeadLetter:
    return DeadLetter(
        group,
        fields[b"i"].decode(),
        Kind(fields[b"k"].decode()),
        fields[b"p"],
        fields[b"r"].decode(),
        int(fields[b"d"]),
        max(0.0, now - float(fields[b"b"])),
    )


def _chunks(items: list[Item]) -> Iterable[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        if chunk and (size + len(item.payload) > _CHUNK_BYTES or len(chunk) == _CHUNK_ITEMS):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += len(item.payload)
    if chunk:
        yield chunk
