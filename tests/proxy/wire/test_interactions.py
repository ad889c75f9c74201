"""Gemini's Interactions API, told in the words of chat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage, UsageDetails
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.sample import Sample, ToolCall
from proxy.wire import interactions
from proxy.wire.facts import Facts
from proxy.wire.hosted_tools import of_step
from proxy.wire.native_paths import Native, native_of
from proxy.wire.operations import is_generation, operation_of
from proxy.wire.sse import Event

ASK: dict[str, Any] = {
    "model": "gemini-9-flash",
    "system_instruction": "Keep the log of the quay.",
    "input": [
        {"type": "user_input", "content": [{"type": "text", "text": "When is high water?"}]},
        {"type": "thought", "signature": "c2ln"},
        {"type": "function_call", "id": "f1", "name": "tide_at", "arguments": {"port": "Orme"}},
        {"type": "function_result", "call_id": "f1", "name": "tide_at", "result": {"at": "16:15"}},
        {"type": "model_output", "content": [{"type": "text", "text": "At a quarter past four."}]},
        {"type": "text", "text": "And low water?"},
        {"type": "image", "data": "AAAA", "mime_type": "image/png"},
    ],
    "tools": [
        {"type": "function", "name": "tide_at", "parameters": {"type": "object", "properties": {}}},
        {"type": "google_search"},
    ],
    "generation_config": {"temperature": 0.2, "max_output_tokens": 90, "thinking_level": "low", "tool_choice": "any"},
    "response_format": {"type": "text", "mime_type": "application/json", "schema": {"type": "object"}},
}
USAGE = {
    "total_input_tokens": 20,
    "total_cached_tokens": 5,
    "total_tool_use_tokens": 100,
    "total_output_tokens": 7,
    "total_thought_tokens": 30,
    "total_tokens": 157,
    "input_tokens_by_modality": [{"modality": "text", "tokens": 12}, {"modality": "audio", "tokens": 8}],
    "grounding_tool_count": [{"type": "google_search", "count": 2}],
}
WHOLE: dict[str, Any] = {
    "id": "v1_a",
    "object": "interaction",
    "model": "gemini-9-flash",
    "status": "completed",
    "steps": [
        {"type": "thought", "signature": "c2ln", "summary": [{"type": "text", "text": "Tides turn."}]},
        {
            "type": "model_output",
            "content": [{"type": "text", "text": "At half "}, {"type": "text", "text": "past ten."}],
        },
    ],
    "usage": USAGE,
}
CALLING: dict[str, Any] = {
    "id": "v1_b",
    "status": "requires_action",
    "steps": [{"type": "function_call", "id": "f2", "name": "tide_at", "arguments": {"port": "Skarvik"}}],
}


def _events(*docs: dict[str, Any], done: bool = True) -> list[Event]:
    events = [Event(doc["event_type"].encode(), json.dumps(doc).encode()) for doc in docs]
    return [*events, Event(b"done", b"[DONE]")] if done else events


CREATED = {"event_type": "interaction.created", "interaction": {"id": "v1_a", "model": "gemini-9-flash"}}
COMPLETED = {
    "event_type": "interaction.completed",
    "interaction": {"id": "v1_a", "status": "completed", "usage": USAGE},
}


def _start(index: int, step: dict[str, Any]) -> dict[str, Any]:
    return {"event_type": "step.start", "index": index, "step": step}


def _delta(index: int, **delta: Any) -> dict[str, Any]:
    return {"event_type": "step.delta", "index": index, "delta": delta}


STREAM = _events(
    CREATED,
    _start(0, {"type": "thought", "signature": ""}),
    _delta(0, type="thought_summary", content={"type": "text", "text": "Tides turn."}),
    _delta(0, type="thought_signature", signature="c2ln"),
    {"event_type": "step.stop", "index": 0},
    _start(1, {"type": "model_output"}),
    _delta(1, type="text", text="At half "),
    _delta(1, type="text", text="past ten."),
    {"event_type": "step.stop", "index": 1},
    COMPLETED,
)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/v1beta/interactions", True),
        ("/v1/interactions", True),
        ("/v1beta1/projects/p/locations/l/interactions", True),
        ("/v1beta/interactions/v1_a", False),
        ("/interactions", False),
        ("/v1/shop/interactions", False),
    ],
)
def test_paths(path: str, is_one: bool) -> None:
    """One path asks for an answer, with a version before it; those below it read what is kept."""
    assert (native_of(path) is Native.INTERACTIONS) is is_one
    assert is_generation("POST", path) is is_one
    assert (operation_of(path) is Operation.CHAT) is is_one


def test_a_request_in_chats_words() -> None:
    """System text, steps, contents, tools, the form and the parameters."""
    content = interactions.request(ASK)
    assert [(one.role, one.content, one.other_parts) for one in content.messages] == [
        ("system", "Keep the log of the quay.", ()),
        ("user", "When is high water?", ()),
        ("assistant", "", ()),
        ("tool", '{"at":"16:15"}', ()),
        ("assistant", "At a quarter past four.", ()),
        ("user", "And low water?", ("image",)),
    ]
    assert content.messages[2].tool_calls == (ToolCall("tide_at", '{"port":"Orme"}', "f1"),)
    assert [json.loads(bytes(tool))["type"] for tool in content.tools] == ["function", "google_search"]
    assert json.loads(bytes(content.response_format or b""))["json_schema"]["schema"] == {"type": "object"}
    assert content.off_wire == []
    assert content.answer_tools == ["tide_at"]
    told = interactions.told(ASK)
    assert (told["temperature"], told["max_tokens"], told["reasoning_effort"]) == (0.2, 90, "low")
    assert interactions.told(told) is told


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("Hello", [("user", "Hello")]),
        ({"type": "text", "text": "Hello"}, [("user", "Hello")]),
        (
            [{"role": "user", "content": "Hello"}, {"role": "model", "content": "Hi"}],
            [("user", "Hello"), ("assistant", "Hi")],
        ),
        ([{"type": "code_execution_result", "result": "4 boats"}, 7, "x"], [("tool", "4 boats")]),
        (None, []),
    ],
)
def test_forms_of_input(given: Any, right: Any) -> None:
    """A text, one content, turns, and results of Google's tools."""
    assert [(one.role, one.content) for one in interactions.request({"input": given}).messages] == right


@pytest.mark.parametrize(
    ("more", "off"),
    [
        ({"previous_interaction_id": "v1_a"}, ["previous_response_id"]),
        ({"cached_content": "c/7"}, ["cached_content"]),
        ({"input": [{"type": "document", "uri": "gs://quay/a.pdf"}]}, ["files"]),
        ({"input": [{"type": "google_search_result", "call_id": "g", "result": [{}]}]}, ["hosted_search"]),
        ({"tools": [{"type": "google_search"}]}, []),
    ],
)
def test_what_is_off_the_wire(more: dict[str, Any], off: list[str]) -> None:
    """What Google keeps, files that are named, and searches that ran; not a search that was offered."""
    assert interactions.request({"input": "When?", **more}).off_wire == off


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"response_format": {"type": "object", "properties": {"at": {"type": "string"}}}}, "json_schema"),
        ({"response_format": [{"type": "audio"}, {"type": "text", "mime_type": "application/json"}]}, "json_object"),
        ({"response_mime_type": "application/json"}, "json_object"),
        ({"response_format": {"type": "text", "mime_type": "text/plain"}}, None),
        ({"response_format": {"type": "image"}}, None),
    ],
)
def test_forms_of_an_answer(form: dict[str, Any], kind: str | None) -> None:
    """A schema by itself, one of several formats, and those that are no JSON."""
    found = interactions.request({"input": "When?", **form}).response_format
    assert (json.loads(bytes(found))["type"] if found is not None else None) == kind


def test_facts_are_the_same_whole_and_streamed() -> None:
    """Tokens of thoughts beside the output, tokens of tools in the input, searches by their number."""
    for streamed in (False, True):
        facts = Facts()
        if streamed:
            for event in STREAM:
                interactions.facts_of_event(event, facts)
        else:
            interactions.facts_of_document(WHOLE, facts)
        assert (facts.response_id, facts.model) == ("v1_a", "gemini-9-flash")
        assert facts.usage == Usage(115, 5, 0, 7, 30, UsageDetails(audio_input=8))
        assert (facts.finish_reason, facts.choices, facts.terminated) == (FinishReason.STOP, 1, True)
        assert facts.calls == {"google_search": 2}
    [choice] = interactions.response(WHOLE)
    assert interactions.stream(STREAM) == [choice]
    assert (choice.text, choice.reasoning, choice.finish_reason) == ("At half past ten.", "Tides turn.", "stop")


def test_searches_that_usage_does_not_count() -> None:
    """Two in the steps are two; in a stream that is seen twice it is known that there was one."""
    search = {"type": "google_search_call", "id": "g", "arguments": {"queries": ["tides"]}}
    whole, streamed = Facts(), Facts()
    interactions.facts_of_document({"status": "completed", "steps": [search, search], "usage": {}}, whole)
    for event in 2 * _events(CREATED, _start(0, search)):
        interactions.facts_of_event(event, streamed)
    assert (whole.calls, streamed.calls) == ({"google_search": 2}, {"google_search": 1})


@pytest.mark.parametrize(("total", "output"), [(29, 6), (26, 3), (None, 6)])
def test_thoughts_beside_the_output_or_in_it(total: int | None, output: int) -> None:
    """The total tells which; without one they stand beside it."""
    facts = Facts()
    told = {"total_input_tokens": 20, "total_output_tokens": 6, "total_thought_tokens": 3, "total_tokens": total}
    interactions.facts_of_document({"usage": told}, facts)
    assert facts.usage == Usage(20, 0, 0, output, 3)


def test_calls_whole_and_in_pieces() -> None:
    """The arguments of a call come as an object, or as pieces of text behind its start."""
    [choice] = interactions.response(CALLING)
    assert choice.tool_calls == (ToolCall("tide_at", '{"port":"Skarvik"}', "f2"),)
    events = _events(
        _start(0, {"type": "function_call", "id": "f2", "name": "tide_at", "arguments": {}}),
        _delta(0, type="arguments_delta", arguments='{"port":'),
        _delta(0, type="arguments_delta", arguments='"Skarvik"}'),
        {"event_type": "interaction.status_update", "interaction_id": "v1_b", "status": "requires_action"},
    )
    assert interactions.stream(events) == [choice]
    facts = Facts()
    for event in events:
        interactions.facts_of_event(event, facts)
    assert (facts.finish_reason, facts.terminated) == (FinishReason.TOOL_CALLS, True)


@pytest.mark.parametrize(
    ("status", "finish", "deferred"),
    [
        ("failed", FinishReason.ERROR, False),
        ("incomplete", FinishReason.INCOMPLETE, False),
        ("budget_exceeded", FinishReason.LENGTH, False),
        ("in_progress", None, True),
    ],
)
def test_how_interactions_end(status: str, finish: FinishReason | None, deferred: bool) -> None:
    """A status that is open means that the answer comes later."""
    facts = Facts()
    interactions.facts_of_document({"id": "v1_a", "status": status}, facts)
    assert (facts.finish_reason, facts.deferred, facts.terminated) == (finish, deferred, not deferred)


def test_errors() -> None:
    """An event of its own, and errors in an interaction: by their code."""
    for event in ({"event_type": "error", "error": {"code": "unavailable"}}, {"error": {"code": "unavailable"}}):
        facts = Facts()
        interactions.facts_of_event(Event(b"error", json.dumps(event).encode()), facts)
        assert facts.error == "unavailable"
    facts = Facts()
    interactions.facts_of_document({"status": "failed", "errors": [{"code": "internal", "message": "x"}]}, facts)
    assert facts.error == "internal"


def test_what_is_seen_first() -> None:
    """Text and calls are visible, thoughts are reasoning, and the rest is neither."""
    docs = [json.loads(event.data) for event in STREAM[:-1]]
    assert [interactions.is_visible(doc) for doc in docs] == [False] * 6 + [True, True, False, False]
    assert [interactions.thought(doc) for doc in docs[:4]] == [None, "", "Tides turn.", None]
    tap = Tap(Native.INTERACTIONS, 100_000)
    tap.request(json.dumps({**ASK, "stream": True}).encode())
    tap.head(b"text/event-stream", b"")
    for at, event in enumerate(STREAM):
        tap.feed(b"event: %b\ndata: %b\n\n" % event, float(at))
    assert (tap.first_reasoning, tap.first_token) == (1.0, 6.0)


def _built(answer: dict[str, Any] | None, events: list[Event] | None = None) -> Sample:
    tap = Tap(Native.INTERACTIONS, 100_000)
    tap.request(json.dumps({"model": "m", "input": "When?"}).encode())
    body = b"".join(b"event: %b\ndata: %b\n\n" % event for event in events or ()) or json.dumps(answer).encode()
    tap.head(b"application/json" if events is None else b"text/event-stream", b"")
    tap.feed(body, 0.1)
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
        status=200,
    )
    return build_sample(exchange, tap.content(), 1.0, "uniform")


CITED = {"type": "model_output", "content": [{"type": "text", "text": "x", "annotations": [{"type": "url_citation"}]}]}
RAN: list[tuple[dict[str, Any], Any]] = [
    (
        {"type": "google_search_result", "call_id": "g", "result": [{"search_suggestions": "s"}]},
        ((), ("hosted_search",)),
    ),
    ({"type": "file_search_result", "call_id": "g"}, ((), ("hosted_search",))),
    ({"type": "google_search_result", "call_id": "g", "is_error": True}, ((), ())),
    ({"type": "code_execution_result", "call_id": "g", "result": "4 boats"}, (("4 boats",), ())),
    ({"type": "mcp_server_tool_result", "result": [{"type": "text", "text": "4 boats"}]}, (("4 boats",), ())),
    ({"type": "mcp_server_tool_result", "result": None}, ((), ("hosted_tool",))),
    (CITED, ((), ("hosted_search",))),
    ({"type": "function_call", "name": "a", "arguments": {}}, ((), ())),
]


@pytest.mark.parametrize(("step", "ran"), RAN)
def test_results_of_google_s_tools(step: dict[str, Any], ran: Any) -> None:
    """Output of code and of servers is evidence; what a search found never crosses the wire."""
    sample = _built({"id": "v1_a", "status": "completed", "steps": [step]})
    assert (sample.contexts, sample.off_wire) == ran
    if step.get("result") or step["type"] == "google_search_result":
        sample = _built(None, _events(_start(0, step)))
        assert (sample.contexts, sample.off_wire) == ran


def test_results_that_come_behind_the_start_of_a_step() -> None:
    """A step that has no result yet hides none."""
    events = _events(
        _start(0, {"type": "code_execution_result", "call_id": "g"}),
        _delta(0, type="code_execution_result", result="4 boats"),
    )
    sample = _built(None, events)
    assert (sample.contexts, sample.off_wire) == (("4 boats",), ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
MEMBERS = (
    "input",
    "tools",
    "steps",
    "step",
    "delta",
    "usage",
    "status",
    "response_format",
    "generation_config",
    "type",
)


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), st.sampled_from(["step.start", "step.delta", "x", ""]))
def test_anything_may_come(doc: dict[str, Any], kind: str) -> None:
    """Any JSON value in any place is read without an error."""
    interactions.request(doc)
    interactions.facts_of_document(doc, Facts())
    interactions.response(doc)
    event = Event(b"", json.dumps({**doc, "event_type": kind}).encode())
    interactions.facts_of_event(event, Facts())
    interactions.stream([event])
    interactions.is_visible(doc), interactions.thought(doc)


def test_steps_of_output_are_no_parts_of_one_sentence() -> None:
    """A remark, a search and the answer behind it: each step stands on a line of its own, whole and in a stream."""
    steps = [
        {"type": "model_output", "content": [{"type": "text", "text": "I look "}, {"type": "text", "text": "it up."}]},
        {"type": "google_search_call", "id": "g", "arguments": {"queries": ["tides"]}},
        {"type": "model_output", "content": [{"type": "text", "text": "It is high."}]},
    ]
    (whole,) = interactions.response({"status": "completed", "steps": steps})
    events = [{"event_type": "step.start", "index": at, "step": step} for at, step in enumerate(steps)]
    (stream,) = interactions.stream([Event(b"", json.dumps(event).encode()) for event in events])
    assert whole.text == stream.text == "I look it up.\nIt is high."


def test_documents_of_text() -> None:
    """The bytes of a document that are text are read; of a PDF they are not."""
    told = {"type": "document", "mime_type": "text/plain", "data": "SGlnaCB3YXRlciBhdCBuaW5lLg=="}
    pages = {"type": "document", "mime_type": "application/pdf", "data": "JVBERi0="}
    found = interactions.request({"input": [told, pages, {"type": "text", "text": "When?"}]})
    (message,) = found.messages
    assert (message.content, message.documents, message.other_parts) == (
        "When?",
        ("High water at nine.",),
        ("document",),
    )
    assert found.off_wire == []


@pytest.mark.parametrize(
    ("result", "ran"),
    [
        ([{"title": "t.txt", "text": "High water at nine."}], (("High water at nine.",), ())),
        ([{"title": "t.txt"}], ((), ("hosted_search",))),
    ],
)
def test_passages_of_files(result: Any, ran: Any) -> None:
    """A search of the application's own files shows its passages, if it does."""
    found = of_step({"type": "file_search_result", "call_id": "f", "result": result})
    assert (tuple(found.results), tuple(found.off_wire)) == ran


def test_tools_that_were_run_are_bounded() -> None:
    """An answer names as many tools as it likes: the first are kept, and the rest is counted."""
    counts = [{"type": "google_search", "count": 2}, *({"type": f"tool{number}", "count": 1} for number in range(99))]
    told = {**WHOLE, "usage": {**USAGE, "grounding_tool_count": counts}}
    facts = Facts()
    interactions.facts_of_document(told, facts)
    assert len(facts.calls) == 64 and facts.calls["google_search"] == 2
    assert facts.dropped is not None and facts.dropped.tool == 36
