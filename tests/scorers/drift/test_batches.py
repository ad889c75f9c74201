"""Values that come in batches: a signal is afterwards what it would be after each of them alone."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from scorers.drift.causes import OTHER_VALUES
from scorers.drift.signals import Plan, Signal, State, Value, begin, observe, observe_all
from scorers.drift.values import dimensions_of
from scorers.store.records import Facts

_PLAN = Plan(alarms_per_month=100.0, signals=1, min_days=0.01, min_samples=150)
_START = 1_800_000_000.0


def _values(name: str, draw: random.Random) -> list[Value]:
    """Values whose mean rises after the baseline; of one dimension more values than are counted apart."""
    found = []
    for number in range(900):
        facts = Facts(
            system_prompt=f"p{draw.randrange(3 + number // 20)}",
            length=f"l{draw.randrange(40)}",
            system_fingerprint="old" if number < 450 else draw.choice(["old", "new"]),
        )
        level = draw.random() * (0.4 if number < 500 else 1.0)
        category = draw.choice(["en", "zh"] if number < 500 else ["fr", "en"]) if name.startswith("mix.") else ""
        dimensions = {} if category else dimensions_of(facts)
        found.append(Value(_START + 40.0 * number, level, category, dimensions))
    return found


def _rounded(value: Any) -> Any:
    """Sums of a batch are added at once, so the last digits may differ."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def _seen(signal: Signal) -> Any:
    return _rounded(msgspec.json.decode(msgspec.json.encode(signal)))


@pytest.mark.parametrize("name", ["refusal.refused", "refusal.refused.shape", "latency.duration", "mix.language"])
def test_a_batch_is_what_its_values_are_one_by_one(name: str) -> None:
    """While it learns, at the end of the baseline, over several blocks, at the alarm and after it."""
    draw = random.Random(16)
    values = _values(name, draw)
    single, batched = (begin(name, "notes", "m-large", _START) for _ in range(2))
    alarms, states, at = 0, set(), 0
    while at < len(values):
        part = values[at : at + draw.randrange(1, 240)]
        at += len(part)
        told = [observe(single, value, _PLAN) for value in part]
        assert observe_all(batched, part, _PLAN) is any(told)
        alarms += sum(told)
        states.add(single.state)
        assert _seen(batched) == _seen(single)
    assert alarms == 1
    assert single.state is State.DRIFTED
    if single.tables.cells:
        assert OTHER_VALUES in single.tables.cells["length"]


def test_equal_facts_are_the_same_dimensions() -> None:
    """So that a batch counts them together; another scorer's version makes others of them."""
    one, other = (dimensions_of(Facts(system_prompt="p", language="en")) for _ in range(2))
    assert one is other
    assert one["tools"] == "(none)"
    assert one.with_version("refusal-1") is other.with_version("refusal-1")
    assert one.with_version("refusal-2") == {**one, "scorer_version": "refusal-2"}
    assert "scorer_version" not in one
