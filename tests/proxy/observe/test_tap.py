"""The observer's copy: bounded, cut anywhere, and facts from the first and the last events of streams of any length."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Iterable
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import FinishReason, Operation, StreamEnd, Usage
from proxy.observe.capture_buffer import Capture
from proxy.observe.tap import Tap
from proxy.wire import gemini, sse
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native
from support import replies

SSE = b"text/event-stream; charset=utf-8"
JSON = b"application/json"
WORDS = "The lamp 灯 stands on the table by the window. "


def _tap(body: bytes, kind: bytes = SSE, coding: bytes = b"", cap: int = 256_000, **more: Any) -> Tap:
    """A tap that has seen ``body`` in pieces of ``size`` bytes; piece n came at second n."""
    tap = Tap(more.get("operation", Operation.CHAT), cap)
    tap.head(kind, coding)
    size = more.get("size", 1400)
    for number, start in enumerate(range(0, len(body), size)):
        tap.feed(body[start : start + size], float(number))
    return tap


def _known(facts: Facts) -> tuple[Any, ...]:
    return (
        facts.response_id,
        facts.model,
        facts.usage,
        facts.finish_reason,
        facts.terminated,
        facts.error,
        facts.choices,
    )


def _chat_stream(words: int, **changes: Any) -> bytes:
    return b"".join(replies.chat_events(WORDS * words, **changes))


# --- short bodies in one piece ------------------------------------------------------------------------------------

_BODIES = (
    b'{"model": "lamp-4", "messages": [{"role": "user", "content": "How much oil is left?"}], "stream": true}',
    b' {"model": "lamp-4", "prompt": "Oil?"}',
    b'{"model": "lamp-4", "messages": [{"role": "user", "content": "' + b"o" * 9000 + b'"}]}',
    *(b"[1]", b"{no json", b'{"model": "lamp-4"', b"", b"\xef\xbb\xbf{}"),
)
_ANSWERS = (
    b'{"id": "a-1", "model": "lamp-4", "choices": [{"index": 0, "message": {"content": "Half a can."}}]}',
    b'{"error": {"code": "no_oil"}}',
    b'{"id": "a-1", "choices": [{"text": "' + b"o" * 3000 + b'"}]}',
    b'{"id": "a-1", "choices": [{"text": "' + b"o" * 6000 + b'"}]}',
    b'data: {"id": "a-1", "choices": [{"delta": {"content": "Half"}}]}\n\ndata: [DONE]\n\n',
    b'[{"candidates": [{"content": {"parts": [{"text": "Half"}]}}]}]',
    *(b"{no json", b"", b'  {"id": "a-1"}', b'"text"'),
)


@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.MESSAGES, Operation.FILES, Native.GEMINI])
@pytest.mark.parametrize("kind", [JSON, SSE, b"application/x-ndjson", b""])
@pytest.mark.parametrize("cap", [4096, 100_000])
def test_one_piece_says_what_two_say(operation: Operation, kind: bytes, cap: int) -> None:
    """Requests and answers of all forms, read as a whole and cut in the middle, observed alike."""
    for body, answer in itertools.product(_BODIES, _ANSWERS):
        found = []
        for cuts in (1, 2):
            tap = Tap(operation, cap)
            for piece in _cut(body, cuts):
                tap.request(piece)
            tap.head(kind, b"")
            for piece in _cut(answer, cuts):
                tap.feed(piece, 0.5)
            facts, document = tap.facts(), tap.request_document()
            told = (tap.opening(document), tap.whole_request(), tap.asks_for_long_cache(), tap.content())
            again = (tap.request_document(), tap.opening(document), tap.facts(), tap.content())
            assert again == (document, told[0], facts, told[3])
            found.append((facts, document, *told, tap.is_sse, tap.first_chunk, tap.first_token, tap.stream_end(facts)))
        assert found[0] == found[1]


def _cut(body: bytes, pieces: int) -> list[bytes]:
    middle = len(body) // 2
    return [piece for piece in ([body] if pieces == 1 else [body[:middle], body[middle:]]) if piece]


# --- the bounded copy ---------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=60), max_size=30), st.integers(0, 120), st.integers(0, 9))
def test_a_capture_keeps_both_ends(pieces: list[bytes], cap: int, ahead: int) -> None:
    """Head and tail are the first and last bytes, never more than the cap, whatever the pieces; or it is all there.
    The first piece may be a view of a read in which something stands before it."""
    capture, body = Capture(cap), b"".join(pieces)
    for number, piece in enumerate(pieces):
        capture.add(piece if number or not ahead else memoryview(bytes(ahead) + piece)[ahead:])
    if len(body) <= 2 * (cap // 2):
        data, begin = capture.whole()
        assert data[begin:] == body
    half = cap // 2
    assert capture.size == len(body)
    if len(body) <= 2 * half:
        assert (capture.head(), capture.tail(), capture.truncated) == (body, b"", False)
    else:
        assert (capture.head(), capture.tail()) == (body[:half], body[-half:] if half else b"")
        assert capture.truncated


def test_a_capture_holds_no_more_than_it_may() -> None:
    """S13: neither one huge piece nor a million tiny ones make a capture hold more than its cap and one piece."""
    huge, seen, tiny = Capture(1000), Capture(1000), Capture(1000)
    huge.add(bytes(5_000_000))
    seen.add(memoryview(bytes(5_000_000))[100:])
    for _ in range(100_000):
        tiny.add(b"0123456789")
    for capture in (huge, seen, tiny):
        assert not any(isinstance(piece, memoryview) for piece in [*capture._head, *capture._tail])
        held = sum(map(len, capture._head)) + sum(map(len, capture._tail))
        assert held <= 1010
        assert capture.truncated


def test_a_swelling_piece_is_cut() -> None:
    """U08: a small coded piece that decodes to megabytes leaves only the cap in the copy."""
    tap = _tap(gzip.compress(b" " * 8_000_000), JSON, b"gzip", cap=10_000, size=1 << 20)
    content = tap.content()
    assert len(content.response) + len(content.response_tail) <= 10_000
    assert content.size <= 11_000


@pytest.mark.parametrize("operation", [Operation.AUDIO, Operation.FILES, Operation.OTHER])
def test_what_is_not_observed_is_hardly_kept(operation: Operation) -> None:
    """Of operations that are only counted a few kilobytes are kept, however large the capture may be."""
    tap = Tap(operation, 10_000_000)
    tap.head(b"audio/mpeg", b"")
    for _ in range(100):
        tap.request(bytes(65536))
        tap.feed(bytes(65536), 1.0)
    assert tap.content().size < 30_000


# --- the request --------------------------------------------------------------------------------------------------


def test_a_whole_request_is_the_document() -> None:
    """A request body within the cap is read whole, in whatever pieces it came."""
    tap = Tap(Operation.CHAT, 10_000)
    for piece in (b' {"model": "lam', b'p-1", "stream": tr', b'ue, "messages": []}'):
        tap.request(piece)
    assert tap.request_document() == {"model": "lamp-1", "stream": True, "messages": []}
    viewed = Tap(Operation.CHAT, 10_000)
    viewed.request(memoryview(b'POST /{ {"model": "lamp-1", "stream": true, "messages": []}')[7:])
    assert viewed.request_document() == tap.request_document() == viewed.whole_request()
    assert viewed.content().request == b' {"model": "lamp-1", "stream": true, "messages": []}'


@pytest.mark.parametrize("first", [True, False])
def test_a_truncated_request_still_names_its_model(first: bool) -> None:
    """Of a body beyond the cap model and stream are told, whichever end they stand at, quoted text notwithstanding."""
    quoted = json.dumps('They wrote {"model": "forged", "stream": true}')
    messages = f'"messages": [{{"role": "user", "content": {quoted}}}, "{"x" * 20_000}"]'
    named = '"model": "lamp-1", "stream":true'
    body = f"{{{named}, {messages}}}" if first else f"{{{messages}, {named}}}"
    tap = Tap(Operation.CHAT, 4000)
    tap.request(body.encode())
    assert tap.request_document() == {"model": "lamp-1", "stream": True}
    assert tap.content().request_truncated


@pytest.mark.parametrize("body", [b"", b"[1, 2]", b'"model"', b"--boundary\r\n", b'{"model": "cut', b"\xff\xfe"])
def test_what_is_no_document_says_nothing(body: bytes) -> None:
    """A body that is no JSON object gives no document and no error."""
    tap = Tap(Operation.CHAT, 10_000)
    tap.request(body)
    assert tap.request_document() == {}


# --- the first token ----------------------------------------------------------------------------------------------


def _first_token(*deltas: dict[str, Any]) -> float | None:
    tap = Tap(Operation.CHAT, 10_000)
    tap.head(SSE, b"")
    for number, delta in enumerate(deltas):
        tap.feed(replies.sse({"choices": [{"index": 0, "delta": delta}]}), float(number + 1))
    assert tap.first_chunk == 1.0
    return tap.first_token


def test_first_token_comes_after_empty_deltas_and_reasoning() -> None:
    """The first token is the first visible one: a role, an empty delta and reasoning are not."""
    role, empty, thought = {"role": "assistant"}, {"content": ""}, {"reasoning_content": "Hm", "content": None}
    assert _first_token(role, empty, thought, {"reasoning": "Hm"}, {"content": "On"}, {"content": "!"}) == 5.0
    assert _first_token(role, thought, {"tool_calls": [{"index": 0, "function": {"name": "lamp"}}]}) == 3.0
    assert _first_token(role, {"refusal": "No"}) == 2.0
    assert _first_token(role, {"content": '"'}) == 2.0


def test_no_first_token() -> None:
    """A stream of nothing but reasoning, comments and emptiness has no first token: ``None``, never zero."""
    assert _first_token({"role": "assistant"}, {"reasoning": '"content":"x"'}, {"tool_calls": []}) is None


def test_a_whole_answer_has_no_first_token() -> None:
    """An answer that is not streamed has a first chunk and no first token."""
    tap = _tap(b'{"choices": [{"message": {"content": "On."}}]}', JSON)
    assert (tap.first_chunk, tap.first_token) == (0.0, None)


@pytest.mark.parametrize(
    ("operation", "events", "at"),
    [
        (Operation.RESPONSES, replies.responses_events("On."), 3.0),
        (
            Operation.MESSAGES,
            [
                replies.sse({"type": kind, "index": 0, **fields}, kind)
                for kind, fields in (
                    ("message_start", {"message": {"id": "msg_1"}}),
                    ("content_block_start", {"content_block": {"type": "text", "text": ""}}),
                    ("content_block_delta", {"delta": {"type": "thinking_delta", "thinking": "Hm"}}),
                    ("content_block_delta", {"delta": {"type": "text_delta", "text": "On"}}),
                )
            ],
            3.0,
        ),
    ],
)
def test_first_token_of_other_families(operation: Operation, events: list[bytes], at: float) -> None:
    """The typed events of the other families show their first visible delta too."""
    tap = Tap(operation, 10_000)
    tap.head(SSE, b"")
    for number, event in enumerate(events):
        tap.feed(event, float(number))
    assert tap.first_token == at


# --- facts --------------------------------------------------------------------------------------------------------

USAGE = Usage(input=20, output=7)


@pytest.mark.parametrize("words", [1, 60, 700, 6000])
@pytest.mark.parametrize("cap", [16_000, 256_000])
def test_facts_of_streams_of_any_length(words: int, cap: int) -> None:
    """Short, long and truncated streams give the same facts: from their first events and their last ones."""
    tap = _tap(_chat_stream(words), cap=cap)
    facts = tap.facts()
    assert _known(facts) == ("chatcmpl-1", "gpt-4o-mini", USAGE, FinishReason.STOP, True, None, 1)
    assert tap.stream_end(facts) is StreamEnd.COMPLETE


def test_a_last_event_larger_than_the_window() -> None:
    """A last event of many kilobytes (search results beside the usage) is found, the terminator behind it or not."""
    results = [{"url": f"https://lamp.example/{number}", "title": WORDS} for number in range(150)]
    last = {"id": "c", "model": "m", "usage": replies.USAGE, "results": results}
    last["choices"] = [{"index": 0, "delta": {}, "finish_reason": "length"}]
    body = _chat_stream(300, usage=None, done=False).replace(b'"finish_reason":"stop"', b'"finish_reason":null')
    for end in (replies.sse(last) + replies.sse(b"[DONE]"), replies.sse(last)):
        facts = _tap(body + end).facts()
        assert (facts.usage, facts.finish_reason) == (USAGE, FinishReason.LENGTH)


def test_a_first_event_larger_than_the_window() -> None:
    """A first event that repeats long instructions and tools still gives id and model, also when the end is cut off."""
    events = replies.responses_events(WORDS * 400)
    created = json.loads(events[0].split(b"data: ", 1)[1])
    created["response"] = {"instructions": WORDS * 500, **created["response"]}
    body = replies.sse(created, "response.created") + b"".join(events[1:-1])
    facts = _tap(body, operation=Operation.RESPONSES).facts()
    assert (facts.response_id, facts.model, facts.terminated, facts.usage) == ("resp_1", "gpt-4o-mini", False, None)


def test_facts_of_a_long_responses_stream() -> None:
    """The final event of a long response is as long as the response, and is found all the same."""
    facts = _tap(b"".join(replies.responses_events(WORDS * 900)), operation=Operation.RESPONSES).facts()
    assert _known(facts) == ("resp_1", "gpt-4o-mini", USAGE, FinishReason.STOP, True, None, 1)


def test_early_usage_of_a_long_stream() -> None:
    """S06: usage one chunk before the last is found at the end of a long stream."""
    events = replies.chat_events(WORDS * 500, usage=None)
    early = replies.sse({"choices": [{"index": 0, "delta": {}}], "usage": replies.USAGE})
    assert _tap(b"".join([*events[:-2], early, *events[-2:]])).facts().usage == USAGE


@pytest.mark.parametrize("kind", ["chat", "responses"])
def test_usage_long_before_the_end_of_a_stream(kind: str) -> None:
    """Usage that stands before a last event longer than what is looked at first is found all the same."""
    events = replies.chat_events(WORDS * 500, usage=None)
    early = replies.sse({"choices": [{"index": 0, "delta": {}}], "usage": replies.USAGE, "service_tier": "flex"})
    long = replies.sse(
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"function": {"arguments": "x" * 40_000}}]}}]}
    )
    operation = Operation.CHAT
    if kind == "responses":  # a beginning that is cut off before its terminal event
        early, operation = (
            replies.sse({"type": "response.in_progress", "response": {"usage": replies.USAGE}}),
            Operation.RESPONSES,
        )
        events = [replies.sse({"type": "response.output_text.delta", "delta": "lamp"})] * 500
    facts = _tap(b"".join([*events[:-2], early, long, *events[-2:]]), operation=operation).facts()
    assert facts.usage == USAGE


def test_usage_in_an_event_longer_than_the_capture() -> None:
    """A final event that is longer than what is captured still gives its usage, its tier and that tools were run."""
    events = replies.responses_events(WORDS * 900)
    last = json.loads(events[-1].split(b"data: ", 1)[1])
    assert last["type"] == "response.completed"
    last["response"] |= {"instructions": "y" * 90_000, "tools": [{"type": "web_search"}], "service_tier": "flex"}
    for late in ("tools", "usage"):  # after all that is long, as OpenAI has them
        last["response"][late] = last["response"].pop(late)
    body = b"".join([*events[:-1], replies.sse(json.dumps(last).encode(), last["type"])])
    facts = _tap(body, operation=Operation.RESPONSES, cap=40_000).facts()
    assert (facts.usage, facts.service_tier, facts.calls) == (USAGE, "flex", {"unknown": 1})


def test_usage_of_gemini_s_own_form() -> None:
    """Gemini's counts are taken from a document, from a stream's last event, and from the end of what was too long."""
    counts = {"promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 90, "totalTokenCount": 101}
    answer = {
        "candidates": [{"content": {"parts": [{"text": "lit"}]}}],
        "modelVersion": "lamp-9",
        "usageMetadata": counts,
    }
    right = Usage(input=8, output=3, reasoning_output=90)
    facts = _tap(json.dumps(answer).encode(), JSON, operation=Native.GEMINI).facts()
    assert (facts.model, facts.usage, facts.calls) == ("lamp-9", right, {})
    first = {**answer, "usageMetadata": {**counts, "candidatesTokenCount": 1, "totalTokenCount": 9}}
    stream = replies.sse(json.dumps(first).encode()) + replies.sse(json.dumps(answer).encode())
    assert _tap(stream, operation=Native.GEMINI).facts().usage == right
    searched = {**answer, "candidates": [{"groundingMetadata": {"webSearchQueries": ["lamp"]}}]}
    assert _tap(json.dumps(searched).encode(), JSON, operation=Native.GEMINI).facts().calls == {"google_search": 1}
    long = {**answer, "candidates": [{"content": {"parts": [{"text": WORDS * 900}]}}]}
    assert _tap(json.dumps(long).encode(), JSON, cap=4000, operation=Native.GEMINI).facts().usage == right


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_stream_of_lines_is_a_stream(size: int) -> None:
    """Ollama's lines begin as a document does: their content type says what they are. The last one has the counts."""
    lines = [
        {"model": "lamp-9", "message": {"role": "assistant", "content": word}, "done": False} for word in ("", "lit")
    ]
    last = {"model": "lamp-9", "done": True, "done_reason": "stop", "prompt_eval_count": 8, "eval_count": 3}
    body = b"".join(json.dumps(line).encode() + b"\n" for line in [*lines, {**last, "message": {"content": ""}}])
    tap = _tap(body, b"application/x-ndjson", operation=Native.OLLAMA_CHAT, size=size)
    facts = tap.facts()
    assert tap.is_sse
    assert tap.first_token is not None
    assert (facts.model, facts.usage, facts.finish_reason) == ("lamp-9", Usage(input=8, output=3), FinishReason.STOP)
    assert tap.stream_end(facts) is StreamEnd.COMPLETE
    cut = _tap(body[: body.index(b"lit") + 8], b"application/x-ndjson", operation=Native.OLLAMA_CHAT, size=size)
    assert cut.stream_end(cut.facts()) is StreamEnd.NO_TERMINATOR
    whole = _tap(body.split(b"\n")[0], JSON, operation=Native.OLLAMA_CHAT, size=size)
    assert not whole.is_sse


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_array_in_pieces_is_a_stream(size: int) -> None:
    """Gemini's array without ``alt=sse``: its objects are the events, whatever line ends stand between their tokens."""
    said = [{"candidates": [{"content": {"parts": [{"text": word}]}}]} for word in ("It is\n", "lit [1], {2}.")]
    said[1]["candidates"][0]["finishReason"] = "STOP"
    said[1] |= {"usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 3}, "modelVersion": "lamp-9"}  # type: ignore[dict-item]
    body = b"[" + b"\n,\r\n".join(json.dumps(one, indent=2).encode() for one in said) + b"\n]\n"
    tap = _tap(body, JSON, operation=Native.GEMINI, size=size)
    facts = tap.facts()
    assert tap.is_sse
    assert tap.first_token is not None
    assert (facts.model, facts.usage, facts.terminated) == ("lamp-9", Usage(input=8, output=3), True)
    [choice] = gemini.stream(sse.decode(tap.content().response))
    assert choice.text == "It is\nlit [1], {2}."


@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_a_list_of_models_is_read_whole(coding: bytes) -> None:
    """A list of models is longer than other answers that are only counted, and compressed; its dates are read."""
    listed = [{"id": f"lamp-{number}", "owned_by": "lighthouse", "shutdown_date": None} for number in range(900)]
    listed[700]["shutdown_date"] = "2026-12-14"
    body = json.dumps({"object": "list", "data": listed}).encode()
    facts = _tap(gzip.compress(body) if coding else body, JSON, coding, operation=Operation.MODELS).facts()
    assert facts.shutdowns is not None
    assert (facts.shutdowns["lamp-700"], facts.shutdowns["lamp-1"]) == (1797206400.0, None)


@pytest.mark.parametrize("words", [2, 900])
def test_ends_of_a_stream(words: int) -> None:
    """S07, S09: no terminator, an error event, and an error before the terminator are told apart."""
    tap = _tap(_chat_stream(words, done=False))
    assert tap.stream_end(tap.facts()) is StreamEnd.NO_TERMINATOR
    wrong = replies.sse({"error": {"code": "overloaded"}})
    for end in (b"", replies.sse(b"[DONE]")):
        tap = _tap(_chat_stream(words, done=False) + wrong + end)
        facts = tap.facts()
        assert (facts.error, tap.stream_end(facts)) == ("overloaded", StreamEnd.ERROR_EVENT)


def test_data_after_the_terminator() -> None:
    """S08: what follows the terminator does not undo it."""
    tap = _tap(_chat_stream(2) + replies.sse({"choices": []}) + b": bye\n\n")
    assert tap.stream_end(tap.facts()) is StreamEnd.COMPLETE


@pytest.mark.parametrize("words", [3, 150, 4000])
@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_facts_do_not_depend_on_the_pieces(words: int, coding: str) -> None:
    """S01, P07: facts, content and the kind of end are the same however the bytes were cut, coded or not."""
    plain = _chat_stream(words, reasoning="Hm, 灯.")
    body = {"": plain, "gzip": gzip.compress(plain), "br": brotli.compress(plain, quality=3)}[coding]
    taps = [_tap(body, SSE, coding.encode(), cap=32_000, size=size) for size in (len(body), 65_536, 997)]
    if len(body) < 20_000:
        taps.append(_tap(body, SSE, coding.encode(), cap=32_000, size=1))
    first = taps[0]
    assert _known(first.facts())[2:4] == (USAGE, FinishReason.STOP)
    for tap in taps[1:]:
        assert _known(tap.facts()) == _known(first.facts())
        assert tap.content() == first.content()
        assert (tap.first_token is None) == (first.first_token is None)


def test_random_pieces() -> None:
    """S01: twenty random ways of cutting one stream give the same facts and content."""
    body, chance = _chat_stream(40), random.Random(7)
    expected = _tap(body, size=len(body))
    for _ in range(20):
        tap = Tap(Operation.CHAT, 256_000)
        tap.head(SSE, b"")
        start = 0
        while start < len(body):
            end = start + chance.choice((1, 2, 50, 3000))
            tap.feed(body[start:end], 1.0)
            start = end
        assert _known(tap.facts()) == _known(expected.facts())
        assert tap.content() == expected.content()


def _feed_all(tap: Tap, pieces: Iterable[bytes]) -> Tap:
    for piece in pieces:
        tap.feed(piece, 1.0)
    return tap


def test_a_whole_answer() -> None:
    """The facts of an answer that is not streamed, blank keep-alive lines before it included."""
    body = replies.chat_json("On.")[0]
    assert isinstance(body, bytes)
    document = body.split(b"\r\n\r\n", 1)[1]
    facts = _tap(b"\n\n\n" + document, JSON).facts()
    assert _known(facts) == ("chatcmpl-1", "gpt-4o-mini", USAGE, FinishReason.STOP, True, None, 1)
    assert facts.fingerprint == "fp_scripted"


def test_a_truncated_whole_answer() -> None:
    """Of an answer beyond the cap model and usage are told from its ends; what is unknown stays unknown."""
    text = "x" * 50_000
    body = json.dumps({"model": "lamp-1", "choices": [{"message": {"content": text}}], "usage": replies.USAGE})
    tap = _tap(body.encode(), JSON, cap=8000)
    facts = tap.facts()
    assert (facts.model, facts.usage, facts.finish_reason) == ("lamp-1", USAGE, None)
    assert tap.content().response_tail
    assert (facts.service_tier, facts.calls) == (None, {})
    more = {**json.loads(body), "service_tier": "flex", "tools": [{"type": "web_search"}]}
    facts = _tap(json.dumps(more).encode(), JSON, cap=8000).facts()
    assert (facts.service_tier, facts.calls) == ("flex", {"unknown": 1})
    nothing = _tap(json.dumps({"choices": [{"message": {"content": text}}]}).encode(), JSON, cap=8000).facts()
    assert (nothing.model, nothing.usage) == (None, None)


def test_usage_of_what_is_only_counted() -> None:
    """A small answer of an operation without a reader still gives its model and its usage."""
    body = b'{"model": "embed-1", "usage": {"prompt_tokens": 4, "total_tokens": 4}}'
    facts = _tap(body, JSON, operation=Operation.EMBEDDINGS).facts()
    assert (facts.model, facts.usage) == ("embed-1", Usage(input=4))
    body = b'{"embedding": {"values": [0.5]}, "usageMetadata": {"promptTokenCount": 4}}'
    assert _tap(body, JSON, operation=Operation.EMBEDDINGS).facts().usage == Usage(input=4)
    body = (
        b'{"model": "voyage-9", "usage": {"total_tokens": 4}}'  # all of it is input; of others, a total tells nothing
    )
    assert _tap(body, JSON, operation=Operation.EMBEDDINGS).facts().usage == Usage(input=4)
    assert _tap(body, JSON, operation=Operation.MODERATIONS).facts().usage is None


@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_usage_of_embeddings_behind_their_vectors(coding: bytes) -> None:
    """Vectors are long, and compressed mostly; model and usage stand behind them. Other long bodies are not read."""
    data = [{"object": "embedding", "index": 0, "embedding": [0.001 * n for n in range(5000)]}]
    body = json.dumps({"object": "list", "data": data, "model": "embed-1", "usage": {"total_tokens": 4}}).encode()
    body = gzip.compress(body) if coding else body
    facts = _tap(body, JSON, coding, operation=Operation.EMBEDDINGS).facts()
    assert (facts.model, facts.usage) == ("embed-1", Usage(input=4))
    assert _tap(body, JSON, coding, operation=Operation.FILES).facts().usage is None


@pytest.mark.parametrize(
    ("coding", "why"),
    [(b"aes128gcm", "unknown_coding"), (b"gzip, br, zstd", "unknown_coding"), (b"gzip", "corrupt_coding")],
)
def test_undecodable_answers(coding: bytes, why: str) -> None:
    """P08: a copy that cannot be decoded says why, and gives no facts and no opinion about its end."""
    tap = _tap(_chat_stream(3), SSE, coding)
    facts = tap.facts()
    assert (tap.content().undecodable, facts.usage, facts.terminated, facts.choices) == (why, None, False, 0)
    assert tap.stream_end(facts) is None


def test_a_bomb_is_marked() -> None:
    """U08: beyond the decoder's cap the copy is undecodable, and the bytes are still counted."""
    bomb = gzip.compress(bytes(40_000_000))
    tap = _tap(bomb, JSON, b"gzip", size=4096)
    assert tap.undecodable == "coding_limit"


@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from([SSE, JSON, b""]), st.integers(0, 300))
def test_any_bytes_may_come(pieces: list[bytes], kind: bytes, cap: int) -> None:
    """Whatever the bytes and whatever the cap: facts, document and content without an error."""
    for operation in (Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES, Operation.OTHER):
        tap = Tap(operation, cap)
        for piece in pieces:
            tap.request(piece)
        tap.head(kind, b"")
        _feed_all(tap, pieces)
        assert tap.facts().usage is None
        assert isinstance(tap.request_document(), dict)
        assert len(tap.content().response) + len(tap.content().response_tail) <= max(cap, 16384)


def test_many_events_of_one_stream_are_bounded() -> None:
    """S13: a stream of a hundred thousand tiny events leaves no more than the cap."""
    tap = Tap(Operation.CHAT, 20_000)
    tap.head(SSE, b"")
    _feed_all(tap, (b": x\n\n" for _ in range(100_000)))
    assert len(tap.content().response) + len(tap.content().response_tail) <= 20_000
    assert tap.first_token is None


@pytest.mark.parametrize("kind", [SSE, b"text/plain"])
def test_blank_lines_before_a_stream(kind: bytes) -> None:
    """A server that waits may send blank lines for as long as it likes, in pieces of any size."""
    body = b"\r\n" * 300 + _chat_stream(3)
    for size in (1, 7, 100, len(body)):
        tap = _tap(body, kind, size=size)
        assert _known(tap.facts())[2:5] == (USAGE, FinishReason.STOP, True)
        assert tap.is_sse
        assert tap.first_token is not None


def test_a_tap_reads_no_further_than_the_first_token() -> None:
    """What comes after the first visible token is kept, and costs nothing more while it passes."""
    tap = Tap(Operation.CHAT, 10_000)
    tap.head(SSE, b"")
    tap.feed(replies.sse({"choices": [{"index": 0, "delta": {"content": "On"}}]}), 1.0)
    assert tap._first is not None
    decoder = tap._first._decoder
    tap.feed(b'data: {"choices": [', 2.0)
    assert decoder.flush() == []
    assert tap.first_token == 1.0
