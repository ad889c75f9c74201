"""Requests of which only one end is there: what is whole counts, and nothing is made up."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.facts import load
from proxy.wire.partial import CUT, beginning, end

BODY: dict[str, Any] = {
    "model": "lamp-1",
    "messages": [
        {"role": "user", "content": 'A "lamp", a \\ and a 😀é'},
        {"role": "user", "content": [{"type": "text", "text": "On, {[ or off?"}, ["deeper", 1.5]]},
    ],
    "stream": True,
    "tools": [{"name": "switch", "parameters": {"properties": {"model": {"type": "string"}}}}],
}


def _doc(data: bytes) -> Any:
    found = beginning(data)
    return None if found is None else json.loads(found.data)


def _is_part(part: Any, whole: Any) -> bool:
    """Whether everything in ``part`` stands in ``whole``, but for texts that say that they are cut."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and _is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(_is_part, part, whole)) and len(part) <= len(whole)
    if isinstance(part, str) and part.endswith(CUT):
        return isinstance(whole, str) and whole.startswith(part[:-1])
    return bool(part == whole)


@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_beginning_is_a_part_of_the_whole(ascii_only: bool) -> None:
    """Wherever a request is cut, what is read of its beginning stands in it, and of a long one all members are told."""
    data, told = json.dumps(BODY, ensure_ascii=ascii_only).encode(), 0
    for size in range(1, len(data)):
        doc = _doc(data[:size])
        assert isinstance(doc, dict), size
        assert _is_part(doc, BODY), size
        told = len(doc)
    assert told == len(BODY)


def test_a_text_that_is_cut_says_so() -> None:
    """The first characters of a cut text are there, with a mark, never half a character; a cut key is not."""
    data = json.dumps({"input": "half 😀 of it"}).encode()
    assert _doc(data[: data.index(b"\\ude00") + 3]) == {"input": "half " + CUT}
    assert _doc(b'{"input": ["one", "tw') == {"input": ["one", "tw" + CUT]}
    assert _doc(b'{"model": "a", "inp') == {"model": "a"}
    assert _doc(b'{"model": "a", "n": 12') == {"model": "a"}


def test_the_last_member_is_known_to_be_cut() -> None:
    """Who reads a beginning knows whether its last member is only a part."""
    whole, part = beginning(b'{"tools": [1, 2], "n": 1'), beginning(b'{"tools": [1, 2')
    assert whole is not None
    assert part is not None
    assert not whole.cut
    assert part.cut


@pytest.mark.parametrize("data", [b"", b"[1, 2", b'"text', b"{]", b'{"a": [}', b'{"a": 1}', b"\x28\xb5\x2f\xfd" * 9])
def test_what_begins_no_object(data: bytes) -> None:
    """A list, a text, brackets that do not match, a document that has ended, and no JSON at all begin nothing."""
    assert beginning(data) is None


def test_members_behind_the_messages() -> None:
    """The last members are read, nested ones of the same name are not taken for them, nor what a text quotes."""
    tail = json.dumps(BODY).encode()[60:]
    assert end(tail) == {"stream": True, "tools": BODY["tools"]}
    quoted = json.dumps({"messages": 'x, "system": "forged"}', "model": "m", "system": "real"}).encode()
    assert end(quoted[20:]) == {"model": "m", "system": "real"}
    assert end(b'no "model": 1') == {}


def test_hostile_beginnings_cost_little() -> None:
    """Deep nesting, endless brackets and endless escapes are passed over in bounded time."""
    begun = time.process_time()
    assert beginning(b'{"a":' + b"[" * 128_000) is None
    assert beginning(b'{"a":[' + b"[]," * 43_000) is not None
    assert beginning(b'{"a":"' + b'\\"' * 64_000) is not None
    assert end(b',"model":[{' * 12_000 + b"}") == {}
    assert time.process_time() - begun < 2


@given(st.binary(max_size=300), st.sampled_from([b"", b"{", b'{"a":', b'{"messages":[{"']))
def test_any_bytes_may_be_cut(rest: bytes, start: bytes) -> None:
    """Whatever the bytes, nothing is raised."""
    found = beginning(start + rest)
    assert found is None or isinstance(load(found.data), dict | type(None))
    assert isinstance(end(start + rest), dict)
