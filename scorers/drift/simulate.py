"""Runs synthetic traffic through the real signals: false tickets per month, and the delay until a shift is detected.

Traffic has days, nights and weekends. Conversations arrive as a Poisson process. Its rate, and the share of events,
depend on the hour of the week.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scorers.drift.baseline import DAY
from scorers.drift.signals import Kind, Plan, Signal, State, Value, accept, begin, kind_of, observe

#: A Monday, 00:00 UTC.
MONDAY = 4 * DAY
_HOURS = 168
MONTH = 30.0


def week(night: float = 0.2, weekend: float = 0.4) -> tuple[float, ...]:
    """Traffic by hour of the week, Monday first, mean 1: full by day, ``night`` of it at night, ``weekend`` of that."""
    rates = []
    for hour in range(_HOURS):
        day = 0.5 - 0.5 * math.cos(2 * math.pi * ((hour % 24) - 3) / 24)
        rates.append((night + (1 - night) * day) * (weekend if hour >= 120 else 1.0))
    mean = sum(rates) / _HOURS
    return tuple(rate / mean for rate in rates)


@dataclass(frozen=True, slots=True)
class Traffic:
    """One signal's traffic: conversations per day, the share of events, and how both vary with the hour of the week.

    ``shares`` multiplies the share of events by hour of the week (mean about 1). The meaning of the share depends on
    the signal's kind: for events their share; for a shape the mean score; for a quantity its median in seconds; for a
    mix the first of four categories.
    """

    per_day: float
    share: float
    volume: Sequence[float] = field(default_factory=week)
    shares: Sequence[float] = (1.0,) * _HOURS
    signal: str = "refusal.refused"


def values(
    traffic: Traffic, start: float, days: float, rng: random.Random, share: float | None = None
) -> Iterator[Value]:
    """Healthy values from ``start`` (Unix s) on, for this many days. ``share`` replaces the traffic's own share."""
    level = traffic.share if share is None else share
    for hour in range(int(days * 24)):
        slot = int((start - MONDAY) // 3600 + hour) % _HOURS
        p = min(1.0, level * traffic.shares[slot])
        for at in sorted(rng.random() for _ in range(_poisson(traffic.per_day / 24 * traffic.volume[slot], rng))):
            yield _value(traffic.signal, start + (hour + at) * 3600, p, rng)


def _value(signal: str, at: float, p: float, rng: random.Random) -> Value:
    kind = kind_of(signal)
    if kind is Kind.SHARE:
        return Value(at, 1.0 if rng.random() < p else 0.0)
    if kind is Kind.SHAPE:
        return Value(at, rng.betavariate(4 * p, 4 * (1 - p)))
    if kind is Kind.QUANTILE:
        return Value(at, p * rng.lognormvariate(0.0, 0.6))
    return Value(at, category="a" if rng.random() < p else rng.choice("bcd"))


def _poisson(mean: float, rng: random.Random) -> int:
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def learn(traffic: Traffic, plan: Plan, rng: random.Random) -> tuple[Signal, float]:
    """A signal with its baseline, and when the baseline was complete. Gives up after ten years without one."""
    signal, start = begin(traffic.signal, "all", "all", MONDAY), MONDAY
    for _ in range(520):
        for value in values(traffic, start, 7.0, rng):
            observe(signal, value, plan)
        start += 7 * DAY
        if signal.state is not State.LEARNING:
            signal.state = State.WATCHING
            return signal, start
    return signal, start


def false_tickets(traffics: Sequence[Traffic], plan: Plan, rng: random.Random) -> int:
    """Tickets in one month of healthy traffic over all signals. After each ticket the baseline is learned again."""
    tickets = 0
    for traffic in traffics:
        signal, start = learn(traffic, plan, rng)
        for value in values(traffic, start, MONTH, rng):
            if observe(signal, value, plan):
                tickets += 1
                accept(signal, value.at, plan)
    return tickets


def delay(
    traffic: Traffic, shifted: float, plan: Plan, rng: random.Random, days: float = 90.0
) -> tuple[int, float] | None:
    """Conversations and days from a shift of the share to ``shifted`` until the alarm; ``None``: not within ``days``.

    The shift follows a healthy week.
    """
    signal, start = learn(traffic, plan, rng)
    for value in values(traffic, start, 7.0, rng):
        if observe(signal, value, plan):
            accept(signal, value.at, plan)
    start += 7 * DAY
    for number, value in enumerate(values(traffic, start, days, rng, shifted), 1):
        if observe(signal, value, plan):
            return number, (value.at - start) / DAY
    return None
