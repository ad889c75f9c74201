"""The reader of the Responses API: typed events, their ends, tool calls, and evidence that never crossed the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import FinishReason, Usage
from proxy.sample import Choice, ToolCall
from proxy.wire import responses
from proxy.wire.facts import Facts
from proxy.wire.sse import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "output", "content", "summary", "usage", "delta", "item", "status", "error"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "The lamp is lit."}]}
CALL = {"type": "function_call", "call_id": "call_1", "name": "lamp", "arguments": '{"on": true}'}


def _object(*output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 10},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 55,
    }
    return {"id": "resp_9", "model": "lamp-2", "status": status, "output": list(output), "usage": usage, **more}


def _event(kind: str, named: bool = True, **fields: Any) -> Event:
    return Event(kind.encode() if named else b"", json.dumps({"type": kind, **fields}).encode())


def _facts(*events: Event) -> Facts:
    facts = Facts()
    for event in events:
        responses.facts_of_event(event, facts)
    return facts


def _whole(doc: dict[str, Any]) -> Facts:
    facts = Facts()
    responses.facts_of_document(doc, facts)
    return facts


@pytest.mark.parametrize("named", [True, False])
def test_a_stream(named: bool) -> None:
    """The final event holds everything; events without an ``event:`` line are told by their type."""
    events = [
        _event("response.created", named, response=_object(status="in_progress", usage=None)),
        _event("response.output_text.delta", named, delta="The lamp "),
        _event("response.completed", named, response=_object(MESSAGE)),
    ]
    facts = _facts(*events)
    assert (facts.response_id, facts.model, facts.finish_reason) == ("resp_9", "lamp-2", FinishReason.STOP)
    assert facts.usage == Usage(input=20, cached_input=10, output=5, reasoning_output=20)
    assert (facts.terminated, facts.choices) == (True, 1)
    assert responses.stream(events) == [Choice(0, "The lamp is lit.", finish_reason="completed")]


def test_a_stream_that_was_cut() -> None:
    """Without a final event the deltas are joined and the calls that were whole are kept; nothing is terminated."""
    events = [
        _event("response.created", response=_object(status="in_progress", usage=None)),
        _event("response.output_text.delta", delta="The "),
        _event("response.output_text.delta", delta="lamp"),
        _event("response.output_item.done", item=CALL),
        _event(
            "response.output_item.done", item={"type": "custom_tool_call", "name": "sh", "input": "ls", "call_id": "c"}
        ),
    ]
    calls = (ToolCall("lamp", '{"on": true}', "call_1"), ToolCall("sh", "ls", "c"))
    assert responses.stream(events) == [Choice(0, "The lamp", tool_calls=calls)]
    facts = _facts(*events)
    assert (facts.terminated, facts.usage, facts.finish_reason, facts.response_id) == (False, None, None, "resp_9")


@pytest.mark.parametrize(
    ("kind", "final", "finish"),
    [
        ("response.incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, FinishReason.LENGTH),
        ("response.incomplete", {"incomplete_details": {"reason": "content_filter"}}, FinishReason.CONTENT_FILTER),
        ("response.failed", {"error": {"code": "server_error", "message": "x"}}, FinishReason.ERROR),
        ("response.cancelled", {}, FinishReason.INCOMPLETE),
    ],
)
def test_other_ends(kind: str, final: dict[str, Any], finish: FinishReason) -> None:
    """Incomplete, failed and cancelled end a stream too, also when a tool call had begun."""
    facts = _facts(_event(kind, response=_object(MESSAGE, CALL, status=kind.split(".")[1], **final)))
    assert (facts.terminated, facts.finish_reason) == (True, finish)
    assert (facts.error == "server_error") == (finish is FinishReason.ERROR)


@pytest.mark.parametrize("fields", [{"code": "rate_limit"}, {"error": {"code": "rate_limit"}}])
def test_error_event(fields: dict[str, Any]) -> None:
    """An error event ends the stream and gives its code, wherever that stands."""
    facts = _facts(_event("error", message="the prompt was: secret", **fields))
    assert (facts.terminated, facts.error) == (True, "rate_limit")


def test_unknown_events_pass() -> None:
    """S16: an event type that is not known says nothing and breaks nothing."""
    events = [_event("response.lamp.glow", glow=3), _event("response.completed", response=_object(MESSAGE))]
    assert _facts(*events).terminated
    assert responses.stream(events)[0].text == "The lamp is lit."


def test_tool_calls() -> None:
    """A completed response with a call finished for the sake of the call."""
    assert _whole(_object(CALL)).finish_reason is FinishReason.TOOL_CALLS
    assert responses.response(_object(CALL))[0].tool_calls == (ToolCall("lamp", '{"on": true}', "call_1"),)


def test_reasoning_and_refusal_are_apart() -> None:
    """Reasoning summaries are reasoning, refusal parts are the refusal; neither is text."""
    reasoning = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Think."}]}
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    doc = _object(reasoning, refusal)
    assert responses.response(doc) == [Choice(0, "", "No.", "Think.", finish_reason="completed")]
    assert _whole(doc).refusal
    assert _facts(_event("response.refusal.done", refusal="No.")).refusal
    assert not _whole(_object(MESSAGE)).refusal


def test_background() -> None:
    """S16: a response that is queued or under way is not finished, and nothing of it is counted."""
    for status in ("queued", "in_progress"):
        facts = _whole(_object(status=status, usage=None))
        assert (facts.terminated, facts.finish_reason, facts.usage, facts.choices) == (False, None, None, 0)
        assert facts.response_id == "resp_9"


@pytest.mark.parametrize(
    ("doc", "visible"),
    [
        ({"type": "response.output_text.delta", "delta": "x"}, True),
        ({"type": "response.output_text.delta", "delta": ""}, False),
        ({"type": "response.refusal.delta", "delta": "x"}, True),
        ({"type": "response.function_call_arguments.delta", "delta": "{"}, True),
        ({"type": "response.reasoning_summary_text.delta", "delta": "x"}, False),
        ({"type": "response.output_item.added", "item": {"type": "function_call"}}, True),
        ({"type": "response.output_item.added", "item": {"type": "reasoning"}}, False),
        ({"type": "response.created", "delta": "x"}, False),
    ],
)
def test_what_a_user_sees(doc: dict[str, Any], visible: bool) -> None:
    """Text, refusals and tool calls are visible; reasoning and bookkeeping are not."""
    assert responses.is_visible(doc) is visible


def test_request() -> None:
    """Instructions, messages, tool calls with their outputs, tools and the text format of a request are read."""
    content = responses.request(
        {
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Light?"}, {"type": "input_image"}]},
                {"type": "reasoning", "summary": []},
                CALL,
                {"type": "function_call_output", "call_id": "call_1", "output": "done"},
                {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "p"}]},
            ],
            "tools": [{"type": "function", "name": "lamp"}],
            "text": {"format": {"type": "json_schema", "name": "x", "schema": {}}},
        }
    )
    assert [(message.role, message.content) for message in content.messages] == [
        ("system", "Be brief."),
        ("user", "Light?"),
        ("assistant", ""),
        ("tool", "done"),
        ("tool", "p"),
    ]
    assert content.messages[1].other_parts == ("input_image",)
    assert content.messages[2].tool_calls == (ToolCall("lamp", '{"on": true}', "call_1"),)
    assert content.messages[3].tool_call_id == "call_1"
    assert len(content.tools) == 1
    assert content.response_format is not None
    assert content.off_wire == []


def test_input_as_a_string() -> None:
    """A plain string is the user's message."""
    assert [(m.role, m.content) for m in responses.request({"input": "Hello"}).messages] == [("user", "Hello")]


@pytest.mark.parametrize(
    ("doc", "named"),
    [
        ({"input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "x", "conversation": {"id": "conv_1"}}, "previous_response_id"),
        ({"input": [{"type": "item_reference", "id": "i"}]}, "item_reference"),
        ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "hosted_search"),
    ],
)
def test_evidence_off_the_wire(doc: dict[str, Any], named: str) -> None:
    """What the answer may rest on but never crossed the wire is named."""
    assert responses.request(doc).off_wire == [named]


@given(JSON, st.sampled_from(["response.completed", "error", "response.created", "response.output_item.done", ""]))
def test_anything_may_come(value: Any, kind: str) -> None:
    """M02: any JSON value in any place of a document, a request or an event is read without an error."""
    documents: list[dict[str, Any]] = [
        {"type": kind, "response": value, "item": value, "delta": value, "error": value},
        {"type": kind, "response": {"output": value, "usage": value, "status": value}, "output": value},
        {"output": [{"type": "message", "content": value}, {"type": "reasoning", "summary": value}], "status": value},
        {"input": value, "tools": value, "text": value, "instructions": value},
        {"input": [{"content": value, "type": value}, {"type": "function_call_output", "output": value}]},
    ]
    for doc in documents:
        event = Event(kind.encode(), json.dumps(doc).encode())
        facts = _facts(event)
        responses.facts_of_document(doc, facts)
        assert isinstance(responses.is_visible(doc), bool)
        assert all(isinstance(choice.text, str) for choice in responses.response(doc) + responses.stream([event]))
        assert all(isinstance(message.content, str) for message in responses.request(doc).messages)


CALLED = {"type": "function_call", "call_id": "call_4", "name": "tide", "arguments": ""}
DONE_ONLY = [
    ("response.reasoning_summary_text.done", 0, {"text": "Look it up."}),
    ("response.output_text.done", 1, {"text": "High at nine."}),
    ("response.function_call_arguments.done", 2, {"arguments": '{"port": "Orme"}'}),
]


def test_a_stream_without_deltas():
    """Some servers send each text and each call's arguments as a whole only, and end with an empty output."""
    events = [
        _event("response.output_item.added", output_index=2, item=CALLED),
        *(_event(kind, output_index=index, **whole) for kind, index, whole in DONE_ONLY),
        _event("response.completed", response=_object()),
    ]
    call = ToolCall("tide", '{"port": "Orme"}', "call_4")
    assert responses.stream(events) == [
        Choice(0, "High at nine.", "", "Look it up.", (call,), finish_reason="completed")
    ]
    refused = [_event("response.refusal.done", refusal="No."), _event("response.completed", response=_object())]
    assert responses.stream(refused) == [Choice(0, refusal="No.", finish_reason="completed")]
    said = {"type": "response.output_text.done", "text": "High at nine."}
    assert responses.is_visible(said)
    assert responses.delta_text(said) == "High at nine."


@pytest.mark.parametrize("place", [{"output_index": 0}, {"item_id": "msg_1"}, {}])
def test_a_text_that_only_its_part_holds(place):
    """The whole part of a message is its text where nothing else brought it, and repeats it otherwise."""
    part = {"type": "output_text", "text": "High at nine."}
    told = _event("response.content_part.done", **place, content_index=0, part=part)
    end = _event("response.completed", response=_object())
    assert responses.stream([told, end]) == [Choice(0, "High at nine.", finish_reason="completed")]
    deltas = [_event("response.output_text.delta", delta=text) for text in ("High ", "at nine.")]
    assert responses.stream([*deltas, told, end]) == [Choice(0, "High at nine.", finish_reason="completed")]
    assert responses.is_visible({"type": "response.content_part.done", "part": part})
    refused = {"type": "refusal", "refusal": "No."}
    told = _event("response.content_part.done", **place, part=refused)
    assert responses.stream([told, end]) == [Choice(0, refusal="No.", finish_reason="completed")]


def test_what_is_repeated_as_a_whole_counts_once():
    """After deltas, the events that repeat them add nothing."""
    for kind, index, whole in DONE_ONLY:
        (text,) = whole.values()
        delta = _event(kind.replace(".done", ".delta"), output_index=index, delta=text)
        began = _event("response.output_item.added", output_index=2, item=CALLED)
        events = [began, delta, _event(kind, output_index=index, **whole)]
        assert responses.stream(events) == responses.stream(events[:2])


def _untyped(kind: str, **fields: Any) -> Event:
    return Event(kind.encode(), json.dumps(fields).encode())


def test_types_that_only_event_lines_say():
    """Some gateways leave the type out of the JSON; the name of the event is the same word."""
    events = [
        _untyped("response.created", response={"id": "resp_9", "model": "lamp-2", "status": "in_progress"}),
        _untyped("response.output_text.delta", output_index=0, delta="The lamp "),
        _untyped("response.output_text.delta", output_index=0, delta="is lit."),
    ]
    assert responses.stream(events) == [Choice(0, "The lamp is lit.")]
    facts = _facts(*events, _untyped("response.completed", response=_object(MESSAGE)))
    assert (facts.response_id, facts.terminated, facts.finish_reason) == ("resp_9", True, FinishReason.STOP)
    failed = _facts(*events, _untyped("response.failed", response={"error": {"code": "worker_died"}}))
    assert (failed.terminated, failed.error) == (True, "worker_died")


def test_done_is_an_end():
    """``response.done`` ends a stream as ``response.completed`` does."""
    events = [_event("response.output_text.delta", delta="The"), _event("response.done", response=_object(MESSAGE))]
    facts = _facts(*events)
    assert (facts.terminated, facts.finish_reason) == (True, FinishReason.STOP)
    assert facts.usage == Usage(input=20, cached_input=10, output=5, reasoning_output=20)
    assert responses.stream(events) == [Choice(0, "The lamp is lit.", finish_reason="completed")]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", ["output_item.added", "function_call_arguments.done"])
def test_a_call_that_the_end_leaves_out(kind, named):
    """An answer called tools although its end lists nothing: that the call began, or had its arguments, is enough."""
    told = _event(f"response.{kind}", named, output_index=0, item=CALLED, arguments="{}")
    end = _event("response.completed", named, response=_object())
    assert _facts(told, end).finish_reason is FinishReason.TOOL_CALLS
    assert _facts(end).finish_reason is FinishReason.STOP


def test_a_call_under_two_item_ids():
    """Without output indexes, a call that is confirmed under another item id is the call with its ``call_id``."""
    events = [
        _event("response.output_item.added", item={**CALLED, "id": "fc_7"}),
        _event("response.function_call_arguments.delta", item_id="fc_7", delta='{"port":'),
        _event("response.function_call_arguments.delta", item_id="fc_7", delta='"Orme"}'),
        _event("response.output_item.done", item={**CALLED, "id": "fc_8", "arguments": '{"port":"Orme"}'}),
        _event("response.output_item.done", item={**CALLED, "id": "fc_9", "call_id": "call_5", "arguments": "{}"}),
        _event("response.completed", response=_object()),
    ]
    calls = (ToolCall("tide", '{"port":"Orme"}', "call_4"), ToolCall("tide", "{}", "call_5"))
    assert [choice.tool_calls for choice in responses.stream(events)] == [calls]


def test_messages_are_no_parts_of_one_sentence() -> None:
    """A remark before a search, and the answer behind it, stand on lines of their own; parts of one message do not."""
    remark = {"type": "message", "content": [{"type": "output_text", "text": "I look it up."}]}
    parts = [{"type": "output_text", "text": "The lamp "}, {"type": "output_text", "text": "is lit."}]
    output = [remark, {"type": "web_search_call"}, {"type": "message", "content": []}, {**MESSAGE, "content": parts}]
    [choice] = responses.response({"status": "completed", "output": output})
    assert choice.text == "I look it up.\nThe lamp is lit."
    done = [{"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate(output)]
    [streamed] = responses.stream([Event(b"", json.dumps(event).encode()) for event in done])
    assert streamed.text == choice.text


def _said(text: str, phase: str | None = None) -> dict[str, Any]:
    return {**MESSAGE, "content": [{"type": "output_text", "text": text}], **({"phase": phase} if phase else {})}


def _by(agent: str, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "agent": {"agent_name": agent}}


def test_a_refusal_of_another_agent_is_not_that_of_the_answer() -> None:
    """Of several agents the root answers; what one that it began declines is told to it alone."""
    declined = {**MESSAGE, "content": [{"type": "refusal", "refusal": "I cannot."}]}
    for agent, refused in (("/root/quay", False), ("/root", True)):
        whole, facts = _object(_by(agent, declined), _by("/root", _said("It is lit."))), Facts()
        responses.facts_of_document(whole, facts)
        assert facts.refusal is refused
        assert responses.response(whole)[0].refusal == ("I cannot." if refused else "")
        event = {"type": "response.refusal.done", "refusal": "I cannot.", "agent": {"agent_name": agent}}
        streamed = Facts()
        responses.facts_of_event(Event(b"", json.dumps(event).encode()), streamed)
        assert streamed.refusal is refused


@pytest.mark.parametrize(
    ("output", "text", "reasoning"),
    [
        ([_said("I look it up.", "commentary"), _said("It is lit.", "final_answer")], "It is lit.", "I look it up."),
        ([_said("I look it up.", "commentary"), _said("It is lit.")], "It is lit.", "I look it up."),
        ([_said("I look it up.", "commentary"), CALL], "", "I look it up."),
        ([_said("I look it up.", "commentary")], "I look it up.", ""),
        ([_said("I look it up."), CALL], "I look it up.", ""),
        ([_by("/root/quay", _said("It was lit.")), _by("/root", _said("It is lit."))], "It is lit.", "It was lit."),
        ([_by("/root/quay", _said("It was lit.", "final_answer"))], "It was lit.", ""),
    ],
)
def test_commentary_is_no_answer(output: list[dict[str, Any]], text: str, reasoning: str) -> None:
    """What a model says on its way is kept beside the answer, whole and in a stream, unless it is all that there is."""
    whole = _object(*output)
    items = [{"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate(output)]
    for end in (whole, {**whole, "output": []}):
        events = [*items, {"type": "response.completed", "response": end}]
        for found in (
            responses.response(whole),
            responses.stream([Event(b"", json.dumps(e).encode()) for e in events]),
        ):
            assert [(choice.text, choice.reasoning) for choice in found] == [(text, reasoning)]


def test_what_fills_a_stored_prompt_is_what_is_asked() -> None:
    """A prompt that the provider keeps is filled in with names; beside an input they are no question."""
    prompt = {"id": "pmpt_7", "variables": {"ask": "Is it lit?", "at": {"type": "input_text", "text": "the quay"}}}
    found = responses.request({"prompt": prompt}).messages
    assert [(one.role, one.content) for one in found] == [("user", "Is it lit?\nthe quay")]
    found = responses.request({"prompt": prompt, "input": "Is it?"}).messages
    assert [one.content for one in found] == ["Is it?"]
    assert responses.request({"prompt": {"id": "pmpt_7", "variables": {"n": 7}}}).messages == []


def test_a_message_whose_content_is_a_text() -> None:
    """Some servers write the content of an output message as a text."""
    (choice,) = responses.response({"status": "completed", "output": [{"type": "message", "content": "It is lit."}]})
    assert choice.text == "It is lit."


def test_a_message_that_does_not_say_what_it_is():
    """A message may come without a type, as in a request."""
    bare = {name: value for name, value in MESSAGE.items() if name != "type"}
    (choice,) = responses.response(_object(bare))
    assert choice.text == "The lamp is lit."


@pytest.mark.parametrize(("told", "searches"), [({"num_requests": 3}, 3), ({"num_requests": 0}, 1), (None, 1), (7, 1)])
def test_searches_that_are_billed(told: Any, searches: int) -> None:
    """The provider says how many they are; else each search that the answer shows is one."""
    calls = [{"type": "web_search_call", "action": {"type": kind}} for kind in ("search", "open_page")]
    facts = Facts()
    responses.facts_of_document({"status": "completed", "output": calls, "tool_usage": {"web_search": told}}, facts)
    assert facts.calls == {"web_search": searches}


def test_a_format_that_an_item_asks_for() -> None:
    """A ``configuration_update`` holds until a later one, and the request's own word is above both."""
    first, last = ({"type": "json_schema", "name": name, "schema": {}} for name in ("a", "b"))
    changes = [{"type": "configuration_update", "text": {"format": one}} for one in (first, last)]
    items = [{"role": "user", "content": "When?"}, *changes, {"type": "configuration_update", "reasoning": {}}]
    own = {"format": {"type": "text"}}
    for asked, right in (({"input": items}, last), ({"input": items, "text": own}, own["format"])):
        wanted = responses.request(asked).response_format
        assert wanted is not None and json.loads(bytes(wanted)) == right
