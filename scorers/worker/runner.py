"""Runs one scorer on one sample and returns exactly one result, whatever the scorer does. Also runs asynchronous
scorers."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

from proxy.sample import Sample, decode
from scorers.reading.reading import Reading, scored
from scorers.score import NOT_APPLICABLE, LeftOut, OnLoop, Result, Scorer, TryAgain, result_of
from scorers.store.records import ScoredSample
from scorers.worker.process_protocol import Outcome
from scorers.worker.progress import Progress

log = logging.getLogger("sightglass.worker")

#: A sample that was delivered more often than this has crashed its worker each time.
MAX_DELIVERIES = 5
#: What a proxy publishes is smaller by far (4 MB); anything larger is not worth the memory to find out what it is.
MAX_PAYLOAD = 16_000_000
#: Pauses of a scorer that is asked again, in seconds: doubled each time, and each drawn from its lower half up.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class Runner(Protocol):
    """Runs one scorer over many samples."""

    @property
    def limit(self) -> int:
        """How many samples to claim: as many as can be started now, about one second's worth."""

    async def ready(self) -> None:
        """Wait until work can start, and reserve the slot for it."""

    def release(self) -> None:
        """Give the slot back. Does nothing when none is held."""

    async def run(self, payloads: Sequence[bytes]) -> dict[int, Outcome]:
        """Outcomes by index. Some may be missing; the caller asks for those again."""


def pause(attempt: int, first: float = _FIRST_PAUSE, longest: float = _LONGEST_PAUSE) -> float:
    """Seconds before attempt ``attempt`` (from 1): exponential with jitter, so that retries do not arrive together."""
    return min(longest, first * 2.0 ** (min(attempt, 32) - 1)) * random.uniform(0.5, 1.0)


async def evaluate(
    name: str, scorer: Scorer, sample: Sample, reading: Reading | None = None
) -> tuple[ScoredSample, str]:
    """Run ``scorer`` on ``sample``; returns its result and the type of error that it raised. Raises only ``TryAgain``.

    Scorers that run on the same sample in sequence share its ``reading``.
    """
    try:
        scores = await scored(scorer, reading or Reading(sample))
        return ScoredSample.of(sample, name, result_of(scores), scores), ""
    except TryAgain:
        raise
    except LeftOut as left:
        return ScoredSample.of(sample, name, Result(left.reason.value), [], left.reason.value), ""
    except Exception as error:  # noqa: BLE001 - the edge between us and a scorer: no scorer may harm another
        # The type only: a message may quote the sample.
        return ScoredSample.of(sample, name, Result.CRASHED, [], Result.CRASHED.value), type(error).__name__


class LoopRunner:
    """Runs a scorer that waits for the network, on this event loop: several samples at once, each with the time-out
    (s)."""

    def __init__(self, name: str, scorer: OnLoop, timeout: float, progress: Progress) -> None:
        self._name = name
        self._scorer = scorer
        self._timeout = timeout
        self._progress = progress
        self._places = asyncio.Semaphore(scorer.concurrency)

    @property
    def limit(self) -> int:
        """The number of samples processed concurrently."""
        return self._scorer.concurrency

    async def ready(self) -> None:
        """Returns at once: waiting for the network needs no slot."""

    def release(self) -> None:
        """Does nothing: no slot is held."""

    async def run(self, payloads: Sequence[bytes]) -> dict[int, Outcome]:
        """The outcome of every sample."""
        return dict(enumerate(await asyncio.gather(*(self._one(payload) for payload in payloads))))

    async def _one(self, payload: bytes) -> Outcome:
        async with self._places:
            try:
                sample = await asyncio.to_thread(decode, payload)
            except ValueError:
                return Outcome(None, failed=Result.DEAD)
            begun = perf_counter()
            scored, error = await self._within(sample)
            self._progress.note()
        ended = sample.exchange.started_at + sample.exchange.duration
        return Outcome(scored, perf_counter() - begun, ended, error=error)

    async def _within(self, sample: Sample) -> tuple[ScoredSample, str]:
        reason, attempt = None, 0
        give_up = time.monotonic() + self._timeout
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    try:
                        return await evaluate(self._name, self._scorer, sample)
                    except TryAgain as error:
                        reason, attempt = error.reason, attempt + 1
                    wait = pause(attempt)
                    if time.monotonic() + wait >= give_up:
                        break
                    await asyncio.sleep(wait)
        except TimeoutError:
            return ScoredSample.of(sample, self._name, Result.TIMEOUT, [], Result.TIMEOUT.value), ""
        result = Result.NOT_APPLICABLE if reason in NOT_APPLICABLE else Result(reason.value)
        return ScoredSample.of(sample, self._name, result, [], reason.value), ""
