"""The reader of chat and completions: what providers do differently, and what no provider should send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import FinishReason, Usage
from proxy.sample import Choice, ToolCall
from proxy.wire import chat
from proxy.wire.facts import Facts, load
from proxy.wire.sse import Event, decode
from proxy.wire.usage import usage_of
from support.chat_events import chat_delta as _delta
from support.chat_events import chat_events as _events
from support.chat_events import chat_facts as _facts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "index", "delta", "message", "content", "tool_calls", "function", "usage", "error", "type"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_a_plain_stream() -> None:
    """Deltas are joined; id, model, fingerprint, finish reason and the terminator are found."""
    events = _events(
        _delta({"role": "assistant", "content": ""}, system_fingerprint="fp_9"),
        _delta({"content": "The lamp "}),
        _delta({"content": "is on 灯."}),
        _delta({}, finish="stop"),
    )
    assert chat.stream(events) == [Choice(0, "The lamp is on 灯.", finish_reason="stop")]
    facts = _facts(events)
    assert (facts.response_id, facts.model, facts.fingerprint) == ("chatcmpl-7", "lamp-1", "fp_9")
    assert (facts.finish_reason, facts.terminated, facts.choices) == (FinishReason.STOP, True, 1)


def test_no_terminator_is_seen() -> None:
    """S07: a stream without ``[DONE]`` is not taken for terminated."""
    assert not _facts(_events(_delta({"content": "x"}, finish="stop"), done=False)).terminated


def test_azure_chunks() -> None:
    """Azure: a first chunk without choices and chunks without a delta cost nothing and make no choice of their own."""
    first = {"id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    bare = {"choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]}
    events = _events(first, bare, _delta({"content": "Lit."}), bare, _delta({}, finish="stop"))
    assert chat.stream(events) == [Choice(0, "Lit.", finish_reason="stop")]
    assert _facts(events).response_id == "chatcmpl-7"
    assert not chat.is_visible(first)
    assert not chat.is_visible(bare)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "thinking"])
def test_reasoning_is_kept_apart(field: str) -> None:
    """vLLM's ``reasoning`` and DeepSeek's ``reasoning_content`` are reasoning: never text, never visible."""
    thought, said = _delta({field: "Hm, lamps."}), _delta({field: None, "content": "On."})
    assert chat.stream(_events(thought, said)) == [Choice(0, "On.", reasoning="Hm, lamps.")]
    assert not chat.is_visible(thought)
    assert chat.is_visible(said)
    whole = {"choices": [{"message": {"content": "On.", field: "Hm, lamps."}}]}
    assert chat.response(whole) == [Choice(0, "On.", reasoning="Hm, lamps.")]


def test_anthropic_s_blocks_of_reasoning() -> None:
    """LiteLLM has them beside the field, and then they count once; some servers have them alone."""
    blocks = [{"type": "thinking", "thinking": "Hm, ", "signature": "s"}, {"type": "thinking", "thinking": "lamps."}]
    for more in ({}, {"reasoning_content": "Hm, lamps."}):
        message = {"content": "On.", "thinking_blocks": blocks, **more}
        right = [Choice(0, "On.", reasoning="Hm, lamps.")]
        assert chat.response({"choices": [{"message": message}]}) == right
        assert chat.stream(_events(_delta(message))) == right


def test_blank_lines_before_the_document() -> None:
    """S05: DeepSeek's blank keep-alive lines before the JSON of a whole answer do not hide it."""
    doc = load(b"\n\n\r\n" * 20 + b'{"choices": [{"message": {"content": "Late."}, "finish_reason": "length"}]}\n')
    assert chat.response(doc) == [Choice(0, "Late.", finish_reason="length")]


def test_error_inside_a_stream() -> None:
    """S09: OpenRouter's error under status 200 is kept by its code, and its message (which may quote) is not."""
    bad = {
        "id": "gen-1",
        "provider": "Lampster",
        "error": {"code": "server_error", "message": "secret prompt text"},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
    }
    facts = _facts(_events(_delta({"content": "So far"}), bad, done=False))
    assert (facts.error, facts.provider, facts.finish_reason) == ("server_error", "Lampster", FinishReason.ERROR)
    assert "secret" not in repr(facts)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"type": "overloaded"}, "overloaded"),
        ({"code": 502}, "error"),
        ("boom", "error"),
        ({"code": "x" * 999}, "x" * 80),
    ],
)
def test_errors_of_any_form(error: Any, said: str) -> None:
    """An error counts as one whatever its form; what is kept of it is short."""
    assert _facts(_events({"error": error})).error == said


@pytest.mark.parametrize("error", [None, {}, "", False])
def test_no_error(error: Any) -> None:
    """An empty error is none."""
    assert _facts(_events({**_delta({"content": "fine"}), "error": error})).error is None


def test_usage_stands_in_groqs_object() -> None:
    """Groq puts the usage of a stream that nobody asked it for into an object of its own."""
    usage = {"prompt_tokens": 11, "completion_tokens": 3}
    events = _events(_delta({"content": "a"}), _delta({}, finish="stop", x_groq={"id": "req_1", "usage": usage}))
    assert _facts(events).usage == Usage(input=11, output=3)


@pytest.mark.parametrize(("error", "said"), [("no berth left", "error"), ({"code": "full"}, "full"), (None, None)])
def test_an_error_stands_in_groqs_object(error: Any, said: str | None) -> None:
    """Groq puts an error of a stream into its object too, mostly as a text, which is not kept."""
    last = {"choices": [], "x_groq": {"id": "req_1", "error": error}}
    assert _facts(_events(_delta({"content": "a"}), last)).error == said


def test_usage_comes_early_or_in_a_chunk_of_its_own() -> None:
    """S06: xAI's usage one chunk early and OpenAI's usage chunk without choices are both found."""
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    early = _events(_delta({"content": "a"}), _delta({}, usage=usage), _delta({}, finish="stop", usage=None))
    late = _events(_delta({}, finish="stop", usage=None), {"choices": [], "usage": usage})
    assert _facts(early).usage == _facts(late).usage == Usage(input=11, output=3)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "12",
        5,
        {"prompt_tokens": None},
        {"prompt_tokens": "eleven"},
        {"prompt_tokens": -4},
        {"total_tokens": 9},
        {"prompt_tokens": True, "completion_tokens": 1.5},
    ],
)
def test_what_is_no_count_leaves_the_answer_unmetered(usage: Any) -> None:
    """S06: absent, null and senseless usage is unmetered, never zero."""
    assert usage_of(usage) is None
    assert _facts(_events(_delta({"content": "x"}, usage=usage))).usage is None


def test_real_usage_is_not_replaced_by_a_later_null() -> None:
    """A null after the real usage does not wipe it."""
    events = _events(_delta({}, usage={"prompt_tokens": 2, "completion_tokens": 1}), _delta({}, usage=None))
    assert _facts(events).usage == Usage(input=2, output=1)


def test_cached_and_reasoning_tokens_are_disjoint() -> None:
    """Cached tokens leave the input, reasoning tokens leave the output: the parts add up to the provider's total."""
    usage = usage_of(
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 40},
        }
    )
    assert usage == Usage(input=36, cached_input=64, output=10, reasoning_output=40)


def test_deepseek_cache_hits() -> None:
    """DeepSeek's words for a cache hit mean cached input."""
    usage = {"prompt_tokens": 30, "prompt_cache_hit_tokens": 20, "prompt_cache_miss_tokens": 10, "completion_tokens": 1}
    assert usage_of(usage) == Usage(input=10, cached_input=20, output=1)


def test_reasoning_beside_the_completion() -> None:
    """xAI counts reasoning beside the completion tokens; the total says so, and nothing is lost."""
    details = {"completion_tokens_details": {"reasoning_tokens": 94}}
    apart = {"prompt_tokens": 32, "completion_tokens": 109, "total_tokens": 235, **details}
    assert usage_of(apart) == Usage(input=32, output=109, reasoning_output=94)
    assert usage_of({"prompt_tokens": 32, "completion_tokens": 9, **details}) == Usage(
        input=32, output=9, reasoning_output=94
    )


COUNTS = [
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "prompt_cache_hit_tokens",
]
DETAILS = st.dictionaries(st.sampled_from(["cached_tokens", "reasoning_tokens"]), st.integers())


@given(st.dictionaries(st.sampled_from(COUNTS), JSON | st.integers(-5, 2**60) | DETAILS))
def test_tokens_are_never_negative(usage: dict[str, Any]) -> None:
    """Whatever a provider counts, no type of token is below zero (a counter could not take it)."""
    found = usage_of(usage)
    assert (
        found is None
        or min(found.input, found.cached_input, found.cache_write, found.output, found.reasoning_output) >= 0
    )


def test_several_choices() -> None:
    """n > 1: interleaved choices are put together by their index, and counted."""
    events = _events(
        _delta({"content": "A1 "}, 0),
        _delta({"content": "B1 "}, 1),
        _delta({"content": "C"}, 2, finish="length"),
        _delta({"content": "A2"}, 0, finish="stop"),
        _delta({"content": "B2"}, 1, finish="stop"),
    )
    assert [(choice.index, choice.text) for choice in chat.stream(events)] == [(0, "A1 A2"), (1, "B1 B2"), (2, "C")]
    assert _facts(events).choices == 3
    whole = {"choices": [{"index": 1, "message": {"content": "b"}}, {"index": 0, "message": {"content": "a"}}]}
    assert [(choice.index, choice.text) for choice in chat.response(whole)] == [(1, "b"), (0, "a")]
    facts = Facts()
    chat.facts_of_document(whole, facts)
    assert facts.choices == 2


@pytest.mark.parametrize("index", [True, -1, 10**12, "0", None, 1.5, [0]])
def test_senseless_places(index: Any) -> None:
    """A place that is no small whole number becomes the default one, so that the sample can be written and read."""
    (choice,) = chat.stream(_events({"choices": [{"index": index, "delta": {"content": "x"}}]}))
    assert choice == Choice(0, "x")
    assert chat.response({"choices": [{"index": index, "text": "x"}]}) == [Choice(0, "x")]


def test_streamed_tool_calls_are_assembled() -> None:
    """Arguments that come in pieces, calls interleaved, are joined by the call's index."""

    def call(index: int, **fields: Any) -> dict[str, Any]:
        return _delta({"tool_calls": [{"index": index, **fields}]})

    events = _events(
        call(0, id="call_a", type="function", function={"name": "lamp", "arguments": ""}),
        call(0, function={"arguments": '{"room": '}),
        call(1, id="call_b", type="function", function={"name": "door", "arguments": "{}"}),
        call(0, function={"arguments": '"Küche"}'}),
        _delta({}, finish="tool_calls"),
    )
    (choice,) = chat.stream(events)
    assert choice.tool_calls == (ToolCall("lamp", '{"room": "Küche"}', "call_a"), ToolCall("door", "{}", "call_b"))
    assert choice.finish_reason == "tool_calls"
    assert chat.is_visible(call(0, function={"arguments": "{"}))


def test_tool_calls_without_places_are_separate() -> None:
    """Servers that send whole calls without an index: each is a call of its own."""
    calls = [{"id": f"c{n}", "function": {"name": "lamp", "arguments": str(n)}} for n in range(2)]
    (choice,) = chat.stream(_events(*(_delta({"tool_calls": [call]}) for call in calls)))
    assert [call.arguments for call in choice.tool_calls] == ["0", "1"]


def test_the_older_function_call() -> None:
    """``function_call`` is a tool call without an id, streamed or whole."""
    events = _events(
        _delta({"function_call": {"name": "lamp", "arguments": "{"}}),
        _delta({"function_call": {"arguments": "}"}}),
    )
    assert chat.stream(events)[0].tool_calls == (ToolCall("lamp", "{}"),)
    whole = {"choices": [{"message": {"content": None, "function_call": {"name": "lamp", "arguments": "{}"}}}]}
    assert chat.response(whole)[0].tool_calls == (ToolCall("lamp", "{}"),)


def test_refusals_on_the_wire() -> None:
    """A refusal field or a content filter marks the answer as refused, and refusal text is kept apart."""
    events = _events(_delta({"refusal": "I can"}), _delta({"refusal": "not."}, finish="stop"))
    assert chat.stream(events) == [Choice(0, "", "I cannot.", finish_reason="stop")]
    assert _facts(events).refusal
    assert _facts(_events(_delta({}, finish="content_filter"))).refusal
    assert not _facts(_events(_delta({"refusal": None, "content": "Sure."}, finish="stop"))).refusal


def test_content_in_parts() -> None:
    """Content that is a list of parts is text too, whole or streamed; thinking parts are not."""
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Lit."}]
    assert chat.response({"choices": [{"message": {"content": parts}}]})[0].text == "Lit."
    assert chat.stream(_events(_delta({"content": parts})))[0].text == "Lit."
    assert chat.is_visible(_delta({"content": parts}))
    assert not chat.is_visible(_delta({"content": parts[:1]}))


def test_completions() -> None:
    """The older surface: ``text`` in choices, ``prompt`` in requests (tokens in a prompt are no text)."""
    events = _events({"choices": [{"index": 0, "text": "Once "}]}, {"choices": [{"index": 0, "text": "more"}]})
    assert chat.stream(events) == [Choice(0, "Once more")]
    assert chat.is_visible({"choices": [{"text": "x"}]})
    assert [message.content for message in chat.request({"prompt": "Tell"}).messages] == ["Tell"]
    assert [message.content for message in chat.request({"prompt": ["a", [1, 2], "b"]}).messages] == ["a\nb"]


def test_request() -> None:
    """Messages, parts, documents, tool results, tools and the response format of a request are read."""
    content = chat.request(
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "See"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                        {"type": "document", "source": {"type": "text", "data": "The lamp is red."}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "42"},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}, "not a tool"],
            "response_format": {"type": "json_object"},
            "web_search_options": {},
        }
    )
    system, user, assistant, tool = content.messages
    assert (system.role, system.content) == ("system", "Be brief.")
    assert (user.content, user.documents, user.other_parts) == ("See", ("The lamp is red.",), ("image_url",))
    assert assistant.tool_calls == (ToolCall("f", "{}", "c1"),)
    assert (tool.role, tool.tool_call_id, tool.content) == ("tool", "c1", "42")
    assert [bytes(raw) for raw in content.tools] == [b'{"type":"function","function":{"name":"f"}}']
    assert content.response_format is not None
    assert content.off_wire == ["hosted_search"]


def test_images_are_not_kept() -> None:
    """V09: the bytes of a part that is no text are nowhere in what was read."""
    part = {"type": "input_audio", "input_audio": {"data": "QUJDREVGRw=="}}
    assert "QUJD" not in repr(chat.request({"messages": [{"role": "user", "content": [part]}]}))


@pytest.mark.parametrize("depth", [60, 300, 480])
def test_deep_nesting_is_borne(depth: int) -> None:
    """X14: parts and tools nested as deeply as JSON may be are read without an error."""
    nested = '[{"type":"document","content":' * depth + '"bottom"' + "}]" * depth
    body = load(f'{{"messages": [{{"role": "user", "content": {nested}}}], "tools": [{{"x": {nested}}}]}}'.encode())
    content = chat.request(body)
    assert len(content.messages) == len(content.tools) == 1


@given(JSON)
def test_anything_may_come(value: Any) -> None:
    """M02: any JSON value in any place of a document or an event is read without an error."""
    documents: list[dict[str, Any]] = [
        {"choices": value},
        {"choices": [{"delta": value, "message": value}]},
        {"messages": value, "tools": value},
        {"messages": [{"content": value, "tool_calls": value}]},
        {"prompt": value, "usage": value, "error": value},
    ]
    for doc in documents:
        facts = Facts()
        chat.facts_of_document(doc, facts)
        event = Event(b"", json.dumps(doc).encode())
        chat.facts_of_event(event, facts)
        assert isinstance(chat.is_visible(doc), bool)
        assert all(isinstance(choice.text, str) for choice in chat.response(doc) + chat.stream([event]))
        assert all(isinstance(message.content, str) for message in chat.request(doc).messages)


@given(st.binary(max_size=40))
def test_events_that_are_no_json(data: bytes) -> None:
    """Event data that is no JSON object says nothing and raises nothing."""
    facts = Facts()
    chat.facts_of_event(Event(b"", b"{" + data), facts)
    chat.stream([Event(b"", data)])
    assert not facts.terminated


@pytest.mark.parametrize(
    "data", [b'{"message": "no berth left", "status": 503}', b"no berth left", b'["no berth left"]']
)
def test_an_event_named_error_is_one(data):
    """Under the name ``error`` an event is an error whatever it holds, and an empty one is nothing."""
    assert _facts(decode(b"event: error\ndata: " + data + b"\n\n")).error == "error"
    assert _facts(decode(b"event: error\ndata:\n\n")).error is None


@pytest.mark.parametrize("unfinished", ["", "null"])
def test_no_finish_reason_yet(unfinished):
    """A blank reason, or the word null, says nothing: before the real one, and after it."""
    events = _events(_delta({"content": "Lamp"}, finish=unfinished), _delta({}, finish="length"))
    assert _facts(events).finish_reason is FinishReason.LENGTH
    assert _facts([*events, *_events(_delta({}, finish=unfinished))]).finish_reason is FinishReason.LENGTH
    assert _facts(_events(_delta({"content": "Lamp"}, finish=unfinished))).finish_reason is None


def test_stop_after_calls_says_nothing():
    """A choice that ended in calls has ended: a ``stop`` after it is a gateway's. Other choices, and text, go on."""
    call = {"index": 0, "id": "c1", "function": {"name": "moor", "arguments": '{"berth":4}'}}
    events = _events(_delta({"tool_calls": [call]}), _delta({}, finish="tool_calls"), _delta({}, finish="stop"))
    assert _facts(events).finish_reason is FinishReason.TOOL_CALLS
    assert [choice.finish_reason for choice in chat.stream(events)] == ["tool_calls"]
    assert _facts([*events, *_events(_delta({}, index=1, finish="stop"))]).finish_reason is FinishReason.STOP
    assert _facts([*events, *_events(_delta({}, finish="length"))]).finish_reason is FinishReason.LENGTH
    went_on = [*events, *_events(_delta({"content": "Berth four."}), _delta({}, finish="stop"))]
    assert _facts(went_on).finish_reason is FinishReason.STOP
    assert [choice.finish_reason for choice in chat.stream(went_on)] == ["stop"]


def test_usage_inside_a_choice():
    """Moonshot's streams have the usage in the choice that ends."""
    ending = _delta({}, finish="stop")
    ending["choices"][0]["usage"] = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    assert _facts(_events(_delta({"content": "Lamp"}), ending)).usage == Usage(input=9, output=4)


def test_whole_messages_in_a_stream():
    """A chunk with a message and no delta is read, and is visible; after deltas it only repeats them."""
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "The lamp is lit."}}]}
    refused = {"choices": [{"index": 0, "message": {"refusal": "I will not."}}]}
    assert chat.stream(_events(whole)) == [Choice(0, "The lamp is lit.")]
    assert chat.is_visible(whole)
    assert chat.delta_text(whole) == "The lamp is lit."
    assert _facts(_events(refused)).refusal
    assert chat.stream(_events(_delta({"content": "The lamp "}), _delta({"content": "is lit."}), whole)) == [
        Choice(0, "The lamp is lit.")
    ]
