"""A capacity model: what a request costs each part, the requests a second that a fleet carries, what fills first.

Figures are microseconds of CPU, measured (docs/internals/scale.md names the command of each). Parts that run in one
process or on one server have as many cores as that has; everything else shares the machines. Network and disks are not
in it.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Consumer groups: seven scorers, and the keeper that stores rows and samples.
SCORERS = 7
#: A part is called full at this share of its cores, so that queues stay short.
FULL = 0.7


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of CPU. ``queue_*`` of one sample in the Redis server; ``*_server`` in PostgreSQL's."""

    proxy: float = 251.0
    scorers: float = 3_000.0
    row: float = 509.0
    sample: float = 115.0
    result: float = 264.0
    consume: float = 49.0
    hand_over: float = 11.0
    queue_publish: float = 16.0
    queue_consume: float = 25.0
    row_server: float = 40.0
    sample_server: float = 83.0
    result_server: float = 73.0
    rows_a_batch: float = 50.0


#: One machine without other servers: SQLite is inside the worker, and one process writes.
EMBEDDED = Costs(row=355.0, sample=97.0, result=168.0, consume=21.0, queue_publish=0.0, queue_consume=0.0,
                 row_server=0.0, sample_server=0.0, result_server=0.0)  # fmt: skip


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
    groups = SCORERS + 1
    rows = (costs.queue_publish + costs.queue_consume) / costs.rows_a_batch
    return {
        "proxies": costs.proxy,
        "workers": costs.row
        + rate * (costs.sample + SCORERS * (costs.result + costs.hand_over) + groups * costs.consume),
        "scorers": rate * costs.scorers,
        "shards": rows + rate * (costs.queue_publish + groups * costs.queue_consume),
        "store": costs.row_server + rate * (costs.sample_server + SCORERS * costs.result_server),
    }


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
