"""Calls that an application is to carry out, among the items of a response."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import FinishReason
from proxy.sample import ToolCall
from proxy.wire import responses
from proxy.wire.facts import Facts
from proxy.wire.sse import Event

SHELL: dict[str, Any] = {"type": "shell_call", "id": "s", "call_id": "c", "action": {"commands": ["ls quay"]}}
CALLS: list[tuple[dict[str, Any], ToolCall]] = [
    (SHELL, ToolCall("shell", '{"commands":["ls quay"]}', "c")),
    ({**SHELL, "environment": {"type": "local"}}, ToolCall("shell", '{"commands":["ls quay"]}', "c")),
    (
        {"type": "local_shell_call", "id": "l", "call_id": "c", "action": {"type": "exec", "command": ["ls"]}},
        ToolCall("local_shell", '{"type":"exec","command":["ls"]}', "c"),
    ),
    (
        {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "a"}},
        ToolCall("apply_patch", '{"type":"delete_file","path":"a"}', "c"),
    ),
    (
        {"type": "computer_call", "call_id": "c", "actions": [{"type": "wait"}]},
        ToolCall("computer", '[{"type":"wait"}]', "c"),
    ),
    (
        {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"goal": "tides"}},
        ToolCall("tool_search", '{"goal":"tides"}', "c"),
    ),
    (
        {"type": "mcp_approval_request", "id": "m", "name": "berths", "server_label": "quay", "arguments": "{}"},
        ToolCall("berths", "{}", "m"),
    ),
]


def _facts(*items: dict[str, Any], streamed: bool, repeated: bool = True) -> Facts:
    """``repeated``: the last event of the stream has all items again."""
    facts, whole = Facts(), {"id": "r", "status": "completed", "output": list(items) if repeated else []}
    if streamed:
        docs = [{"type": "response.output_item.done", "item": item} for item in items]
        for doc in (*docs, {"type": "response.completed", "response": whole}):
            responses.facts_of_event(Event(doc["type"].encode(), json.dumps(doc).encode()), facts)
    else:
        responses.facts_of_document(whole, facts)
    return facts


@pytest.mark.parametrize(("item", "call"), CALLS, ids=[item["type"] for item, _ in CALLS])
def test_calls_of_tools_that_the_provider_defines(item: dict[str, Any], call: ToolCall) -> None:
    """Each is a call as one of a function is: in an answer, and in a stream whose end leaves the items out."""
    assert responses.response({"output": [item]})[0].tool_calls == (call,)
    added = {"type": "response.output_item.added", "output_index": 0, "item": item}
    events = [Event(b"", json.dumps(doc).encode()) for doc in (added, {"type": "response.completed", "response": {}})]
    assert responses.stream(events)[0].tool_calls == (call,)
    assert responses.is_visible(added)
    for streamed in (False, True):
        assert _facts(item, streamed=streamed).finish_reason is FinishReason.TOOL_CALLS
    assert _facts(item, streamed=True, repeated=False).finish_reason is FinishReason.TOOL_CALLS


OUTPUT = {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "log.txt", "stderr": ""}]}
RAN: list[list[dict[str, Any]]] = [
    [SHELL, OUTPUT],
    [{**SHELL, "environment": {"type": "container_reference", "container_id": "k"}}],
    [{"type": "local_shell_call", "id": "l", "call_id": "c", "action": {}}, {**OUTPUT, "call_id": None, "id": "c"}],
    [{"type": "tool_search_call", "execution": "server", "arguments": {}}],
    [{"type": "code_interpreter_call", "code": "print(1)"}],
]


@pytest.mark.parametrize("output", RAN, ids=lambda output: output[0]["type"])
def test_what_the_provider_ran_itself_is_no_call(output: list[dict[str, Any]]) -> None:
    """A shell in the provider's container, a call whose output is there, and a search of the server's."""
    said = {"type": "message", "content": [{"type": "output_text", "text": "Done."}]}
    assert responses.response({"output": [*output, said]})[0].tool_calls == ()
    for streamed in (False, True):
        assert _facts(*output, said, streamed=streamed).finish_reason is FinishReason.STOP
