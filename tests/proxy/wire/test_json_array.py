"""An array in pieces, told as lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.json_array import Elements

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(['"', "\\", '\\"', "[{", "}]", "\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=6), _VALUES, max_size=4), max_size=5),
    st.sampled_from([None, 1, 2]),
    st.lists(st.integers(1, 9), min_size=1, max_size=20),
    st.booleans(),
)
def test_each_object_is_a_line(objects: list[dict[str, Any]], indent: int | None, cuts: list[int], ascii: bool) -> None:
    """Wherever the bytes are cut, however they are set out, and whatever the texts hold."""
    data = json.dumps(objects, indent=indent, ensure_ascii=ascii).encode()
    elements, got, at, number = Elements(), b"", 0, 0
    while at < len(data):
        size = cuts[number % len(cuts)]
        got += elements.feed(data[at : at + size])
        at, number = at + size, number + 1
    assert [json.loads(line) for line in got.splitlines()] == objects


def test_an_object_comes_as_soon_as_it_is_whole() -> None:
    """It does not wait for what follows."""
    elements = Elements()
    assert elements.feed(b'[{"a": 1') == b""
    assert elements.feed(b'}\n,{"b"') == b'{"a": 1}\n'
    assert elements.feed(b": 2}") == b'{"b": 2}\n'


def test_an_object_that_is_too_long_is_left_out() -> None:
    """Nothing of it is held, the next one comes, and it is told."""
    elements = Elements(longest=100)
    assert elements.feed(b'[{"a": "' + b"x" * 1000) == b""
    assert elements.feed(b'"}, {"b": 2}]') == b'{"b": 2}\n'
    assert elements.overflowed


def test_it_says_where_it_stands() -> None:
    """Between two objects, inside one, and inside one that is too long already."""
    elements = Elements(longest=10)
    seen = []
    for piece in (b"[", b'{"a": "]', b'"}', b', {"b": [', b'"longer than ten"', b"]}", b"]"):
        elements.feed(piece)
        seen.append((elements.between, elements.full))
    inside, outside = (False, False), (True, False)
    assert seen == [outside, inside, outside, inside, (False, True), outside, inside]


@pytest.mark.parametrize("data", [b"", b"]]]]", b'"', b"[1, 2, [3], null]", b"}{", b"\xff\xfe[[["])
def test_rubbish_gives_no_line(data: bytes) -> None:
    """Whatever comes, nothing raises."""
    assert Elements().feed(data) in (b"", b"[3]\n")
