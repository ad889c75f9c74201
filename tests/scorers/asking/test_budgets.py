"""Budgets that are very small or without end."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from scorers.store.runs import AskKey, Reserved, Run, RunState, micro
from scorers.store.store import Store
from support.suites import sightglass


@pytest.mark.parametrize("usd", [math.inf, 1e300, 1e30, math.nan])
def test_a_budget_without_end_holds_everything(store: Store, usd: float) -> None:
    """As the run's and as the day's: no database has to hold such a number, and adding to it is no overflow."""
    most = micro(usd)
    keys = [AskKey(f"c{number}") for number in range(3)]
    run = Run(id="r1", purpose="suite", subject="s", version="1", model="m", budget_micro=most)
    store.asking.create(run, [(key, None) for key in keys])
    assert store.asking.reserve("r1", keys, 1_000_000, "shop", most) is Reserved.YES
    store.asking.finish("r1", RunState.DONE, None)
    assert store.asking.spent() == 0


def test_a_budget_of_next_to_nothing() -> None:
    """It is rounded up to the smallest sum, and no less than nothing."""
    assert (micro(1e-9), micro(0.0), micro(-1.0), micro(0.01), micro(1e9 - 1)) == (1, 0, 0, 10_000, 999_999_999_000_000)


@pytest.mark.parametrize("usd", ["1e30", "inf", "nan", "-1"])
def test_stability_has_the_bound_of_the_others(tmp_path: Path, usd: str) -> None:
    """One line, and status 2."""
    done = sightglass(tmp_path, "stability", "run", "--app", "shop", "--max-usd", usd)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--max-usd: expected a number that is not negative" in done.stderr
