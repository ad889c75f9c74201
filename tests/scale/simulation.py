"""The same fleet simulated second by second: random arrivals, samples on shards by lot, workers that scale.

Nothing of the model's formulas is used beyond what a request costs, so that the two can be compared. Fixed seeds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from scale.costs import SERVERS, Costs
from scale.model import Fleet, demand


@dataclass(slots=True)
class Run:
    """Backlog in seconds of work of each part after every second; ``workers`` cores while they scale."""

    backlog: dict[str, list[float]] = field(default_factory=dict)
    workers: list[float] = field(default_factory=list)
    depth: list[float] = field(default_factory=list)


def arrivals(coin: random.Random, mean: float) -> int:
    """A Poisson number; normal above fifty."""
    if mean > 50:
        return max(0, round(coin.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), coin.random(), 0
    while product > limit:
        product *= coin.random()
        count += 1
    return count


def steady(costs: Costs, fleet: Fleet, rate: float, requests: float, seconds: int = 300, seed: int = 1) -> Run:
    """A steady load. Each shard is a server of its own; a request's cost varies as an exponential's sum does."""
    coin, run = random.Random(seed), Run()
    asked = demand(costs, rate)
    cores = {name: float(getattr(fleet, name)) for name in asked if name != "shards" and getattr(fleet, name)}
    waiting = dict.fromkeys(cores, 0.0)
    shards = [0.0] * fleet.shards
    for _ in range(seconds):
        came = arrivals(coin, requests)
        for name, has in cores.items():
            work = coin.gauss(came, math.sqrt(max(1, came))) * asked[name] / 1e6
            waiting[name] = max(0.0, waiting[name] + work - has)
            run.backlog.setdefault(name, []).append(waiting[name] / has)
        for at in range(fleet.shards):
            share = arrivals(coin, came / fleet.shards)
            shards[at] = max(0.0, shards[at] + share * asked["shards"] / 1e6 - 1.0)
        if shards:
            run.backlog.setdefault("shards", []).append(max(shards))
    return run


Policy = Callable[[float, float, float], float]


def by_depth(target: float) -> Policy:
    """KEDA's rule: a worker for every ``target`` requests that wait."""
    return lambda depth, cpu, has: depth / target


def by_cpu(target: float) -> Policy:
    """An HPA's rule: as many workers as bring the mean CPU to ``target``."""
    return lambda depth, cpu, has: has * cpu / target


def most_of(*policies: Policy) -> Policy:
    """What KEDA makes of several triggers: the largest wish."""
    return lambda depth, cpu, has: max(policy(depth, cpu, has) for policy in policies)


def scaling(
    policy: Policy,
    load: Callable[[int], float],
    outage: range = range(0),
    seconds: int = 1_800,
    least: float = 2.0,
    most: float = 40.0,
) -> Run:
    """Workers (of one core) that a policy scales every 15 s, up at once and down after five minutes.

    In the seconds of ``outage`` the store does not answer, so workers wait. A new worker takes 20 s to start.
    """
    coin, run = random.Random(2), Run()
    cost = demand(SERVERS, 0.1)["workers"] / 1e6
    depth, has = 0.0, least
    starting: list[tuple[int, float]] = []
    wanted_before: list[float] = []
    for now in range(seconds):
        has = next((count for at, count in reversed(starting) if at <= now), has)
        depth += arrivals(coin, load(now))
        done = 0.0 if now in outage else min(depth, has / cost)
        depth -= done
        cpu = done * cost / has
        if now % 15 == 0:
            wanted = min(most, max(least, math.ceil(policy(depth, cpu, has))))
            wanted_before = [*wanted_before[-20:], wanted]
            target = wanted if wanted > has else max(wanted_before)
            if target < has:
                starting, has = [], target
            elif target > has and not any(count >= target for _, count in starting):
                starting.append((now + 20, target))
        run.depth.append(depth)
        run.workers.append(has)
    return run
