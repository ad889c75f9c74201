"""One row of the table of Prometheus metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. ``side`` says which process exports the metric."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    side: Literal["proxy", "worker", "both"] = "proxy"


def bounded(name: str, said: str, labels: tuple[str, ...]) -> tuple[Metric, ...]:
    """A share of the worker's with the gauges of its 95 % interval."""
    return (
        Metric(name, "gauge", said, labels, side="worker"),
        Metric(f"{name}_lower", "gauge", "Lower end of its 95 % interval.", labels, side="worker"),
        Metric(f"{name}_upper", "gauge", "Upper end of its 95 % interval.", labels, side="worker"),
    )
