"""Tools that the provider runs: results that crossed the wire are evidence, and what did not is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import Exchange, FinishReason, Operation, Outcome
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.sample import Sample
from proxy.wire import chat, gemini, messages, responses
from proxy.wire.facts import Facts
from proxy.wire.hosted_tools import of_answer, of_block, of_item, result_text, shows_signs
from proxy.wire.native_paths import Native
from proxy.wire.replay import obstacles
from proxy.wire.sse import Event

TIDE = "High water at Skarvik is at a quarter past four."
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
SHELL = [{"stdout": TIDE, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]
OUTPUTS: list[tuple[str, Any]] = [
    ("function_call_output", TIDE),
    ("function_call_output", [{"type": "input_text", "text": TIDE}]),
    ("custom_tool_call_output", TIDE),
    ("shell_call_output", SHELL),
    ("local_shell_call_output", TIDE),
    ("apply_patch_call_output", TIDE),
    ("some_later_call_output", {"content": [{"text": TIDE}]}),
]
HELD: list[dict[str, Any]] = [
    {"type": "mcp_call", "name": "tides", "output": TIDE},
    {"type": "code_interpreter_call", "outputs": [{"type": "logs", "logs": TIDE}]},
    {"type": "file_search_call", "results": [{"file_id": "f", "filename": "t.txt", "text": TIDE, "score": 0.9}]},
]
FETCHED = {"type": "web_fetch_result", "content": {"type": "document", "source": {"type": "text", "data": TIDE}}}
BLOCKS: list[dict[str, Any]] = [
    {"type": "mcp_tool_result", "tool_use_id": "m", "content": [{"type": "text", "text": TIDE}]},
    {"type": "web_fetch_tool_result", "tool_use_id": "f", "content": FETCHED},
    {"type": "code_execution_tool_result", "content": {"type": "code_execution_result", "stdout": TIDE, "stderr": ""}},
    {"type": "bash_code_execution_tool_result", "content": {"type": "bash_code_execution_result", "stdout": TIDE}},
]


def _built(operation: Operation, asked: Any, answer: Any, events: list[Any] | None = None) -> Sample:
    """The sample of an answer, or of the events of a stream."""
    tap = Tap(operation, 100_000)
    tap.request(json.dumps(asked).encode())
    body = json.dumps(answer).encode()
    if events is not None:
        body = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    tap.head(b"application/json" if events is None else b"text/event-stream", b"")
    tap.feed(body, 0.1)
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=operation,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
        status=200,
    )
    return build_sample(exchange, tap.content(), 1.0, "uniform")


@pytest.mark.parametrize(("kind", "output"), OUTPUTS)
def test_outputs_in_the_input_are_results_of_tools(kind: str, output: Any) -> None:
    """Whatever a tool of the application is called, its output in the input of Responses is a tool's message."""
    found = responses.request(
        {"input": [{"role": "user", "content": "When?"}, {"type": kind, "id": "x", "output": output}]}
    )
    assert [(one.role, one.content) for one in found.messages] == [("user", "When?"), ("tool", TIDE)]
    assert found.off_wire == []


@pytest.mark.parametrize("item", HELD, ids=lambda item: item["type"])
def test_results_in_items_are_evidence(item: dict[str, Any]) -> None:
    """The provider's tools that show their result bring evidence, in a request, an answer and a stream."""
    found = responses.request({"input": [item, {"role": "user", "content": "When?"}]})
    assert [(one.role, one.content) for one in found.messages] == [("tool", TIDE), ("user", "When?")]
    said = {"type": "message", "content": [{"type": "output_text", "text": "At four."}]}
    whole = {"id": "resp_1", "status": "completed", "output": [item, said]}
    for events in (
        None,
        [{"type": "response.completed", "response": whole}],
        [{"type": "response.output_item.done", "output_index": at, "item": one} for at, one in enumerate((item, said))],
    ):
        sample = _built(Operation.RESPONSES, {"input": "When?"}, whole, events)
        assert (sample.contexts, sample.off_wire, sample.choices[0].text) == ((TIDE,), (), "At four.")


@pytest.mark.parametrize("item", HELD, ids=lambda item: item["type"])
def test_a_run_without_its_result_is_off_the_wire(item: dict[str, Any]) -> None:
    """A result that was not asked for (``include``) is missing; a call that failed has none."""
    bare = {key: None if key in ("output", "outputs", "results") else value for key, value in item.items()}
    assert of_item(bare).results == []
    assert len(of_item(bare).off_wire) == 1
    assert of_item({**bare, "status": "failed"}) == ([], [])


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["type"])
def test_results_in_blocks_are_evidence(block: dict[str, Any]) -> None:
    """The same for Messages: in an answer, a stream, and an earlier turn of a request."""
    said = {"type": "text", "text": "At four."}
    whole = {"type": "message", "content": [block, said]}
    events = [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_start", "index": 1, "content_block": said},
    ]
    for stream in (None, events):
        sample = _built(Operation.MESSAGES, {"messages": [{"role": "user", "content": "When?"}]}, whole, stream)
        assert (sample.contexts, sample.off_wire) == ((TIDE,), ())
    asked = messages.request({"messages": [{"role": "assistant", "content": [block, said]}]})
    assert [(one.role, one.content) for one in asked.messages] == [("tool", TIDE), ("assistant", "At four.")]


LINK = {"type": "web_search_tool_result", "content": [{"type": "web_search_result", "url": "https://t.example"}]}
FAILED = {"type": "web_search_tool_result", "content": {"type": "web_search_tool_result_error", "error_code": "x"}}
CITED = {"type": "text", "text": "At four.", "citations": [{"type": "web_search_result_location", "url": "u"}]}


@pytest.mark.parametrize(("block", "off"), [(LINK, ["hosted_search"]), (FAILED, []), (CITED, ["hosted_search"])])
def test_a_search_of_messages(block: dict[str, Any], off: list[str]) -> None:
    """A search that ran leaves links, and what it found stays at the provider; one that failed found nothing."""
    assert of_block(block).off_wire == off
    assert list(_built(Operation.MESSAGES, {"messages": []}, {"content": [block]}).off_wire) == off


SEALED = {"type": "encrypted_code_execution_result", "encrypted_stdout": "EqgB", "stderr": "", "content": []}
PAGES = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
FAILED_FETCH = {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"}


@pytest.mark.parametrize(
    ("kind", "content", "ran"),
    [
        ("code_execution_tool_result", SEALED, ([], ["hosted_tool"])),
        ("code_execution_tool_result", {**SEALED, "stderr": TIDE}, ([TIDE], ["hosted_tool"])),
        ("code_execution_tool_result", {**SEALED, "encrypted_stdout": ""}, ([], [])),
        ("web_fetch_tool_result", {"content": {"type": "document", "source": PAGES}}, ([], ["hosted_tool"])),
        ("web_fetch_tool_result", FAILED_FETCH, ([], [])),
    ],
)
def test_results_that_only_the_provider_can_read(kind: str, content: dict[str, Any], ran: Any) -> None:
    """Encrypted output of code and a page that was fetched as a PDF are evidence, and no text of it is there."""
    block = {"type": kind, "tool_use_id": "s", "content": content}
    assert of_block(block) == ran
    event = {"type": "content_block_start", "index": 0, "content_block": block}
    for stream in (None, [event]):
        sample = _built(Operation.MESSAGES, {"messages": []}, {"type": "message", "content": [block]}, stream)
        assert (list(sample.contexts), list(sample.off_wire)) == ran
    asked = messages.request({"messages": [{"role": "assistant", "content": [block]}]})
    assert asked.off_wire == ran[1]


FOUND: list[dict[str, Any]] = [
    {"type": "openrouter:web_search", "id": "ws_7", "status": "completed"},
    {"type": "search_results", "queries": ["tides"], "results": [{"url": "https://t.example", "snippet": "High"}]},
    {"type": "fetch_url_results", "contents": [{"url": "https://t.example", "title": "Tides", "snippet": "High"}]},
    {"type": "openrouter:web_fetch", "id": "wf_7", "status": "completed", "url": "https://t.example"},
    {"type": "openrouter:files", "id": "f_7", "status": "completed"},
    {"type": "bing_grounding_call", "id": "bg_7", "status": "completed"},
    {"type": "knowledge_search_call", "id": "ks_7", "status": "completed", "queries": ["tides"]},
    {"type": "custom_tool_call", "call_id": "xs_7", "name": "x_semantic_search", "input": "{}"},
]


@pytest.mark.parametrize("item", FOUND, ids=lambda item: item["type"])
def test_searches_of_other_providers_of_responses(item: dict[str, Any]) -> None:
    """OpenRouter, Azure, Ark and xAI show that they searched, Perplexity excerpts: in an answer and in a stream."""
    whole = {"id": "r", "status": "completed", "output": [item]}
    event = {"type": "response.output_item.done", "output_index": 0, "item": item}
    assert _built(Operation.RESPONSES, {"input": "When?"}, whole).off_wire == ("hosted_search",)
    assert _built(Operation.RESPONSES, {"input": "When?"}, None, [event]).off_wire == ("hosted_search",)


@pytest.mark.parametrize(
    ("item", "ran"),
    [
        ({"type": "openrouter:web_fetch", "url": "u", "content": TIDE}, ([TIDE], [])),
        ({"type": "openrouter:bash", "output": {"stdout": TIDE, "stderr": ""}}, ([TIDE], [])),
        ({"type": "site_search_call", "results": [{"title": "Tides", "text": TIDE}]}, ([TIDE], [])),
        ({"type": "openrouter:web_fetch", "error": "timed out"}, ([], [])),
        ({"type": "bing_grounding_call", "status": "failed"}, ([], [])),
        ({"type": "openrouter:datetime", "datetime": "2026-11-29T10:00:00Z"}, ([], [])),
        ({"type": "tool_search_call", "arguments": {}}, ([], [])),
        ({"type": "custom_tool_call", "name": "note", "input": "x"}, ([], [])),
        ({"type": "computer_call", "action": {"type": "click"}}, ([], [])),
    ],
)
def test_items_of_tools_that_are_known_by_the_form_of_their_name(item: dict[str, Any], ran: Any) -> None:
    """What such an item holds is evidence. One that failed, or brings no evidence by its nature, is none."""
    assert of_item(item) == ran
    sample = _built(Operation.RESPONSES, {"input": "When?"}, {"id": "r", "status": "completed", "output": [item]})
    assert (list(sample.contexts), list(sample.off_wire)) == ran


def test_a_search_in_x_is_no_call_for_the_application() -> None:
    """xAI shows its searches as calls of free-text tools and runs them itself; one's own tool beside it is called."""
    searched = {"type": "custom_tool_call", "call_id": "xs_1", "name": "x_keyword_search", "input": "{}"}
    said = {"type": "message", "content": [{"type": "output_text", "text": "At four."}]}
    own = {"type": "custom_tool_call", "call_id": "c_1", "name": "note", "input": "four"}
    for output, calls, finish in (
        ([searched, said], [], FinishReason.STOP),
        ([searched, own], ["note"], FinishReason.TOOL_CALLS),
    ):
        whole = {"id": "r", "status": "completed", "output": output}
        facts = Facts()
        for name in (b"response.custom_tool_call_input.done", b"response.completed"):
            data = json.dumps({"type": name.decode(), "response": whole}).encode()
            responses.facts_of_event(Event(name, data), facts)
        assert facts.finish_reason is finish
        assert [call.name for call in responses.response(whole)[0].tool_calls] == calls


def test_a_summary_of_earlier_turns_is_no_evidence() -> None:
    """Anthropic compacts earlier turns, results included, into a text: what it was made of is off the wire."""
    block = {"type": "compaction", "content": "They spoke of the tides at Skarvik."}
    asked = {"messages": [{"role": "assistant", "content": [block]}, {"role": "user", "content": "When?"}]}
    found = messages.request(asked)
    assert found.off_wire == ["item_reference"]
    assert obstacles(asked, found, chat=False) == ["not_text", "state_off_wire"]


def test_compacted_turns_are_off_the_wire() -> None:
    """Codex and the provider compact earlier turns, results included, into an item that only the provider reads."""
    assert responses.request({"input": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}]}).off_wire
    assert responses.request({"input": [{"type": "item_reference", "id": "cmp_1"}]}).off_wire
    assert not responses.request({"input": [{"type": "item_reference", "id": "rs_1"}]}).off_wire


def test_the_output_of_a_program_is_evidence() -> None:
    """Code that calls tools gives one result, in a request and in an answer; one that prints nothing hides nothing."""
    item = {"type": "program_output", "id": "po_1", "call_id": "p", "result": TIDE, "status": "completed"}
    assert [one.content for one in responses.request({"input": [item]}).messages] == [TIDE]
    sample = _built(Operation.RESPONSES, {"input": "When?"}, {"id": "r", "status": "completed", "output": [item]})
    assert (sample.contexts, sample.off_wire) == ((TIDE,), ())
    assert of_item({**item, "result": ""}) == ([], [])


def test_tools_that_are_added_later_are_offered() -> None:
    """Definitions in the middle of a conversation are tools of the request, in both families."""
    tide = {"type": "function", "name": "tide", "parameters": {}}
    added = {"type": "additional_tools", "role": "developer", "tools": [tide]}
    assert [json.loads(bytes(tool)) for tool in responses.request({"input": [added]}).tools] == [tide]
    own = {"name": "tide", "input_schema": {}}
    block = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": own}}
    known = {"type": "tool_addition", "tool": {"type": "tool_reference", "tool_name": "tide"}}
    asked = messages.request(
        {"messages": [{"role": "user", "content": [block, known, {"type": "text", "text": "Hi"}]}]}
    )
    assert [json.loads(bytes(tool)) for tool in asked.tools] == [own]
    assert asked.messages[0].other_parts == ()


def test_mcp_servers_in_chat() -> None:
    """Where the answer does not show what a server of tools gave, the server itself counts; Responses shows it."""
    asked = {"tools": [{"type": "mcp", "server_label": "tides", "server_url": "https://t.example/mcp"}]}
    assert chat.request({"messages": [], **asked}).off_wire == ["hosted_tool"]
    assert responses.request({"input": "When?", **asked}).off_wire == []


OFFERED: list[tuple[Operation, dict[str, Any]]] = [
    (Operation.RESPONSES, {"input": "When?", "tools": [{"type": "web_search"}, {"type": "file_search"}]}),
    (Operation.RESPONSES, {"input": "When?", "tools": [{"type": "mcp", "server_url": "https://t.example"}]}),
    (Operation.RESPONSES, {"input": [{"type": "item_reference", "id": "rs_1"}, {"role": "user", "content": "x"}]}),
    (Operation.RESPONSES, {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}),
    (Operation.MESSAGES, {"messages": [], "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    (Operation.MESSAGES, {"messages": [], "tools": [{"type": "mcp_toolset", "mcp_server_name": "t"}]}),
    (Operation.CHAT, {"messages": [], "tools": [{"type": "function", "function": {"name": "web_search"}}]}),
    (Operation.CHAT, {"messages": [], "enable_search": False, "search_parameters": {"mode": "off"}, "plugins": []}),
    (Operation.CHAT, {"messages": [], "plugins": [{"id": "file-parser"}, {"id": "web", "enabled": False}]}),
    (Operation.CHAT, {"messages": [], "tools": [{"type": "web_search", "web_search": {"enable": False}}]}),
    (Operation.CHAT, {"messages": [], "model": "sonar-pro", "disable_search": True}),
    (Operation.CHAT, {"messages": [], "model": "online-shop-7b", "data_sources": []}),
    (Operation.CHAT, {"messages": [], "venice_parameters": {"enable_web_search": "off", "character_slug": "mate"}}),
    (Operation.CHAT, {"messages": [], "model": "ferry-1:enable_web_search=off&enable_web_citations=true"}),
    (Operation.CHAT, {"messages": [], "web_search": {"enable": False}, "features": {"web_search": False}}),
    (Operation.CHAT, {"messages": [], "enable_enhancement": False, "google": {"thinking_config": {}, "tools": []}}),
    (Operation.CHAT, {"messages": [], "extra_body": {"google": {"tools": [{"function_declarations": []}]}}}),
    (Operation.CHAT, {"messages": [], "files": []}),
    (Operation.CHAT, {"messages": [], "files": [{"type": "text", "content": "High at nine."}]}),
    (Operation.CHAT, {"messages": [{"role": "system", "content": "Read what fileid:// names."}]}),
    (Operation.CHAT, {"messages": [{"role": "user", "content": "fileid://file-fe-7 is what I get."}]}),
]


@pytest.mark.parametrize(("operation", "asked"), OFFERED)
def test_what_only_may_have_run_is_no_reason(operation: Operation, asked: dict[str, Any]) -> None:
    """A tool that was offered and not called, a reference to reasoning, and a search switched off are none."""
    answer: dict[Operation, Any] = {
        Operation.RESPONSES: {"status": "completed", "tools": asked.get("tools"), "output": []},
        Operation.MESSAGES: {"content": [{"type": "text", "text": "At four."}], "usage": {"server_tool_use": None}},
        Operation.CHAT: {"choices": [{"message": {"content": "At four.", "annotations": []}}], "citations": []},
    }
    assert _built(operation, asked, answer[operation]).off_wire == ()


NOTE = {"type": "url_citation", "url_citation": {"url": "https://t.example", "title": "Tides"}}


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"message": {"content": "At four.", "annotations": [NOTE]}}]},
        {"choices": [{"delta": {"content": "At four.", "annotations": [NOTE]}}]},
        {"choices": [{"message": {"content": "At four."}}], "citations": ["https://t.example"]},
        {"choices": [{"message": {"content": "At four."}}], "search_results": [{"title": "Tides"}]},
        {
            "choices": [{"message": {"content": "At four."}}],
            "vertex_ai_grounding_metadata": [{"webSearchQueries": ["tides"]}],
        },
        {"choices": [{"message": {"content": "At four."}}], "references": [{"url": "https://t.example"}]},
        {"choices": [{"delta": {"content": "At four."}}], "search_info": {"search_results": [{"index": 1}]}},
        {"choices": [{"message": {"content": "At four.", "executed_tools": [{"type": "search", "output": None}]}}]},
    ],
)
def test_an_answer_that_cites_what_the_request_does_not_hold(answer: dict[str, Any]) -> None:
    """Citations of pages in an answer, or in an event of a stream, say that a search ran."""
    events = [answer] if "delta" in json.dumps(answer) else None
    assert len(_built(Operation.CHAT, {"messages": []}, answer, events).off_wire) == 1


def test_citations_in_responses() -> None:
    """A cited page in the text of a response, whole or as an event, says the same."""
    part = {"type": "output_text", "text": "At four.", "annotations": [{"type": "url_citation", "url": "u"}]}
    whole = {"status": "completed", "output": [{"type": "message", "content": [part]}]}
    event = {"type": "response.output_text.annotation.added", "annotation": {"type": "url_citation", "url": "u"}}
    assert _built(Operation.RESPONSES, {"input": "x"}, whole).off_wire == ("hosted_search",)
    assert _built(Operation.RESPONSES, {"input": "x"}, None, [event]).off_wire == ("hosted_search",)


def test_gemini_s_tools() -> None:
    """In Gemini's own words: a search that grounds an answer, and the output of code that was run."""
    grounded = {"candidates": [{"content": {"parts": []}, "groundingMetadata": {"webSearchQueries": ["tides"]}}]}
    ran = {"candidates": [{"content": {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": TIDE}}]}}]}
    plain = {"candidates": [{"content": {"parts": [{"text": TIDE}]}, "groundingMetadata": {}}]}
    assert of_answer([grounded]).off_wire == ["hosted_search"]
    assert of_answer([ran]) == ([TIDE], [])
    assert of_answer([plain]) == ([], [])
    assert shows_signs(json.dumps(grounded).encode())


@pytest.mark.parametrize(("kind", "off"), [("GOOGLE_SEARCH_WEB", ["hosted_search"]), ("MEDIA_PROCESSING", [])])
def test_responses_of_gemini_s_tools(kind: str, off: list[str]) -> None:
    """Gemini tells of each of its tools' runs among the parts, in an answer and in the turns that follow."""
    part = {"toolResponse": {"toolType": kind, "response": {"found": 3}, "id": "t"}}
    assert of_answer([{"candidates": [{"content": {"parts": [part, {"text": "At four."}]}}]}]).off_wire == off
    assert shows_signs(json.dumps(part).encode())
    again = {"tool_response": {"tool_type": kind, "response": {}}}
    for held in (part, again):
        asked = {"contents": [{"role": "model", "parts": [held]}, {"role": "user", "parts": [{"text": "When?"}]}]}
        assert gemini.request(asked).off_wire == off


@pytest.mark.parametrize(("status", "off"), [("SUCCESS", ["hosted_search"]), ("ERROR", []), ("PAYWALL", [])])
def test_pages_that_gemini_read(status: str, off: list[str]) -> None:
    """A page that was read by its address is evidence elsewhere; one that could not be read is none."""
    page = {"retrievedUrl": "https://t.example", "urlRetrievalStatus": f"URL_RETRIEVAL_STATUS_{status}"}
    candidate = {"content": {"parts": [{"text": "At four."}]}, "urlContextMetadata": {"urlMetadata": [page]}}
    assert of_answer([{"candidates": [candidate]}]).off_wire == off
    assert shows_signs(json.dumps(candidate).encode())


def test_pictures_in_results_are_not_kept() -> None:
    """V09: of a result that is no text nothing is kept."""
    picture = {"type": "image", "source": {"type": "base64", "data": "QUJDREVGRw=="}}
    page = {"type": "document", "source": {"type": "base64", "data": "QUJDREVGRw=="}}
    shot = {"type": "computer_screenshot", "image_url": "data:image/png;base64,QUJDREVGRw=="}
    assert result_text([picture, page, shot, {"type": "text", "text": TIDE}]) == TIDE
    found = responses.request({"input": [{"type": "computer_call_output", "output": shot}]})
    assert "QUJDREVGRw" not in repr(found)


def test_a_plain_answer_is_not_read_twice() -> None:
    """An answer without any sign of a tool of the provider's is told so by a look at its bytes."""
    assert not shows_signs(b'{"choices":[{"delta":{"content":"a web_search found \\"citations\\""}}]}')
    assert shows_signs(b'{"type":"mcp_call"}')


_KEPT = ("citations", "search_results", "web_search_results")


@given(
    JSON,
    st.sampled_from(
        [
            "mcp_call",
            "web_search_call",
            "mcp_tool_result",
            "x_call_output",
            "item_reference",
            "openrouter:x",
            "shell_call",
            "",
        ]
    ),
)
def test_anything_may_come(value: Any, kind: str) -> None:
    """Any JSON value in any place is read without an error."""
    item = {"type": kind, "id": value, "output": value, "outputs": value, "results": value, "content": value}
    of_item(item), of_block(item), result_text(value)  # type: ignore[unused-ignore]
    responses.response({"output": [item, {**item, "call_id": value, "action": value}]})
    of_answer([value, item, {"output": [item]}, {"content": [item]}, {"choices": [{"message": item, "delta": value}]}])
    of_answer([{"usage": value, "delta": value, "annotation": value, "citations": value, "choices": value}])
    told = {
        "context": {"citations": value, "all_retrieved_documents": value},
        "annotations": value,
        "provider_specific_fields": value,
    }
    of_answer([{"choices": [{"message": told}, {"delta": {"provider_specific_fields": dict.fromkeys(_KEPT, value)}}]}])
    of_answer([{"candidates": [{"groundingMetadata": {"groundingChunks": value}}, {"groundingMetadata": value}]}])


CITED_BY_AZURE = {"context": {"citations": [{"content": TIDE, "title": "Tides", "filepath": "t.txt"}], "intent": "[]"}}
GIVEN_BY_AZURE = [{"content": TIDE, "title": "Tides"}, {"content": "Ferries at six.", "filter_reason": "score"}]
READ_FILE = {"type": "file", "file": {"hash": "7f", "name": "t.pdf", "content": [{"type": "text", "text": TIDE}]}}
FOUND_BY_LITELLM = {"search_results": [{"data": [{"score": 0.9, "content": [{"type": "text", "text": TIDE}]}]}]}
SEARCHED_BY_LITELLM = {"citations": [[{"type": "web_search_result_location", "url": "https://t.example"}]]}


@pytest.mark.parametrize(
    ("beside", "ran"),
    [
        (CITED_BY_AZURE, ((TIDE,), ("hosted_search",))),
        ({"context": {"citations": []}}, ((), ())),
        ({"context": {"citations": [], "all_retrieved_documents": GIVEN_BY_AZURE}}, ((TIDE,), ("hosted_search",))),
        ({"annotations": [READ_FILE]}, ((TIDE,), ())),
        ({"provider_specific_fields": FOUND_BY_LITELLM}, ((TIDE,), ())),
        ({"provider_specific_fields": {"search_results": [{"data": []}]}}, ((), ("hosted_search",))),
        ({"provider_specific_fields": SEARCHED_BY_LITELLM}, ((), ("hosted_search",))),
        ({"provider_specific_fields": {"web_search_results": [{"url": "u"}]}}, ((), ("hosted_search",))),
        ({"provider_specific_fields": {"citations": None, "thinking_blocks": []}}, ((), ())),
    ],
)
def test_what_chat_shows_beside_a_message(beside: dict[str, Any], ran: Any) -> None:
    """Azure's citations, files that OpenRouter has read, what LiteLLM keeps of searches: whole and in a stream."""
    asked = {"messages": [{"role": "user", "content": "When?"}]}
    said = {"role": "assistant", "content": "At four.", **beside}
    whole = {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}
    sample = _built(Operation.CHAT, asked, whole)
    assert (sample.contexts, sample.off_wire) == ran
    events = [{"choices": [{"index": 0, "delta": beside}]}, {"choices": [{"index": 0, "delta": {"content": "Four."}}]}]
    sample = _built(Operation.CHAT, asked, None, events)
    assert (sample.contexts, sample.off_wire) == ran


def test_what_is_cited_of_documents_of_the_request() -> None:
    """Cohere's citations, which gateways put beside the choices, tell of no search; with another source they do."""
    asked = {"messages": [{"role": "user", "content": "When?"}], "documents": [{"id": "d", "data": {"text": TIDE}}]}
    source = {"type": "document", "id": "d", "document": {"id": "d", "text": TIDE}}
    said = {"choices": [{"index": 0, "message": {"content": "At four."}, "finish_reason": "stop"}]}
    sample = _built(Operation.CHAT, asked, {**said, "citations": [{"text": "four", "sources": [source]}]})
    assert (sample.contexts, sample.off_wire) == ((TIDE,), ())
    for other in ({"sources": [source, {"type": "tool", "id": "search_1"}]}, {"sources": []}, "https://t.example"):
        sample = _built(Operation.CHAT, asked, {**said, "citations": [{"sources": [source]}, other]})
        assert sample.off_wire == ("hosted_search",)


@pytest.mark.parametrize(
    ("annotations", "read"),
    [
        ([READ_FILE], (TIDE,)),
        ([READ_FILE, READ_FILE], (TIDE,)),
        ([{"type": "url_citation", "url_citation": {"url": "https://t.example", "content": TIDE}}], ()),
        ([{"type": "file", "file": {"hash": "7f", "content": []}}, 9, {"type": "file"}], ()),
        ("files", ()),
    ],
)
def test_files_that_were_read_before_are_evidence(annotations: Any, read: tuple[str, ...]) -> None:
    """Clients send OpenRouter's annotations back with the answer; what was found on the web then is not in them."""
    said = {"role": "assistant", "content": "At four.", "annotations": annotations}
    asked = {"messages": [{"role": "user", "content": "When?"}, said, {"role": "user", "content": "And ebb?"}]}
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "At ten."}, "finish_reason": "stop"}]}
    sample = _built(Operation.CHAT, asked, whole)
    assert (sample.contexts, sample.off_wire) == (read, ())
    assert [message.content for message in sample.messages] == ["When?", "At four.", "And ebb?"]


DOUBAO: dict[str, Any] = {
    "type": "doubao_app_call",
    "feature": "ai_search",
    "blocks": [
        {"type": "reasoning_text", "reasoning_text": "The tide table."},
        {"type": "search", "queries": ["tides"], "results": [{"url": "https://t.example"}]},
        {"type": "output_text", "text": "At four."},
    ],
}


def test_an_assistant_of_the_provider_that_searches() -> None:
    """ByteDance's assistant answers in blocks: a text, thoughts, searches."""
    plain = {**DOUBAO, "blocks": DOUBAO["blocks"][::2]}
    for item, off in ((DOUBAO, ("hosted_search",)), (plain, ())):
        whole = {"id": "r", "status": "completed", "output": [item]}
        events = [
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "doubao_app_call"}},
            {"type": "response.doubao_app_call_output_text.delta", "output_index": 0, "delta": "At four."},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
        ]
        for stream in (None, events):
            sample = _built(Operation.RESPONSES, {"input": "When?"}, whole, stream)
            (choice,) = sample.choices
            assert (choice.text, choice.reasoning, sample.off_wire) == ("At four.", "The tide table.", off)


def test_a_compaction_in_an_answer_hides_nothing() -> None:
    """Turns that a response compacts came with its own request; those that a request has compacted did not."""
    item = {"type": "compaction", "id": "cmp_7", "encrypted_content": "gAAA"}
    said = {"type": "message", "content": [{"type": "output_text", "text": "At four."}]}
    whole = {"id": "r", "status": "completed", "output": [item, said]}
    assert _built(Operation.RESPONSES, {"input": f"Context: {TIDE}\n\nQuestion: When?"}, whole).off_wire == ()
    asked = {"input": [item, {"role": "user", "content": "When?"}]}
    assert _built(Operation.RESPONSES, asked, {**whole, "output": [said]}).off_wire == ("item_reference",)


def _grounded(*chunks: dict[str, Any], **more: Any) -> dict[str, Any]:
    grounding = {"groundingChunks": list(chunks), **more}
    candidate = {"content": {"parts": [{"text": "At four."}]}, "finishReason": "STOP", "groundingMetadata": grounding}
    return {"candidates": [candidate]}


PASSAGE = {"retrievedContext": {"title": "Tides", "text": TIDE}}


@pytest.mark.parametrize(
    ("answer", "ran", "paid"),
    [
        (_grounded(PASSAGE), ((TIDE,), ()), {}),
        (_grounded(PASSAGE, {"web": {"uri": "u"}}), ((), ("hosted_search",)), {"google_search": 1}),
        (_grounded(PASSAGE, webSearchQueries=["tides"]), ((), ("hosted_search",)), {}),
        (_grounded({"retrievedContext": {"uri": "gs://t"}}), ((), ("hosted_search",)), {}),
        (_grounded({"web": {"uri": "u"}}, webSearchQueries=["tides"]), ((), ("hosted_search",)), {"google_search": 1}),
    ],
)
def test_passages_of_an_applications_own_files(answer: Any, ran: Any, paid: dict[str, int]) -> None:
    """Gemini shows the passages of files that it searched, which are evidence and no search that is paid for."""
    facts = Facts()
    gemini.facts_of_document(answer, facts)
    sample = _built(Native.GEMINI, {"contents": []}, answer)
    assert ((sample.contexts, sample.off_wire), facts.calls) == (ran, paid)


@pytest.mark.parametrize(
    "tool",
    [{"google_search": {}}, {"googleSearch": {}}, {"url_context": {}}, {"code_execution": {}}, {"retrieval": {}}],
)
def test_a_tool_of_gemini_that_was_offered_and_not_used(tool: dict[str, Any]) -> None:
    """Gemini's answers show what its tools did, however a request writes their names."""
    asked = {"contents": [{"role": "user", "parts": [{"text": "When?"}]}], "tools": [tool]}
    assert gemini.request(asked).off_wire == []
