"""What docs/internals/scale.md says of 1, 10 and 100 machines, by the model and by the simulation beside it."""

from __future__ import annotations

import re

import pytest
import yaml

from scale.costs import EMBEDDED, MINUTES, SERVERS, STEADY, Cost, Costs, Minute, steady
from scale.model import FULL, Fleet, capacities, demand, first_full, shared
from scale.simulation import by_cpu, by_depth, most_of, scaling
from scale.simulation import steady as steadily
from scale.tables import DOCS, HUNDRED, ONE, RATE, TEN, written
from support.processes import ROOT

#: deploy/compose.yaml, on as many cores as it has processes.
_COMPOSE = Fleet(proxies=1, workers=1, scorers=2, shards=1, store=1)


def told(pattern: str) -> float:
    """A figure of the document."""
    # A sentence may be wrapped anywhere; a row of a table never is.
    text = re.sub(r"(?<!\|)\n *(?!\|)", " ", DOCS.read_text(encoding="utf-8"))
    found = re.search(pattern, text)
    assert found, pattern
    return float(found[1].replace(",", ""))


def test_the_tables_are_the_models() -> None:
    """Costs, fleets and measured minutes: `PYTHONPATH=tests python -m scale.tables` would change nothing."""
    text = DOCS.read_text(encoding="utf-8")
    assert written(text) == text


@pytest.mark.parametrize(
    ("costs", "fleet", "first"),
    [(EMBEDDED, ONE, "workers"), (SERVERS, TEN, "proxies workers scorers"), (SERVERS, HUNDRED, "store")],
)
def test_what_is_full_first(costs: Costs, fleet: Fleet, first: str) -> None:
    """The part that the document's table names."""
    assert first_full(costs, fleet, RATE)[0] in first.split()


@pytest.mark.parametrize("minute", MINUTES)
def test_the_model_agrees_with_what_was_measured(minute: Minute) -> None:
    """Of all of `serve` on two processors: what a request costs, and when they are full, within five percent."""
    cell = {part: Cost(cost, 0.0) for part, cost in zip(STEADY, minute.cell, strict=True)}
    used = sum(demand(steady(cell), RATE).values()) * minute.requests / 1e6
    assert used == pytest.approx(minute.serve, rel=0.055)
    beside = minute.beside / minute.requests * 1e6
    assert shared(steady(cell), RATE, 2.0, beside) == pytest.approx(minute.full, rel=0.055)


def test_a_cost_follows_from_two_rates() -> None:
    """It gives the two figures back that it was made of."""
    cost = Cost.between(100.0, 550.0)
    assert (cost.request, cost.sample) == pytest.approx((50.0, 500.0))
    assert (cost.at(0.1), cost.at(1.0)) == pytest.approx((100.0, 550.0))


@pytest.mark.parametrize(("costs", "fleet"), [(EMBEDDED, ONE), (SERVERS, TEN), (SERVERS, HUNDRED)])
def test_the_simulation_agrees(costs: Costs, fleet: Fleet) -> None:
    """At the stated rate nothing waits for a second; ten percent beyond full use the named part falls behind."""
    part, rate = first_full(costs, fleet, RATE)
    calm = steadily(costs, fleet, RATE, rate)
    assert max(max(waited) for waited in calm.backlog.values()) < 1.0
    over = steadily(costs, fleet, RATE, 1.1 * rate / FULL)
    ends = {name: waited[-1] for name, waited in over.backlog.items()}
    assert ends[part] > 20
    assert ends[part] >= 0.9 * max(ends.values())


def test_shards_grow_with_the_machines() -> None:
    """As many as the document says; one fewer is too few."""
    for fleet, machines in ((TEN, 10), (HUNDRED, 100)):
        assert told(rf"{machines} machines' proxies and workers fill (\d+) shards?") == fleet.shards
        fewer = Fleet(fleet.proxies, fleet.workers, fleet.scorers, fleet.shards - 1, 10_000)
        if fleet.shards > 1:
            assert first_full(SERVERS, fewer, RATE)[0] == "shards"


def test_a_shard_short_falls_behind() -> None:
    """By lot samples are spread evenly enough: at full use of the shards no single one is left behind."""
    rate = capacities(SERVERS, HUNDRED, RATE)["shards"]
    assert max(steadily(SERVERS, HUNDRED, RATE, rate).backlog["shards"]) < 1.0
    assert steadily(SERVERS, HUNDRED, RATE, 1.1 * rate / FULL).backlog["shards"][-1] > 20


def test_sampling_less_helps_the_store_little() -> None:
    """A row of every request is written whatever is sampled: a tenth of the samples is far more than a tenth of its
    load."""
    whole, tenth = demand(SERVERS, RATE)["store"], demand(SERVERS, RATE / 10)["store"]
    assert told(r"carries ([\d.]+) times as many requests, because a row") == pytest.approx(whole / tenth, rel=0.02)
    assert tenth > 0.3 * whole
    assert demand(SERVERS, 1.0)["scorers"] == pytest.approx(10 * demand(SERVERS, RATE)["scorers"])


def test_what_the_text_recommends() -> None:
    """Requests of one worker, shard, and core of PostgreSQL; cores of workers and scorers; machines of a deployment."""
    tenth, everything, full = demand(SERVERS, RATE), demand(SERVERS, 1.0), FULL * 1e6
    said = {
        r"one per ([\d,]+) requests per second \(": full / tenth["workers"],
        r"\((\d+) us at 70 %, with Redis": tenth["workers"],
        r"or one per ([\d,]+) when everything": full / everything["workers"],
        r"about ([\d,]+) requests per second with a tenth": full / tenth["shards"],
        r"or ([\d,]+) when everything is sampled\. `shards`": full / everything["shards"],
        r"requests per second / ([\d,]+), rounded up": full / tenth["shards"],
        r"\(([\d,]+) requests per second and core": full / tenth["store"],
    }
    assert {pattern: told(pattern) for pattern in said} == pytest.approx(said, rel=0.02)
    cores = {
        r"processes: ([\d.]+) of a core": tenth["scorers"] / tenth["workers"],
        r"([\d.]+) with everything sampled \(`scorer_processes": everything["scorers"] / everything["workers"],
        r"Give the workers ([\d.]+) cores": tenth["workers"] / tenth["proxies"],
        r"and the scorers ([\d.]+) \(": tenth["scorers"] / tenth["proxies"],
    }
    assert {pattern: told(pattern) for pattern in cores} == pytest.approx(cores, abs=0.05)
    assert told(r"carries ([\d,]+) requests per second if it has cores") == pytest.approx(
        first_full(SERVERS, _COMPOSE, RATE)[1], rel=0.02
    )
    machines = 10 * first_full(SERVERS, HUNDRED, RATE)[1] / first_full(SERVERS, TEN, RATE)[1]
    assert machines - 1.5 < told(r"deployments of up to (\d+) machines") < machines


def test_the_stack_of_the_model_is_the_deployed_one() -> None:
    """One proxy process, one worker with as many scorer processes as it has by default, one Redis."""
    settings = yaml.safe_load((ROOT / "deploy/sightglass.yaml").read_text(encoding="utf-8"))
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    assert not {"processes", "scorer_processes"} & settings.keys()
    assert settings["queue"] == "redis://redis:6379/0" and settings["store"].startswith("postgresql://")
    assert not any("deploy" in services[name] or "scale" in services[name] for name in ("proxy", "worker"))
    assert first_full(SERVERS, _COMPOSE, RATE)[0] == "workers"


_BOTH = most_of(by_depth(50_000), by_cpu(0.7))


def test_scaling_by_both_follows_a_burst() -> None:
    """Ten times the traffic for ten minutes: workers grow, work off what waited while it lasts, and leave again."""
    run = scaling(_BOTH, lambda now: 30_000 if 300 <= now < 900 else 3_000)
    assert 8 <= max(run.workers) <= 40
    assert max(run.depth) < 900_000
    assert max(run.depth[420:]) < 50_000
    assert run.workers[-1] <= 3


def test_scaling_by_what_waits_alone_saws() -> None:
    """Without a backlog it wants none: under a steady load workers leave, and a backlog comes; CPU keeps them."""
    alone = scaling(by_depth(50_000), lambda now: 24_000, seconds=3_600)
    both = scaling(_BOTH, lambda now: 24_000, seconds=3_600)
    assert min(alone.workers[1_200:]) < 4
    assert max(alone.depth[1_200:]) > 20_000
    assert min(both.workers[1_200:]) > 6
    assert max(both.depth[1_200:]) < 10_000


def test_scaling_by_cpu_lets_go_when_the_store_is_away() -> None:
    """Waiting workers use no CPU: an HPA on CPU takes them away while the backlog grows; with both it does not."""
    away = range(600, 1_200)
    cpu = scaling(by_cpu(0.7), lambda now: 24_000, away)
    both = scaling(_BOTH, lambda now: 24_000, away)
    assert cpu.workers[1_199] < 4
    assert both.workers[1_199] > 10

    def caught_up(depth: list[float]) -> int:
        return next(at for at in range(1_200, len(depth)) if depth[at] < 20_000)

    assert caught_up(both.depth) + 60 < caught_up(cpu.depth)
