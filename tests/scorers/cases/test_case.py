"""A case's line: read, written, and refused with line, field and what was expected."""

from __future__ import annotations

import json

import pytest

from scorers.cases.case import decode
from scorers.cases.fields import BadField

FULL = {
    "id": "opening-hours",
    "messages": [
        {"role": "system", "content": "You run a bakery."},
        {"role": "user", "content": "When do you open?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "hours", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": '{"from": 7}'},
    ],
    "expected": {"open": 7},
    "assert": [{"contains": "seven"}, {"json_field": {"path": "days[0].open", "equals": 7}}],
    "metadata": {"owner": "mill"},
    "tags": ["hours"],
    "weight": 12.5,
    "conversation": "visit-9",
    "stratum": "failures",
    "source": {"sample": "s-1"},
    "tools": [{"type": "function", "function": {"name": "hours", "parameters": {}}}],
    "parameters": {"temperature": 0},
    "partial": True,
}


def line(**changed: object) -> bytes:
    """A small case's line with members changed; ``None`` takes one out."""
    made = {"id": "one", "input": "How much is a rye loaf?", **changed}
    return json.dumps({key: value for key, value in made.items() if value is not None}).encode()


def test_round_trip_keeps_everything() -> None:
    """A case with every member comes back the same, with turns, tool calls and results."""
    case = decode(json.dumps(FULL).encode())
    assert json.loads(case.encode()) == FULL
    assert decode(case.encode()) == case


def test_input_is_one_user_message() -> None:
    """``input`` and the user message that it stands for are one case, with one digest."""
    long = line(input=None, messages=[{"role": "user", "content": "How much is a rye loaf?"}])
    assert decode(line()).digest() == decode(long).digest()


def test_missing_id_comes_from_the_content() -> None:
    """Without an id a case is named by its content, so that moving its line changes nothing."""
    first, again, other = decode(line(id=None)), decode(line(id=None)), decode(line(id=None, input="And spelt?"))
    assert first.id == again.id != other.id


@pytest.mark.parametrize("value", [False, 0, "", [], {}])
def test_expected_that_is_false_says_something(value: object) -> None:
    """An expected value that is empty or zero is an expectation, and survives the way out and in."""
    case = decode(line(expected=value))
    assert case.labelled
    assert decode(case.encode()).expected == value


WRONG = [
    ({"messages": [{"role": "user", "content": "x"}]}, "messages: expected either messages or input, found both"),
    ({"input": None}, "messages: expected either messages or input, found neither"),
    ({"input": 3}, "input: expected a list, found the number 3"),
    ({"id": True}, "id: expected a text that is not empty, found true"),
    ({"weight": -1}, "weight: expected a number above 0, found the number -1"),
    ({"asert": []}, "asert: expected one of the keys"),
    ({"tags": ["a", 1]}, "tags[1]: expected a text that is not empty, found the number 1"),
    ({"assert": {"contains": "x"}}, "assert: expected a list, found an object"),
    ({"assert": [{"containz": "x"}]}, "(is 'contains' meant?)"),
    ({"assert": [{"contains": "x", "equals": "y"}]}, "assert[0]: expected an object with one key"),
    ({"assert": [{"contains": ""}]}, "assert[0].contains: expected a text that is not empty"),
    ({"assert": [{"regex": "(?=a)b"}]}, "assert[0].regex: expected a regular expression without look-around"),
    ({"assert": [{"json_schema": "object"}]}, "assert[0].json_schema: expected a JSON Schema"),
    ({"assert": [{"json_field": {"equals": 1}}]}, "assert[0].json_field.path: expected a path such as"),
    ({"assert": [{"json_field": {"path": "a..b", "equals": 1}}]}, "assert[0].json_field.path: expected a path"),
    ({"assert": [{"json_field": {"path": "a"}}]}, "found none"),
    ({"assert": [{"tool_called": {"arguments": {}}}]}, "assert[0].tool_called.name: expected a text"),
    ({"assert": [{"score": {"refusal.refuse": "no"}}]}, "assert[0].score.refusal.refuse: expected a scorer"),
    ({"assert": [{"score": {"refusal.refused": "never"}}]}, "expected one of yes, no, found the text 'never'"),
    ({"assert": [{"max_seconds": 0}]}, "assert[0].max_seconds: expected a number above 0, found the number 0"),
    ({"assert": [{"max_usd": "1"}]}, "assert[0].max_usd: expected a number"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type: expected one of function, custom"),
    ({"parameters": {"user": "x"}}, "parameters.user: expected one of the keys temperature"),
]


@pytest.mark.parametrize(("changed", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_member_is_named(changed: dict[str, object], said: str) -> None:
    """Each wrong member is named with its path, with what was expected and what was found."""
    with pytest.raises(BadField) as raised:
        decode(line(**changed))
    assert said in str(raised.value)


def test_a_case_does_not_end_with_an_answer() -> None:
    """A dialogue that ends with the assistant has nothing to ask: the message says where its last turn belongs."""
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day"}]
    with pytest.raises(BadField, match="expected user or tool in the last message"):
        decode(line(input=None, messages=turns))


@pytest.mark.parametrize("text", [b"{", b"[1]", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_one_error(text: bytes) -> None:
    """Rubbish, other JSON and JSON without end are each one ``ValueError`` in plain words."""
    with pytest.raises(ValueError, match="expected a JSON object"):
        decode(text)


def test_a_case_has_a_bound() -> None:
    """A line beyond the bound is refused by its size, before it is read."""
    with pytest.raises(ValueError, match="expected at most 4,000,000 bytes, found 10,0"):
        decode(line(input="x" * 10_000_000))


def test_lone_surrogates_are_replaced() -> None:
    """A lone surrogate, which no UTF-8 can hold, costs its character only."""
    case = decode(b'{"id": "s", "input": "a\\ud83db"}')
    assert case.messages[0]["content"].startswith("a")
    assert decode(case.encode()) == case
