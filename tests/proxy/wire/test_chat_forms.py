"""The reader of chat: the words of servers and of other APIs for the same things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Operation, Usage
from proxy.observe.identity import Conversations
from proxy.sample import ToolCall
from proxy.wire import chat
from proxy.wire.facts import Facts, load
from proxy.wire.readers import READERS
from proxy.wire.sse import decode
from support import replies
from support.chat_events import chat_delta as _delta
from support.chat_events import chat_events as _events
from support.chat_events import chat_facts as _facts

FORM = {"type": "object", "properties": {"port": {"type": "string"}}}


@pytest.mark.parametrize(
    "asked",
    [
        {"guided_json": FORM},
        {"guided_json": json.dumps(FORM)},
        {"structured_outputs": {"json": FORM}},
        {"extra_body": {"guided_json": FORM}},
        {"nvext": {"guided_json": FORM}},
        {"guided_decoding": {"json_schema": FORM}},
        {"json_schema": FORM},
        {"json_schema": json.dumps(FORM)},
        {"extra_body": {"json_schema": FORM}},
    ],
)
def test_schemas_in_the_words_of_servers(asked):
    """vLLM and NIM take the schema of an answer in members of their own; ``response_format`` comes first."""
    found = json.loads(bytes(chat.request({"messages": [], **asked}).response_format))
    assert found == {"type": "json_schema", "json_schema": {"name": "guided", "schema": FORM}}
    plain = {"type": "json_object"}
    given = chat.request({"messages": [], "response_format": plain, **asked}).response_format
    assert json.loads(bytes(given)) == plain


@pytest.mark.parametrize("value", [None, "", "no schema", "[1]", 7, {}])
def test_what_is_no_schema_is_none(value):
    """Neither is what an answer may be guided by otherwise."""
    asked = {"guided_json": value, "structured_outputs": value, "json_schema": value, "extra_body": value}
    assert chat.request({"messages": [], **asked}).response_format is None
    for other in ({"choice": ["a", "b"]}, {"json_object": False}, {"json_object": None, "regex": "x"}):
        assert chat.request({"messages": [], "structured_outputs": other}).response_format is None


@pytest.mark.parametrize(
    "asked",
    [
        {"structured_outputs": {"json_object": True}},
        {"guided_json_object": True},
        {"guided_decoding": {"json_object": True}},
        {"extra_body": {"response_format": {"type": "json_object"}}},
        {"extra_body": {"structured_outputs": {"json_object": True}}},
    ],
)
def test_any_object_in_the_words_of_vllm(asked):
    """``json_object`` is a form like that of ``response_format``, also where a client sends ``extra_body`` as it is."""
    found = chat.request({"messages": [], **asked}).response_format
    assert json.loads(bytes(found)) == {"type": "json_object"}


def test_the_older_functions_are_tools():
    """``functions`` are definitions like ``tools``."""
    found = chat.request({"messages": [], "functions": [{"name": "tide", "parameters": FORM}, 7]}).tools
    assert [json.loads(bytes(tool)) for tool in found] == [
        {"type": "function", "function": {"name": "tide", "parameters": FORM}}
    ]


@pytest.mark.parametrize(
    "data", ["[ERROR] engine died", "[ERROR]", "[error]: {}", "Error: no berth left", " [ERROR:7]"]
)
@pytest.mark.parametrize("done", [True, False])
def test_an_error_that_is_a_text(data, done):
    """Some servers write an error as a text in the place of an event, with and without the end marker behind it."""
    facts = _facts(_events(_delta({"content": "The lamp"}), data.encode(), done=done))
    assert (facts.error, facts.terminated) == ("error", done)


@pytest.mark.parametrize("data", ["ok", "[INFO] warm", "[ERRORS", "terror: none", '"[ERROR]"'])
def test_a_text_that_is_no_error(data):
    """Other texts in the place of an event say nothing."""
    assert _facts(_events(_delta({"content": "The lamp"}), data.encode())).error is None


def test_an_end_marker_between_blanks():
    """``[DONE]`` ends a stream with blanks around it, too."""
    assert _facts(decode(b"data:  [DONE] \n\n")).terminated


def test_a_single_part_without_its_list():
    """The content of a message may be one part, in a request and an answer."""
    part = {"type": "text", "text": "Is the lamp lit?"}
    assert chat.request({"messages": [{"role": "user", "content": part}]}).messages[0].content == "Is the lamp lit?"
    (choice,) = chat.response({"choices": [{"message": {"role": "assistant", "content": part}}]})
    assert choice.text == "Is the lamp lit?"
    (choice,) = chat.stream(_events(_delta({"content": part})))
    assert choice.text == "Is the lamp lit?"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([{"text": "Lit?"}], "Lit?"),
        ([{"type": "text", "text": {"value": "Lit?", "annotations": []}}], "Lit?"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Lit?"}], "Lit?"),
        ([{"type": "tool_reference", "tool_name": "lamp"}], ""),
    ],
)
def test_parts_of_other_apis(content, told):
    """Blocks of Bedrock and texts of assistants are texts; what was thought, and names, are no content."""
    (message,) = chat.request({"messages": [{"role": "user", "content": content}]}).messages
    assert (message.content, message.other_parts) == (told, ())


@pytest.mark.parametrize(
    ("role", "ours"),
    [("model", "assistant"), ("ai", "assistant"), ("human", "user"), ("User", "user"), ("keeper", "keeper")],
)
def test_roles_of_other_apis(role, ours):
    """Words of templates and of other APIs for the roles of chat."""
    parts = [{"type": "text", "text": "Lit."}]
    for content in ("Lit.", parts):
        assert chat.request({"messages": [{"role": role, "content": content}]}).messages[0].role == ours


@pytest.mark.parametrize("result", [{"lit": True}, [{"lit": True}]])
def test_a_result_that_is_no_text(result):
    """The result of a tool may be JSON as it is: it is kept as its text."""
    asked = {"messages": [{"role": "tool", "tool_call_id": "c", "content": result}]}
    assert load(chat.request(asked).messages[0].content.encode()) == result


def test_parts_of_an_answer_are_pieces_of_one_text():
    """Whole as in a stream: Mistral cuts a sentence at its references, and Databricks thinks in a part."""
    parts = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "text", "text": "The lamp"},
        {"type": "reference", "reference_ids": [7]},
        {"type": "text", "text": " is lit."},
    ]
    (whole,) = chat.response({"choices": [{"message": {"role": "assistant", "content": parts}}]})
    (stream,) = chat.stream(_events(*(_delta({"content": [part]}) for part in parts)))
    assert (whole.text, whole.reasoning) == (stream.text, stream.reasoning) == ("The lamp is lit.", "hm")


def test_a_call_without_its_list():
    """A single call, or a piece of one, in the place of the list."""
    whole = {"id": "call_4", "function": {"name": "tide", "arguments": '{"port": "Orme"}'}}
    answer = {"choices": [{"message": {"tool_calls": whole}}]}
    begun = {"id": "call_4", "function": {"name": "tide", "arguments": '{"port": '}}
    rest = {"function": {"arguments": '"Orme"}'}}
    pieces = [_delta({"tool_calls": begun}), _delta({"tool_calls": rest})]
    for found in (chat.response(answer), chat.stream(_events(*pieces))):
        assert [(call.name, call.arguments) for call in found[0].tool_calls] == [("tide", '{"port": "Orme"}')]


def test_one_answer_in_choices_without_an_index():
    """GitHub Copilot has a text and its calls apart; choices with an index, or with texts of their own, are several."""
    text = {"finish_reason": "tool_calls", "message": {"role": "assistant", "content": "I look."}}
    call = {"id": "c", "type": "function", "function": {"name": "lamp", "arguments": "{}"}}
    calls = {"finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [call]}}
    (choice,) = chat.response({"choices": [text, calls, calls]})
    assert (choice.index, choice.text, len(choice.tool_calls)) == (0, "I look.", 2)
    for several in ([{**text, "index": 0}, {**calls, "index": 1}], [text, text], [text, text, calls], [calls, calls]):
        assert len(chat.response({"choices": several})) == len(several)
    spoken = {**calls, "message": {**calls["message"], "content": "It is lit."}}
    assert len(chat.response({"choices": [text, spoken]})) == 2


def test_a_request_with_the_blocks_of_anthropic() -> None:
    """Cursor sends calls and results as Anthropic has them, to the path of chat (router-for-me/CLIProxyAPI#3805)."""
    use = {"type": "tool_use", "id": "t1", "name": "read_file", "input": {"path": "a.py"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "print(42)"}]}
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "What does it print?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, use]},
        {"role": "user", "content": [result]},
    ]
    tool = {"name": "read_file", "input_schema": {"type": "object"}}
    found = chat.request({"messages": turns, "tools": [tool], "tool_choice": {"type": "tool", "name": "read_file"}})
    assert [(one.role, one.content, one.tool_call_id, one.other_parts) for one in found.messages] == [
        ("user", "What does it print?", None, ()),
        ("assistant", "I look.", None, ()),
        ("tool", "print(42)", "t1", ()),
    ]
    assert found.messages[1].tool_calls == (ToolCall("read_file", '{"path":"a.py"}', "t1"),)
    assert (len(found.tools), found.answer_tools) == (1, ["read_file"])


def test_a_request_of_responses_on_the_path_of_chat() -> None:
    """Cursor sends those too, of models that have both (gabrii/Cursor-Azure-GPT-5#69); a prompt stays a prompt."""
    asked = {
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "What does it print?"}]},
            {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "42"},
        ],
        "tools": [{"type": "function", "name": "run", "parameters": {}}],
    }
    found = chat.request(asked)
    assert [(one.role, one.content) for one in found.messages] == [
        ("system", "Be brief."),
        ("user", "What does it print?"),
        ("assistant", ""),
        ("tool", "42"),
    ]
    assert len(found.tools) == 1
    assert [one.content for one in chat.request({"input": "x", "prompt": "Say."}).messages] == ["Say."]


def test_a_conversation_of_such_requests() -> None:
    """Its first words and its instructions are found where they stand."""
    conversations = Conversations(b"secret")
    opening = {"instructions": "Be brief.", "input": [{"role": "user", "content": "What does it print?"}]}
    more = [{"role": "assistant", "content": "42"}, {"role": "user", "content": "Why?"}]
    later = {**opening, "input": [*opening["input"], *more]}
    keys = {conversations.key("app", None, Operation.CHAT, one) for one in (opening, later)}
    assert len(keys) == 1 and None not in keys
    other = {**opening, "input": [{"role": "user", "content": "Who wrote it?"}]}
    assert conversations.key("app", None, Operation.CHAT, other) not in keys
    chat_prompt, prompt = (conversations.system_prompt(one, opening) for one in (Operation.CHAT, Operation.RESPONSES))
    assert chat_prompt == prompt is not None


PIECE = {"id": "c1", "model": "keeper-1", "choices": [{"index": 0, "delta": {"content": "Six."}}]}


def test_usage_in_the_envelope_of_a_stream() -> None:
    """Usage comes with a list of choices that is empty; it counts in an envelope, too."""
    usage = {"prompt_tokens": 9, "completion_tokens": 12}
    facts = _facts(_events({"data": PIECE}, {"data": {"id": "c1", "choices": [], "usage": usage}}))
    assert (facts.usage, facts.response_id) == (Usage(9, output=12), "c1")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "ping", "id": "evt_1", "model": "none", "service_tier": "priority"},
        {"type": "agent", "data": {"steps": [{"tool": "grep"}], "id": "a", "model": "b", "service_tier": "priority"}},
        {"object": "trace", "response": {"output": "done", "usage": {"prompt_tokens": 1}, "id": "t"}},
        {"type": "tool_result", "result": {"content": [{"text": "x"}], "error": "none of it", "id": "t"}},
    ],
)
def test_what_another_event_of_the_stream_tells(event: dict[str, Any]) -> None:
    """It is about something else: neither its names nor its counts nor its errors are those of the answer."""
    assert _facts(_events(PIECE, event)) == _facts(_events(PIECE))


@pytest.mark.parametrize(
    ("name", "event", "error"),
    [
        ("", {"type": "notice", "message": "another model answers", "code": "fallback"}, None),
        ("notice", {"message": "another model answers", "code": "fallback"}, None),
        ("notice", {"message": "no berth", "code": 503}, "notice"),
        ("overloaded", {"message": "no berth", "code": "full"}, "full"),
        ("stream_error", {"message": "no berth"}, "stream_error"),
    ],
)
def test_what_a_gateway_tells_beside_an_answer(name: str, event: dict[str, Any], error: str | None) -> None:
    """A message with a code is an error, unless its type says that it only tells of something."""
    facts = Facts()
    READERS[Operation.CHAT].facts_of_events(decode(replies.sse(event, name or None)), facts)
    assert facts.error == error
