"""The breaker: closed, open, half open with one probe."""

from __future__ import annotations

from proxy.queue.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[Clock, Breaker]:
    clock = Clock()
    return clock, Breaker(clock, shortest=1.0, longest=3.0)


def test_it_opens_at_the_first_failure_and_lets_one_probe_through() -> None:
    """Nobody is admitted during the pause, one afterwards, everybody once that one succeeded."""
    clock, breaker = made()
    assert breaker.admit()
    assert breaker.admit()
    breaker.failed()
    assert not breaker.admit()
    assert repr(breaker) == "<Breaker open>"
    clock.now += 1.0
    assert [breaker.admit() for _ in range(5)] == [True, False, False, False, False]
    assert repr(breaker) == "<Breaker half open>"
    breaker.succeeded()
    assert all(breaker.admit() for _ in range(5))
    assert repr(breaker) == "<Breaker closed>"


def test_the_pause_doubles_to_its_bound() -> None:
    """One second, two, three, three."""
    clock, breaker = made()
    breaker.admit()
    breaker.failed()
    for pause in (1.0, 2.0, 3.0, 3.0):
        clock.now += pause - 0.01
        assert not breaker.admit()
        clock.now += 0.02
        assert breaker.admit()
        breaker.failed()


def test_failures_of_those_admitted_together_count_once() -> None:
    """A hundred calls that fail in one moment open it for one pause, not for the longest."""
    clock, breaker = made()
    for _ in range(100):
        assert breaker.admit()
    for _ in range(100):
        breaker.failed()
    clock.now += 1.01
    assert breaker.admit()


def test_a_probe_that_was_cancelled_leaves_its_place_to_the_next() -> None:
    """Otherwise nobody would ever try again."""
    clock, breaker = made()
    breaker.admit()
    breaker.failed()
    clock.now += 1.01
    assert breaker.admit()
    breaker.left()
    assert breaker.admit()
