"""Runs one scorer over batches of queue items: scores them, stores and counts the results, and names poison items.

Counters increase only for results that the store did not have, so a redelivered sample counts once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from proxy.config.settings import Settings
from proxy.queue.protocol import Claimed
from proxy.sample import Sample, decode
from scorers.score import Result, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from scorers.worker.process_protocol import Outcome
from scorers.worker.runner import MAX_DELIVERIES, MAX_PAYLOAD, Runner
from scorers.worker.sinks import ScoreCounters

if TYPE_CHECKING:
    from scorers.worker.telemetry import Evaluations

log = logging.getLogger("sightglass.worker")

#: Verdicts for which a person may want to read the text.
_FLAGGED = frozenset({Verdict.YES, Verdict.UNSURE})
NOT_A_SAMPLE, TOO_LARGE, DELIVERIES = "not_a_sample", "too_large", "deliveries"


class ScoreSink:
    """Runs one scorer over batches and stores its results."""

    def __init__(self, name: str, runner: Runner, store: Store, settings: Settings, counters: ScoreCounters) -> None:
        self._name = name
        self._runner = runner
        self._store = store
        self._content = settings.content
        self._counters = counters
        self.evaluations: Evaluations | None = None

    async def handle(self, items: list[Claimed]) -> dict[int, str]:
        """Score one batch. Each part of it is stored in one transaction and then counted.

        Returns the sequences of the items that are dead letters, with the reason. Raises ``StoreUnavailable`` and
        ``PoolError``; what was stored before the error stays stored.
        """
        dead: dict[int, str] = {}
        waiting = []
        for item in items:
            reason = poison(item)
            if reason is None:
                waiting.append(item)
            else:
                dead[item.sequence] = reason
        if dead:
            await self._settle([(item, None) for item in items if item.sequence in dead], dead)
        while waiting:
            await self._runner.ready()
            outcomes = await self._runner.run([item.payload for item in waiting])
            if len(outcomes) == len(waiting):
                self._runner.release()
            done = [(waiting[index], outcome) for index, outcome in sorted(outcomes.items())]
            waiting = [item for index, item in enumerate(waiting) if index not in outcomes]
            for item, outcome in done:
                if outcome.scored is None and outcome.failed is Result.DEAD:
                    dead[item.sequence] = NOT_A_SAMPLE
            if done:
                await self._settle(done, dead)
        return dead

    async def _settle(self, done: Sequence[tuple[Claimed, Outcome | None]], dead: dict[int, str]) -> None:
        results, new = await asyncio.to_thread(self._keep, done, dead)
        fresh = {result.sample_id for result in new}
        now = time.time()
        self._counters.cost((self._name, outcome) for _, outcome in done if outcome is not None)
        counted: list[tuple[ScoredSample, float | None]] = []
        for (item, outcome), result in zip(done, results, strict=True):
            if result.sample_id in fresh:
                fresh.discard(result.sample_id)
                ended = outcome.ended if outcome is not None else None
                counted.append((result, now - ended if ended is not None else None))
                if self.evaluations is not None:
                    self.evaluations.emit(result, item.payload)
        self._counters.count(counted)

    def _keep(
        self, done: Sequence[tuple[Claimed, Outcome | None]], dead: dict[int, str]
    ) -> tuple[list[ScoredSample], list[ScoredSample]]:
        results: list[ScoredSample] = []
        shown: list[Sample] = []
        for item, outcome in done:
            result = record(self._name, item, outcome, dead.get(item.sequence))
            kept = self._content == "flagged" and flagged(result)
            results.append(result if kept or self._content == "sampled" else unexplained(result))
            if kept:
                shown.append(decode(item.payload))
        if shown:
            self._store.save_samples(shown, True)
        return results, self._store.save_scores(results)


def record(name: str, item: Claimed, outcome: Outcome | None, dead: str | None) -> ScoredSample:
    """The result of scorer ``name`` to store. If the process died on a sample, its facts are read here. For a dead
    letter this happens only if reading it is safe."""
    if outcome is not None and outcome.error:
        # The type of the error only: a message may quote the sample.
        log.error("scorer %s failed on sample %s (%s)", name, item.id, outcome.error)
    if outcome is not None and outcome.scored is not None:
        return outcome.scored
    result = Result.DEAD if dead is not None or outcome is None else outcome.failed
    reason = dead or result.value
    if dead in (None, DELIVERIES):
        try:
            return ScoredSample.of(decode(item.payload), name, result, [], reason)
        except ValueError:
            pass
    at = time.time() - item.age
    return ScoredSample(sample_id=item.id, app="other", scorer=name, result=Result.DEAD, at=at, reason=reason)


def flagged(result: ScoredSample) -> bool:
    """Whether a person may want to read the text."""
    return any(score.verdict in _FLAGGED for score in result.scores)


def poison(item: Claimed) -> str | None:
    """Why ``item`` is not even attempted."""
    if item.deliveries > MAX_DELIVERIES:
        return DELIVERIES
    return TOO_LARGE if len(item.payload) > MAX_PAYLOAD else None


def unexplained(result: ScoredSample) -> ScoredSample:
    """The result without its explanations. Explanations may quote the text, so they are dropped where the text is
    not stored."""
    scores = [msgspec.structs.replace(score, explanation="") for score in result.scores]
    return msgspec.structs.replace(result, scores=scores)
