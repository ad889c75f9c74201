"""One scorer over one sample: whatever it does, exactly one result."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter, time

from proxy.queue.protocol import Claimed
from proxy.sample import Sample, decode
from scorers.score import Result, Scorer, result_of
from scorers.store.records import ScoredSample

log = logging.getLogger("sightglass.worker")

#: A sample that was handed out more often than this has taken its worker down with it.
MAX_DELIVERIES = 5


async def run_scorer(name: str, scorer: Scorer, sample: Sample, timeout: float) -> ScoredSample:
    """What ``scorer`` makes of ``sample`` within ``timeout`` seconds. Never raises but for cancellation."""
    try:
        async with asyncio.timeout(timeout):
            scores = await scorer(sample)
            result = result_of(scores)
    except TimeoutError:
        return ScoredSample.of(sample, name, Result.TIMEOUT, [], Result.TIMEOUT.value)
    except Exception as error:  # noqa: BLE001 - the edge between us and a scorer: no scorer may harm another
        # The type only: a message may quote the sample.
        log.error("scorer %s crashed on sample %s (%s)", name, sample.id, type(error).__name__)
        return ScoredSample.of(sample, name, Result.CRASHED, [], Result.CRASHED.value)
    return ScoredSample.of(sample, name, result, scores)


async def score_item(
    name: str, scorer: Scorer, item: Claimed, timeout: float
) -> tuple[ScoredSample, Sample | None, float]:
    """The result for one queue item, its sample (``None`` when it is none), and the seconds it took."""
    try:
        sample = decode(item.payload)
    except ValueError:
        at = time() - item.age
        dead = ScoredSample(
            sample_id=item.id, app="other", scorer=name, result=Result.DEAD, at=at, reason="not_a_sample"
        )
        return dead, None, 0.0
    if item.deliveries > MAX_DELIVERIES:
        return ScoredSample.of(sample, name, Result.DEAD, [], "deliveries"), None, 0.0
    begun = perf_counter()
    result = await run_scorer(name, scorer, sample, timeout)
    return result, sample, perf_counter() - begun
