"""Computes at intervals what covers all samples: rates, backlogs, the ledger, trimmed samples, retention.

Only one of several workers does this, the holder of the lease. When another worker takes over, the exported values are
removed here.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time

from proxy.config.settings import Retention
from proxy.queue.protocol import Backlog, QueueError, SampleQueue
from proxy.sample import IMPORTED
from proxy.telemetry.instruments import Bounded, Instruments
from proxy.telemetry.label_values import OTHER
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import Rate, Window, compute
from scorers.store.ledger import PENDING, Ledger, StoreState
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.store.tallies.keep import STEP
from scorers.worker.lease import Lease
from scorers.worker.local import LOCAL
from scorers.worker.sinks import ScoreCounters

log = logging.getLogger("sightglass.worker")

_EVERY = 2.0
#: At rest windows move on all the same: what leaves them is seen within so many seconds.
_AT_REST = 60.0
#: While the tallies cannot keep up, rates are read from the rows, at most this often (seconds).
_UNSETTLED = 20.0
#: Seconds of one round that tallies are kept for, and the pause between two steps, in which others may write.
_KEEPING, _BETWEEN = 0.4, 0.01
#: A round is followed by a pause of so many times its length: it costs a twentieth of a processor at most. While
#: tallies wait that no round has kept, as after an upgrade, a step of them is: half a processor.
_AT_EASE, _CATCHING_UP, _LONGEST = 20, 1, 300.0
#: While nothing arrives and nothing waits, backlogs are checked this often (seconds).
_LOOKED = 10.0
#: How often expired data is deleted (seconds): a quarter of the shortest retention, within these bounds.
_EXPIRE_MOST, _EXPIRE_LEAST = 600.0, 1.0
_GAUGES = (
    "sightglass_verdict_ratio",
    "sightglass_verdict_ratio_lower",
    "sightglass_verdict_ratio_upper",
    "sightglass_verdict_ratio_calibrated",
    "sightglass_verdict_ratio_labels",
)
_RATES, _BACKLOGS, _LEDGER = "rates", "backlogs", "ledger"

#: One gauge's child: the metric and its label values.
Child = tuple[str, tuple[str, ...]]


class Exporter:
    """Keeps the gauges current, and the queue and the store within their retention, while ``lease`` is held."""

    def __init__(
        self,
        store: Store,
        queue: SampleQueue,
        instruments: Instruments,
        models: Bounded,
        counters: ScoreCounters,
        lease: Lease,
        names: ModelNames,
    ) -> None:
        self._store = store
        self._queue = queue
        self._metrics = instruments
        self._models = models
        self._counters = counters
        self._lease = lease
        self._names = names
        #: The scorers whose samples are delivered together.
        self.local: tuple[str, ...] = ()
        self._shown: dict[str, set[Child]] = {}
        self._turned_away: set[str] = set()
        self._trimmed: dict[str, list[str]] = {}
        self._rates_at = self._ledger_at = -math.inf
        self._rates_stale = True
        self._rates_took = 0.0
        self._ledger_state: tuple[object, ...] = ()
        self._settled: StoreState | None = None
        self._looked, self._busy = -math.inf, True
        self._back = asyncio.Event()
        self._exporting = instruments.gauge("sightglass_exporting")
        self._degraded = instruments.gauge("sightglass_degraded", "store")

    async def run(self, scorers: list[str], groups: list[str], retention: Retention, stop: asyncio.Event) -> None:
        """Work until ``stop``. A pause is at least ``_AT_EASE`` times as long as its round. Where the store failed, or
        was away and answers again, it is shorter: waiting for it was no work. ``groups``: those of no scorer."""
        expired, stale = 0.0, False
        self._rates_at = self._ledger_at = self._looked = -math.inf
        shortest = min(retention.samples, retention.exchanges)
        every = min(_EXPIRE_MOST, max(_EXPIRE_LEAST, shortest / 4))
        while not stop.is_set():
            begun = time.monotonic()
            self._back.clear()
            held, pause = self._lease.held, 0.0
            self._exporting.set(held)
            try:
                if held:
                    if self._busy or begun - self._looked > _LOOKED:
                        self._busy, self._looked = await self._backlogs(scorers, groups), begun
                    state = await asyncio.to_thread(self._store.state)
                    changed, settled = (False, True) if state == self._settled else await self._keep()
                    self._settled = state if settled and not changed else None
                    self._busy = self._busy or changed
                    pause = 0.0 if settled else (time.monotonic() - begun) * _CATCHING_UP
                    await self._rates(changed, settled)
                    await self._ledger(state)
                    if begun - expired > every or not expired:
                        expired = begun
                        await asyncio.to_thread(self._store.expire, retention)
                        await self._queue.expire(time.time() - retention.samples)
                # Without the lease nothing was asked of the store: then the lease knows whether it answers.
                self._degraded.set(self._lease.cut_off)
                stale = stale and self._lease.cut_off
            except (StoreError, QueueError) as error:
                if not stale:  # one line per outage, not one per round
                    log.error("rates and backlogs are stale: %s", error)
                stale = self._busy = True
                self._degraded.set(1)
                pause = max(_EVERY, time.monotonic() - begun)
            if not self._lease.held:
                self.take_back()
                await self._hand_in()
            took = time.monotonic() - begun
            await self._rest(stop, pause or (min(max(_EVERY, took * _AT_EASE), _LONGEST) if held else _EVERY / 2))

    def store_hangs(self) -> None:
        """The store keeps us waiting, our own rounds perhaps among them. Another worker may still reach it."""
        self._degraded.set(1)
        if not self._lease.held:
            self.take_back()

    def store_answers(self) -> None:
        """The store was away and is back: what is shown is stale, and a pause that was measured by waiting is over."""
        self._back.set()

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        """Until ``stop``, or until the store is back, for so long at most."""
        either = [asyncio.create_task(event.wait()) for event in (stop, self._back)]
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in either:
                task.cancel()

    def take_back(self) -> None:
        """Remove the gauges, because another worker took over: values exported by two workers would be counted
        double."""
        self._rates_at = self._ledger_at = self._looked = -math.inf
        self._exporting.set(0)
        for subject in list(self._shown):
            self._replace(subject, {})

    async def _hand_in(self) -> None:
        """Record what the queue has reported to this worker as trimmed and the store did not take before the lease was
        lost: the queue reports it to nobody else."""
        try:
            for scorer in [name for name, ids in self._trimmed.items() if ids]:
                await self._record_trimmed(scorer)
        except StoreError:
            self._degraded.set(1)  # tried again in the next round

    async def _record_trimmed(self, scorer: str) -> None:
        trimmed = self._trimmed[scorer]
        new = await asyncio.to_thread(self._store.record_trimmed, scorer, trimmed)
        self._counters.trimmed(scorer, len(new))
        trimmed.clear()

    def _replace(self, subject: str, values: dict[Child, float]) -> None:
        """Export these values of a subject, and remove its earlier values that are not among them. A round that waited
        for the store may have lost the lease: then it exports nothing."""
        if values and not self._lease.held:
            return
        for name, labels in self._shown.get(subject, set()) - set(values):
            self._metrics.remove(name, *labels)
        for (name, labels), value in values.items():
            self._metrics.gauge(name, *labels).set(value)
        self._shown[subject] = set(values)

    async def _backlogs(self, scorers: list[str], groups: list[str]) -> bool:
        """Export the backlogs; returns whether there are any."""
        shown: dict[Child, float] = {}
        for group in groups:
            await self._queue.take_trimmed(group)  # counted by the scorers whose samples they were
        for group in (*groups, *scorers):
            shown["sightglass_dead_letters", (group,)] = (await self._queue.dead_count(group)).kept
            shown["sightglass_trimmed_untold", (group,)] = await self._queue.untold(group)
        shared = await self._queue.backlog(LOCAL) if self.local else Backlog(0, 0.0)
        together = await self._queue.take_trimmed(LOCAL) if self.local else []
        if self.local:
            shown["sightglass_trimmed_untold", (LOCAL,)] = await self._queue.untold(LOCAL)
        for scorer in self.local:
            self._trimmed.setdefault(scorer, []).extend(together)
        for scorer in scorers:
            # The queue reports each id once: what the store did not accept is kept for the next round.
            trimmed = self._trimmed.setdefault(scorer, [])
            trimmed += await self._queue.take_trimmed(scorer)
            if trimmed:
                await self._record_trimmed(scorer)
            backlog = await self._queue.backlog(scorer)
            more = shared if scorer in self.local else Backlog(0, 0.0)
            oldest = max(backlog.oldest_age, more.oldest_age)
            shown["sightglass_queue_depth", (scorer,)] = backlog.depth + more.depth
            shown["sightglass_queue_oldest_age_seconds", (scorer,)] = oldest
        self._replace(_BACKLOGS, shown)
        return any(number for (name, _), number in shown.items() if name == "sightglass_queue_depth")

    async def _ledger(self, state: StoreState) -> None:
        """Export the ledger if it may have changed by ``state``, which was read before."""
        now = time.monotonic()
        if state.ledger != self._ledger_state or now - self._ledger_at > _AT_REST:
            self._show_ledger(await asyncio.to_thread(self._store.ledger))
            self._ledger_state, self._ledger_at = state.ledger, now

    def _show_ledger(self, ledger: Ledger) -> None:
        shown: dict[Child, float] = {}
        for instance, counts in ledger["proxies"].items():
            for decision, n in counts.items() if instance != IMPORTED else ():  # those are no requests
                child: Child = ("sightglass_ledger_requests", (decision,))
                shown[child] = shown.get(child, 0) + n
        for scorer, results in ledger["scorers"].items():
            for result, n in results.items():
                reasons = ledger["reasons"].get(scorer, {}).get(result, {})
                rest = n - sum(reasons.values())
                for reason, part in [*reasons.items(), *([("", rest)] if rest or result == PENDING else [])]:
                    shown["sightglass_ledger_samples", (scorer, result, reason)] = part
        self._replace(_LEDGER, shown)

    async def _keep(self) -> tuple[bool, bool]:
        """Apply changes to the tallies, within the limit of one round. Returns whether there were any, and whether
        all that were there have been applied."""
        changed, begun = False, time.monotonic()
        while applied := await asyncio.to_thread(self._store.keep_tallies):
            changed = True
            if applied < STEP:
                break
            if time.monotonic() - begun > _KEEPING:
                return True, False
            await asyncio.sleep(_BETWEEN)
        return changed, True

    async def _rates(self, changed: bool, settled: bool) -> None:
        """Export the rates if they may have changed. Where the tallies are ``settled``, what arrives meanwhile is left
        to the next round: reading it from the rows would cost more than all the rest."""
        now = time.monotonic()
        self._rates_stale = self._rates_stale or changed
        unsettled = min(max(_UNSETTLED, self._rates_took * _AT_EASE), _LONGEST)
        if now - self._rates_at < (_AT_REST if not self._rates_stale else 0.0 if settled else unsettled):
            return
        shown: dict[Child, float] = {}
        for window in Window:
            found = await asyncio.to_thread(compute, self._store, window, time.time(), self._names, settled)
            for rate in found:
                shown |= self._of_rate(rate, window)
        self._replace(_RATES, shown)
        self._rates_at, self._rates_stale, self._rates_took = now, False, time.monotonic() - now

    def _admit(self, model: str) -> bool:
        """Admit a model that the store knows from before this worker started, once. Asking again does not count
        again."""
        if model in self._turned_away:
            return False
        if self._models.value(model, admit=True) == model:
            return True
        if len(self._turned_away) < 10_000:
            self._turned_away.add(model)
        return False

    def _of_rate(self, rate: Rate, window: Window) -> dict[Child, float]:
        if rate.ratio is None or rate.lower is None or rate.upper is None:
            return {}
        # A model without a place of its own is counted where its scores are; several of them cannot share one ratio.
        if rate.model != OTHER and not (self._models.holds(rate.model) or self._admit(rate.model)):
            return {}
        labels = (rate.scorer, rate.output, rate.app, rate.model, window.value)
        values = (rate.ratio, rate.lower, rate.upper, float(rate.calibrated), float(rate.labelled))
        return {(name, labels): value for name, value in zip(_GAUGES, values, strict=True)}
