"""Calls of Gemini that come in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire import gemini
from proxy.wire.gemini_calls import calls_in
from proxy.wire.sse import Event


def _piece(*values: tuple[str, Any], goes_on: bool = True, **more: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", int: "numberValue", bool: "boolValue", type(None): "nullValue"}
    partial = [{"jsonPath": path, kinds[type(value)]: value} for path, value in values]
    return {"functionCall": {"partialArgs": partial, "willContinue": goes_on, **more}}


def _named(name: str) -> dict[str, Any]:
    return {"functionCall": {"name": name, "willContinue": True}}


END: dict[str, Any] = {"functionCall": {}}


@pytest.mark.parametrize(
    ("parts", "right"),
    [
        # A text in two pieces, and the end without anything.
        ([_named("berth"), _piece(("$.ship", "The ")), _piece(("$.ship", "Heron")), END], {"ship": "The Heron"}),
        # Values of every kind, in objects and lists, several in one part.
        (
            [
                _named("berth"),
                _piece(("$.at.quay", 4), ("$.at.deep", True), ("$.crew[0].name", "Ann"), ("$.crew[1]", None)),
            ],
            {"at": {"quay": 4, "deep": True}, "crew": [{"name": "Ann"}, None]},
        ),
        # Names in quotes.
        ([_named("berth"), _piece(("$['log book']", "lit"), goes_on=False)], {"log book": "lit"}),
        # A place far beyond the end is the next one; a path of another form, and one through a text, are passed over.
        (
            [_named("berth"), _piece(("$.list[900]", "a"), ("$..x", "b"), ("ship", "c"), ("$.s", "t"), ("$.s.t", "u"))],
            {"list": ["a"], "s": "t"},
        ),
        # Whole arguments, as ever.
        ([{"functionCall": {"name": "berth", "args": {"n": 1}}}], {"n": 1}),
    ],
)
def test_arguments_in_pieces(parts: list[dict[str, Any]], right: dict[str, Any]) -> None:
    """The values are put where their paths say, in a stream as in one list of parts."""
    [call] = calls_in(parts)
    assert (call.name, json.loads(call.arguments)) == ("berth", right)
    events = [
        Event(b"", json.dumps({"candidates": [{"content": {"parts": [part]}, "index": 0}]}).encode()) for part in parts
    ]
    [choice] = gemini.stream(events)
    assert choice.tool_calls == (call,)


def test_calls_after_one_another() -> None:
    """Each name begins a call, also where the one before has not ended; an end without a call is none."""
    parts = [END, _named("a"), _piece(("$.n", 1)), END, _named("b"), _named("c"), _piece(("$.n", 2)), END, END]
    assert [(call.name, call.arguments) for call in calls_in(parts)] == [
        ("a", '{"n":1}'),
        ("b", "{}"),
        ("c", '{"n":2}'),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(st.lists(st.tuples(st.text("$.[]ab0'", max_size=12), JSON), max_size=6), JSON)
def test_any_path_and_value(values: list[tuple[str, Any]], other: Any) -> None:
    """Nothing that comes raises."""
    partial = [{"jsonPath": path, "stringValue": value} for path, value in values]
    calls_in([{"functionCall": {"name": "a", "willContinue": True}}, {"functionCall": {"partialArgs": partial}}])
    calls_in([{"functionCall": other}, {"functionCall": {"name": other, "args": other, "partialArgs": other}}])
