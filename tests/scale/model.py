"""A capacity model: what a request costs each part, the requests a second that a fleet carries, what fills first.

Costs are measured (tests/scale/costs.py). Parts that run in one process or on one server have as many cores as that
has; everything else shares the machines. Network and disks are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from scale.costs import Costs

#: A part is called full at this share of its cores, so that queues stay short.
FULL = 0.7


@dataclass(frozen=True, slots=True)
class Fleet:
    """Cores of each part. ``store`` is 0 where the store is a file."""

    proxies: float
    workers: float
    scorers: float
    shards: int = 0
    store: float = 0.0


def demand(costs: Costs, rate: float) -> dict[str, float]:
    """Microseconds of CPU that one request takes of each part when the share ``rate`` of requests is sampled."""
    return {part: cost.at(rate) for part, cost in costs.items()}


def capacities(costs: Costs, fleet: Fleet, rate: float, full: float = FULL) -> dict[str, float]:
    """Requests a second at which each part is full; parts that the fleet does not have are left out."""
    asked = demand(costs, rate)
    cores = {name: float(getattr(fleet, name)) for name in asked}
    return {name: full * cores[name] * 1e6 / asked[name] for name in asked if cores[name] > 0 and asked[name] > 0}


def first_full(costs: Costs, fleet: Fleet, rate: float) -> tuple[str, float]:
    """The part that fills first, and the requests a second at which it does."""
    found = capacities(costs, fleet, rate)
    name = min(found, key=lambda part: found[part])
    return name, found[name]


def shared(costs: Costs, rate: float, processors: float, beside: float = 0.0) -> float:
    """Requests a second at which processors that all parts share are used up.

    ``beside``: microseconds a request of others on the same processors.
    """
    return processors * 1e6 / (sum(demand(costs, rate).values()) + beside)


def balanced(costs: Costs, rate: float, machines: int, cores: int, store_cores: float) -> Fleet:
    """Machines of ``cores`` shared out so that proxies, workers and scorers fill together.

    Beside them one server for the store, and as many shards of the queue as they need.
    """
    asked = demand(costs, rate)
    own = {name: asked[name] for name in ("proxies", "workers", "scorers")}
    total = machines * cores
    parts = {name: total * share / sum(own.values()) for name, share in own.items()}
    carried = FULL * total * 1e6 / sum(own.values())
    shards = max(1, -int(-carried * asked["shards"] // (FULL * 1e6)))
    return Fleet(parts["proxies"], parts["workers"], parts["scorers"], shards, store_cores)
