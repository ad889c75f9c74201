"""The event decoder: the same events however the bytes were cut, by the rules of the WHATWG standard."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.sse import Decoder, Event, decode

WORDS = "Die Lampe 灯火 steht 🏮 auf dem Tisch 👩‍🚀 — naïve"


def _chat(text: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False)


PLAIN = "\n\n".join([_chat(word) for word in WORDS.split()] + ["data: [DONE]", ""])
CORPUS = {
    "lf": PLAIN.encode(),
    "crlf": PLAIN.replace("\n", "\r\n").encode(),
    "cr": PLAIN.replace("\n", "\r").encode(),
    "mixed": b"data: one\r\n\r\ndata: two\n\ndata: three\r\rdata: four\r\n\ndata: five\n\r\n\r",
    "comments": b": OPENROUTER PROCESSING\n\n: keep-alive\r\n\r\n"
    + _chat("lamp").encode()
    + b"\n\n:\n\n:x\ndata: y\n\n",
    "fields": b"id: 7\nretry: 1500\nevent: delta\ndata: x\nunknown: y\nnocolon\n\nevent: lonely\n\ndata\n\n",
    "many_lines": b'data: {\ndata: "a": [1,\ndata:\ndata:  2]}\n\ndata:no space\n\n',
    "bom": b"\xef\xbb\xbfdata: first\n\ndata: \xef\xbb\xbfkept\n\n",
    "no_final_newline": b"data: one\n\ndata: two",
    "no_blank_line": b"event: error\r\ndata: cut\r\n",
    "ends_in_cr": b"data: one\r",
    "wide": f"event: 灯\ndata: {WORDS}\ndata: {WORDS[::-1]}\n\n".encode(),
    "bare": b'data: one\n\n{\n  "error": {\n    "code": 503\n  }\n}\n\n{"a": 1}\n[{\r\n "b": "]{"\r\n}\r\n]\r\n'
    b"data: two\n\n[\n{\n}",
    "empty_lines": b"\n\r\n\r\r\n\n",
}


def _cut(body: bytes, places: list[int]) -> list[Event]:
    decoder = Decoder()
    events: list[Event] = []
    for start, end in zip([0, *places], [*places, len(body)], strict=True):
        events += decoder.feed(body[start:end])
    return events + decoder.flush()


@pytest.mark.parametrize("name", CORPUS)
def test_one_cut_at_every_byte_changes_nothing(name: str) -> None:
    """S01, S02: a stream cut once, at any byte, gives the events of the uncut stream."""
    body = CORPUS[name]
    whole = decode(body)
    for place in range(len(body) + 1):
        assert _cut(body, [place]) == whole, place


@pytest.mark.parametrize("name", CORPUS)
def test_byte_by_byte_changes_nothing(name: str) -> None:
    """S01: a stream that comes one byte at a time, with empty reads between, gives the same events."""
    body = CORPUS[name]
    places = sorted([*range(len(body)), *range(0, len(body), 3)])
    assert _cut(body, places) == decode(body)


@given(st.sampled_from(sorted(CORPUS)), st.data())
def test_random_cuts_change_nothing(name: str, data: st.DataObject) -> None:
    """S01: any number of cuts anywhere gives the events of the uncut stream."""
    body = CORPUS[name]
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    assert _cut(body, places) == decode(body)


@given(st.lists(st.sampled_from([b"data: x", b"event: y", b":", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"data"])))
def test_any_mixture_of_line_ends_is_cut_safely(pieces: list[bytes]) -> None:
    """Whatever the order of line ends, fields and marks, byte by byte equals all at once."""
    body = b"".join(pieces)
    assert _cut(body, list(range(len(body)))) == decode(body)


def test_wide_characters_survive_every_cut() -> None:
    """S02: characters of several bytes come out whole: no replacement character anywhere."""
    for place in range(len(CORPUS["lf"])):
        events = _cut(CORPUS["lf"], [place])[:-1]
        texts = [json.loads(event.data)["choices"][0]["delta"]["content"] for event in events]
        assert texts == WORDS.split()


@pytest.mark.parametrize("ending", ["lf", "crlf", "cr"])
def test_line_endings_mean_the_same(ending: str) -> None:
    """LF, CRLF and CR give equal events."""
    assert decode(CORPUS[ending]) == decode(CORPUS["lf"])
    assert decode(CORPUS[ending])[-1] == Event(b"", b"[DONE]")


def test_mixed_line_endings() -> None:
    """Each line may end in its own way."""
    assert [event.data for event in decode(CORPUS["mixed"])] == [b"one", b"two", b"three", b"four", b"five"]


def test_comments_are_no_events() -> None:
    """Keep-alive comments, alone or before data, are passed over."""
    assert [event.data for event in decode(CORPUS["comments"])] == [_chat("lamp")[6:].encode(), b"y"]


def test_fields() -> None:
    """Event names are kept; id, retry and unknown fields are not data; an event without data is none."""
    assert decode(CORPUS["fields"]) == [Event(b"delta", b"x"), Event(b"", b"")]


def test_lines_of_data_are_joined() -> None:
    """Several data lines are one event, joined by LF; one space after the colon is dropped, a second one kept."""
    assert [event.data for event in decode(CORPUS["many_lines"])] == [b'{\n"a": [1,\n\n 2]}', b"no space"]


def test_byte_order_mark() -> None:
    """One mark at the very beginning is dropped; any other is data."""
    assert [event.data for event in decode(CORPUS["bom"])] == [b"first", b"\xef\xbb\xbfkept"]


def test_the_last_event_needs_no_blank_line() -> None:
    """``flush`` gives the event that the end of the stream left unfinished, and gives it once."""
    decoder = Decoder()
    assert decoder.feed(CORPUS["no_final_newline"]) == [Event(b"", b"one")]
    assert decoder.flush() == [Event(b"", b"two")]
    assert decoder.flush() == []


def test_events_come_as_soon_as_they_are_whole() -> None:
    """An event is given by the feed that brings its blank line, not later."""
    decoder = Decoder()
    assert decoder.feed(b"data: now\n") == []
    assert decoder.feed(b"\n") == [Event(b"", b"now")]


def test_names_do_not_reach_into_the_next_event() -> None:
    """An event's name ends with its blank line, even when it had no data."""
    assert decode(b"event: ping\n\ndata: x\n\n") == [Event(b"", b"x")]


def test_what_never_ends_is_not_kept() -> None:
    """S13: a line beyond the bound is dropped and said to be, and later events still come."""
    decoder = Decoder(max_event=1000)
    for _ in range(5000):
        decoder.feed(b"x" * 100)
    assert decoder.overflowed
    assert decoder.feed(b"\n\ndata: after\n\n") == [Event(b"", b"after")]


def test_many_lines_of_one_event_are_bounded() -> None:
    """S13: data lines are not gathered beyond the bound either."""
    decoder = Decoder(max_event=1000)
    for _ in range(1000):
        decoder.feed(b"data: " + b"y" * 100 + b"\n")
    (event,) = decoder.feed(b"\n")
    assert decoder.overflowed
    assert len(event.data) <= 1100


@pytest.mark.parametrize("ending", [b"\n\n", b"\n", b""])
def test_bare_json_over_several_lines(ending: bytes) -> None:
    """An error that a server writes indented, without a field, is one event; so is Google's list of it."""
    error = {"error": {"status": "UNAVAILABLE", "message": 'The "harbour" is {closed', "details": [{}, []]}}
    for document, indent in ((error, 2), ([error], 2), (error, 0), (error, None), ([error], None)):
        written = json.dumps(document, indent=indent).replace("[\n  {", "[{").encode()
        events = decode(b"data: one\n\n" + written + ending)
        assert [event.data for event in events[:1]] == [b"one"]
        assert [json.loads(event.data) for event in events[1:]] == [document]


def test_bare_json_that_does_not_end() -> None:
    """What began ends with a blank line, and costs no event after it; data in between is not part of it."""
    assert decode(b'{\n"a": [\n\ndata: one\n\n') == [Event(b"", b"one")]
    assert decode(b'{\ndata: one\n\n{"a": 1}\n\n') == [Event(b"", b"one"), Event(b"", b'{"a": 1}')]
    assert decode(b'{"a": [\n{"b": 1}\n\n') == [Event(b"", b'{"b": 1}')]
    assert decode(b"[DONE]\n\n[1,\n2]\n\n") == []


def test_bare_json_is_bounded() -> None:
    """S13: lines of one document are not gathered beyond the bound, whether it ends or not."""
    decoder = Decoder(max_event=1000)
    assert decoder.feed(b"{\n") == []
    for _ in range(5000):
        assert decoder.feed(b'  "a": "' + b"x" * 100 + b'",\n') == []
    assert len(pickle.dumps(decoder)) < 10_000
    assert decoder.feed(b"}\n\ndata: after\n\n") == [Event(b"", b"after")]
    assert decoder.overflowed


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_events_without_blank_lines(end: str) -> None:
    """Complete JSON ends its event where more JSON follows; names stay with what they were said of."""
    lines = [
        "data: [1]",
        'data: {"a": 2}',
        "",
        "event: x",
        'data: {"b": [3]}',
        "event: y",
        'data: {"c": 4}',
        "data: [DONE]",
    ]
    found = decode((end.join(lines) + end).encode())
    assert found == [
        Event(b"", b"[1]"),
        Event(b"", b'{"a": 2}'),
        Event(b"x", b'{"b": [3]}'),
        Event(b"y", b'{"c": 4}'),
        Event(b"y", b"[DONE]"),
    ]


def test_lines_of_one_document_stay_one_event() -> None:
    """JSON over several lines, and a name behind its data, are what they were."""
    written = json.dumps({"a": [{"b": {}}, [1], {"c": [[]]}]}, indent=1)
    for document in (written, written.replace("\n ", "\n"), '{"a":\n{"b": 1}}', '[{"a": 1}\n,{"b": 2}]'):
        body = "".join(f"data: {line}\n" for line in document.split("\n"))
        assert [event.data for event in decode(f"{body}\n".encode())] == [document.encode()]
    assert decode(b'data: {"a": 1}\nevent: late\n\ndata: {"b": 2}\n\n') == [
        Event(b"late", b'{"a": 1}'),
        Event(b"", b'{"b": 2}'),
    ]


def test_nothing_is_nothing() -> None:
    """No bytes, no events."""
    assert decode(b"") == []
