"""Stability and probes in a worker: the holder of the lease runs them within the budget, and exports what they say.

A run that a worker began and did not end (it was killed, or lost the lease) is closed with what it knows, and so is one
that a killed command has left; nothing is asked twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from proxy.config.offpath import unlimited
from proxy.config.settings import Settings
from proxy.telemetry.instruments import Bounded, Instruments
from proxy.telemetry.label_values import OTHER
from scorers.asking.client import Client
from scorers.asking.engine import break_off
from scorers.asking.manners import ProductionFirst
from scorers.asking.ownership import owned
from scorers.asking.recipient import NoRecipient, prices_of, target_of
from scorers.drift.monitor import observe_values
from scorers.probes import conduct as probing
from scorers.probes.battery import UTILITY
from scorers.probes.conclude import concluded, judges
from scorers.probes.target import targets
from scorers.score import Scorer
from scorers.stability import conduct as asking
from scorers.stability import result
from scorers.stability.plan import Chosen, choose
from scorers.store.records import StoreError
from scorers.store.runs import Purpose, Run, RunState, RunTaken, micro
from scorers.store.store import Store
from scorers.worker.counting import Commanded, count
from scorers.worker.lease import Lease
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

#: Seconds between two looks at whether something is due.
_EVERY = 5.0
#: A run of stability has at least so many prompts, unless a day has passed, and at most so many.
FEWEST, MOST = 10, 50
_DAY = 86_400.0
_LOOKED_AT = 5_000
#: Runs whose results are exported, and how often they are read (seconds) while no run of this worker ends.
_SHOWN, _READ_EVERY = 100, 30.0
Child = tuple[str, tuple[str, ...]]


class BackgroundRuns:
    """Runs what ``stability`` and ``probes`` ask for. ``every``: seconds between two looks."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        scorers: Callable[[], dict[str, Scorer]],
        labels: tuple[Instruments, Bounded],
        lease: Lease,
        every: float = _EVERY,
    ) -> None:
        self._settings = settings
        self._store = store
        self._scorers = scorers
        self._metrics, self._models = labels
        self._lease = lease
        self._every = every
        self._commanded = Commanded(store.asking, self._metrics, (*settings.apps, *settings.offpath.apps))
        self._shown: dict[Child, float] = {}
        self._read_at = -math.inf
        self._outage = Outage(log, logging.ERROR, "stability and probes wait")
        self._said: set[str] = set()
        budget = settings.offpath.budget_usd_per_day
        self._day_budget = micro(budget) if budget is not None else None

    @property
    def wanted(self) -> bool:
        """Whether the configuration asks for any."""
        stability = self._settings.stability.share > 0 and bool(self._settings.stability.apps)
        return stability or bool(self._settings.probes.apps)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; a run that is under way is broken off, and closed by whoever works next."""
        while not stop.is_set():
            try:
                if self._lease.held:
                    await self._until_stop(self._round(), stop)
                else:
                    self.take_back()
                self._outage.over()
            except StoreError as error:
                self._outage.told(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every)

    async def _until_stop(self, work: Any, stop: asyncio.Event) -> None:  # noqa: ANN401 - a coroutine
        working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
        try:
            while not working.done() and not stopping.done() and self._lease.held:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED, timeout=1.0)
        finally:
            stopping.cancel()
            if not working.done():
                working.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)
        if not working.cancelled():
            working.result()

    async def _round(self) -> None:
        if self.wanted:
            await asyncio.to_thread(self._close_left)
            for app in self._settings.stability.apps if self._settings.stability.share > 0 else ():
                await self._stability(app)
            for app in self._settings.probes.apps:
                await self._probes(app)
        if time.monotonic() - self._read_at > _READ_EVERY:
            await asyncio.to_thread(self._close_left)
            await asyncio.to_thread(self._close_killed)
            self._commanded.count(await asyncio.to_thread(self._commanded.news))
            self._show(await asyncio.to_thread(self._children))
            self._read_at = time.monotonic()

    def _close_left(self) -> None:
        """Close runs that a worker began and left, and those that a command stopped without closing them: a second
        signal ended it, or its store failed."""
        for purpose in (Purpose.STABILITY, Purpose.PROBE):
            for run in self._store.asking.runs(purpose=purpose.value, limit=_SHOWN):
                if not self._lease.held:  # the one that has it now may have begun this one
                    return
                mine = run.state == RunState.RUNNING.value and run.plan.get("by") == "worker"
                if mine or (run.state == RunState.STOPPED.value and run.result is None):
                    break_off(self._store.asking, run.id, run.app or "")
                    self._conclude(run, RunState.STOPPED)

    def _close_killed(self) -> None:
        """Close runs that a command performed and left without a word: nobody has renewed that it owns them. Those of
        suites and benchmarks can be resumed."""
        book = self._store.asking
        for identity in book.left():
            with contextlib.suppress(RunTaken), owned(book, identity):
                run = book.run(identity)
                if run is None or run.state != RunState.RUNNING.value:
                    continue
                log.warning("run %s (%s of %s) was left by its process: stopped", run.id, run.purpose, run.subject)
                if run.purpose in (Purpose.STABILITY.value, Purpose.PROBE.value):
                    break_off(book, run.id, run.app or "")
                    self._conclude(run, RunState.STOPPED)

    def _conclude(self, run: Run, state: RunState) -> dict[str, Any]:
        self._read_at = -math.inf
        if run.purpose == Purpose.PROBE.value:
            return concluded(self._store.asking, run.id, run.app or "", state)
        found = result.document(run, self._store.asking.asks(run.id))
        self._store.asking.finish(run.id, state, found)
        return found

    async def _stability(self, app: str) -> None:
        """A run over its share of what came since the last one, where there is enough of it."""
        own = self._settings.stability
        prices = {upstream.name: upstream.price for upstream in self._settings.upstreams}
        if unlimited(self._settings.offpath, prices, app):
            self._say(
                f"stability of {app} is not measured: offpath.budget_usd_per_day, which limits its cost, is not set"
            )
            return
        chosen = await asyncio.to_thread(self._due, app)
        if chosen is None:
            return
        first = chosen.prompts[0]
        try:
            client = Client(
                target_of(self._settings, first.upstream, first.model),
                prices_of(self._settings, first.upstream, first.model),
                self._say,
            )
        except NoRecipient as error:
            self._say(f"stability of {app} is not measured: {error}")
            return
        read = [prompt.id for prompt in chosen.prompts]
        await asyncio.to_thread(self._store.record_reads, "worker:stability", time.time(), read)
        asked = asking.Asked(
            app=app,
            repeats=own.repeats,
            families=own.rewrites,
            seed=int(time.time()),
            concurrency=self._settings.offpath.concurrency,
            day_budget=self._day_budget,
        )
        scorers = await asyncio.to_thread(self._scorers)
        conductor = asking.Conductor(chosen, client, scorers, self._store.asking, asked)
        conductor.told = functools.partial(count, self._metrics, Purpose.STABILITY, app)
        conductor.first, conductor.say = ProductionFirst(self._store.asking, self._settings), self._say
        conductor.by = "worker"
        try:
            run = await asyncio.to_thread(conductor.begin)
            state = await conductor.perform(run.id, conductor.usd())
        finally:
            await client.close()
        await asyncio.to_thread(self._ended, run, state)

    def _ended(self, run: Run, state: RunState) -> None:
        """Keep the result of a run of stability, and let the drift signals see it."""
        self._conclude(run, state)
        asks = self._store.asking.asks(run.id)
        now, model = time.time(), run.model or OTHER
        values = result.signals(run, asks)
        drifted = observe_values(self._store, self._settings, run.app or OTHER, model, [(*one, now) for one in values])
        for signal, app, model in drifted:
            log.warning("drift: %s of app %s, model %s has left its baseline", signal, app, model)

    def _due(self, app: str) -> Chosen | None:
        """The prompts of the next run; ``None`` while there are too few. Blocking."""
        own = self._settings.stability
        now = self._store.asking.now()
        last = next(iter(self._runs(app, Purpose.STABILITY, now)), None)
        since = last.created_at if last is not None else now - 7 * _DAY
        rows = self._store.suites.pool(app, since, _LOOKED_AT)
        wanted = min(MOST, round(own.share * len(rows)))
        late = last is None or now - last.created_at > _DAY
        if wanted < (1 if late and last is not None else FEWEST):
            return None
        chosen = choose(rows, self._settings, own.rewrites, wanted, int(time.time()))
        return chosen if chosen.prompts else None

    def _runs(self, app: str, purpose: Purpose, now: float) -> list[Run]:
        """Runs of an application, the newest first. One that a clock put into the future, before it was set back, would
        stand in the way of all others until then; it is left out. ``now``: by the clock of the store, as when runs were
        begun. Blocking."""
        found = self._store.asking.runs(app, purpose.value, limit=_SHOWN)
        return [run for run in found if run.created_at <= now]

    def _probes_due(self, app: str) -> bool:
        """Whether an application is to be probed: a run of which no budget held a case is tried again the next day.
        Blocking."""
        now = self._store.asking.now()
        runs = self._runs(app, Purpose.PROBE, now)
        asked = [run for run in runs if run.result is None or run.result["asked"]]
        long_ago = not asked or now - asked[0].created_at >= self._settings.probes.every
        return long_ago and (not runs or now - runs[0].created_at >= min(_DAY, self._settings.probes.every))

    async def _probes(self, app: str) -> None:
        own = self._settings.probes
        if not await asyncio.to_thread(self._probes_due, app):
            return
        rows = await asyncio.to_thread(self._store.suites.pool, app, time.time() - 7 * _DAY, _LOOKED_AT)
        found = targets(rows, self._settings)
        if not found.targets:
            return
        asked = probing.Asked(
            app=app,
            batteries=own.batteries,
            concurrency=self._settings.offpath.concurrency,
            max_usd=own.max_usd,
            day_budget=self._day_budget,
        )
        try:
            conductor = probing.Conductor(found, self._settings, judges(), self._store.asking, asked)
        except NoRecipient as error:
            self._say(f"{app} is not probed: {error}")
            return
        self._say("probes are on: some providers act against accounts that send attacks, also harmless ones")
        conductor.told = functools.partial(count, self._metrics, Purpose.PROBE, app)
        conductor.first, conductor.say = ProductionFirst(self._store.asking, self._settings), self._say
        conductor.by = "worker"
        for line in conductor.left_out:
            self._say(f"{app}: {line}")
        try:
            usd = await asyncio.to_thread(conductor.usd)
            await asyncio.to_thread(
                self._store.record_reads, "worker:probe", time.time(), list(conductor.found.samples)
            )
            run = await asyncio.to_thread(conductor.begin)
            state = await conductor.perform(usd)
        finally:
            await conductor.close()
        await asyncio.to_thread(self._conclude, run, state)

    def _say(self, line: str) -> None:
        """Log a line once."""
        if line not in self._said and len(self._said) < 1_000:
            self._said.add(line)
            log.warning("%s", line)

    def _children(self) -> dict[Child, float]:
        """The gauges of the newest results. Blocking."""
        shown: dict[Child, float] = {}
        for run in reversed(self._store.asking.runs(purpose=Purpose.STABILITY.value, limit=_SHOWN)):
            if run.result is not None and self._has_label(run.result["model"]):
                shown |= _of_stability(run.result)
        for run in reversed(self._store.asking.runs(purpose=Purpose.PROBE.value, limit=_SHOWN)):
            # The commonest target of a model comes first, so it is the one that stays.
            for target in reversed(run.result["targets"] if run.result is not None else ()):
                if self._has_label(target["model"]):
                    shown |= _of_target(target)
        return shown

    def _has_label(self, model: str) -> bool:
        """Whether a model may be a label."""
        return self._models.holds(model) or self._models.value(model, admit=True) == model

    def take_back(self) -> None:
        """Remove the gauges, because nobody here keeps them up to date."""
        self._show({})
        self._commanded.rest()
        self._read_at = -math.inf

    def _show(self, shown: dict[Child, float]) -> None:
        for name, labels in self._shown.keys() - shown.keys():
            self._metrics.remove(name, *labels)
        for (name, labels), value in shown.items():
            self._metrics.gauge(name, *labels).set(value)
        self._shown = shown


def _of_stability(found: dict[str, Any]) -> dict[Child, float]:
    labels = (found["app"], found["model"])
    shown: dict[Child, float] = {}
    for kind in ("noise", "wording"):
        shown |= _bounded(f"sightglass_stability_{kind}_ratio", labels, found[kind])
    if shown:  # else nothing was asked, and the figures of the run before stay with their number
        shown["sightglass_stability_prompts", labels] = found["prompts"]
    control = found["control"]
    if control["n"]:
        shown["sightglass_stability_deaf_ratio", labels] = control["deaf"] / control["n"]
    return shown


def _of_target(target: dict[str, Any]) -> dict[Child, float]:
    rows: Sequence[tuple[str, dict[str, Any]]] = [
        (UTILITY, target["utility"]),
        *((row["battery"], row) for row in target["batteries"]),
    ]
    shown: dict[Child, float] = {}
    for name, row in rows:
        labels = (target["app"], target["model"], name)
        if own := _bounded("sightglass_probe_success_ratio", labels, row):
            shown |= own
            shown["sightglass_probe_attacks", labels] = row["tasks" if name == UTILITY else "attacks"]
    return shown


def _bounded(name: str, labels: tuple[str, ...], own: dict[str, Any]) -> dict[Child, float]:
    if own["ratio"] is None:
        return {}
    values = {"": own["ratio"], "_lower": own["lower"], "_upper": own["upper"]}
    return {(f"{name}{ending}", labels): float(value) for ending, value in values.items()}
