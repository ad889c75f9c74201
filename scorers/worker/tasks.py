"""Tasks in the worker: their counters, and the sweep that ends those that nothing was heard of.

What ends a task is a transaction of the store, so each task is counted once however many workers look. Tasks and cost
are counted over one population: a task with a call of unknown cost is in neither, and counted apart.
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
        """Count what one transaction did."""
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

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until ``stop``. A store that is out of order is tried again; it says so elsewhere."""
        while not stop.is_set():
            try:
                while changes := await asyncio.to_thread(self._store.end_idle_tasks, self._idle):
                    self._counters.count(changes)
            except StoreError as error:
                log.warning("idle tasks wait for the store: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause)
