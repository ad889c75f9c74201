"""When what stands behind a model last changed: not at the first value, not by one odd answer, within bounds."""

from __future__ import annotations

import msgspec

from scorers.drift.upstream import KINDS, SIGHTINGS, Upstream


def test_the_first_value_is_no_change() -> None:
    """Neither is another look at a known one."""
    upstream = Upstream()
    for at in range(10):
        upstream.see({"system_fingerprint": "a", "tools": "t"}, float(at))
    assert upstream.changed == {}


def test_a_change_has_the_time_of_its_first_sight() -> None:
    """It is told with the third sight; one odd answer is none; what went and came back was no change either time."""
    upstream = Upstream()
    upstream.see({"provider": "east"}, 1.0)
    upstream.see({"provider": "odd"}, 2.0)
    assert upstream.changed == {}
    for at in (5.0, 6.0, 7.0):
        assert upstream.changed == {}
        upstream.see({"provider": "west"}, at)
    assert upstream.changed == {"provider": 5.0}
    upstream.see({"provider": "east"}, 9.0)
    assert upstream.changed == {"provider": 5.0}


def test_an_older_value_that_is_confirmed_late_does_not_turn_time_back() -> None:
    """The last change stays the last."""
    upstream = Upstream()
    upstream.see({"tools": "a"}, 1.0)
    upstream.see({"tools": "b"}, 2.0)
    for at in (5.0, 6.0, 7.0):
        upstream.see({"tools": "c"}, at)
    for at in (8.0, 9.0):
        upstream.see({"tools": "b"}, at)
    assert upstream.changed == {"tools": 5.0}


def test_requests_that_are_alike_count_as_often_as_they_came() -> None:
    """Told of together or one by one: the same sights, and a change with the third."""
    together, one_by_one = Upstream(), Upstream()
    for value, first, times in (("a", 1.0, 5), ("b", 6.0, 2), ("a", 8.0, 1), ("b", 9.0, 4), ("c", 13.0, 9)):
        together.see({"provider": value}, first, times)
        for number in range(times):
            one_by_one.see({"provider": value}, first + number)
        assert msgspec.json.encode(together) == msgspec.json.encode(one_by_one)
    assert together.changed["provider"] == 13.0


def test_values_are_bounded() -> None:
    """A prompt for each user fills nothing and is no change; what is seen often stays known. JSON holds all of it."""
    upstream = Upstream()
    for number in range(1000):
        upstream.see({"system_prompt": "always"}, float(number))
        upstream.see({"system_prompt": f"p{number}", "of no kind": "x"}, float(number))
    assert len(upstream.known["system_prompt"]) <= 20
    assert upstream.changed == {}
    assert set(upstream.known) <= set(KINDS)
    assert upstream.known["system_prompt"]["always"].n >= 1000 + SIGHTINGS
    assert msgspec.json.decode(msgspec.json.encode(upstream), type=Upstream) == upstream


def test_what_was_not_sent_before_is_a_change() -> None:
    """Tools or a system prompt where there were none, and none where there were some; others may be left out."""
    upstream = Upstream()
    upstream.see({"provider": "east"}, 1.0)
    for at in (5.0, 6.0, 7.0):
        assert upstream.changed == {}
        upstream.see({"tools": "t", "system_prompt": "p"}, at)
    assert upstream.changed == {"tools": 5.0, "system_prompt": 5.0}
    for at in (8.0, 9.0):
        upstream.see({"tools": "t"}, at)
    assert upstream.changed == {"tools": 5.0, "system_prompt": 5.0}
    upstream.see({"tools": "t"}, 10.0)
    assert upstream.changed == {"tools": 5.0, "system_prompt": 5.0}


def test_who_never_sent_tools_changed_nothing() -> None:
    """The first request's values are no change, absent ones among them."""
    upstream = Upstream()
    for at in range(10):
        upstream.see({"provider": "east"}, float(at))
    assert upstream.changed == {}
