"""Tasks in the worker: their counters, and the sweep that ends tasks without recent calls.

Each task ends in a transaction of the store, so it is counted once, however many workers sweep. Tasks and cost are
counted over the same population. A task with a call of unknown cost is in neither; it is counted separately.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from proxy.config.settings import Settings
from proxy.feedback import TaskOutcome
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import OTHER
from scorers.store.records import StoreError, TaskChange
from scorers.store.store import Store
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

_LONGEST_PAUSE = 10.0


class TaskCounters:
    """Changes of tasks -> Prometheus."""

    def __init__(self, instruments: Instruments, settings: Settings) -> None:
        self._metrics = instruments
        for app in (*settings.apps, OTHER):
            for outcome in TaskOutcome:
                for name in ("tasks_total", "task_cost_usd_total", "tasks_unmetered_total"):
                    instruments.counter(f"sightglass_{name}", app, outcome)

    def count(self, changes: list[TaskChange]) -> None:
        """Count the changes of one transaction."""
        for change in changes:
            labels = (change.app, change.outcome)
            if change.cost_usd is None:
                self._metrics.counter("sightglass_tasks_unmetered_total", *labels).inc()
                continue
            if change.ended:
                self._metrics.counter("sightglass_tasks_total", *labels).inc()
            self._metrics.counter("sightglass_task_cost_usd_total", *labels).inc(change.cost_usd)


class TaskSweeper:
    """Ends tasks as ``unknown`` after ``task_idle_seconds`` without a call."""

    def __init__(self, store: Store, counters: TaskCounters, idle: float) -> None:
        self._store = store
        self._counters = counters
        self._idle = idle
        self._pause = min(_LONGEST_PAUSE, max(0.25, idle / 4))
        self._outage = Outage(log, logging.WARNING, "idle tasks wait for the store")

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until ``stop``. While the store is unavailable the sweep is retried; the failure is reported
        elsewhere."""
        while not stop.is_set():
            try:
                while changes := await asyncio.to_thread(self._store.end_idle_tasks, self._idle):
                    self._counters.count(changes)
                self._outage.over()
            except StoreError as error:
                self._outage.told(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause)
