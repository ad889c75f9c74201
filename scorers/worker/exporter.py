"""What is computed from the store and the queue on a clock: rates, backlogs, trimmed samples, retention."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from proxy.metrics import OTHER, Bounded, Instruments
from proxy.queue.protocol import QueueError, SampleQueue
from proxy.settings import Retention
from scorers.rates import Rate, Window, compute
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.sinks import ScoreCounters

log = logging.getLogger("sightglass.worker")

_EVERY = 2.0
_EXPIRE_EVERY = 600.0
_GAUGES = (
    "sightglass_verdict_ratio",
    "sightglass_verdict_ratio_lower",
    "sightglass_verdict_ratio_upper",
    "sightglass_verdict_ratio_calibrated",
    "sightglass_verdict_ratio_labels",
)


class Exporter:
    """Keeps the gauges true, and the store within its retention."""

    def __init__(
        self, store: Store, queue: SampleQueue, instruments: Instruments, models: Bounded, counters: ScoreCounters
    ) -> None:
        self._store = store
        self._queue = queue
        self._metrics = instruments
        self._models = models
        self._counters = counters
        self._shown: set[tuple[str, ...]] = set()
        self._turned_away: set[str] = set()
        self._trimmed: dict[str, list[str]] = {}
        self._degraded = instruments.gauge("sightglass_degraded", "store")

    async def run(self, scorers: list[str], retention: Retention, stop: asyncio.Event) -> None:
        """Work until ``stop``; rests at least ten times as long as the rates took to compute."""
        expired = 0.0
        while not stop.is_set():
            begun = time.monotonic()
            try:
                await self._backlogs(scorers)
                await self._rates()
                if begun - expired > _EXPIRE_EVERY or not expired:
                    expired = begun
                    await asyncio.to_thread(self._store.expire, retention)
                self._degraded.set(0)
            except (StoreError, QueueError) as error:
                log.error("rates and backlogs are stale: %s", error)
                self._degraded.set(1)
            took = time.monotonic() - begun
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(_EVERY, took * 10))

    async def _backlogs(self, scorers: list[str]) -> None:
        for scorer in scorers:
            # The queue gives each id once: what the store did not take is kept for the next round.
            trimmed = self._trimmed.setdefault(scorer, [])
            trimmed += await self._queue.take_trimmed(scorer)
            if trimmed:
                new = await asyncio.to_thread(self._store.record_trimmed, scorer, trimmed)
                self._counters.trimmed(scorer, len(new))
                trimmed.clear()
            backlog = await self._queue.backlog(scorer)
            self._metrics.gauge("sightglass_queue_depth", scorer).set(backlog.depth)
            self._metrics.gauge("sightglass_queue_oldest_age_seconds", scorer).set(backlog.oldest_age)

    async def _rates(self) -> None:
        shown: set[tuple[str, ...]] = set()
        for window in Window:
            for rate in await asyncio.to_thread(compute, self._store, window, time.time()):
                labels = self._show(rate, window)
                if labels is not None:
                    shown.add(labels)
        for labels in self._shown - shown:
            for name in _GAUGES:
                self._metrics.remove(name, *labels)
        self._shown = shown

    def _admit(self, model: str) -> bool:
        """Give a model that the store knows from before our start its place, once; asked again it costs no count."""
        if model in self._turned_away:
            return False
        if self._models.value(model, admit=True) == model:
            return True
        if len(self._turned_away) < 10_000:
            self._turned_away.add(model)
        return False

    def _show(self, rate: Rate, window: Window) -> tuple[str, ...] | None:
        if rate.ratio is None or rate.lower is None or rate.upper is None:
            return None
        # A model without a place of its own is counted where its scores are; several of them cannot share one ratio.
        if rate.model != OTHER and not (self._models.holds(rate.model) or self._admit(rate.model)):
            return None
        labels = (rate.scorer, rate.output, rate.app, rate.model, window)
        values = (rate.ratio, rate.lower, rate.upper, float(rate.calibrated), float(rate.labelled))
        for name, value in zip(_GAUGES, values, strict=True):
            self._metrics.gauge(name, *labels).set(value)
        return labels
