"""Counts requests of our own, by purpose, application and how they ended.

What commands ask is in no process that anybody scrapes. The worker that holds the lease reads it from the store.
"""

from __future__ import annotations

from collections.abc import Collection

from proxy.exchange import Outcome
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import OTHER
from proxy.wire.usage import usage_of
from scorers.store.asking import AskStore
from scorers.store.runs import INTERRUPTED, Ask, Purpose

#: How a failure of ours is called among the results of requests.
_RESULTS = {"rate_limited": Outcome.RATE_LIMITED, "timeout": Outcome.TIMEOUT, "refused": Outcome.CLIENT_ERROR}
_CLIENTS = frozenset({"key", "money", "model"})


def count(metrics: Instruments, purpose: Purpose, app: str, ask: Ask) -> None:
    """Count one request that has ended."""
    result = Outcome.OK if ask.answer is not None else _RESULTS.get(ask.reason or "", Outcome.UPSTREAM_ERROR)
    if ask.reason in _CLIENTS:
        result = Outcome.CLIENT_ERROR
    labels = (purpose.value, app, result.value)
    metrics.counter("sightglass_offpath_requests_total", *labels).inc()
    usage = usage_of((ask.answer or {}).get("usage"))
    if usage is not None:
        tokens = usage.input + usage.cached_input + usage.cache_write + usage.output + usage.reasoning_output
        metrics.counter("sightglass_offpath_tokens_total", *labels).inc(tokens)
    if ask.cost_usd is not None:
        metrics.counter("sightglass_offpath_cost_usd_total", *labels).inc(ask.cost_usd)


#: What commands ask for.
_COMMANDS = {each.value: each for each in (Purpose.STABILITY, Purpose.PROBE, Purpose.SUITE, Purpose.BENCHMARK)}
#: What ended so many seconds ago is in the store, whoever wrote it.
_SETTLED = 5.0


class Commanded:
    """Counts what commands asked while this worker held the lease. ``apps``: the names that may become labels.

    When an ask ended is told by the clock of the store, whose hosts' clocks may differ.
    """

    def __init__(self, book: AskStore, metrics: Instruments, apps: Collection[str]) -> None:
        self._book, self._metrics, self._apps = book, metrics, frozenset(apps)
        self._until: float | None = None

    def rest(self) -> None:
        """Another worker counts from now on."""
        self._until = None

    def news(self) -> list[tuple[Purpose, str, Ask]]:
        """What ended since the last look; nothing at the first one. Blocking. Raises ``StoreError``."""
        after, until = self._until, self._book.now() - _SETTLED
        found = self._book.ended_between(after, until) if after is not None and after < until else []
        self._until = until if after is None else max(after, until)
        return [
            (_COMMANDS[run.purpose], run.app if run.app is not None and run.app in self._apps else OTHER, ask)
            for run, asks in found
            if run.purpose in _COMMANDS and run.plan.get("by") != "worker"
            for ask in asks
            if ask.reason != INTERRUPTED
        ]

    def count(self, news: list[tuple[Purpose, str, Ask]]) -> None:
        """Count them."""
        for purpose, app, ask in news:
            count(self._metrics, purpose, app, ask)
