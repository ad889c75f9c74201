"""What a request and a sample cost each part, as measured: the one place of these figures.

The model, the simulation and the tables of docs/internals/scale.md all take them from here. Microseconds of CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

#: When, where and under what load the cells were measured; both in one run.
MEASURED = "2026-11-29, two shared processors at a load of 3, nginx 15 us a request"
#: The cells' sampling rates.
TENTH, ALL = 0.1, 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one part: of each request, and of each sample besides."""

    request: float
    sample: float

    def at(self, rate: float) -> float:
        """Of one request when the share ``rate`` of requests is sampled."""
        return self.request + rate * self.sample

    def times(self, factor: float) -> Cost:
        """Both parts by a factor."""
        return Cost(self.request * factor, self.sample * factor)

    @classmethod
    def between(cls, tenth: float, everything: float) -> Cost:
        """From one part's two figures of the cell: with a tenth sampled, and with everything sampled."""
        sample = (everything - tenth) / (ALL - TENTH)
        return cls(tenth - TENTH * sample, sample)


Costs = dict[str, Cost]

#: Scorer processes do nothing for a request that is not sampled. The dearer of the cell's two figures a sample.
_SCORERS = Cost(0.0, 1_571.0)
#: ``make bench BENCH_ARGS='--only evaluate'``: SQLite, so queue and store are in the proxy and the worker. Five rounds.
_EMBEDDED: Costs = {
    "proxies": Cost.between(97.3, 179.3),
    "workers": Cost.between(102.9, 660.2),
    "scorers": _SCORERS,
}
#: ``make bench BENCH_ARGS='--only evaluate-servers'``: Redis and PostgreSQL. Means of two runs (five and three rounds).
_SERVERS: Costs = {
    "proxies": Cost.between(93.9, 171.0),
    "workers": Cost.between(178.6, 921.0),
    "scorers": _SCORERS,
    "shards": Cost.between(19.7, 68.4),
    "store": Cost.between(67.2, 472.2),
}
#: In a minute of steady load each part costs more than in the cells' short rounds: ``keep-up`` beside ``evaluate`` in
#: the same minutes (2,687 requests a second: 160, 175 and 212 us beside 123, 128 and 204 us). Measured without servers.
STEADY = {"proxies": 1.3, "workers": 1.35, "scorers": 1.05}


def steady(costs: Costs) -> Costs:
    """The cells' costs as they are under a steady load."""
    return {part: cost.times(STEADY.get(part, 1.0)) for part, cost in costs.items()}


#: One machine without other servers: SQLite is inside the proxy and the worker, and one process writes.
EMBEDDED = steady(_EMBEDDED)
#: Redis for the queue, PostgreSQL for the store.
SERVERS = steady(_SERVERS)


@dataclass(frozen=True, slots=True)
class Minute:
    """A run of ``keep-up`` on two processors, a tenth sampled, and the cell's costs in the same hour."""

    requests: float
    #: CPU seconds a second of ``serve``, and of wrk with the upstream.
    serve: float
    beside: float
    #: Microseconds a request: proxy, worker, scorer processes.
    cell: tuple[float, float, float]

    @property
    def full(self) -> float:
        """Requests a second at which two processors are full, by what was used."""
        return 2.0 * self.requests / (self.serve + self.beside)


#: The runs of 2026-11-29. The first two kept up; beside the third, others used the processors.
MINUTES = (
    Minute(3_090, 1.52, 0.11, (108.0, 112.0, 191.0)),
    Minute(3_048, 1.25, 0.11, (97.3, 102.9, 157.1)),
    Minute(2_687, 1.46, 0.11, (122.8, 128.2, 203.7)),
)
