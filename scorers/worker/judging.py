"""The judge in a worker: built from Settings, run beside the other scorers, with an hourly health check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path

from proxy.config.settings import Settings
from proxy.observe.identity import judge_guard, load_secret
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import OTHER
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient, Pause
from scorers.judge.controls import ROUNDS, health, run_round
from scorers.judge.judge_metrics import JudgeMeter
from scorers.judge.rubrics import BY_SCORER
from scorers.judge.scorer import JudgeScorer
from scorers.score import OnLoop
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.lease import Lease
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

_HOUR = 3600.0
_EVERY = 5.0
#: Samples that wait for the judge at the same time.
_CONCURRENCY = 8


class Judging:
    """The judge of one worker. ``scorer`` is what its group runs. ``timeout`` (s) bounds one sample."""

    def __init__(self, settings: Settings, store: Store, instruments: Instruments, lease: Lease) -> None:
        assert settings.judge is not None
        for app in settings.judge.apps:
            if app not in (*settings.apps, OTHER):
                log.warning("judge.apps: %s is not among apps, so no request is known as its", app)
        self._names = [str(name) for name in settings.scorers if name in BY_SCORER]
        self._store = store.judging
        self._lease = lease
        self._meter = JudgeMeter(instruments, self._names)
        self._meter.paused(False)
        secret = load_secret(Path(settings.data_dir) / "secret")
        self._client = JudgeClient(settings.judge, judge_guard(secret), self._on_pause)
        self._judge_budget = JudgeBudget(self._store, settings.judge, cap=settings.offpath.budget_usd_per_day)
        parts = (self._client, self._judge_budget, self._store, self._meter)
        self._judge = JudgeScorer(settings.judge, self._names, parts, secret)
        self.scorer = OnLoop(self._judge, _CONCURRENCY)
        # Two calls when the answer is checked, plus a short wait for the cheap scorers.
        self.timeout = 2 * settings.judge.timeout + 5.0
        self._outage = Outage(log, logging.WARNING, "the judge's health is stale")

    def _on_pause(self, pause: Pause | None) -> None:
        self._meter.paused(pause is not None)

    async def run(self, stop: asyncio.Event) -> None:
        """Export the remaining budget. Once an hour, one worker sends the control items. Runs until ``stop``."""
        while not stop.is_set():
            try:
                self._meter.remaining(await self._judge_budget.remaining())
                if self._lease.held:
                    await self._controls(int(time.time() // _HOUR), stop)
                self._outage.over()
            except StoreError as error:
                self._outage.told(error)
            self.unless_held()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY)
        await self._client.close()

    def take_back(self) -> None:
        """Remove the gauges of its health, because another worker keeps them up to date, or nobody."""
        self._meter.health({})

    def unless_held(self) -> None:
        """Remove them where the lease is lost; also called while the store keeps us waiting."""
        if not self._lease.held:
            self.take_back()

    async def _controls(self, number: int, stop: asyncio.Event) -> None:
        seen = await asyncio.to_thread(self._store.controls, number - ROUNDS + 1)
        if not any(control.round == number for control in seen):
            asking = asyncio.create_task(run_round(self._judge, self._names, number))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                return
            stopping.cancel()
            new = asking.result()
            await asyncio.to_thread(self._store.save_controls, new)
            seen += new
        if self._lease.held:  # it may have been lost meanwhile
            found = health(seen).items()
            self._meter.health({scorer: (own.agreement, own.consistency, own.kappa) for scorer, own in found})
