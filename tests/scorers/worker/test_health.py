"""Alive means progress: who is wedged, who waits, and what a worker under our supervisor does about it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from scorers.worker.health import Health, watch
from scorers.worker.progress import Progress


class Idle:
    """As much of a consumer as its health looks at."""

    def __init__(self, age: float, waiting: bool = False) -> None:
        self.progress = Progress()
        self.progress._at -= age
        self.waiting = waiting


@pytest.mark.parametrize(
    ("age", "waiting", "ok", "ready"),
    [
        (0.0, False, True, True),
        (14.0, False, True, True),
        (16.0, False, False, False),
        (16.0, True, True, True),
        (101.0, True, False, False),
    ],
)
def test_who_is_alive_and_who_is_ready(age: float, waiting: bool, ok: bool, ready: bool) -> None:
    """A wedge is neither; an outage is both for longer; the slowest scorer's time is added."""
    consumers: Any = {"refusal": Idle(age, waiting), "store": Idle(0.0)}
    facts = Health(consumers, slowest=5.0, wedged=10.0, outage=100.0)()
    assert (facts["ok"], facts["ready"]) == (ok, ready)
    assert facts["waiting"] == (["refusal"] if waiting else [])


@pytest.mark.parametrize(("age", "ok", "waiting"), [(3.0, True, False), (16.0, True, True), (101.0, False, True)])
def test_who_hangs_in_a_store_that_does_not_answer_is_not_wedged(age: float, ok: bool, waiting: bool) -> None:
    """It waits, without knowing: a start anew would find the same store. It gets the time of an outage."""
    consumers: Any = {"store": Idle(age), "feedback": Idle(0.0)}
    facts = Health(consumers, slowest=5.0, wedged=10.0, outage=100.0, away=lambda: True)()
    assert facts["ok"] == ok
    assert facts["waiting"] == (["store", "lease"] if waiting else ["lease"])


def test_progress_of_those_in_front_counts() -> None:
    """Its age is the smaller of the two while it waits, and its own afterwards."""
    own, front = Progress(), Progress()
    own._at -= 100
    own.behind = front
    assert own.age < 1
    own.behind = None
    assert own.age > 99


def test_a_worker_that_is_wedged_twice_in_a_row_ends() -> None:
    """Once may be a pause of the whole process; the thread sees it although nobody turns the loop."""
    seen = iter([True, False, True, True, False, False, False])
    ended = threading.Event()
    watch(lambda: {"ok": next(seen), "seconds_since_progress": {"refusal": 99.0}}, 0.02, ended.set)
    assert ended.wait(5)
    time.sleep(0.1)
    assert next(seen, "used up") == "used up"
