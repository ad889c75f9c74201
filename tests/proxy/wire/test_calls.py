"""Tool calls in every form, whole and in pieces."""

from __future__ import annotations

import time
from typing import Any

import pytest

from proxy.sample import ToolCall
from proxy.wire.calls import Pieces, call_of

TIDE = ToolCall("tide_at", '{"port":"Orme"}', "c1")


@pytest.mark.parametrize(
    "call",
    [
        {"id": "c1", "function": {"name": "tide_at", "arguments": '{"port":"Orme"}'}},
        {"id": "c1", "function": {"name": "tide_at", "arguments": {"port": "Orme"}}},
        {"id": "c1", "function": "tide_at", "arguments": {"port": "Orme"}},
        {"id": "c1", "function": {"name": "tide_at"}, "arguments": {"port": "Orme"}},
        {"id": "c1", "name": "tide_at", "args": {"port": "Orme"}, "type": "tool_call"},
        {"id": "c1", "name": "tide_at", "input": {"port": "Orme"}, "type": "tool_use"},
        {"call_id": "c1", "name": "tide_at", "arguments": '{"port":"Orme"}'},
        {"id": "c1", "type": "custom", "custom": {"name": "tide_at", "input": '{"port":"Orme"}'}},
    ],
)
def test_whole_calls(call: dict[str, Any]) -> None:
    """Name, arguments and id are found in every form; an object is written as JSON."""
    assert call_of(call) == TIDE


def test_a_call_in_no_known_form_keeps_all_of_it() -> None:
    """Nothing is emptied in silence: what is not understood stays as its JSON. Half a character costs one character."""
    assert call_of({"id": "c1", "tool": "tide_at"}) == ToolCall("", '{"id":"c1","tool":"tide_at"}', "c1")
    assert call_of({"name": "note", "input": {"said": "half \ud83d"}}).arguments == '{"said":"half �"}'


def _put_together(*pieces: dict[str, Any]) -> list[tuple[str, str]]:
    found = Pieces()
    for piece in pieces:
        found.take(piece)
    return [(call.name, call.arguments) for call in found.calls()]


def _piece(name: str = "", arguments: str = "", **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


@pytest.mark.parametrize(
    ("pieces", "right"),
    [
        # The standard: places, the name once.
        ([_piece("a", "", index=0, id="1"), _piece("", "{}", index=0)], [("a", "{}")]),
        # A place that is written as a text or a float.
        ([_piece("a", "", index="1", id="1"), _piece("", "{}", index=1.0)], [("a", "{}")]),
        # One place for all, ids of their own; the same tool twice.
        (
            [_piece("a", '{"n":1}', index=0, id="1"), _piece("a", '{"n":2}', index=0, id="2")],
            [("a", '{"n":1}'), ("a", '{"n":2}')],
        ),
        # One place for all, no ids.
        ([_piece("a", "{}", index=0), _piece("b", "{}", index=0)], [("a", "{}"), ("b", "{}")]),
        # Two calls without arguments at one place.
        ([_piece("a", index=0, id="1"), _piece("b", index=0, id="2")], [("a", ""), ("b", "")]),
        # No place: by the id, wherever it comes again.
        (
            [_piece("a", "{", id="1"), _piece("b", "{}", id="2"), _piece("", "}", id="1")],
            [("a", "{}"), ("b", "{}")],
        ),
        # No place and no id: the last call goes on.
        ([_piece("a"), _piece("", '{"n"'), _piece("", ":1}")], [("a", '{"n":1}')]),
        # The name with every piece, with and without a place.
        ([_piece("a", '{"n"', index=0), _piece("a", ":1}", index=0)], [("a", '{"n":1}')]),
        ([_piece("a", '{"n"', id="1"), _piece("a", ":1}", id="1")], [("a", '{"n":1}')]),
        # Another id with every piece of one call.
        ([_piece("a", '{"n"', index=0, id="1"), _piece("a", ":1}", index=0, id="2")], [("a", '{"n":1}')]),
        # The name in pieces, and the name that grows.
        ([_piece("ti", index=0), _piece("de", index=0), _piece("", "{}", index=0)], [("tide", "{}")]),
        ([_piece("ti", index=0), _piece("tide", index=0)], [("tide", "")]),
        # An empty object first, and then what is meant.
        (
            [_piece("a", "{}", index=0, id="1"), _piece("", '{"n"', index=0), _piece("", ":1}", index=0)],
            [("a", '{"n":1}')],
        ),
        # The whole again at the end, with and without the name; the whole so far with every piece.
        (
            [_piece("a", '{"n"', index=0, id="1"), _piece("", ":1}", index=0), _piece("", '{"n":1}', index=0)],
            [("a", '{"n":1}')],
        ),
        ([_piece("a", '{"n"', id="1"), _piece("", ":1}"), _piece("a", '{"n":1}', id="1")], [("a", '{"n":1}')]),
        (
            [_piece("a", '{"n', index=0), _piece("", '{"n":', index=0), _piece("", '{"n":1}', index=0)],
            [("a", '{"n":1}')],
        ),
        # What looks like it and is not: objects in objects, text that is no JSON.
        (
            [_piece("a", '{"n":', index=0), _piece("", '{"n":1}', index=0), _piece("", "}", index=0)],
            [("a", '{"n":{"n":1}}')],
        ),
        (
            [_piece("a", "{", index=0), _piece("", "{ berth }", index=0), _piece("", "}", index=0)],
            [("a", "{{ berth }}")],
        ),
        # One id under two indexes: its pieces, or all of it again.
        ([_piece("a", "", index=0, id="1"), _piece("", '{"n":1}', index=1, id="1")], [("a", '{"n":1}')]),
        ([_piece("a", '{"n"', index=0, id="1"), _piece("", ":", index=1, id="1")], [("a", '{"n":')]),
        ([_piece("a", '{"n":1}', index=0, id="1"), _piece("a", '{"n":1}', index=1, id="1")], [("a", '{"n":1}')]),
        # The name behind the first of the arguments.
        ([_piece("", '{"n"', index=0, id="1"), _piece("a", ":1}", index=0)], [("a", '{"n":1}')]),
        # The head of the second call at the place of the first, and its rest at its own without a name and an id.
        (
            [_piece("a", '{"n":1}', index=0, id="1"), _piece("b", "", index=0, id="2"), _piece("", "{}", index=1)],
            [("a", '{"n":1}'), ("b", "{}")],
        ),
        ([_piece("a", "{", index=0, id="1"), _piece("", "}", index=3)], [("a", "{}")]),
        # One id for all calls.
        (
            [_piece("a", '{"n":1}', index=0, id="1"), _piece("a", index=1, id="1"), _piece("", '{"n":2}', index=1)],
            [("a", '{"n":1}'), ("a", '{"n":2}')],
        ),
        ([_piece("a", "{}", index=0, id="1"), _piece("b", "{}", index=1, id="1")], [("a", "{}"), ("b", "{}")]),
        # An empty piece after the end begins nothing.
        ([_piece("a", "{}", index=0, id="1"), _piece("a", "", index=0)], [("a", "{}")]),
    ],
)
def test_calls_in_pieces(pieces: list[dict[str, Any]], right: list[tuple[str, str]]) -> None:
    """Pieces find their call by place, id or order, and begin another one only when it must be another one."""
    assert _put_together(*pieces) == right


@pytest.mark.parametrize(
    ("first", "more"),
    [
        # Every piece may be the last one of a document that is never complete.
        (_piece("a", '{"n":[{}', index=0, id="1"), _piece("a", ",{}", index=0)),
        # Every piece begins as the first one did.
        (_piece("a", "{", index=0, id="1"), _piece("", "{", index=0)),
        (_piece("a", "", id="1"), _piece("", '{"n":', id="1")),
        # A long call, and short ones with its id between others.
        (_piece("a", f'{{"n":"{"x" * 500_000}"}}', index=0, id="1"), _piece("b", "{}", index=0, id="2")),
    ],
)
def test_the_time_is_linear_in_the_pieces(first: dict[str, Any], more: dict[str, Any]) -> None:
    """Sixty thousand pieces of a hostile stream take a second at most; quadratic, they would take minutes."""
    begun = time.process_time()
    again = {**first, "function": {"name": "a", "arguments": "[]"}} if len(str(first)) > 1000 else more
    found = _put_together(first, *[more, again] * 30_000)
    assert sum(len(arguments) for _, arguments in found) >= 60_000
    assert time.process_time() - begun < 5
