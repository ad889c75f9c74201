"""Pairs become observations: one a conversation, in order, closed by a rule that knows no result."""

from __future__ import annotations

import pytest

from scorers.statistics.enrolment import (
    Closing,
    PairValues,
    event_difference,
    log_ratio,
    observations,
    ratio_of,
)

RULE = Closing(idle_seconds=100, most_pairs=3)


def pair(conversation: str, at: float, value: float | None = 0.0, done: bool = True) -> PairValues:
    """A pair with one outcome, or without it."""
    return PairValues(conversation, at, done, {} if value is None else {"judge": value})


def test_a_conversation_counts_once_with_the_mean_of_its_pairs() -> None:
    """Two pairs of one conversation and one of another are two observations."""
    found = observations([pair("a", 0, 1.0), pair("b", 1, -1.0), pair("a", 2, 0.0)], 500, RULE)
    assert found.conversations == ["a", "b"]
    assert found.values == [{"judge": 0.5}, {"judge": -1.0}]


def test_a_missing_judgement_takes_no_part_in_the_mean() -> None:
    """A conversation without any is there, without the outcome."""
    found = observations([pair("a", 0, 1.0), pair("a", 1, None), pair("b", 2, None)], 500, RULE)
    assert found.values == [{"judge": 1.0}, {}]


def test_nothing_overtakes_a_conversation_that_is_open() -> None:
    """The order is that of enrolment, whichever conversation is done first."""
    pairs = [pair("a", 0, 1.0, done=False), pair("b", 1, -1.0), pair("c", 2, 0.0)]
    found = observations(pairs, 500, RULE)
    assert (found.values, found.open) == ([], 3)
    found = observations([pair("a", 0, 1.0), *pairs[1:]], 500, RULE)
    assert found.conversations == ["a", "b", "c"]


def test_a_conversation_closes_by_time_or_by_its_pairs() -> None:
    """Before that it is open; pairs that come later are counted as late and change nothing."""
    assert observations([pair("a", 0, 1.0)], 100, RULE).open == 1
    assert observations([pair("a", 0, 1.0)], 101, RULE).values == [{"judge": 1.0}]
    full = [pair("a", at, 1.0) for at in range(3)]
    assert observations(full, 3, RULE).values == [{"judge": 1.0}]
    after = observations([*full, pair("a", 4, -1.0)], 500, RULE)
    assert (after.values, after.late) == ([{"judge": 1.0}], 1)
    apart = observations([pair("a", 0, 1.0), pair("a", 150, -1.0)], 500, RULE)
    assert (apart.values, apart.late) == ([{"judge": 1.0}], 1)


def test_more_pairs_only_add_to_the_end() -> None:
    """What a sequence has taken once is never changed by what comes later."""
    pairs = [pair(f"c{n % 7}-{n // 40}", n * 3.0, (n % 3) - 1.0) for n in range(200)]
    before: list[dict[str, float]] = []
    for count in range(1, len(pairs) + 1):
        now = observations(pairs[:count], pairs[count - 1].enrolled_at, RULE).values
        assert now[: len(before)] == before
        before = now
    assert len(before) > 20


def test_ratios_are_clipped_at_four_times() -> None:
    """Cheaper is positive. A local model that costs nothing is the end of the scale; two that cost nothing tie."""
    assert log_ratio(1.0, 2.0) == pytest.approx(0.5)
    assert log_ratio(2.0, 1.0) == pytest.approx(-0.5)
    assert log_ratio(1.0, 100.0) == 1.0
    assert log_ratio(100.0, 1.0) == -1.0
    assert (log_ratio(0.0, 1.0), log_ratio(1.0, 0.0), log_ratio(0.0, 0.0)) == (1.0, -1.0, 0.0)
    assert ratio_of(0.5) == pytest.approx(0.5)
    assert ratio_of(log_ratio(3.0, 2.0)) == pytest.approx(1.5)
    with pytest.raises(ValueError, match="at least 0"):
        log_ratio(-1.0, 1.0)


def test_an_event_that_only_the_candidate_shows_is_a_loss() -> None:
    """Not applicable is no event, so that no arm chooses the pairs that count."""
    assert event_difference(1.0, 0.0) == -1.0
    assert event_difference(0.0, 1.0) == 1.0
    assert event_difference(None, 1.0) == 1.0
    assert event_difference(1.0, None) == -1.0
    assert event_difference(None, None) == 0.0
