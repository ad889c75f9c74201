"""Sinks for queue items: rows and samples go to the store; scores go to the store and then to the counters.

Counters increase only for results that the store did not have, so a redelivered sample counts once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from proxy.config.settings import Settings
from proxy.exchange import RowBatch
from proxy.feedback import Feedback
from proxy.queue.protocol import Claimed, Kind
from proxy.sample import IMPORTED, Sample, decode
from proxy.telemetry.instruments import Bounded, Count, Instruments
from scorers.score import HINTS, JUDGE, Result, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from scorers.worker.process_protocol import Outcome
from scorers.worker.runner import MAX_DELIVERIES
from scorers.worker.tasks import TaskCounters

log = logging.getLogger("sightglass.worker")

_rows = msgspec.json.Decoder(RowBatch)
_feedback = msgspec.json.Decoder(Feedback)


class Keeper:
    """Writes rows, samples and feedback to the store, and counts the tasks that end as a result."""

    def __init__(self, store: Store, settings: Settings, counters: TaskCounters) -> None:
        self._store = store
        self._content = settings.content == "sampled"
        self._comments = settings.content != "none"
        self._counters = counters

    async def handle(self, items: list[Claimed]) -> dict[int, str]:
        """Store one batch. Foreign items are skipped with a log line. Returns dead letters: sequence -> reason."""
        dead: dict[int, str] = {}
        samples: list[Sample] = []
        batches: list[RowBatch] = []
        feedback: list[Feedback] = []
        for item in items:
            if item.deliveries > MAX_DELIVERIES:
                log.error("queue item %s was delivered too often and is passed over", item.id)
                dead[item.sequence] = "deliveries"
                continue
            try:
                if item.kind is Kind.ROWS:
                    batches.append(_rows.decode(item.payload))
                elif item.kind is Kind.FEEDBACK:
                    feedback.append(_feedback.decode(item.payload))
                else:
                    samples.append(decode(item.payload))
            except (ValueError, RecursionError):
                log.error("queue item %s can not be read and is passed over", item.id)
                dead[item.sequence] = "not_a_sample" if item.kind is Kind.SAMPLE else "not_ours"
        if samples:
            await asyncio.to_thread(self._store.save_samples, samples, self._content)
        # Counted after each transaction: if a later step fails and is redelivered, no task changes a second time.
        if batches:
            self._counters.count(await asyncio.to_thread(self._store.save_batches, batches))
        if feedback:
            self._counters.count(await asyncio.to_thread(self._store.save_feedback, feedback, self._comments))
        return dead


class _Children(NamedTuple):
    """The counters for scores of one kind, by verdict (its text: an enum's member takes long to find)."""

    estimated: dict[str, Count]
    counted: dict[str, Count]


class ScoreCounters:
    """Results -> Prometheus. All verdicts are exported from the first one on, so a share without events is 0, not
    missing."""

    def __init__(self, instruments: Instruments, models: Bounded, scorers: list[str]) -> None:
        self._metrics = instruments
        self._models = models
        self._children: dict[tuple[str, str, str, str, str], _Children] = {}
        for scorer in scorers:
            for result in Result:
                instruments.counter("sightglass_scorer_results_total", scorer, result)
            for name in ("sightglass_scorer_duration_seconds", "sightglass_score_lag_seconds"):
                instruments.histogram(name, scorer)
            instruments.counter("sightglass_evaluation_cpu_seconds_total", scorer)

    def duration(self, scorer: str, seconds: float) -> None:
        """Time in the scorer."""
        self._metrics.histogram("sightglass_scorer_duration_seconds", scorer).observe(seconds)

    def cost(self, outcomes: Iterable[tuple[str, Outcome]]) -> None:
        """Count the CPU time of these (scorer, outcome)."""
        seconds: dict[str, float] = defaultdict(float)
        for scorer, outcome in outcomes:
            seconds[scorer] += outcome.cpu
        for scorer, cpu in seconds.items():
            self._metrics.counter("sightglass_evaluation_cpu_seconds_total", scorer).inc(cpu)

    def trimmed(self, scorer: str, number: int) -> None:
        """Count samples that the queue dropped before the scorer received them."""
        self._metrics.counter("sightglass_scorer_results_total", scorer, Result.TRIMMED).inc(number)

    def count(self, result: ScoredSample, lag: float | None) -> None:
        """Count one new result."""
        metrics, model = self._metrics, self._models.value(result.model, admit=result.answered)
        now, app, stratum = time.time(), result.app, result.stratum
        shown = stratum == "uniform" and result.scorer != JUDGE  # which looks at some scores more than others
        metrics.counter("sightglass_scorer_results_total", result.scorer, result.result._value_).inc()
        if lag is not None:
            metrics.histogram("sightglass_score_lag_seconds", result.scorer).observe(max(0.0, lag))
        for score in result.scores:
            scorer, output, value, verdict = score.scorer, score.output, score.value, score.verdict
            if value is None or verdict is None or (scorer, output) in HINTS or score.second_opinion:
                continue
            counts = self._of((scorer, output, app, model, stratum))
            if stratum != IMPORTED:  # what came from elsewhere says nothing about this traffic
                counts.estimated[verdict._value_].inc(score.weight / result.probability)
            counts.counted[verdict._value_].inc()
            if shown:
                example = (result.trace_id, result.sample_id, now)
                metrics.histogram("sightglass_score", scorer, output, model).observe(value, example)

    def _of(self, key: tuple[str, str, str, str, str]) -> _Children:
        """The children of (scorer, output, app, model, stratum). The metrics bound their number."""
        found = self._children.get(key)
        if found is None:
            scorer, output, app, model, stratum = key
            counter = self._metrics.counter
            estimated = {} if stratum == IMPORTED else {
                verdict.value: counter("sightglass_verdicts_estimated_total", scorer, output, app, model, verdict)
                for verdict in Verdict
            }  # fmt: skip
            counted = {
                verdict.value: counter("sightglass_scored_samples_total", scorer, output, app, verdict, stratum)
                for verdict in Verdict
            }
            found = self._children[key] = _Children(estimated, counted)
        return found
