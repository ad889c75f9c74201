"""Drift in the worker: updates the signals at intervals and exports them. Only the holder of the lease does this."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from proxy.config.settings import Settings
from proxy.telemetry.instruments import Bounded, Instruments
from proxy.telemetry.label_values import OTHER
from scorers.drift.monitor import BATCH, SignalView, advance, changes_of, views_of
from scorers.drift.signals import State
from scorers.estimates.rates import ALL
from scorers.store.records import StoreError
from scorers.store.store import Store
from scorers.worker.lease import Lease
from scorers.worker.outage import Outage

log = logging.getLogger("sightglass.worker")

_EVERY = 2.0
#: While nothing arrives, states are read this often (seconds): the console may have accepted a baseline.
_LOOKED = 10.0
#: States that have not changed are looked at again after so many seconds: time alone makes a signal stale.
_AT_REST = 30.0
_EVALUATED = "sightglass_drift_evaluated_timestamp_seconds"
#: Characters of a cause's value in a label.
_LONGEST_VALUE = 64
_STATES = list(State)
Child = tuple[str, tuple[str, ...]]


class DriftMonitor:
    """Processes new lines of the feed and keeps the drift gauges current while ``lease`` is held."""

    def __init__(
        self, store: Store, settings: Settings, instruments: Instruments, models: Bounded, lease: Lease
    ) -> None:
        self._store = store
        self._settings = settings
        self._metrics = instruments
        self._models = models
        self._lease = lease
        self._shown: set[Child] = set()
        #: The states that are shown, and since when (Unix s).
        self._stamp: int | None = None
        self._viewed = self._read = 0.0
        self._outage = Outage(log, logging.ERROR, "drift signals are stale")
        self._degraded = instruments.gauge("sightglass_degraded", "drift")
        self._overflow = instruments.counter("sightglass_label_overflow_total", "signal")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``. The pause between two rounds is at least as long as the round took."""
        while not stop.is_set():
            begun = time.monotonic()
            try:
                if self._lease.held:
                    await self._round(stop)
                    self._outage.over()
                self._degraded.set(self._lease.cut_off)
            except StoreError as error:
                self._outage.told(error)
                self._degraded.set(1)
            if not self._lease.held:
                self.take_back()
            took = time.monotonic() - begun
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(max(_EVERY, took), 5.0))

    async def _round(self, stop: asyncio.Event) -> None:
        """Process the feed, for two seconds at most, then export the signals."""
        begun, changed = time.monotonic(), False
        while self._lease.held and not stop.is_set():
            done = await asyncio.to_thread(advance, self._store, self._settings)
            changed = changed or bool(done.lines)
            self._overflow.inc(done.refused)
            for signal, app, model in done.drifted:
                log.warning("drift: %s of app %s, model %s has left its baseline", signal, app, model)
            if done.lines < BATCH or time.monotonic() - begun > _EVERY:
                break
            await asyncio.sleep(0.05)  # other writers take their turn
        if not changed and self._stamp is not None and begun - self._read < _LOOKED:
            self._evaluated(time.time())
            return
        states = await asyncio.to_thread(self._store.drift_states)
        now, stamp = time.time(), hash(tuple(states))
        self._read = begun
        if stamp == self._stamp and now - self._viewed < _AT_REST:
            self._evaluated(now)
            return
        shown: dict[Child, float] = {}
        for view in await asyncio.to_thread(views_of, states, self._settings, now):
            if self._has_label(view.model):
                shown |= _children(view, now)
        for (model, kind), at in changes_of(states).items():
            if self._has_label(model):
                shown["sightglass_upstream_change_timestamp_seconds", (model, kind)] = at
        if self._lease.held:
            self._show(shown)
            self._stamp, self._viewed = stamp, now

    def _evaluated(self, now: float) -> None:
        """The signals that are shown are what they are at ``now`` (Unix s)."""
        for name, labels in self._shown:
            if name == _EVALUATED:
                self._metrics.gauge(name, *labels).set(now)

    def _has_label(self, model: str) -> bool:
        """Whether a model may be a label. Two models that share ``other`` would overwrite each other."""
        if model in (OTHER, ALL) or self._models.holds(model):
            return True
        return self._models.value(model, admit=True) == model

    def store_hangs(self) -> None:
        """The store keeps us waiting, our own rounds perhaps among them. Another worker may still reach it."""
        self._degraded.set(1)
        if not self._lease.held:
            self.take_back()

    def take_back(self) -> None:
        """Remove the gauges, because nobody here keeps them up to date."""
        self._show({})
        self._stamp = None

    def _show(self, values: dict[Child, float]) -> None:
        for name, labels in self._shown - set(values):
            self._metrics.remove(name, *labels)
        for (name, labels), value in values.items():
            self._metrics.gauge(name, *labels).set(value)
        self._shown = set(values)


def _children(view: SignalView, now: float) -> dict[Child, float]:
    """The gauges of one signal. Unknown values are not exported."""
    labels = (view.signal, view.app, view.model)
    values = {
        "statistic": view.statistic,
        "threshold": view.threshold,
        "samples": view.samples,
        "active": view.state is State.DRIFTED,
        "state": _STATES.index(view.state),
        "baseline_ratio": view.baseline,
        "current_ratio": view.current,
        "current_samples": view.current_samples,
        "baseline_timestamp_seconds": view.baseline_at,
        "evaluated_timestamp_seconds": now,
    }
    shown: dict[Child, float] = {
        (f"sightglass_drift_{name}", labels): float(value) for name, value in values.items() if value is not None
    }
    if view.state is State.DRIFTED and view.causes:
        first = view.causes[0]
        words = (first.dimension, _short(first.from_), _short(first.to))
        shown["sightglass_drift_cause_info", (*labels, *words)] = 1.0
    return shown


def _short(value: str) -> str:
    """A cause's value as a label: bounded, and without terminal control characters."""
    return "".join(char if char.isprintable() else "?" for char in value[:_LONGEST_VALUE])
