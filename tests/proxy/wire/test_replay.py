"""Which requests may be asked again, read from the request in every family, and with which parameters."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.exchange import Operation
from proxy.wire.readers import READERS
from proxy.wire.replay import obstacles, parameters_of

USER = {"role": "user", "content": "How wide is the lock?"}
OWN = {"type": "function", "function": {"name": "width", "parameters": {"type": "object"}}}
PICTURE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}


def _found(operation: Operation, doc: dict[str, Any]) -> list[str]:
    return obstacles(doc, READERS[operation].request(doc), operation is Operation.CHAT)


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({}, []),
        ({"tools": [OWN, {"type": "custom", "custom": {"name": "note"}}], "user": "u", "metadata": {"a": "b"}}, []),
        ({"tools": [OWN, {"type": "web_search"}]}, ["tools_hosted"]),
        ({"web_search_options": {}}, ["tools_hosted"]),
        ({"plugins": [{"id": "file-parser"}]}, ["tools_hosted"]),
        ({"model": "m-2:online"}, ["tools_hosted"]),
        ({"messages": [USER, PICTURE]}, ["not_text"]),
        ({"modalities": ["text", "audio"]}, ["not_text"]),
        ({"agent_id": "ag_1"}, ["state_off_wire"]),
        ({"messages": [PICTURE], "tools": [{"type": "mcp", "server_url": "x"}]}, ["not_text", "tools_hosted"]),
    ],
)
def test_chat(more: dict[str, Any], reasons: list[str]) -> None:
    """Own tools and text only are whole; everything that the provider runs, and what is no text, is not."""
    assert _found(Operation.CHAT, {"model": "m-2", "messages": [USER], **more}) == reasons


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({}, []),
        ({"tools": [{"type": "function", "name": "width", "parameters": {}}], "store": True}, []),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}, ["tools_hosted"]),
        ({"tools": [{"type": "mcp", "server_label": "s"}]}, ["tools_hosted"]),
        ({"previous_response_id": "r-1"}, ["state_off_wire"]),
        ({"conversation": {"id": "c-1"}}, ["state_off_wire"]),
        ({"multi_agent": {"enabled": True}}, ["tools_hosted"]),
        ({"input": [USER, {"type": "additional_tools", "tools": [{"type": "web_search"}]}]}, ["tools_hosted"]),
        ({"input": [USER, {"type": "additional_tools", "tools": [{"type": "function", "name": "f"}]}]}, []),
        ({"thread": {"type": "create"}}, []),
        ({"thread": {"type": "continue", "previous_message_id": "msg_1"}}, ["state_off_wire"]),
        ({"prompt": {"id": "p-1"}}, ["state_off_wire"]),
        ({"input": [USER, {"type": "item_reference", "id": "msg_1"}]}, ["state_off_wire"]),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f-1"}]}]}, ["not_text"]),
        ({"input": [USER, {"type": "web_search_call", "status": "completed"}]}, ["tools_hosted"]),
    ],
)
def test_responses(more: dict[str, Any], reasons: list[str]) -> None:
    """What the server keeps is off the wire; hosted tools count by being offered, or in the history."""
    assert _found(Operation.RESPONSES, {"model": "m-2", "input": "How wide is the lock?", **more}) == reasons


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({"tools": [{"name": "width", "input_schema": {"type": "object"}}]}, []),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, ["tools_hosted"]),
        ({"mcp_servers": [{"type": "url", "url": "https://x.example"}]}, ["tools_hosted"]),
    ],
)
def test_messages(more: dict[str, Any], reasons: list[str]) -> None:
    """Anthropic's form: a tool with a schema of its own is the application's."""
    assert _found(Operation.MESSAGES, {"model": "m-2", "max_tokens": 9, "messages": [USER], **more}) == reasons


@pytest.mark.parametrize(
    ("doc", "found"),
    [
        (
            {"temperature": 0, "top_p": 0.5, "user": "u", "metadata": {}, "seed": 4, "prompt_cache_key": "k", "n": 3},
            {"temperature": 0, "top_p": 0.5, "seed": 4},
        ),
        ({"max_output_tokens": 50, "reasoning": {"effort": "low"}}, {"max_tokens": 50, "reasoning_effort": "low"}),
        ({"reasoning": {"effort": "high"}, "user": "u"}, {"reasoning_effort": "high"}),
        ({"max_completion_tokens": 7, "max_tokens": 9, "background": True}, {"max_tokens": 7}),
        ({"stop_sequences": ["END"], "tool_choice": {"type": "any"}}, {"stop": ["END"], "tool_choice": "required"}),
        (
            {"tool_choice": {"type": "tool", "name": "width"}},
            {"tool_choice": {"type": "function", "function": {"name": "width"}}},
        ),
        ({"stop": ["x" * 20_000]}, {}),
    ],
)
def test_parameters(doc: dict[str, Any], found: dict[str, Any]) -> None:
    """Only the allowed ones, under the names of chat completions; long ones are texts and are left out."""
    assert parameters_of(doc) == found
