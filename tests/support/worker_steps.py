"""A worker of one group in a process of its own, which kills itself at a step: ``STEP FOLDER``.

Steps: ``read`` (claimed), ``judged`` (scored, not kept), ``written`` (kept, not acknowledged), ``acked``; ``none``
works until nothing is left. Leases are short.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from proxy.config.settings import ScorerSettings
from proxy.queue.protocol import Claimed
from proxy.queue.sqlite import SqliteQueue
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from scorers.worker.consumer import Consumer
from scorers.worker.pool import Pool, PoolRunner
from scorers.worker.progress import Progress
from scorers.worker.scoring import ScoreSink
from support.scoring import Metrics, parsed

STEP = sys.argv[1] if len(sys.argv) > 2 else "none"


def reach(step: str) -> None:
    """Die when it is our turn."""
    if step == STEP:
        os.kill(os.getpid(), signal.SIGKILL)


class Queue(SqliteQueue):
    """The real queue."""

    async def claim(self, group: str, owner: str, limit: int, lease: float) -> list[Claimed]:
        found = await super().claim(group, owner, limit, lease)
        if found:
            reach("read")
        return found

    async def acknowledge(self, group: str, owner: str, sequences: list[int]) -> None:
        await super().acknowledge(group, owner, sequences)
        reach("acked")


class Kept(Store):
    """The real store."""

    def save_scores(self, items: Sequence[ScoredSample]) -> list[ScoredSample]:
        reach("judged")
        new = super().save_scores(items)
        reach("written")
        return new


async def main(folder: Path) -> None:
    """Work until the group has nothing left."""
    queue, store = Queue(folder / "queue.db", 10_000_000), Kept.open("sqlite", folder)
    pool = Pool({"refusal": "support.hostile:hostile"}, {"refusal": ScorerSettings().model_dump_json()}, 1, 10**9)
    progress = Progress()
    runner = PoolRunner(pool, "refusal", 10.0, progress)
    sink = ScoreSink("refusal", runner, store, parsed(), Metrics().counters)
    consumer = Consumer(queue, "refusal", f"w{os.getpid()}", sink.handle, runner, (0.6, 0.1), progress)
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    while (await queue.backlog("refusal")).depth:  # noqa: ASYNC110 - another process fills and empties it
        await asyncio.sleep(0.05)
    stop.set()
    await task
    await pool.close()
    await queue.close()
    store.close()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    asyncio.run(main(Path(sys.argv[2])))
