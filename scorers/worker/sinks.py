"""What is done with queue items: rows and samples into the store; scores into the store, then into the counters.

Counters are increased only for results that the store did not have, so a redelivered sample counts once.
"""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from proxy.exchange import RowBatch
from proxy.feedback import Feedback
from proxy.metrics import Bounded, Instruments
from proxy.queue.protocol import Claimed, Kind
from proxy.sample import IMPORTED, Sample, decode
from proxy.settings import Settings
from scorers.score import Result, Score, Scorer, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from scorers.worker.runner import MAX_DELIVERIES, score_item
from scorers.worker.tasks import TaskCounters

log = logging.getLogger("sightglass.worker")

_rows = msgspec.json.Decoder(RowBatch)
_feedback = msgspec.json.Decoder(Feedback)
#: Verdicts for which a person may want to read the text.
_FLAGGED = frozenset({Verdict.YES, Verdict.UNSURE})


class Keeper:
    """Puts rows, samples and feedback into the store, and counts the tasks that end by it."""

    def __init__(self, store: Store, settings: Settings, counters: TaskCounters) -> None:
        self._store = store
        self._content = settings.content == "sampled"
        self._comments = settings.content != "none"
        self._counters = counters

    async def handle(self, items: list[Claimed]) -> None:
        """Keep one batch. What is not ours is passed over, with a line in the log."""
        samples: list[Sample] = []
        batches: list[RowBatch] = []
        feedback: list[Feedback] = []
        for item in items:
            if item.deliveries > MAX_DELIVERIES:
                log.error("queue item %s was delivered too often and is passed over", item.id)
                continue
            try:
                if item.kind is Kind.ROWS:
                    batches.append(_rows.decode(item.payload))
                elif item.kind is Kind.FEEDBACK:
                    feedback.append(_feedback.decode(item.payload))
                else:
                    samples.append(decode(item.payload))
            except ValueError:
                log.error("queue item %s can not be read and is passed over", item.id)
        if samples:
            await asyncio.to_thread(self._store.save_samples, samples, self._content)
        # Counted after each transaction: what fails later and is handed out again changes no task a second time.
        for batch in batches:
            self._counters.count(await asyncio.to_thread(self._store.save_rows, batch))
        if feedback:
            self._counters.count(await asyncio.to_thread(self._store.save_feedback, feedback, self._comments))


class ScoreSink:
    """Runs one scorer over batches and keeps what it makes of them."""

    def __init__(self, name: str, scorer: Scorer, store: Store, settings: Settings, counters: ScoreCounters) -> None:
        self._name = name
        self._scorer = scorer
        self._store = store
        self._timeout = next(s.timeout for key, s in settings.scorers.items() if key == name)
        self._content = settings.content
        self._counters = counters

    async def handle(self, items: list[Claimed]) -> None:
        """Score one batch, keep it in one transaction, then count it."""
        results: list[ScoredSample] = []
        flagged: list[Sample] = []
        ended: dict[str, float] = {}
        for item in items:
            result, sample, seconds = await score_item(self._name, self._scorer, item, self._timeout)
            results.append(self._explained(result))
            self._counters.duration(self._name, seconds)
            if sample is not None:
                ended[sample.id] = sample.exchange.started_at + sample.exchange.duration
                if self._content == "flagged" and _is_flagged(result.scores):
                    flagged.append(sample)
            await asyncio.sleep(0)  # the console and the other scorers have a turn between samples
        new = await asyncio.to_thread(self._keep, results, flagged)
        now = time.time()
        for result in new:
            self._counters.count(result, now - ended[result.sample_id] if result.sample_id in ended else None)

    def _explained(self, result: ScoredSample) -> ScoredSample:
        """The result without its explanations, which may quote the text, where the text itself is not kept."""
        if self._content == "sampled" or (self._content == "flagged" and _is_flagged(result.scores)):
            return result
        scores = [msgspec.structs.replace(score, explanation="") for score in result.scores]
        return msgspec.structs.replace(result, scores=scores)

    def _keep(self, results: list[ScoredSample], flagged: list[Sample]) -> list[ScoredSample]:
        if flagged:
            self._store.save_samples(flagged, True)
        return self._store.save_scores(results)


def _is_flagged(scores: list[Score]) -> bool:
    return any(score.verdict in _FLAGGED for score in scores)


class ScoreCounters:
    """Results -> Prometheus."""

    def __init__(self, instruments: Instruments, models: Bounded, scorers: list[str]) -> None:
        self._metrics = instruments
        self._models = models
        for scorer in scorers:
            for result in Result:
                instruments.counter("sightglass_scorer_results_total", scorer, result)

    def duration(self, scorer: str, seconds: float) -> None:
        """Time in the scorer."""
        self._metrics.histogram("sightglass_scorer_duration_seconds", scorer).observe(seconds)

    def trimmed(self, scorer: str, number: int) -> None:
        """Samples that the queue let go before the scorer had them."""
        self._metrics.counter("sightglass_scorer_results_total", scorer, Result.TRIMMED).inc(number)

    def count(self, result: ScoredSample, lag: float | None) -> None:
        """Count one new result."""
        metrics, model = self._metrics, self._models.value(result.model, admit=True)
        metrics.counter("sightglass_scorer_results_total", result.scorer, result.result).inc()
        if lag is not None:
            metrics.histogram("sightglass_score_lag_seconds", result.scorer).observe(max(0.0, lag))
        for score in result.scores:
            if score.value is None or score.verdict is None:
                continue
            labels = (score.scorer, score.output, result.app)
            if result.stratum != IMPORTED:  # what came from elsewhere says nothing about this traffic
                metrics.counter("sightglass_verdicts_estimated_total", *labels, model, score.verdict).inc(
                    score.weight / result.probability
                )
            metrics.counter("sightglass_scored_samples_total", *labels, score.verdict, result.stratum).inc()
            if result.stratum == "uniform":
                metrics.histogram("sightglass_score", score.scorer, score.output, model).observe(score.value)
