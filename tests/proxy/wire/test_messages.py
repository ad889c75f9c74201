"""The reader of Anthropic's messages: events, cumulative usage, tool use, results and documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import FinishReason, Usage
from proxy.sample import Choice, ToolCall
from proxy.wire import messages
from proxy.wire.facts import Facts, load
from proxy.wire.sse import Event
from proxy.wire.usage import usage_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "index", "content", "delta", "usage", "input", "output_tokens", "source", "text"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def _event(kind: str, named: bool = True, **fields: Any) -> Event:
    return Event(kind.encode() if named else b"", json.dumps({"type": kind, **fields}).encode())


def _facts(*events: Event) -> Facts:
    facts = Facts()
    for event in events:
        messages.facts_of_event(event, facts)
    return facts


def _start(usage: Any, named: bool = True) -> Event:
    return _event("message_start", named, message={"id": "msg_3", "model": "lantern-1", "content": [], "usage": usage})


def _text(text: str, named: bool = True, index: int = 0) -> Event:
    return _event("content_block_delta", named, index=index, delta={"type": "text_delta", "text": text})


def _stop(reason: str | None, usage: Any, named: bool = True) -> Event:
    return _event("message_delta", named, delta={"stop_reason": reason}, usage=usage)


@pytest.mark.parametrize("named", [True, False])
def test_a_stream(named: bool) -> None:
    """Text deltas are joined; input tokens come with the start, output tokens (cumulative) with the last delta."""
    events = [
        _start(
            {"input_tokens": 9, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 5, "output_tokens": 1},
            named,
        ),
        _event("content_block_start", named, index=0, content_block={"type": "text", "text": ""}),
        _event("ping", named),
        _text("The lantern ", named),
        _text("glows.", named),
        _event("content_block_stop", named, index=0),
        _stop("end_turn", {"output_tokens": 12}, named),
        _event("message_stop", named),
    ]
    facts = _facts(*events)
    assert (facts.response_id, facts.model, facts.finish_reason) == ("msg_3", "lantern-1", FinishReason.STOP)
    assert facts.usage == Usage(input=9, cached_input=40, cache_write=5, output=12)
    assert (facts.terminated, facts.choices) == (True, 1)
    assert messages.stream(events) == [Choice(0, "The lantern glows.", finish_reason="end_turn")]


def test_types_that_only_event_lines_say() -> None:
    """Some gateways leave the type out of the JSON; the name of the event is the same word."""
    told = [
        _start({"input_tokens": 9, "output_tokens": 1}),
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        _text("The lantern glows."),
        _stop("end_turn", {"output_tokens": 12}),
        _event("message_stop"),
    ]
    untyped = []
    for event in told:
        doc = json.loads(event.data)
        untyped.append(Event(doc.pop("type").encode(), json.dumps(doc).encode()))
    assert _facts(*untyped) == _facts(*told)
    assert messages.stream(untyped) == messages.stream(told)
    failed = _facts(*untyped[:3], Event(b"error", b'{"error": {"type": "overloaded_error"}}'))
    assert (failed.error, failed.terminated) == ("overloaded_error", False)


def test_usage_that_comes_at_the_end() -> None:
    """Servers that know the input only at the end: that is what counts; without any usage, unmetered."""
    assert _facts(
        _start({"input_tokens": 0}), _stop("end_turn", {"input_tokens": 8, "output_tokens": 2})
    ).usage == Usage(input=8, output=2)
    assert _facts(_start(None), _stop("end_turn", {"input_tokens": 8, "output_tokens": 2})).usage == Usage(8, 0, 0, 2)
    assert _facts(_start(None), _stop("end_turn", None)).usage is None


def test_usage_in_the_last_event() -> None:
    """Servers that count tokens only there, and Bedrock, whose counts there add nothing to what was said before."""
    counted = {"input_tokens": 8, "output_tokens": 2}
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 8, "outputTokenCount": 2}}
    begun = (_start(None), _stop("end_turn", None))
    assert _facts(*begun, _event("message_stop", usage=counted)).usage == Usage(8, 0, 0, 2)
    assert _facts(*begun, _event("message_stop", **metrics)).usage == Usage(8, 0, 0, 2)
    told = (_start({"input_tokens": 5, "output_tokens": 1}), _stop("end_turn", {"output_tokens": 2}))
    assert _facts(*told, _event("message_stop", **metrics)).usage == Usage(5, 0, 0, 2)


@pytest.mark.parametrize("output", [-5, True, "twelve", None, 2**60, 1.5])
def test_senseless_output_counts(output: Any) -> None:
    """An output count that is none leaves the one before it: never negative, never a bool."""
    assert _facts(
        _start({"input_tokens": 3, "output_tokens": 1}), _stop(None, {"output_tokens": output})
    ).usage == Usage(input=3, output=1)


def test_cache_tokens_are_beside_the_input() -> None:
    """Anthropic counts cache reads and writes beside the input tokens: they are not taken off again."""
    usage = {"input_tokens": 2, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 0, "output_tokens": 7}
    assert usage_of(usage) == Usage(input=2, cached_input=90, output=7)


def test_tool_use_is_assembled() -> None:
    """A streamed tool's input is joined from its pieces, beside text and thinking."""

    def piece(index: int, **delta: Any) -> Event:
        return _event("content_block_delta", index=index, delta=delta)

    events = [
        _start({"input_tokens": 1}),
        piece(0, type="thinking_delta", thinking="Hm."),
        _text("I look.", index=1),
        _event(
            "content_block_start",
            index=2,
            content_block={"type": "tool_use", "id": "tu_1", "name": "look", "input": {}},
        ),
        piece(2, type="input_json_delta", partial_json='{"at": '),
        piece(2, type="input_json_delta", partial_json='"灯"}'),
        _stop("tool_use", {"output_tokens": 4}),
    ]
    (choice,) = messages.stream(events)
    assert choice == Choice(
        0, "I look.", "", "Hm.", (ToolCall("look", '{"at": "灯"}', "tu_1"),), finish_reason="tool_use"
    )
    assert _facts(*events).finish_reason is FinishReason.TOOL_CALLS


def test_a_content_that_is_a_text() -> None:
    """Some servers answer with the text itself in place of its block."""
    [choice] = messages.response({"content": "The lantern glows.", "stop_reason": "end_turn"})
    assert (choice.text, choice.finish_reason) == ("The lantern glows.", "end_turn")


def test_a_tool_that_takes_no_input() -> None:
    """An input that ended without a piece is empty, as in a whole message; a stream that was cut has none yet."""
    block = {"type": "tool_use", "id": "t", "name": "ping", "input": {}}
    begun = [_start({"input_tokens": 1}), _event("content_block_start", index=0, content_block=block)]
    pieces = _event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": ""})
    ended = [*begun, pieces, _event("content_block_stop", index=0), _stop("tool_use", {"output_tokens": 2})]
    assert messages.stream(ended)[0].tool_calls == (ToolCall("ping", "{}", "t"),)
    assert messages.response({"content": [block]})[0].tool_calls == (ToolCall("ping", "{}", "t"),)
    assert messages.stream([*begun, pieces])[0].tool_calls == (ToolCall("ping", "", "t"),)


def test_text_in_the_first_block() -> None:
    """Text that comes with the start of a block is part of the answer, and visible."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Al"}}
    events = [Event(b"content_block_start", json.dumps(start).encode()), _text("ready")]
    assert messages.stream(events)[0].text == "Already"
    assert messages.is_visible(start)


def test_a_whole_message() -> None:
    """Text, thinking and tool use of a message that was not streamed."""
    doc = {
        "id": "msg_4",
        "model": "lantern-1",
        "content": [
            {"type": "thinking", "thinking": "Hm."},
            {"type": "text", "text": "One. "},
            {"type": "text", "text": "Two."},
            {"type": "tool_use", "id": "tu_2", "name": "look", "input": {"at": 1}},
        ],
        "stop_reason": "max_tokens",
        "usage": {"input_tokens": 5, "output_tokens": 6},
    }
    (choice,) = messages.response(doc)
    assert (choice.text, choice.reasoning) == ("One. Two.", "Hm.")
    assert choice.tool_calls == (ToolCall("look", '{"at":1}', "tu_2"),)
    facts = Facts()
    messages.facts_of_document(doc, facts)
    assert (facts.finish_reason, facts.usage, facts.choices) == (FinishReason.LENGTH, Usage(5, 0, 0, 6), 1)


def test_refusals_and_errors() -> None:
    """A stop for refusal is a refusal on the wire; an error event gives its type and ends nothing by itself."""
    assert _facts(_stop("refusal", None)).refusal
    facts = _facts(_text("So"), _event("error", error={"type": "overloaded_error", "message": "secret"}))
    assert (facts.error, facts.terminated) == ("overloaded_error", False)
    facts = Facts()
    messages.facts_of_document({"type": "error", "error": {"type": "not_found_error", "message": "x"}}, facts)
    assert (facts.error, facts.choices) == ("not_found_error", 0)


@pytest.mark.parametrize(
    ("doc", "visible"),
    [
        ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x"}}, True),
        ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": ""}}, False),
        ({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "x"}}, False),
        ({"type": "content_block_start", "content_block": {"type": "tool_use"}}, True),
        ({"type": "content_block_start", "content_block": {"type": "thinking", "thinking": ""}}, False),
        ({"type": "ping", "delta": {"text": "x"}}, False),
    ],
)
def test_what_a_user_sees(doc: dict[str, Any], visible: bool) -> None:
    """Text and the start of a tool call are visible; thinking and pings are not."""
    assert messages.is_visible(doc) is visible


def test_request() -> None:
    """System blocks, tool results (with what they found), documents, images and tools of a request are read."""
    content = messages.request(
        {
            "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
            "messages": [
                {"role": "user", "content": "Look."},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Hm."},
                        {"type": "tool_use", "id": "tu_1", "name": "look", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "tu_1",
                            "content": [
                                {"type": "text", "text": "Found:"},
                                {"type": "search_result", "content": [{"type": "text", "text": "The lamp is red."}]},
                            ],
                        },
                        {"type": "text", "text": "And this?"},
                        {"type": "document", "source": {"type": "text", "data": "The door is blue."}},
                        {"type": "document", "source": {"type": "base64", "data": "QUJD"}},
                        {"type": "image", "source": {"type": "base64", "data": "QUJD"}},
                    ],
                },
            ],
            "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        }
    )
    system, user, assistant, tool, last = content.messages
    assert (system.role, system.content) == ("system", "Be brief.\nBe kind.")
    assert user.content == "Look."
    assert (assistant.tool_calls, assistant.other_parts) == ((ToolCall("look", "{}", "tu_1"),), ())
    assert (tool.role, tool.content, tool.tool_call_id) == ("tool", "Found:", "tu_1")
    assert tool.documents == ("The lamp is red.",)
    assert (last.content, last.documents, last.other_parts) == (
        "And this?",
        ("The door is blue.",),
        ("document", "image"),
    )
    assert content.off_wire == []
    assert "QUJD" not in repr(content)


@pytest.mark.parametrize("index", [[1], {"a": 1}, None, "0", -1])
def test_senseless_places(index: Any) -> None:
    """A block's place of any type is borne: the pieces still come together."""
    block = {"type": "tool_use", "id": "t", "name": "look"}
    events = [
        _event("content_block_start", index=index, content_block=block),
        _event("content_block_delta", index=index, delta={"partial_json": "{}"}),
    ]
    assert messages.stream(events)[0].tool_calls == (ToolCall("look", "{}", "t"),)


@pytest.mark.parametrize("depth", [300, 450])
def test_deep_nesting_is_borne(depth: int) -> None:
    """X14: a tool's input and a result nested as deeply as JSON may be are read without an error."""
    nested = '[{"x":' * depth + "1" + "}]" * depth
    result = '{"type":"tool_result","content":' * 2 + nested + "}" * 2
    use = f'{{"type":"tool_use","id":"t","name":"n","input":{nested}}}'
    doc = load(f'{{"messages":[{{"role":"user","content":[{result},{use},{use}]}}],"content":[{use}]}}'.encode())
    assert messages.response(doc)[0].tool_calls[0].name == "n"
    assert len(messages.request(doc).messages) == 2


def test_no_events_no_answer() -> None:
    """A stream without an event is no answer at all."""
    assert messages.stream([]) == []


KINDS = ["message_start", "message_delta", "content_block_start", "content_block_delta", "error", "message_stop", ""]


@given(JSON, st.sampled_from(KINDS))
def test_anything_may_come(value: Any, kind: str) -> None:
    """M02: any JSON value in any place of a document, a request or an event is read without an error."""
    documents: list[dict[str, Any]] = [
        {"type": kind, "message": value, "delta": value, "usage": value, "index": value, "content_block": value},
        {"type": kind, "content_block": {"type": "tool_use", "name": value}, "index": value, "delta": value},
        {"content": value, "usage": value, "error": value, "stop_reason": value},
        {"system": value, "messages": value, "tools": value},
        {"messages": [{"role": value, "content": value}, {"content": [{"type": "tool_result", "content": value}]}]},
    ]
    for doc in documents:
        data = json.dumps(doc).encode()
        facts = _facts(_start({"input_tokens": 1}), Event(b"", data), Event(kind.encode(), data))
        messages.facts_of_document(doc, facts)
        assert facts.usage is not None
        assert facts.usage.output >= 0
        assert isinstance(messages.is_visible(doc), bool)
        assert all(
            isinstance(choice.text, str) for choice in messages.response(doc) + messages.stream([Event(b"", data)])
        )
        assert all(isinstance(message.content, str) for message in messages.request(doc).messages)


@pytest.mark.parametrize("asked", [{"output_config": {"format": {}}}, {"output_format": {}}])
def test_a_requested_format(asked: dict[str, Any]) -> None:
    """``output_config.format``, and the beta's ``output_format``, are the format that the answer must have."""
    wanted = {"type": "json_schema", "schema": {"type": "object", "required": ["tide"]}}
    document = {"output_config": {"format": wanted}} if "output_config" in asked else {"output_format": wanted}
    found = messages.request({"model": "m", "messages": [], **document}).response_format
    assert found is not None
    assert json.loads(bytes(found)) == wanted
    assert messages.request({"model": "m", "messages": [], "output_config": {"effort": "low"}}).response_format is None


@pytest.mark.parametrize(
    ("between", "said"),
    [
        ([], "It is lit."),
        ([{"type": "server_tool_use", "name": "code_execution", "input": {}}], "It is\n lit."),
        ([{"type": "tool_use", "id": "c", "name": "lamp", "input": {}}], "It is\n lit."),
        ([{"type": "thinking", "thinking": "hm"}], "It is\n lit."),
    ],
)
def test_texts_on_two_sides_of_a_run(between: list[dict[str, Any]], said: str) -> None:
    """Blocks of text are pieces of one sentence, as citations cut it; what something else parts stands on two lines."""
    blocks = [{"type": "text", "text": "It is"}, *between, {"type": "text", "text": " lit."}]
    (whole,) = messages.response({"content": blocks, "stop_reason": "end_turn"})
    started = [_event("content_block_start", index=at, content_block=block) for at, block in enumerate(blocks)]
    (stream,) = messages.stream(started)
    assert (whole.text, stream.text) == (said, said)


def test_references_to_tools_are_no_content() -> None:
    """A search of the application's own for tools gives their names back, which is no evidence in another form."""
    result = {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "tool_reference", "tool_name": "lamp"}]}
    (message,) = messages.request({"messages": [{"role": "user", "content": [result]}]}).messages
    assert (message.role, message.content, message.other_parts) == ("tool", "", ())
