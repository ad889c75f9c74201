"""Event streams of AWS as lines: whole messages, cut anywhere, and what is none."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.aws_frames import Frames
from support.aws import chunk, frame

EVENTS: list[dict[str, Any]] = [
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Six\n o'clock 灯"}},
    {"type": "message_stop"},
]
STREAM = b"".join(map(chunk, EVENTS))


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_messages_that_are_cut_anywhere(cuts: list[int]) -> None:
    """Each event is one line, whatever the pieces of its message are."""
    frames, places = Frames(), sorted({0, *cuts, len(STREAM)})
    lines = b"".join(frames.feed(STREAM[start:end]) for start, end in pairwise(places))
    assert [json.loads(line) for line in lines.splitlines()] == EVENTS


def test_an_exception_is_an_error() -> None:
    """Its type stands in a header. What it says of the request is not taken."""
    lines = Frames().feed(frame("throttlingException", {"message": "Too many tokens."}, exception=True))
    assert json.loads(lines) == {"type": "error", "error": {"type": "throttlingException"}}


@pytest.mark.parametrize("payload", [{}, {"bytes": 7}, {"bytes": "?"}, {"bytes": ""}, {"p": "abc"}])
def test_messages_without_an_event(payload: dict[str, Any]) -> None:
    """They are passed over, and what follows is read."""
    lines = Frames().feed(frame("chunk", payload) + chunk(EVENTS[1]))
    assert [json.loads(line) for line in lines.splitlines()] == EVENTS[1:]


def test_a_message_that_is_too_long() -> None:
    """Nothing of it is kept, and nothing behind it is read."""
    frames = Frames(longest=1000)
    assert frames.feed(chunk(EVENTS[1]))
    assert frames.feed((10**7).to_bytes(4) + bytes(4 + 4) + bytes(5000)) == b""
    assert frames.overflowed
    assert frames.feed(chunk(EVENTS[1])) == b""
    assert not frames._pending


@given(st.binary(max_size=400))
def test_anything_may_come(data: bytes) -> None:
    """Bytes that are no message raise nothing."""
    Frames().feed(data)
    size, heads = (len(data) + 16).to_bytes(4), len(data).to_bytes(4)
    Frames().feed(size + heads + bytes(4) + data + bytes(4))
