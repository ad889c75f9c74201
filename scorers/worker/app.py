"""The composition root of the worker process: Settings in, running consumers and console out."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from proxy import __version__
from proxy.metrics import Bounded, Instruments
from proxy.processes import bind, instance_name, private_folder, server, stop_event
from proxy.queue.protocol import Kind
from proxy.queue.sqlite import SqliteQueue
from proxy.settings import Settings
from proxy.telemetry import known_limit, known_models
from scorers.console.app import build_console
from scorers.registry import build
from scorers.store.store import Store
from scorers.worker.consumer import Consumer
from scorers.worker.exporter import Exporter
from scorers.worker.sinks import Keeper, ScoreCounters, ScoreSink
from scorers.worker.tasks import TaskCounters, TaskSweeper

_STORE_GROUP = "store"
#: No progress for this long while running means that a consumer is wedged.
_WEDGED_SECONDS = 60.0


class WorkerProcess:
    """One worker process, made from Settings. Raises ``ConfigError`` and ``StoreError``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        scorers = build(settings)
        data_dir: Path = private_folder(settings.data_dir)
        self._socket = bind(settings.console_listen, "console_listen")
        self._store = Store.open(settings.store, data_dir)
        self._queue = SqliteQueue(data_dir / "queue.db", settings.limits.queue_bytes)
        self._registry = CollectorRegistry()
        instruments = Instruments(self._registry, "worker")
        instruments.gauge("sightglass_build_info", __version__, "worker").set(1)
        instruments.gauge("sightglass_config_reload_timestamp_seconds").set(time.time())
        models = Bounded("model", known_models(settings), known_limit(settings), instruments)
        self._names = list(scorers)
        counters = ScoreCounters(instruments, models, self._names)
        self._exporter = Exporter(self._store, self._queue, instruments, models, counters)
        owner = instance_name()
        tasks = TaskCounters(instruments, settings)
        self._sweeper = TaskSweeper(self._store, tasks, settings.task_idle_seconds)
        keeper = Keeper(self._store, settings, tasks)
        self._consumers = {_STORE_GROUP: Consumer(self._queue, _STORE_GROUP, owner, keeper.handle, batch=200)}
        for name, scorer in scorers.items():
            sink = ScoreSink(name, scorer, self._store, settings, counters)
            self._consumers[name] = Consumer(self._queue, name, owner, sink.handle)

    def health(self) -> dict[str, object]:
        """Alive means progress: seconds since each consumer last finished a round."""
        now = time.monotonic()
        ages = {group: round(now - consumer.progressed_at, 1) for group, consumer in self._consumers.items()}
        moving = all(age < _WEDGED_SECONDS for age in ages.values())
        return {"ok": moving, "ready": moving, "seconds_since_progress": ages}

    async def run(self, parent_pipe: int | None = None) -> None:
        """Consume and serve until told to stop; the batch in hand is finished first."""
        stop = stop_event(parent_pipe)
        await self._queue.ensure_group(_STORE_GROUP, (Kind.ROWS, Kind.SAMPLE, Kind.FEEDBACK))
        for name in self._names:
            await asyncio.to_thread(self._store.ensure_group, name)
            await self._queue.ensure_group(name, (Kind.SAMPLE,))
        app = build_console(self._store, self._settings, self._registry, self.health)
        console = server(app, 2, lifespan=True)
        serving = asyncio.create_task(console.serve(sockets=[self._socket]))
        working = [asyncio.create_task(consumer.run(stop)) for consumer in self._consumers.values()]
        working.append(asyncio.create_task(self._exporter.run(self._names, self._settings.retention, stop)))
        working.append(asyncio.create_task(self._sweeper.run(stop)))
        await asyncio.wait([*working, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.gather(*working)
        console.should_exit = True
        await serving
        await self._queue.close()
        self._store.close()
