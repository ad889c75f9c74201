"""One signal's life: learning, watching, drifted, stale; its state as JSON; what is told of it."""

from __future__ import annotations

import random

import msgspec
import pytest

from scorers.drift.baseline import DAY
from scorers.drift.signals import (
    LEAST,
    LEAST_SPELLS,
    SPELL_SECONDS,
    Kind,
    Plan,
    Signal,
    State,
    Value,
    accept,
    begin,
    kind_of,
    observe,
)
from scorers.drift.summary import causes, medians, ratios

_QUICK = Plan(alarms_per_month=1, signals=5, min_days=0, min_samples=100)
_START = 4 * DAY  # a Monday


def fed(signal: Signal, rng: random.Random, count: int, p: float, plan: Plan = _QUICK, gap: float = 60.0) -> int | None:
    """Values of a share, ``gap`` seconds apart; the number of the one that raised the alarm."""
    for number in range(1, count + 1):
        if observe(signal, Value(signal.last_at + gap, float(rng.random() < p)), plan):
            return number
    return None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("refusal.refused", Kind.SHARE),
        ("refusal.refused.shape", Kind.SHAPE),
        ("latency.time_to_first_token", Kind.QUANTILE),
        ("cost.per_request", Kind.QUANTILE),
        ("mix.app", Kind.MIX),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    """The name says how a signal is measured."""
    assert kind_of(name) is kind


def test_it_learns_and_says_how_many_are_missing() -> None:
    """Samples and days are both needed; where only days are, what they may bring is told."""
    plan = Plan(min_days=2, min_samples=100)
    signal = begin("refusal.refused", "bot", "m", _START)
    rng = random.Random(1)
    fed(signal, rng, 40, 0.1, plan)
    assert (signal.state, signal.n) == (State.LEARNING, 40)
    assert 78 <= signal.needed(plan) <= 80  # two days at forty a day
    fed(signal, rng, 160, 0.1, plan, gap=600)
    assert signal.n == 200
    assert signal.state is State.LEARNING
    assert 100 < signal.needed(plan) < 300
    fed(signal, rng, 160, 0.1, plan, gap=600)
    assert signal.state is State.WATCHING
    assert signal.needed(plan) == 0
    assert 130 < signal.per_day < 200


def test_an_alarm_and_what_it_tells() -> None:
    """From 5 to 40 %: drifted, with both shares; it stays so, and nothing is decided on fewer than 30 values."""
    rng = random.Random(2)
    signal = begin("refusal.refused", "bot", "m", _START)
    fed(signal, rng, 300, 0.05)
    assert signal.state is State.WATCHING
    assert fed(signal, rng, 60, 0.4) is not None
    assert signal.seen >= LEAST
    assert signal.state is State.DRIFTED
    assert signal.threshold is not None
    assert signal.statistic >= signal.threshold
    fed(signal, rng, 300, 0.4)
    baseline, current = ratios(signal)
    assert baseline is not None
    assert current is not None
    assert baseline < 0.12
    assert current > 0.25
    early = begin("refusal.refused", "bot", "m", _START)
    fed(early, rng, 100, 0.05)
    fed(early, rng, LEAST - 1, 1.0)
    assert early.state is State.WATCHING
    assert early.statistic > 1e6
    assert fed(early, rng, 1, 1.0) == 1


def test_the_share_may_fall_too() -> None:
    """From 40 to 5 %."""
    rng = random.Random(3)
    signal = begin("refusal.refused", "bot", "m", _START)
    fed(signal, rng, 300, 0.4)
    assert fed(signal, rng, 200, 0.05) is not None


def test_the_state_survives_as_json() -> None:
    """Written and read again after every value it goes on exactly as it would have."""
    one = begin("refusal.refused", "bot", "m", _START)
    other = begin("refusal.refused", "bot", "m", _START)
    rng = random.Random(4)
    for number in range(400):
        share = 0.05 if number < 300 else 0.5
        value = Value(_START + 60.0 * number, float(rng.random() < share), dimensions={"tools": f"t{number // 300}"})
        observe(one, value, _QUICK)
        observe(other, value, _QUICK)
        other = msgspec.json.decode(msgspec.json.encode(other), type=Signal)
    assert one == other
    assert one.state is State.DRIFTED
    assert causes(one)[0].dimension == "tools"


@pytest.mark.parametrize("name", ["latency.duration", "mix.language", "refusal.refused.shape"])
def test_every_kind_survives_as_json(name: str) -> None:
    """Sketches, spells, windows and categories too."""
    signal = begin(name, "bot", "m", _START)
    rng = random.Random(5)
    for number in range(400):
        observe(signal, Value(_START + 300.0 * number, rng.random(), rng.choice(["en", "zh"])), _QUICK)
    assert msgspec.json.decode(msgspec.json.encode(signal), type=Signal) == signal


def test_a_silent_signal_is_stale() -> None:
    """After three days without a word, longer where words are rare; with the next one it is not."""
    rng = random.Random(6)
    signal = begin("refusal.refused", "bot", "m", _START)
    fed(signal, rng, 200, 0.1, gap=600)
    assert signal.state_at(signal.last_at + 2 * DAY) is State.WATCHING
    assert signal.state_at(signal.last_at + 4 * DAY) is State.STALE
    rare = begin("refusal.refused", "bot", "m", _START)
    fed(rare, rng, 200, 0.1, gap=DAY / 4)
    assert rare.state_at(rare.last_at + 4 * DAY) is State.WATCHING
    assert rare.state_at(rare.last_at + 14 * DAY) is State.STALE


def test_an_accepted_baseline_is_what_came_since_the_alarm() -> None:
    """Enough of it: watching at once, around the new share; too little: it learns the rest."""
    rng = random.Random(7)
    signal = begin("refusal.refused", "bot", "m", _START)
    fed(signal, rng, 300, 0.05)
    assert fed(signal, rng, 200, 0.4) is not None
    fed(signal, rng, 40, 0.4)
    short = msgspec.json.decode(msgspec.json.encode(signal), type=Signal)
    accept(short, short.last_at, _QUICK)
    assert (short.state, short.n, short.needed(_QUICK), short.statistic) == (State.LEARNING, 40, 60, 0.0)
    fed(signal, rng, 300, 0.4)
    accept(signal, signal.last_at, _QUICK)
    assert (signal.state, signal.seen) == (State.WATCHING, 0)
    baseline, current = ratios(signal)
    assert baseline is not None
    assert baseline > 0.3
    assert current is None
    assert fed(signal, rng, 300, 0.4) is None
    assert fed(signal, rng, 300, 0.05) is not None


def test_latency_is_told_in_spells() -> None:
    """A burst of slow answers within minutes is one word; slowness for hours is an alarm, with both medians."""
    rng = random.Random(8)
    signal = begin("latency.duration", "bot", "m", _START)
    at = _START
    while signal.state is State.LEARNING:
        at += 30
        observe(signal, Value(at, rng.lognormvariate(0, 0.4)), _QUICK)
    assert sum(signal.spells.values()) == LEAST_SPELLS
    for _ in range(500):
        at += 0.1
        assert not observe(signal, Value(at, 60.0), _QUICK)
    alarms = [observe(signal, Value(at + 30 * number, rng.lognormvariate(1.0, 0.4)), _QUICK) for number in range(2000)]
    assert sum(alarms) == 1
    assert alarms.index(True) < 60 * SPELL_SECONDS / 30
    before, after = medians(signal)
    assert before == pytest.approx(1.0, rel=0.15)
    assert after is not None
    assert after > 2


def test_a_day_counts_its_words_not_a_burst() -> None:
    """500 values within a minute are not 720,000 a day; when more comes, it counts."""
    signal = begin("refusal.refused", "bot", "m", _START)
    rng = random.Random(9)
    fed(signal, rng, 100, 0.1, gap=0.1)
    assert signal.per_day == 100
    fed(signal, rng, 100, 0.1, gap=0.1)
    assert signal.per_day == 200


@pytest.mark.parametrize(("name", "few"), [("mix.language", 2), ("refusal.refused.shape", 1)])
def test_looks_are_fixed(name: str, few: int) -> None:
    """Nothing is said between two looks; at a look the statistic and its threshold are, and the window begins anew."""
    signal = begin(name, "bot", "m", _START)
    rng = random.Random(10)
    for number in range(100):
        observe(signal, Value(_START + number, rng.random(), rng.choice(["en", "zh"])), _QUICK)
    assert signal.look == 100
    for number in range(99):
        observe(signal, Value(_START + 200 + number, 0.99, "fr"), _QUICK)
        assert signal.threshold is None
    assert observe(signal, Value(_START + 400, 0.99, "fr"), _QUICK)
    assert signal.window == {}
    assert signal.threshold is not None
    baseline, current = ratios(signal)
    assert current == pytest.approx(1.0, abs=0.02)
    assert (baseline or 0.0) < 0.6 / few + 0.21


def test_categories_are_bounded() -> None:
    """A thousand categories make thirty-one."""
    signal = begin("mix.model", "bot", "all", _START)
    for number in range(1000):
        observe(signal, Value(_START + number, category=f"m{number}"), _QUICK)
    assert len(signal.names) == 30
    assert len(signal.base[0]) <= 31
