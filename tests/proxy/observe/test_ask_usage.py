"""Asking for usage changes the request by one member; taking it out changes the stream by one event."""

from __future__ import annotations

import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.observe.ask_usage import UsageFilter, asking, without_coding
from support import replies

ASKED = {"include_usage": True}


def test_every_byte_of_the_clients_stays() -> None:
    """Without options of its own the body is the client's, with one member more."""
    body = b' {"stream" : true, "n":1.50, "x":"\\u00e9\xc3\xa9", "big":123456789012345678901234567890}'
    changed = asking(body)
    assert changed == b' {"stream_options":{"include_usage":true},' + body[2:]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("null", ASKED),
        ("{}", ASKED),
        ('{"include_usage":false}', ASKED),
        ('{"include_usage":null,"include_obfuscation":false}', {"include_obfuscation": False, **ASKED}),
    ],
)
def test_options_are_completed(options: str, sent: dict[str, Any]) -> None:
    """Options that do not ask are kept and asked beside."""
    changed = asking(b'{"model":"m","stream":true,"stream_options":%b}' % options.encode())
    assert changed is not None
    assert orjson.loads(changed) == {"model": "m", "stream": True, "stream_options": sent}


@pytest.mark.parametrize(
    "body",
    [
        b'{"stream":true,"stream_options":{"include_usage":true}}',
        b'{"stream":true,"stream_options":"yes"}',
        b'{"stream":false}',
        b'{"stream":"true"}',
        b'{"x":{"stream":true}}',
        b'{"messages":"\\"stream\\": true"}',
        b'[{"stream":true}]',
        b'{"stream":true',
        b"\x1f\x8b\x08 coded",
        b"",
    ],
)
def test_what_is_left_alone(body: bytes) -> None:
    """Who asks by itself, who does not stream, and what is no JSON object."""
    assert asking(body) is None


def test_no_coding_is_asked_for() -> None:
    """Only that line goes, whatever its case."""
    head = b"POST / HTTP/1.1\r\nhost: h\r\nAccept-Encoding: gzip, br\r\nx: accept-encoding: a\r\n\r\n"
    assert without_coding(head) == b"POST / HTTP/1.1\r\nhost: h\r\nx: accept-encoding: a\r\n\r\n"
    assert without_coding(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n") == b"POST / HTTP/1.1\r\nhost: h\r\n\r\n"


def test_only_streams_that_can_be_read() -> None:
    """Coded streams and documents are not touched."""
    one = UsageFilter()
    assert one.can_read(b"Text/Event-Stream; charset=utf-8", b"")
    assert not one.can_read(b"text/event-stream", b"gzip")
    assert not one.can_read(b"application/json", b"")
    assert one.can_read(b"text/plain", b"", sized=False)
    assert not one.can_read(b"text/plain", b"br", sized=False)


USAGE = replies.sse({"id": "c", "choices": [], "usage": replies.USAGE})
OTHERS = [
    replies.sse({"id": "c", "choices": [], "prompt_filter_results": []}),  # Azure's first event
    replies.sse({"id": "c", "choices": [{"index": 0, "delta": {"content": '"usage" 灯'}}], "usage": None}),
    replies.sse({"id": "c", "choices": [{"index": 0, "delta": {}}], "usage": replies.USAGE}),  # xAI's early usage
    replies.sse({"id": "c", "choices": [], "usage": None}),
    b": keep-alive\n\n",
    b"event: ping\ndata: {}\n\n",
    replies.sse({"choices": [], "usage": {"x": "y" * 9000}}),
    replies.sse(b"[DONE]"),
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@given(cuts=st.lists(st.integers(0, 12_000), max_size=12), place=st.integers(0, len(OTHERS)))
def test_one_event_goes_however_the_stream_is_cut(end: bytes, cuts: list[int], place: int) -> None:
    """The usage event is taken out wherever it stands and wherever reads end; every other byte passes in order."""
    events = [event.replace(b"\n", end) for event in [*OTHERS[:place], USAGE, *OTHERS[place:]]]
    whole = b"".join(events)
    expected = b"".join(event.replace(b"\n", end) for event in OTHERS)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    one = UsageFilter()
    passed = b"".join(one.feed(whole[a:b]) for a, b in itertools.pairwise(bounds)) + one.rest()
    assert passed == expected


def test_whole_events_pass_at_once() -> None:
    """Nothing waits for the next read but the beginning of an event, and that is bounded."""
    one = UsageFilter()
    assert all(one.feed(event) == event for event in OTHERS)
    assert one.feed(USAGE) == b""
    assert one.feed(b"data: {") == b""
    assert one.rest() == b"data: {"
    long = b"data: " + b"x" * 100_000
    held = 0
    one = UsageFilter()
    for start in range(0, len(long), 1000):
        held += 1000 - len(one.feed(long[start : start + 1000]))
        assert held <= 8192 + 1000
    assert one.feed(b"\n\n").endswith(b"x\n\n")
    assert one.feed(USAGE) == b""


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_stream_without_blank_lines_is_not_held_back(end: bytes) -> None:
    """There is no event to wait for: after the second line of data every byte passes as it comes."""
    one, passed, sent = UsageFilter(), 0, 0
    for number in range(20):
        line = b'data: {"choices": [{"delta": {"content": "%d"}}]}' % number + end
        sent += len(line)
        passed += len(one.feed(line))
        assert number == 0 or sent - passed <= 3
    assert passed + len(one.rest()) == sent


def test_what_the_end_leaves_is_passed() -> None:
    """A stream that breaks inside an event is passed to its last byte, also when that event was the usage."""
    one = UsageFilter()
    assert one.feed(OTHERS[1] + USAGE[:-1]) == OTHERS[1]
    assert one.rest() == USAGE[:-1]
    assert one.rest() == b""
