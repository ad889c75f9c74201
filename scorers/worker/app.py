"""The composition root of the worker process: builds consumers and the console from Settings and runs them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from proxy import __version__
from proxy.config.data_folder import FolderWatch
from proxy.config.settings import Settings
from proxy.queue.connect import open_queue
from proxy.queue.protocol import Kind, QueueError
from proxy.run.processes import bind, instance_name, private_folder, stop_event
from proxy.run.web_server import Server, server
from proxy.telemetry import otel_if_asked
from proxy.telemetry.instruments import Bounded, Instruments
from scorers.console.app import build_console
from scorers.estimates.model_names import ModelNames
from scorers.registry import build, chosen, targets
from scorers.score import JUDGE, OnLoop, Scorer
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.background_runs import BackgroundRuns
from scorers.worker.beside import Beside
from scorers.worker.consumer import Consumer, OpenLane, Times
from scorers.worker.drift import DriftMonitor
from scorers.worker.ending import CLOSING_SECONDS, LOOPS_SECONDS, Threads, ended
from scorers.worker.experiments import Experiments
from scorers.worker.exporter import Exporter
from scorers.worker.fitting import Fitter
from scorers.worker.health import Health, watch
from scorers.worker.judging import Judging
from scorers.worker.lease import Lease
from scorers.worker.local import LOCAL, LocalRunner, LocalSink
from scorers.worker.pool import Pool, PoolRunner
from scorers.worker.progress import Progress
from scorers.worker.reload import Reload
from scorers.worker.runner import LoopRunner, Runner
from scorers.worker.scoring import ScoreSink
from scorers.worker.sinks import Keeper, ScoreCounters
from scorers.worker.tasks import TaskCounters, TaskSweeper

if TYPE_CHECKING:
    from scorers.worker.telemetry import Evaluations

log = logging.getLogger("sightglass.worker")

#: Threads that wait for store and files, whatever the number of CPUs.
_THREADS = 16
_STORE_GROUP = "store"
#: A separate group: after a rollback, a worker older than feedback continues with the other group.
_FEEDBACK_GROUP = "feedback"
#: Items of rows and feedback that are written together; each holds the rows of many requests.
_ROWS = 200
#: What comes one by one is gathered for so long (seconds); and a group that seldom has anything rests for longer.
_GATHERED, _RETRIES = Times(gather=0.5), Times(rest=2.0)


class WorkerProcess:
    """One worker process, built from Settings. Raises ``ConfigError`` and ``StoreError``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        for line in settings.access_warnings():
            log.warning("%s", line)
        #: Those that compute run in processes of their own, and are not imported here.
        scorers: dict[str, Scorer | None] = dict.fromkeys(chosen(settings))
        data_dir: Path = private_folder(settings.data_dir)
        self._socket = bind(settings.console_listen, "console_listen")
        self._store = Store.open(settings.store, data_dir)
        self._queue = open_queue(settings, data_dir, timeout=2.0)
        self._registry = CollectorRegistry()
        instruments = self._instruments = Instruments(self._registry, "worker")
        lost = instruments.gauge("sightglass_degraded", "data_dir")
        self._watch = FolderWatch(data_dir, None, lost.set, ("queue.db", "store.db"), self._open_again)
        instruments.gauge("sightglass_build_info", __version__, "worker").set(1)
        instruments.gauge("sightglass_config_reload_timestamp_seconds").set(time.time())
        names = ModelNames.of(settings)
        models = Bounded("model", names.known, names.limit, instruments)
        judged = settings.judge is not None and bool(settings.judge.apps)
        self._names = [*scorers, JUDGE] if judged else list(scorers)
        counters = ScoreCounters(instruments, models, self._names)
        owner = self._owner = instance_name()
        self._lease = Lease(self._store, owner)
        self._judging = Judging(settings, self._store, instruments, self._lease) if judged else None
        self._exporter = Exporter(self._store, self._queue, instruments, models, counters, self._lease, names)
        labels = (instruments, models)
        self._runs = BackgroundRuns(settings, self._store, lambda: build(settings), labels, self._lease)
        self._drift = DriftMonitor(self._store, settings, instruments, models, self._lease)
        self._exports = otel_if_asked.exports("worker", owner, instruments, ("logs",))
        tasks = TaskCounters(instruments, settings)
        self._sweeper = TaskSweeper(self._store, tasks, settings.task_idle_seconds)
        keeper = Keeper(self._store, settings, tasks)
        self._consumers = {
            group: Consumer(self._queue, group, owner, keeper.handle, OpenLane(_ROWS), _GATHERED)
            for group in (_STORE_GROUP, _FEEDBACK_GROUP)
        }
        self._pool = self._make_pool()
        self._experiments = Experiments(settings, self._store, self._pool, instruments, self._lease)
        timeouts = {str(name): own.timeout for name, own in settings.scorers.items()}
        if self._judging is not None:
            scorers[JUDGE], timeouts[JUDGE] = self._judging.scorer, self._judging.timeout
        self._together = [name for name, scorer in scorers.items() if not isinstance(scorer, OnLoop)]
        self._exporter.local = tuple(self._together)
        self._sinks: list[LocalSink] = []
        for number in range(self._processes):
            self._add_local(number, {name: timeouts[name] for name in self._together}, counters)
        for name, scorer in scorers.items():
            progress = Progress()
            runner = self._runner(name, scorer, timeouts[name], progress)
            sink = ScoreSink(name, runner, self._store, settings, counters)
            sink.evaluations = self._evaluations()
            times = _RETRIES if name in self._together else Times()
            self._consumers[name] = Consumer(self._queue, name, owner, sink.handle, runner, times, progress)

        slowest = max(timeouts.values(), default=0.0)
        self._health = Health(self._consumers, slowest, away=lambda: self._lease.cut_off)
        self._threads = Threads(_THREADS, "worker")
        #: Whether the process is to end without waiting for its threads: a store or a queue keeps one of them.
        self.left_behind = False

    @property
    def _processes(self) -> int:
        return self._settings.scorer_processes or min(2, os.cpu_count() or 1)

    def _add_local(self, number: int, timeouts: dict[str, float], counters: ScoreCounters) -> None:
        """Add one of the lanes through which all computing scorers receive their samples together; one lane per
        process. All but the first only claim what that one cannot do: at little traffic one process reads larger
        batches, and the others are not even started."""
        progress = Progress()
        runner = LocalRunner(self._pool, timeouts, progress)
        owner = f"{self._owner}-{number}"
        sink = LocalSink(runner, self._queue, owner, self._store, self._settings, counters, _STORE_GROUP)
        sink.evaluations = self._evaluations()
        self._sinks.append(sink)
        name = LOCAL if number == 0 else f"{LOCAL} {number + 1}"
        consumer = self._consumers[name] = Consumer(self._queue, LOCAL, owner, sink.handle, runner, _GATHERED, progress)
        consumer.ahead = self._consumers[LOCAL] if number else None

    def _evaluations(self) -> Evaluations | None:
        if self._exports is None or self._exports.logs is None:
            return None
        made: Evaluations = importlib.import_module("scorers.worker.telemetry").Evaluations(self._exports)
        return made

    def _make_pool(self) -> Pool:
        settings = self._settings
        own = {str(name): scorer.model_dump_json() for name, scorer in settings.scorers.items()}
        return Pool(targets(settings), own, self._processes, settings.limits.scorer_memory_bytes)

    def _runner(self, name: str, scorer: Scorer | None, timeout: float, progress: Progress) -> Runner:
        if isinstance(scorer, OnLoop):
            return LoopRunner(name, scorer, timeout, progress)
        return PoolRunner(self._pool, name, timeout, progress)

    def _store_hangs(self) -> None:
        self._exporter.store_hangs()
        self._drift.store_hangs()
        if self._judging is not None:
            self._judging.unless_held()

    def _beside(self) -> list[Beside]:
        """What is done beside scoring. A defect in one of these ends none of the others."""
        groups, retention, made = [_STORE_GROUP, _FEEDBACK_GROUP], self._settings.retention, self._instruments
        exporter, drift, runs = self._exporter, self._drift, self._runs
        loops = [
            Beside("rates", lambda stop: exporter.run(self._names, groups, retention, stop), made, exporter.take_back),
            Beside("tasks", self._sweeper.run, made),
            Beside("calibration", Fitter(self._store, self._lease).run, made),
            Beside("drift", drift.run, made, drift.take_back),
            Beside("runs", runs.run, made, runs.take_back),
            Beside("experiments", self._experiments.run, made),
        ]
        if (judging := self._judging) is not None:
            loops.append(Beside("judge_controls", judging.run, made, judging.take_back))
        return loops

    async def _open_again(self) -> None:
        # Both reopen their files by themselves; the consumers and the exporter report an outage.
        with contextlib.suppress(QueueError):
            await self._queue.fill()
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(self._store.ping)

    async def run(self, parent_pipe: int | None = None, reload: Reload | None = None) -> None:
        """Consume and serve until stopped or ``reload`` wants a new start. The current batch is finished first."""
        stop = stop_event(parent_pipe)
        if reload is not None:
            reload.listen(stop)
        asyncio.get_running_loop().set_default_executor(self._threads)
        self._lease.waiting, self._lease.answers = self._store_hangs, self._exporter.store_answers
        if parent_pipe is not None:
            watch(self._health)
        stopping, beginning = asyncio.create_task(stop.wait()), asyncio.create_task(self._make_groups())
        await asyncio.wait({stopping, beginning}, return_when=asyncio.FIRST_COMPLETED)
        app = build_console(self._store, self._settings, self._registry, self._health, self._queue)
        console = server(app, 2, lifespan=True)
        serving: list[asyncio.Task[None]] = []
        if stop.is_set():
            in_time = await ended([beginning], 0.0)
        else:
            beginning.result()
            serving.append(asyncio.create_task(console.serve(sockets=[self._socket])))
            in_time = await self._work(stop, stopping)
        in_time = await ended([asyncio.create_task(self._close(console, serving))], CLOSING_SECONDS) and in_time
        self.left_behind = not in_time or self._threads.busy or self._lease.asking
        if self.left_behind:
            log.warning("the store or the queue did not answer: this worker ends without waiting for it")
            asyncio.get_running_loop().set_default_executor(Threads(1, "end"))

    async def _make_groups(self) -> None:
        await self._queue.ensure_group(_STORE_GROUP, (Kind.ROWS, Kind.SAMPLE))
        await self._queue.ensure_group(_FEEDBACK_GROUP, (Kind.FEEDBACK,))
        for name in self._names:
            await asyncio.to_thread(self._store.ensure_group, name)
            if name not in self._together:
                await self._queue.ensure_group(name, (Kind.SAMPLE,))
        for sink in self._sinks:
            await sink.begin()

    async def _work(self, stop: asyncio.Event, stopping: asyncio.Task[bool]) -> bool:
        """Work until ``stop``, or until a loop ends. Returns whether all loops ended in time."""
        working = [asyncio.create_task(consumer.run(stop)) for consumer in self._consumers.values()]
        working.append(asyncio.create_task(self._lease.run(stop)))
        working.append(asyncio.create_task(self._watch.run(stop)))
        working += [asyncio.create_task(loop.run(stop)) for loop in self._beside()]
        await asyncio.wait([*working, stopping], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        return await ended(working, LOOPS_SECONDS)

    async def _close(self, console: Server, serving: list[asyncio.Task[None]]) -> None:
        """Close everything; what may wait for the queue comes last."""
        console.should_exit = True
        exports = [] if self._exports is None else [self._exports.stop(timeout=3.0)]
        await asyncio.gather(*serving, self._pool.close(), *exports)
        self._socket.close()
        with contextlib.suppress(QueueError):  # an older version that continues alone finds its groups at our position
            await self._queue.give_back(LOCAL)
        await self._queue.close()
        self._store.close()
