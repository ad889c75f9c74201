"""Experiments in a worker: the one that holds the lease conducts them, and exports how they stand."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from proxy.config.settings import Settings
from proxy.errors import Contained
from proxy.exchange import Outcome as Ended
from proxy.observe.identity import judge_guard, load_secret
from proxy.sample import Sample, encode
from proxy.telemetry.instruments import Instruments
from scorers.asking.manners import Clients, ProductionFirst
from scorers.experiments.conduct import Conductor
from scorers.experiments.left import close_removed
from scorers.experiments.outcomes import events_of
from scorers.experiments.pairwise import PairJudge
from scorers.experiments.parts import Parts, Places
from scorers.experiments.spec import Spec, specs_of
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient
from scorers.statistics.joint import Verdict
from scorers.store.records import StoreError
from scorers.store.runs import Ask, Purpose, RunState
from scorers.store.store import Store
from scorers.worker.counting import count
from scorers.worker.lease import Lease
from scorers.worker.outage import Outage
from scorers.worker.pool import Pool, PoolError
from scorers.worker.process import Work

log = logging.getLogger("sightglass.worker")

#: Seconds between two rounds in which there was nothing to do.
_REST = 1.0
#: Seconds that a round has to end after the worker was told to.
_GRACE = 5.0
#: Seconds that an experiment rests after a defect of its own.
_DEFECT_REST = 3_600.0
#: How often a batch of answers is scored before what is missing stays missing.
_TRIES = 3
Child = tuple[str, tuple[str, ...]]


class PoolScoring:
    """Scores answers by all local scorers, in the pool. ``timeouts``: seconds for one sample, by scorer."""

    def __init__(self, pool: Pool, timeouts: dict[str, float]) -> None:
        self._pool = pool
        self._names, self._timeouts = tuple(timeouts), tuple(timeouts.values())

    async def __call__(self, samples: Sequence[Sample]) -> list[dict[str, float | None]]:
        """The events in each answer; what no scorer could say is absent."""
        found: list[dict[str, float | None]] = [{} for _ in samples]
        if not self._names:
            return found
        payloads = [encode(sample) for sample in samples]
        wanted = [(1 << len(self._names)) - 1] * len(payloads)
        for _ in range(_TRIES):
            if not any(wanted):
                break
            await self._pool.enter()
            try:
                outcomes, _ = await self._pool.run(work := Work(self._names, self._timeouts, payloads, wanted))
            except PoolError as error:
                log.warning("answers of an experiment are not scored: %s", error)
                continue
            finally:
                self._pool.leave()
            for unit, outcome in outcomes.items():
                sample, place = work.of(unit)
                wanted[sample] &= ~(1 << place)
                if outcome.scored is not None:
                    found[sample] |= events_of(outcome.scored.scores)
        return found


class Experiments:
    """All experiments of the configuration."""

    def __init__(self, settings: Settings, store: Store, pool: Pool, instruments: Instruments, lease: Lease) -> None:
        self._settings = settings
        self._store = store
        self._pool = pool
        self._metrics = instruments
        self._lease = lease
        self._specs = specs_of(settings)
        self._conductors: list[Conductor] = []
        self._judges: list[PairJudge] = []
        self._clients: list[Clients] = []
        self._shown: dict[Child, float] = {}
        #: Experiments that have come to the end of a round since this worker began to conduct.
        self._been: set[str] = set()
        self._outage = Outage(log, logging.ERROR, "experiments wait")
        for app in settings.offpath.apps:
            for name in ("requests", "tokens", "cost_usd"):
                if self._specs:
                    instruments.counter(f"sightglass_offpath_{name}_total", Purpose.SHADOW.value, app, Ended.OK.value)

    async def run(self, stop: asyncio.Event) -> None:
        """Conduct until ``stop``; what is under way is finished first."""
        while not stop.is_set():
            try:
                if self._lease.held:
                    await self._conduct_all(stop)
            except StoreError as error:
                self._outage.told(error)
            finally:
                await self._leave()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _REST)

    async def _conduct_all(self, stop: asyncio.Event) -> None:
        """Conduct each experiment by itself, so that one whose candidate hangs delays no other; until ``stop``, or the
        lease is lost. Raises ``StoreError``."""
        await self._begin()
        over = asyncio.Event()
        working = [asyncio.create_task(self._conduct(conductor, over)) for conductor in self._conductors]
        stopping = asyncio.create_task(stop.wait())
        try:
            while self._lease.held and not stop.is_set():
                self._show()
                ended, _ = await asyncio.wait({*working, stopping}, timeout=_REST, return_when="FIRST_COMPLETED")
                for task in ended:
                    task.result()
                if len(self._been) == len(self._conductors):
                    self._outage.over()  # not before: a full disk can be read
        finally:
            over.set()
            stopping.cancel()
            await asyncio.gather(*working, stopping, return_exceptions=True)

    async def _conduct(self, conductor: Conductor, over: asyncio.Event) -> None:
        """Conduct one experiment round by round. One that has a defect rests for an hour; it never ends the worker."""
        defects: list[Exception] = []
        contained = Contained(defects.append)
        while not over.is_set():
            busy = False
            with contained:
                busy = await self._unless(over, conductor.round())
            rest = _REST
            if defects:
                error = defects.pop()
                if isinstance(error, StoreError):
                    raise error
                log.error("experiment %s rests for an hour: %s", conductor.spec.name, type(error).__name__)
                rest = _DEFECT_REST
            self._been.add(conductor.spec.name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.01 if busy else rest)

    async def _unless(self, stop: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool:
        """The result of a round. One that lasts is given up soon after ``stop``: what it has sent is then in doubt."""
        doing, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({doing}, timeout=_GRACE)
            return doing.result() if doing.done() else False
        finally:
            for task in (doing, stopping):
                task.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)

    async def _begin(self) -> None:
        """Become the one that conducts."""
        await asyncio.to_thread(self._end_others)
        if not self._specs:
            return
        first = ProductionFirst(self._store.asking, self._settings)
        secret = load_secret(Path(self._settings.data_dir) / "secret")
        places = asyncio.Semaphore(self._settings.offpath.concurrency)
        timeouts = {str(name): own.timeout for name, own in self._settings.scorers.items()}
        scoring = PoolScoring(self._pool, timeouts)
        for spec in self._specs:
            self._clients.append(clients := Clients(self._settings))
            own = asyncio.Semaphore(max(1, self._settings.offpath.concurrency // len(self._specs)))
            parts = Parts(self._store, self._settings, clients, first, scoring, secret, Places(places, own), self._told)
            self._conductors.append(Conductor(spec, parts, self._judge(spec, secret)))

    def _judge(self, spec: Spec, secret: bytes) -> PairJudge | None:
        own = self._settings.judge
        if own is None or not spec.judged:
            return None
        cap = self._settings.offpath.budget_usd_per_day
        budget = JudgeBudget(self._store.judging, own, cap=cap)
        judge = PairJudge(JudgeClient(own, judge_guard(secret)), budget, self._store.judging, spec.settings.app)
        self._judges.append(judge)
        return judge

    def _end_others(self) -> None:
        """Stop what the configuration has no more, and close what is left of it. Blocking."""
        named = {spec.name for spec in self._specs}
        for run in self._store.experiments.all():
            if run.name not in named:
                if run.state == RunState.RUNNING.value:
                    log.info("experiment %s is no longer in the configuration: stopped", run.name)
                close_removed(self._store, run)

    async def _leave(self) -> None:
        """Somebody else conducts now, or nobody."""
        self._conductors = []
        for judge in self._judges:
            await judge.close()
        for clients in self._clients:
            await clients.close()
        self._judges, self._clients, self._been = [], [], set()
        self._replace({})

    def _told(self, app: str, ask: Ask) -> None:
        """Count one request of ours."""
        count(self._metrics, Purpose.SHADOW, app, ask)

    def _show(self) -> None:
        shown: dict[Child, float] = {}
        for conductor in self._conductors:
            status = conductor.document.get("status")
            if status is not None:
                shown |= _children(status)
        self._replace(shown)

    def _replace(self, shown: dict[Child, float]) -> None:
        for name, labels in self._shown.keys() - shown.keys():
            self._metrics.remove(name, *labels)
        for (name, labels), value in shown.items():
            self._metrics.gauge(name, *labels).set(value)
        self._shown = shown


def _children(status: dict[str, Any]) -> dict[Child, float]:
    """The gauges of one experiment."""
    name = status["name"]
    found: dict[Child, float] = {
        ("sightglass_experiment_verdict", (name, verdict.value)): float(verdict.value == status["verdict"])
        for verdict in Verdict
    }
    for outcome in status["outcomes"]:
        labels = (name, outcome["outcome"])
        for field in ("mean", "lower", "upper"):
            if outcome[field] is not None:
                found[f"sightglass_experiment_{field}", labels] = outcome[field]
        found["sightglass_experiment_pairs", labels] = outcome["n"]
    return found
