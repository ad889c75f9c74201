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
from proxy.telemetry.instruments import Bounded, Count, Distribution, Instruments
from scorers.score import HINTS, JUDGE, Result, Verdict
from scorers.store.drift import UNIFORM
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


class _OfScorer(NamedTuple):
    """What is counted of one scorer; ``results`` by result."""

    results: dict[str, Count]
    duration: Distribution
    lag: Distribution
    cpu: Count


class _OfScores(NamedTuple):
    """The counters for scores of one kind, weighted and not, by verdict (its text: an enum's member takes long to
    find), and where their values are shown."""

    verdicts: dict[str, tuple[Count | None, Count | None]]
    shown: Distribution | None


#: App, model, stratum, and whether a judge wrote the result.
_Key = tuple[str, str, str, bool]


class ScoreCounters:
    """Results -> Prometheus. All verdicts are exported from the first one on, so a share without events is 0, not
    missing."""

    def __init__(self, instruments: Instruments, models: Bounded, scorers: list[str]) -> None:
        self._metrics = instruments
        self._models = models
        self._scorers: dict[str, _OfScorer] = {}
        self._scores: dict[_Key, dict[tuple[str, str], _OfScores]] = {}
        for scorer in scorers:
            self._scorer(scorer)

    def cost(self, outcomes: Iterable[tuple[str, Outcome]]) -> None:
        """Count the time and the CPU time that these (scorer, outcome) took."""
        seconds: dict[str, float] = defaultdict(float)
        for scorer, outcome in outcomes:
            seconds[scorer] += outcome.cpu
            if outcome.scored is not None:
                (self._scorers.get(scorer) or self._scorer(scorer)).duration.observe(outcome.seconds)
        for scorer, cpu in seconds.items():
            self._scorer(scorer).cpu.inc(cpu)

    def trimmed(self, scorer: str, number: int) -> None:
        """Count samples that the queue dropped before the scorer received them."""
        self._scorer(scorer).results[Result.TRIMMED.value].inc(number)

    def count(self, results: Iterable[tuple[ScoredSample, float | None]]) -> None:
        """Count new results, each with the seconds from the end of its request to its score, where they are known."""
        now = time.time()
        for result, lag in results:
            own = self._scorers.get(result.scorer) or self._scorer(result.scorer)
            own.results[result.result._value_].inc()
            if lag is not None:
                own.lag.observe(max(0.0, lag))
            model = self._models.value(result.model, admit=result.answered)
            if not result.scores:
                continue
            key = result.app, model, result.stratum, result.scorer == JUDGE
            found = self._scores.get(key)
            if found is None:
                found = self._scores[key] = {}
            example = result.trace_id, result.sample_id, now
            for score in result.scores:
                value, verdict = score.value, score.verdict
                if value is None or verdict is None or (key[3] and score.second_opinion):
                    continue
                output = score.scorer, score.output
                counts = found.get(output) or self._of(found, output, key)
                estimated, counted = counts.verdicts[verdict._value_]
                if estimated is not None:
                    estimated.inc(score.weight / result.probability)
                if counted is not None:
                    counted.inc()
                if counts.shown is not None:
                    counts.shown.observe(value, example)

    def _scorer(self, name: str) -> _OfScorer:
        found = self._scorers.get(name)
        if found is None:
            counter, histogram = self._metrics.counter, self._metrics.histogram
            found = self._scorers[name] = _OfScorer(
                {result.value: counter("sightglass_scorer_results_total", name, result) for result in Result},
                histogram("sightglass_scorer_duration_seconds", name),
                histogram("sightglass_score_lag_seconds", name),
                counter("sightglass_evaluation_cpu_seconds_total", name),
            )
        return found

    def _of(self, found: dict[tuple[str, str], _OfScores], output: tuple[str, str], key: _Key) -> _OfScores:
        """The children of an output. The metrics bound their number. A hint has none."""
        app, model, stratum, judged = key
        if output in HINTS:
            found[output] = _OfScores({verdict.value: (None, None) for verdict in Verdict}, None)
            return found[output]
        counter = self._metrics.counter
        verdicts: dict[str, tuple[Count | None, Count | None]] = {}
        for verdict in Verdict:
            # What came from elsewhere says nothing about this traffic.
            elsewhere = stratum == IMPORTED
            verdicts[verdict.value] = (
                None if elsewhere else counter("sightglass_verdicts_estimated_total", *output, app, model, verdict),
                counter("sightglass_scored_samples_total", *output, app, verdict, stratum),
            )
        shown = None
        if stratum == UNIFORM and not judged:  # a judge looks at some scores more than at others
            shown = self._metrics.histogram("sightglass_score", *output, model)
        found[output] = _OfScores(verdicts, shown)
        return found[output]
