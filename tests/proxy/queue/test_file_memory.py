"""What the embedded queue holds in memory: little, whatever sizes and numbers of items went through it."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from proxy.queue.protocol import Item, Kind
from proxy.queue.sqlite import SqliteQueue

_MB = 1_000_000


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize(("size", "most"), [(100_000, 30), (15_000, 12)])
async def test_batches_of_every_length_leave_nothing_in_memory(tmp_path: Path, size: int, most: int) -> None:
    """The driver keeps a prepared statement with the values that it had last: one for each length of a batch would
    hold all these payloads together, 177 MB of large ones, 27 MB of small ones."""
    queue = SqliteQueue(tmp_path / "queue.db", 20 * _MB)
    await queue.publish([Item("first", Kind.SAMPLE, b"x")])
    before = resident()
    for length in range(1, 60):
        await queue.publish([Item(f"{length}-{number}", Kind.SAMPLE, os.urandom(size)) for number in range(length)])
    assert resident() - before < most * _MB
    await queue.close()


async def test_a_claim_has_a_bound_in_bytes_and_skips_nothing(tmp_path: Path) -> None:
    """A worker that asks for many large items is given those that have room, then the others; expired claims too."""
    queue = SqliteQueue(tmp_path / "queue.db", 200 * _MB)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    names = [f"s{number}" for number in range(30)]
    await queue.publish([Item(name, Kind.SAMPLE, bytes(2 * _MB)) for name in names[:-1]])
    await queue.publish([Item(names[-1], Kind.SAMPLE, bytes(20 * _MB))])
    for lease in (-1.0, 60.0):
        seen: list[str] = []
        while claimed := await queue.claim("g", f"worker {lease}", 200, 60.0 if seen or lease > 0 else lease):
            assert sum(len(item.payload) for item in claimed) <= 16 * _MB or len(claimed) == 1, len(claimed)
            seen += [item.id for item in claimed]
            if lease < 0:
                break
        assert seen == (names[:8] if lease < 0 else names)
    await queue.close()
