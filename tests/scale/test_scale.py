"""What docs/internals/scale.md says of 1, 10 and 100 machines, by the model and by the simulation beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scale.model import EMBEDDED, FULL, Costs, Fleet, balanced, capacities, demand, first_full
from scale.simulation import by_cpu, by_depth, most_of, scaling, steady

DOCS = Path(__file__).resolve().parents[2] / "docs/internals/scale.md"
RATE = 0.1
#: Eight cores: three proxy processes, the worker, three scorer processes, one core left.
ONE = Fleet(proxies=3, workers=1, scorers=3)
#: Machines of eight cores; the store on sixteen cores of its own.
TEN = balanced(Costs(), RATE, 10, 8, 16)
HUNDRED = balanced(Costs(), RATE, 100, 8, 16)


def told(pattern: str) -> float:
    """A figure of the document."""
    # A sentence may be wrapped anywhere; a row of a table never is.
    text = re.sub(r"(?<!\|)\n(?!\|)", " ", DOCS.read_text(encoding="utf-8"))
    found = re.search(pattern, text)
    assert found, pattern
    return float(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("machines", "costs", "fleet", "first"),
    [(1, EMBEDDED, ONE, "workers"), (10, Costs(), TEN, "proxies workers scorers"), (100, Costs(), HUNDRED, "store")],
)
def test_what_is_full_first(machines: int, costs: Costs, fleet: Fleet, first: str) -> None:
    """The part and the rate of the document's table."""
    part, rate = first_full(costs, fleet, RATE)
    assert part in first.split()
    assert told(rf"\| {machines} \|[^|]*\| ([\d,]+) \|") == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize(("costs", "fleet"), [(EMBEDDED, ONE), (Costs(), TEN), (Costs(), HUNDRED)])
def test_the_simulation_agrees(costs: Costs, fleet: Fleet) -> None:
    """At the stated rate nothing waits for a second; ten percent beyond full use the named part falls behind."""
    part, rate = first_full(costs, fleet, RATE)
    calm = steady(costs, fleet, RATE, rate)
    assert max(max(waited) for waited in calm.backlog.values()) < 1.0
    over = steady(costs, fleet, RATE, 1.1 * rate / FULL)
    ends = {name: waited[-1] for name, waited in over.backlog.items()}
    assert ends[part] > 20
    assert ends[part] >= 0.9 * max(ends.values())


def test_shards_grow_with_the_machines() -> None:
    """As many as the document says; one fewer is too few."""
    for fleet, machines in ((TEN, 10), (HUNDRED, 100)):
        assert told(rf"{machines} machines' proxies and workers fill (\d+) shards?") == fleet.shards
        fewer = Fleet(fleet.proxies, fleet.workers, fleet.scorers, fleet.shards - 1, 10_000)
        if fleet.shards > 1:
            assert first_full(Costs(), fewer, RATE)[0] == "shards"


def test_a_shard_short_falls_behind() -> None:
    """By lot samples are spread evenly enough: at full use of the shards no single one is left behind."""
    rate = capacities(Costs(), HUNDRED, RATE)["shards"]
    assert max(steady(Costs(), HUNDRED, RATE, rate).backlog["shards"]) < 1.0
    assert steady(Costs(), HUNDRED, RATE, 1.1 * rate / FULL).backlog["shards"][-1] > 20


def test_sampling_less_does_not_help_the_store() -> None:
    """A row of every request is written whatever is sampled: a tenth of the rate is not even half the store's load."""
    whole, tenth = demand(Costs(), RATE)["store"], demand(Costs(), RATE / 10)["store"]
    assert tenth > 0.4 * whole
    assert demand(Costs(), 1.0)["scorers"] == pytest.approx(10 * demand(Costs(), RATE)["scorers"])


_BOTH = most_of(by_depth(20_000), by_cpu(0.7))


def test_scaling_by_both_follows_a_burst() -> None:
    """Ten times the traffic for ten minutes: workers grow, work off what waited while it lasts, and leave again."""
    run = scaling(_BOTH, lambda now: 10_000 if 300 <= now < 900 else 1_000)
    assert 8 <= max(run.workers) <= 40
    assert max(run.depth) < 300_000
    assert max(run.depth[600:]) < 20_000
    assert run.workers[-1] <= 3


def test_scaling_by_what_waits_alone_saws() -> None:
    """Without a backlog it wants none: under a steady load workers leave, and a backlog comes; CPU keeps them."""
    alone = scaling(by_depth(20_000), lambda now: 8_000, seconds=3_600)
    both = scaling(_BOTH, lambda now: 8_000, seconds=3_600)
    assert min(alone.workers[1_200:]) < 4
    assert max(alone.depth[1_200:]) > 20_000
    assert min(both.workers[1_200:]) > 6
    assert max(both.depth[1_200:]) < 10_000


def test_scaling_by_cpu_lets_go_when_the_store_is_away() -> None:
    """Waiting workers use no CPU: an HPA on CPU takes them away while the backlog grows; with both it does not."""
    away = range(600, 1_200)
    cpu = scaling(by_cpu(0.7), lambda now: 8_000, away)
    both = scaling(_BOTH, lambda now: 8_000, away)
    assert cpu.workers[1_199] < 4
    assert both.workers[1_199] > 10

    def caught_up(depth: list[float]) -> int:
        return next(at for at in range(1_200, len(depth)) if depth[at] < 20_000)

    assert caught_up(both.depth) + 60 < caught_up(cpu.depth)


def test_the_document_shows_the_model() -> None:
    """Every cost in the document's table is the model's."""
    for part, cost in demand(Costs(), RATE).items():
        assert told(rf"\| {part} \| ([\d,.]+) us") == pytest.approx(cost, rel=0.02)
