"""Runs computing scorers in isolated processes, one batch of samples at a time, so that the loop is never blocked.

A process is ended when a sample exceeds its scorer's time-out or when the process exceeds its memory bound. It may also
die by itself. The sample that it was working on then gets its own result, and the other samples are run again. The
scorer waits longer each time before its next batch, so that the other scorers have the processes. If a process merely
died, the sample is retried once before it is blamed: the kernel's OOM killer and operators may kill any process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Mapping, Sequence

from proxy.errors import SightglassError
from scorers.score import Result
from scorers.worker.process import Ended, ScoringProcess, Work
from scorers.worker.process_protocol import Outcome, Setup
from scorers.worker.progress import Progress
from scorers.worker.runner import pause

log = logging.getLogger("sightglass.worker")

#: A batch is meant to take about this long (seconds), and holds at most so many samples and bytes.
_BATCH_SECONDS, _BATCH_SAMPLES, _BATCH_BYTES = 0.5, 64, 8_000_000
#: Longest wait (seconds) between two batches of a scorer whose samples end processes.
_LONGEST_PENALTY = 10.0
_MAX_SUSPECTS = 1000


class PoolError(SightglassError):
    """No process can run this scorer now. This says nothing about its samples."""


class Pool:
    """``processes`` scorer processes, shared by all scorers in turn. Each may grow by ``memory`` bytes."""

    def __init__(self, factories: Mapping[str, str], settings: Mapping[str, str], processes: int, memory: int) -> None:
        self._setup = Setup(os.getpid(), [], dict(factories), dict(settings), memory // 2)
        self._memory = memory
        self._places = asyncio.Semaphore(processes)
        self._idle: list[ScoringProcess] = []
        self._busy: set[ScoringProcess] = set()
        self._suspects: dict[bytes, None] = {}
        self._ended: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self.progress = Progress()

    async def take(self, name: str) -> None:
        """Wait for a slot, first come, first served. A scorer with a penalty waits for its end before it queues."""
        wait = self._not_before.get(name, 0.0) - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await self.enter()

    async def enter(self) -> None:
        """Wait for a slot, ignoring penalties."""
        await self._places.acquire()

    def leave(self) -> None:
        """Give the slot back."""
        self._places.release()

    def resting(self, name: str) -> bool:
        """Whether a scorer has a penalty now."""
        return self._not_before.get(name, 0.0) > time.monotonic()

    async def run(self, work: Work) -> tuple[dict[int, Outcome], str | None]:
        """Outcomes by unit, and the scorer in which a process ended. Missing units must be run again.

        The caller must hold a slot. Raises ``PoolError``.
        """
        while True:
            process = await self._process()
            proven = process.proven
            outcomes, end = await self._on(process, work)
            if end is None:
                for name in work.scorers:
                    self._ended.pop(name, None)
                return outcomes, None
            # An idle process may have been killed in the meantime; that says nothing about the scorer or the samples.
            if not proven or outcomes or end.index is not None or end.building is not None:
                return self._judge(work, outcomes, end)

    async def _on(self, process: ScoringProcess, work: Work) -> tuple[dict[int, Outcome], Ended | None]:
        self._busy.add(process)
        try:
            outcomes, end = await process.run(work)
        except BaseException:
            await process.kill()
            raise
        finally:
            self._busy.discard(process)
        self.progress.note()
        if process.alive:
            self._idle.append(process)
        else:
            await process.kill()
        return outcomes, end

    async def close(self) -> None:
        """End all processes."""
        processes, self._idle = [*self._idle, *self._busy], []
        await asyncio.gather(*(process.close() for process in processes))

    async def _process(self) -> ScoringProcess:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            await process.kill()
        try:
            return await ScoringProcess.start(self._setup, self._memory)
        except OSError as error:
            raise PoolError(f"a scorer process can not be started: {error.strerror}") from None

    def _judge(self, work: Work, outcomes: dict[int, Outcome], end: Ended) -> tuple[dict[int, Outcome], str | None]:
        """Attribute the end of a process: the outcomes so far, and the scorer that is penalised."""
        place = end.building if end.index is None else work.of(end.index)[1]
        name = work.scorers[place] if place is not None else None
        if name is None and len(work.scorers) == 1:
            name = work.scorers[0]
        if name is not None:
            times = self._ended[name] = self._ended.get(name, 0) + 1
            self._not_before[name] = time.monotonic() + pause(times, 0.25, _LONGEST_PENALTY)
        log.error("scorer %s: a process was ended (%s)", name or "local", end.why)
        if end.index is None:
            if not outcomes and (name is None or len(work.scorers) == 1):
                raise PoolError(f"its process ended before the first sample ({end.why})")
            return outcomes, name
        sample = work.of(end.index)[0]
        if end.result is Result.DEAD:  # no scorer can decode it
            for unit in work.units():
                if work.of(unit)[0] == sample:
                    outcomes[unit] = Outcome(None, end.seconds, failed=end.result, error=end.why)
            return outcomes, name
        if end.result is Result.CRASHED and end.by_itself and not self._second_time(name or "", work.payloads[sample]):
            return outcomes, name
        outcomes[end.index] = Outcome(None, end.seconds, failed=end.result, error=end.why)
        return outcomes, name

    def _second_time(self, name: str, payload: bytes) -> bool:
        key = hashlib.sha256(name.encode() + payload).digest()
        if self._suspects.pop(key, key) is None:
            return True
        self._suspects[key] = None
        while len(self._suspects) > _MAX_SUSPECTS:
            del self._suspects[next(iter(self._suspects))]
        return False


def fitting(payloads: Sequence[bytes]) -> int:
    """How many of the first samples fit into one frame; at least one."""
    size, count = 0, 0
    for payload in payloads:
        size += len(payload)
        if count and size > _BATCH_BYTES:
            break
        count += 1
    return count


class PoolRunner:
    """Runs one scorer in the pool. ``timeout`` is in seconds for one sample."""

    def __init__(self, pool: Pool, name: str, timeout: float, progress: Progress) -> None:
        self._pool = pool
        self._name = name
        self._timeout = timeout
        self._progress = progress
        self._held = False
        self._seconds = 0.02  # of one sample; what was measured replaces it

    @property
    def limit(self) -> int:
        """About half a second's worth of samples: one for a slow scorer, many for a fast one."""
        return max(1, min(_BATCH_SAMPLES, int(_BATCH_SECONDS / self._seconds)))

    async def ready(self) -> None:
        """Wait for a slot in the pool."""
        if self._held:
            return
        self._progress.behind = self._pool.progress
        try:
            await self._pool.take(self._name)
        finally:
            self._progress.behind = None
        self._held = True

    def release(self) -> None:
        """Give the slot to the next scorer."""
        if self._held:
            self._held = False
            self._pool.leave()

    async def run(self, payloads: Sequence[bytes]) -> dict[int, Outcome]:
        """As many of the first samples as fit into one frame."""
        count = fitting(payloads)
        work = Work((self._name,), (self._timeout,), payloads[:count], [1] * count)
        outcomes, _ = await self._pool.run(work)
        if outcomes:
            mean = sum(outcome.seconds for outcome in outcomes.values()) / len(outcomes)
            self._seconds = max(1e-4, 0.7 * self._seconds + 0.3 * mean)
        self._progress.note()
        return outcomes
