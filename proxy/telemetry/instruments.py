"""Creates live metrics in a registry from the table of metrics.

Label values are closed or bounded (``Bounded``). Any other name becomes ``other`` and is counted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Generic, Literal, TypeVar

from prometheus_client import CollectorRegistry, Gauge, disable_created_metrics
from prometheus_client import Metric as PrometheusMetric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from proxy.telemetry.label_values import OTHER, presentable
from proxy.telemetry.metric import Metric
from proxy.telemetry.metrics import LATENCY, METRICS

disable_created_metrics()  # type: ignore[no-untyped-call]

Child = TypeVar("Child")


class Count:
    """A counter child that uses plain addition.

    Only the event loop's thread writes to it. The lock and the checks of prometheus-client cost more than all other
    recording for a request.
    """

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1.0) -> None:
        """Add ``amount``, which must not be negative."""
        self.value += amount


#: Trace id and sample id, at least one of them, and moment (Unix seconds) of what a value was measured on.
Example = tuple[str | None, str | None, float]


class Distribution:
    """A histogram child: counts by bucket, their sum, and the last exemplar of each bucket."""

    __slots__ = ("bounds", "counts", "examples", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.examples: dict[int, tuple[float, Example]] = {}
        self.total = 0.0

    def observe(self, value: float, example: Example | None = None) -> None:
        """Count one value. A bucket includes its upper bound."""
        bucket = bisect_left(self.bounds, value)
        self.counts[bucket] += 1
        self.total += value
        if example is not None:
            self.examples[bucket] = (value, example)


class _Family(Collector, Generic[Child]):
    """All children of one counter or histogram, as a collector for scrapes."""

    def __init__(self, metric: Metric, make: Callable[[], Child]) -> None:
        self.metric = metric
        self.children: dict[tuple[str, ...], Child] = {}
        self.make = make
        if not metric.labels:
            self.children[()] = make()

    def child(self, values: tuple[str, ...]) -> Child:
        found = self.children.get(values)
        if found is None:
            if len(values) != len(self.metric.labels):
                raise ValueError(f"{self.metric.name} has the labels {self.metric.labels}")
            # An enum's member would show as its name.
            found = self.children[tuple(str(value) for value in values)] = self.make()
        return found

    def describe(self) -> Iterable[PrometheusMetric]:
        """Name and type, for the registry's duplicate check."""
        yield PrometheusMetric(self.metric.name.removesuffix("_total"), self.metric.help, self.metric.kind)

    def collect(self) -> Iterable[PrometheusMetric]:
        """The current values of the family."""
        family = PrometheusMetric(self.metric.name.removesuffix("_total"), self.metric.help, self.metric.kind)
        for values, child in list(self.children.items()):
            labels = dict(zip(self.metric.labels, values, strict=True))
            if isinstance(child, Count):
                family.add_sample(self.metric.name, labels, child.value)
            elif isinstance(child, Distribution):
                _add_buckets(family, labels, child)
        yield family


def _add_buckets(family: PrometheusMetric, labels: dict[str, str], child: Distribution) -> None:
    running = 0
    for bucket, (bound, count) in enumerate(zip((*child.bounds, math.inf), child.counts, strict=True)):
        running += count
        found = child.examples.get(bucket)
        named = {**labels, "le": floatToGoString(bound)}  # type: ignore[no-untyped-call]
        family.add_sample(f"{family.name}_bucket", named, running, exemplar=found and _exemplar(*found))
    family.add_sample(f"{family.name}_count", labels, running)
    family.add_sample(f"{family.name}_sum", labels, child.total)


def _exemplar(value: float, example: Example) -> Exemplar:
    """An exemplar within the limit of OpenMetrics: 128 characters for all names and values."""
    trace, sample, at = example
    labels = {"trace_id": trace[:32]} if trace is not None else {}
    if sample is not None:
        labels["sample_id"] = sample[:40]
    return Exemplar(labels, value, at)


class Instruments:
    """The live metrics of one process. ``instruments.counter(name, *values)`` returns the child, created once."""

    def __init__(
        self, registry: CollectorRegistry, side: Literal["proxy", "worker"], latency_bounds: Iterable[float] = ()
    ) -> None:
        self.registry = registry
        self._counters: dict[str, _Family[Count]] = {}
        self._histograms: dict[str, _Family[Distribution]] = {}
        self._gauges: dict[str, Gauge] = {}
        extra = set(latency_bounds)
        for metric in METRICS:
            if metric.side not in (side, "both"):
                continue
            if metric.kind == "histogram":
                bounds = sorted({*metric.buckets, *extra}) if metric.buckets is LATENCY else list(metric.buckets)
                histogram = self._histograms[metric.name] = _Family(metric, partial(Distribution, bounds))
                registry.register(histogram)
            elif metric.kind == "counter":
                counter = self._counters[metric.name] = _Family(metric, Count)
                registry.register(counter)
            else:
                self._gauges[metric.name] = Gauge(metric.name, metric.help, metric.labels, registry=registry)

    def counter(self, name: str, *values: str) -> Count:
        """The counter child for these label values, in the order of the table."""
        return self._counters[name].child(values)

    def histogram(self, name: str, *values: str) -> Distribution:
        """The histogram child for these label values."""
        return self._histograms[name].child(values)

    def gauge(self, name: str, *values: str) -> Gauge:
        """The gauge child for these label values."""
        gauge = self._gauges[name]
        return gauge.labels(*values) if values else gauge

    def remove(self, name: str, *values: str) -> None:
        """Remove one child of a gauge, so that an outdated value is no longer exported."""
        self._gauges[name].remove(*values)


class Bounded:
    """A label with values from Settings and names seen on successful requests, up to ``limit``; otherwise ``other``."""

    def __init__(self, label: str, known: Iterable[str], limit: int, instruments: Instruments) -> None:
        self._known = set(known)
        self._limit = limit
        self._overflow = instruments.counter("sightglass_label_overflow_total", label)

    def holds(self, name: str) -> bool:
        """Whether ``name`` is already a label value."""
        return name in self._known

    def value(self, name: str | None, admit: bool = False) -> str:
        """The label value for ``name``. ``admit`` allows a new name if the limit is not reached."""
        if name is None:
            return OTHER
        if name in self._known:
            return name
        if admit and len(self._known) < self._limit and presentable(name):
            self._known.add(name)
            return name
        self._overflow.inc()
        return OTHER
