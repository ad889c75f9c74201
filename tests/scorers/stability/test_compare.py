"""Whether two answers differ: what decides first, and what is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from scorers.asking.answer import Answer
from scorers.stability.compare import difference, first_difference, traits


def _call(name: str, arguments: str) -> list[dict[str, Any]]:
    return [{"id": "x", "type": "function", "function": {"name": name, "arguments": arguments}}]


def _between(one: Answer | str, other: Answer | str) -> str:
    found = [traits(item if isinstance(item, Answer) else Answer(text=item), {}) for item in (one, other)]
    assert difference(*found) == difference(*reversed(found)), "it must not matter which is first"
    return difference(*found)


LONG = (
    "The pump draws water from the well and lifts it into the tank. A valve keeps it from running back. When the tank "
    "is full, a float opens a switch and the motor rests until somebody takes water."
)

SAME = [
    ("The lamp is on the table.", "The lamp is on the table!"),
    ("It costs 1,200 USD.", "It costs 1200 USD."),
    ('{"total": 12, "items": ["a"]}', '```json\n{"items": ["a"], "total": 12.0}\n```'),
    (Answer(tool_calls=_call("find", '{"a": 1, "b": 2}')), Answer(tool_calls=_call("find", '{"b":2,"a":1}'))),
    (LONG, LONG.replace("lifts it into", "brings it up to").replace("rests", "stops")),
    (f'{{"why": "{LONG}"}}', f'{{"why": "{LONG.replace("rests", "stops")}"}}'),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_no_difference(one: Answer | str, other: Answer | str) -> None:
    """The same in other signs, in another order, is the same answer."""
    assert _between(one, other) == ""


OTHER = [
    ("The lamp is on the table.", "The lamp is on the shelf.", "text"),
    ("The answer is A", "The answer is B", "text"),
    ("Yes.", "No.", "text"),
    ("The fee is 41 USD.", "The fee is 42 USD.", "numbers"),
    ("It was built in the city of Lisbon long ago.", "It was built in the city of Porto long ago.", "names"),
    (LONG.replace("the well", "the well at Bergen"), LONG.replace("the well", "the well at Oslo"), "names"),
    ('{"total": 12}', '{"total": 13}', "json"),
    ('{"total": 12}', "The total is 12.", "json"),
    ('{"ok": true}', '{"ok": 1}', "json"),
    (Answer(tool_calls=_call("find", '{"a": 1}')), Answer(tool_calls=_call("find", '{"a": 2}')), "tool_calls"),
    (Answer(tool_calls=_call("find", '{"a": 1}')), Answer(tool_calls=_call("seek", '{"a": 1}')), "tool_calls"),
    (Answer(text="Found it.", tool_calls=_call("find", "{}")), "Found it.", "tool_calls"),
    (LONG, "Fish swim in rivers and lakes, and some of them climb waterfalls every spring to lay eggs there.", "text"),
]


@pytest.mark.parametrize(("one", "other", "why"), OTHER, ids=str)
def test_a_difference(one: Answer | str, other: Answer | str, why: str) -> None:
    """Another fact is another answer, and what told it is named."""
    assert _between(one, other) == why


def test_a_verdict_decides_before_the_text() -> None:
    """Nearly the same words with another verdict differ; what only one scorer decided does not."""
    yes, no = (traits(Answer(text="I did look it up."), {"refusal.refused": verdict}) for verdict in ("yes", "no"))
    none = traits(Answer(text="I did look it up."), {})
    assert difference(yes, no) == "verdict"
    assert difference(yes, none) == ""


def test_json_that_is_nested_without_end_is_compared_as_a_text() -> None:
    """Of answers and of arguments: the same text is no difference, and none of them ends the run."""
    deep = "[" * 900 + "]" * 900
    for one, other in ((deep, deep + " more words here"), (Answer(tool_calls=_call("lamp", deep)), "The lamp is on.")):
        assert _between(one, one) == ""
        assert _between(one, other) != ""


def test_where_texts_part() -> None:
    """The character at which each text leaves the first one."""
    assert first_difference(["abcd", "abxd", "abcd", "ab"]) == [2, 4, 2]
