"""Gemini's own wire, told in the words of chat."""

from __future__ import annotations

import base64
import re
from typing import Any

import orjson
import pytest

from proxy.exchange import FinishReason, Usage
from proxy.sample import ToolCall
from proxy.wire import gemini
from proxy.wire.facts import Facts
from proxy.wire.finish_reasons import finish_of
from proxy.wire.sse import Event

ASK: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Keep the stock list."}], "role": "user"},
    "contents": [
        {"role": "user", "parts": [{"text": "Where is the "}, {"text": "lamp?"}]},
        {
            "role": "model",
            "parts": [
                {"text": "I think.", "thought": True},
                {"functionCall": {"name": "find", "args": {"what": "lamp"}}},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "find", "response": {"result": "shelf 9"}}}]},
    ],
    "tools": [
        {
            "functionDeclarations": [
                {"name": "find", "parameters": {"type": "OBJECT", "properties": {"what": {"type": "STRING"}}}}
            ]
        },
        {"googleSearch": {}},
    ],
    "generationConfig": {
        "temperature": 0.5,
        "maxOutputTokens": 90,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"place": {"type": "STRING"}}},
        "thinkingConfig": {"thinkingLevel": "HIGH"},
    },
}


def test_a_request_in_chats_words() -> None:
    """System text, turns, calls and their results, tools with their schemas, the form, the parameters."""
    content = gemini.request(ASK)
    assert [(message.role, message.content) for message in content.messages] == [
        ("system", "Keep the stock list."),
        ("user", "Where is the \nlamp?"),
        ("assistant", ""),
        ("tool", "shelf 9"),
    ]
    assert content.messages[2].tool_calls == (ToolCall("find", '{"what":"lamp"}'),)
    assert content.messages[3].tool_call_id == "find"
    function, search = (orjson.loads(bytes(tool)) for tool in content.tools)
    assert function["function"]["parameters"] == {"type": "object", "properties": {"what": {"type": "string"}}}
    assert search == {"type": "googleSearch"}
    assert content.response_format is not None
    schema = orjson.loads(bytes(content.response_format))["json_schema"]["schema"]
    assert schema["properties"]["place"]["type"] == "string"
    told = gemini.told(ASK)
    assert (told["temperature"], told["max_tokens"], told["reasoning_effort"]) == (0.5, 90, "high")
    assert gemini.told(told) == told


def _in_snake_case(value: Any, named: bool = False) -> Any:
    """``value`` with each name of Gemini's in snake case; ``named``: its keys are the application's own."""
    if isinstance(value, list):
        return [_in_snake_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key if named else re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): _in_snake_case(
            inner, key in ("args", "response", "properties")
        )
        for key, inner in value.items()
    }


def test_a_request_in_snake_case() -> None:
    """Names may be written either way: messages, calls, results, files, tools, schemas and parameters are the same."""
    stops = {"anyOf": [{"type": "STRING", "maxLength": 9}], "maxItems": 2, "properties": {"any_of": {"type": "STRING"}}}
    asked: dict[str, Any] = {
        **ASK,
        "contents": [
            *ASK["contents"],
            {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "bay 4"}}]},
            {
                "parts": [
                    {"inlineData": {"mimeType": "text/plain", "data": base64.b64encode(b"The rope hangs.").decode()}}
                ]
            },
            {"parts": [{"fileData": {"fileUri": "https://files.example/a", "mimeType": "application/pdf"}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "find", "parameters": stops}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["find"]}},
        "cachedContent": "cachedContents/7",
    }
    written = _in_snake_case(asked)
    assert "function_response" in str(written)
    assert "functionResponse" not in str(written)
    assert gemini.request(written) == gemini.request(asked)
    assert gemini.told(written) == gemini.told(asked)
    [message] = gemini.request({"contents": [{"parts": [{"file_data": {"file_uri": "gs://quay/a.pdf"}}]}]}).messages
    assert message.other_parts == ("file",)
    schema = gemini.told({"contents": "x", "generation_config": {"response_schema": {"any_of": [{"type": "STRING"}]}}})
    assert schema["response_format"]["json_schema"]["schema"] == {"anyOf": [{"type": "string"}]}
    kept = {"properties": {"any_of": {"type": "string"}}}
    given = {"contents": "x", "generation_config": {"response_json_schema": kept, "response_mime_type": "x"}}
    assert gemini.told(given)["response_format"]["json_schema"]["schema"] == kept
    plain = {"contents": "x", "generation_config": {"response_mime_type": "application/json"}}
    assert gemini.told(plain)["response_format"] == {"type": "json_object"}


def test_documents_pictures_and_files() -> None:
    """A text that came as base64 is a document; other data is named by its kind; a file or a cache is off the wire."""
    note = base64.b64encode("Läuchtturm: shelf 9".encode()).decode()
    parts = [
        {"inlineData": {"mimeType": "text/plain", "data": note}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"fileData": {"fileUri": "https://files.example/a", "mimeType": "application/pdf"}},
        {"text": "What is this?"},
    ]
    content = gemini.request({"contents": [{"parts": parts}], "cachedContent": "cachedContents/7"})
    [message] = content.messages
    assert (message.role, message.content) == ("user", "What is this?")
    assert message.documents == ("Läuchtturm: shelf 9",)
    assert message.other_parts == ("image", "file")
    assert content.off_wire == ["cached_content", "files"]


@pytest.mark.parametrize(
    ("calling", "forced"),
    [
        ({"mode": "ANY", "allowedFunctionNames": ["find"]}, ["find"]),
        ({"mode": "ANY"}, ["find"]),
        ({"mode": "AUTO"}, []),
    ],
)
def test_forced_functions_are_the_answer(calling: dict[str, Any], forced: list[str]) -> None:
    """As with a tool that chat forces."""
    tools = [{"functionDeclarations": [{"name": "find"}]}]
    doc = {"contents": "x", "tools": tools, "toolConfig": {"functionCallingConfig": calling}}
    assert gemini.request(doc).answer_tools == forced


def _part(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}], "modelVersion": "gemini-lamp"}


def _facts(*docs: dict[str, Any]) -> Facts:
    facts = Facts()
    for doc in docs:
        gemini.facts_of_event(Event(b"", orjson.dumps(doc)), facts)
    return facts


def test_an_answer_with_thoughts() -> None:
    """Thoughts are kept apart in the text, and counted beside it."""
    counts = {"promptTokenCount": 20, "cachedContentTokenCount": 4, "candidatesTokenCount": 7, "thoughtsTokenCount": 30}
    last = _part({"text": " shelf 9."}, finishReason="STOP") | {"usageMetadata": counts | {"totalTokenCount": 57}}
    pieces = [_part({"text": "Hm.", "thought": True}), _part({"text": "On"}), last | {"responseId": "g-1"}]
    facts = _facts(*pieces)
    assert (facts.model, facts.response_id, facts.terminated, facts.choices) == ("gemini-lamp", "g-1", True, 1)
    assert facts.usage == Usage(16, 4, 0, 7, 30)
    assert facts.finish_reason is FinishReason.STOP
    [choice] = gemini.stream([Event(b"", orjson.dumps(piece)) for piece in pieces])
    assert (choice.text, choice.reasoning, choice.finish_reason) == ("On shelf 9.", "Hm.", "STOP")
    assert [gemini.is_visible(piece) for piece in pieces] == [False, True, True]
    assert [gemini.thought(piece) for piece in pieces] == ["Hm.", None, None]


def test_calls_in_several_pieces() -> None:
    """Two calls without ids are two calls, and the answer ended for them."""
    calls = [{"functionCall": {"name": "find", "args": {"what": what}}} for what in ("lamp", "rope")]
    pieces = [_part(calls[0]), _part(calls[1], finishReason="STOP")]
    [choice] = gemini.stream([Event(b"", orjson.dumps(piece)) for piece in pieces])
    assert [call.arguments for call in choice.tool_calls] == ['{"what":"lamp"}', '{"what":"rope"}']
    assert _facts(*pieces).finish_reason is FinishReason.TOOL_CALLS
    assert gemini.is_visible(pieces[0])


def test_several_candidates() -> None:
    """Each is a choice of its own."""
    doc = {"candidates": [{"index": n, "content": {"parts": [{"text": f"bay {n}"}]}} for n in range(2)]}
    assert [(choice.index, choice.text) for choice in gemini.response(doc)] == [(0, "bay 0"), (1, "bay 1")]
    assert _facts(doc).choices == 2


@pytest.mark.parametrize(
    ("doc", "finish", "refused"),
    [
        (_part(finishReason="SAFETY"), FinishReason.CONTENT_FILTER, True),
        (_part({"text": "a"}, finishReason="MAX_TOKENS"), FinishReason.LENGTH, False),
        (_part(finishReason="MALFORMED_FUNCTION_CALL"), FinishReason.ERROR, False),
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, FinishReason.CONTENT_FILTER, True),
    ],
)
def test_endings(doc: dict[str, Any], finish: FinishReason, refused: bool) -> None:
    """Google's words for how an answer ended, and for a prompt that was blocked."""
    facts = _facts(doc)
    assert (facts.finish_reason, facts.refusal, facts.terminated) == (finish, refused, True)


def test_errors_and_searches() -> None:
    """An error is told by its status; a search that ran is one that is paid for."""
    facts = _facts({"error": {"code": 429, "message": "of the prompt", "status": "RESOURCE_EXHAUSTED"}})
    assert facts.error == "RESOURCE_EXHAUSTED"
    assert _facts({"error": "busy"}).error == "error"
    assert _facts({"statusCode": 503, "message": "busy"}).error == "error"
    assert _facts(_part({"text": "a"}, groundingMetadata={"webSearchQueries": ["lamp"]})).calls == {"google_search": 1}


@pytest.mark.parametrize(
    "junk", [{}, {"contents": 7}, {"contents": [{"parts": 5}, 3]}, {"candidates": [{"content": []}]}]
)
def test_rubbish_raises_nothing(junk: dict[str, Any]) -> None:
    """Whatever a client or a provider sends."""
    gemini.request(junk)
    gemini.response(junk)
    gemini.is_visible(junk)
    _facts(junk)


def test_a_deep_schema_is_cut() -> None:
    """A schema that is nested without end costs a bounded amount."""
    deep: dict[str, Any] = {"type": "OBJECT"}
    for _ in range(200):
        deep = {"type": "OBJECT", "properties": {"a": deep}}
    assert gemini.request(
        {"contents": "x", "tools": [{"functionDeclarations": [{"name": "f", "parameters": deep}]}]}
    ).tools


def test_a_prompt_that_was_declined_leaves_a_choice():
    """There is no candidate, and the answer is a filter's all the same, whole and in a stream."""
    doc = {"promptFeedback": {"blockReason": "JAILBREAK"}, "usageMetadata": {"promptTokenCount": 5}}
    for found in (gemini.response(doc), gemini.stream([Event(b"", orjson.dumps(doc))])):
        [choice] = found
        assert (choice.text, finish_of(choice.finish_reason)) == ("", FinishReason.CONTENT_FILTER)
    assert gemini.response({"promptFeedback": {}, "usageMetadata": {}}) == []


def test_formats_that_are_no_json_or_stand_elsewhere():
    """One word of a list is no JSON; Vertex's format of texts holds the kind and the schema."""
    word = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["lit", "out"]}}
    assert gemini.request({"contents": "x", "generationConfig": word}).response_format is None
    schema = {"type": "object", "properties": {"lamp": {"type": "string"}}}
    for text, kind in (({"schema": schema}, "json_schema"), ({}, "json_object")):
        given = {"responseFormat": {"text": {"mimeType": "APPLICATION_JSON", **text}}}
        told = gemini.told({"contents": "x", "generationConfig": given})["response_format"]
        assert told["type"] == kind
    assert gemini.told({"contents": "x", "generationConfig": {"responseFormat": {"audio": {}}}}).keys() == {"messages"}


@pytest.mark.parametrize("run", [{"executableCode": {"code": "x"}}, {"functionCall": {"name": "lamp", "args": {}}}])
def test_texts_on_two_sides_of_a_run(run):
    """Parts of text are pieces of one sentence; what a run parts stands on two lines. A thought parts nothing."""
    thought = {"text": "hm", "thought": True}
    for between, said in ((run, "It is\n lit."), (thought, "It is lit."), ({"text": ""}, "It is lit.")):
        answer = _part({"text": "It is"}, between, {"text": " lit."})
        (choice,) = gemini.response(answer)
        assert choice.text == said


def test_a_single_part_without_its_list():
    """Google takes a part, and a content, without the list around it."""
    asked = {"systemInstruction": {"parts": {"text": "Be brief."}}, "contents": {"parts": {"text": "Is it lit?"}}}
    assert [(one.role, one.content) for one in gemini.request(asked).messages] == [
        ("system", "Be brief."),
        ("user", "Is it lit?"),
    ]
