"""What a request alone tells: searches, programs and files of the provider that chat does not show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire import chat
from proxy.wire.hosted_requests import asked_for
from proxy.wire.replay import obstacles

SWITCHED: list[dict[str, Any]] = [
    {"data_sources": [{"type": "azure_search", "parameters": {}}]},
    {"search_parameters": {"mode": "auto"}},
    {"search_parameters": {}},
    {"enable_search": True},
    {"plugins": [{"id": "web", "max_results": 3}]},
    {"plugins": [{"id": "web-search"}]},
    {"extra_body": {"enable_search": True}},
    {"web_search_options": {}},
    {"model": "maker/ferry-1:online"},
    {"model": "ferry-1-search-preview-2026"},
    {"model": "sonar-pro"},
    {"model": "maker/o9-deep-research"},
    {"venice_parameters": {"enable_web_search": "on"}},
    {"venice_parameters": {"enable_web_search": "auto"}},
    {"extra_body": {"venice_parameters": {"enable_web_search": "on"}}},
    {"model": "ferry-1:enable_web_search=auto"},
    {"model": "ferry-1:strip_thinking_response=true&enable_web_search=on"},
    {"web_search": {"enable": True, "search_mode": "auto"}},
    {"enable_enhancement": True, "search_info": True},
    {"with_search_enhance": True},
    {"features": {"web_search": True}},
    {"google": {"tools": [{"google_search": {}}]}},
    {"extra_body": {"google": {"tools": [{"url_context": {}}], "thinking_config": {}}}},
    {"tools": [{"type": "openrouter:web_search"}]},
    {"tools": [{"type": "web_search", "web_search": {"enable": True}}]},
    {"tools": [{"type": "browser_search"}]},
    {"tools": [{"google_search": {}}]},
    {"messages": [{"role": "tool", "name": "$web_search", "content": "{}"}]},
    {"vector_store_ids": ["vs_7"]},
    {"extra_body": {"vector_store_ids": ["vs_7"]}},
    {"tools": [{"type": "document_library", "library_ids": ["l-7"]}]},
    {"tools": [{"type": "web_extractor"}]},
    {"tools": [{"type": "provider", "id": "gateway.perplexity_search", "name": "perplexity_search"}]},
    {"tools": [{"type": "provider-defined", "id": "openai.web_search_preview", "args": {}}]},
]


@pytest.mark.parametrize("switched", SWITCHED, ids=lambda value: json.dumps(value)[:40])
def test_a_search_that_is_switched_on(switched: dict[str, Any]) -> None:
    """In chat no run can be seen: a field, a model or a tool of the provider that searches is reason enough."""
    asked = {"messages": [{"role": "user", "content": "When?"}], **switched}
    assert chat.request(asked).off_wire == ["hosted_search"]
    if not {"tools", "messages"} & set(switched):
        assert asked_for(asked, chat=False) == ["hosted_search"]


@pytest.mark.parametrize(
    "named",
    [
        {"files": [{"type": "collection", "id": "c-7"}]},
        {"files": [{"type": "file", "id": "f-7"}, 9]},
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "system", "content": "fileid://f-7,fileid://f-8"},
            ]
        },
    ],
)
def test_files_that_the_server_keeps(named: dict[str, Any]) -> None:
    """Open WebUI's ``files``, and the system message by which Qwen-Long is given documents."""
    assert chat.request({"messages": [], **named}).off_wire == ["files"]


def test_what_gemini_keeps_is_named_in_chat() -> None:
    """A cached prompt of Gemini's, in its OpenAI form: its texts are off the wire, and it is not asked again."""
    for asked in ({"google": {"cached_content": "c/7"}}, {"extra_body": {"google": {"cached_content": "c/7"}}}):
        found = chat.request({"messages": [], **asked})
        assert found.off_wire == ["cached_content"]
        assert obstacles(asked, found, chat=True) == ["state_off_wire"]
    assert chat.request({"messages": [], "google": {"cached_content": ""}}).off_wire == []


@pytest.mark.parametrize(
    "asked",
    [
        {"tools": [{"type": "mcp", "server_url": "https://t.example"}]},
        {"tools": [{"type": "code_interpreter"}]},
        {"tools": [{"type": "provider", "id": "anthropic.code_execution_20250825"}]},
        {"tool_ids": ["tides"]},
    ],
)
def test_programs_that_the_provider_runs(asked: dict[str, Any]) -> None:
    """What code printed, or a server of tools answered, is evidence that chat does not show."""
    assert chat.request({"messages": [], **asked}).off_wire == ["hosted_tool"]


@pytest.mark.parametrize(
    "asked",
    [
        {"vector_store_ids": []},
        {"tool_ids": []},
        {"tools": [{"type": "function", "function": {"name": "code_interpreter"}}]},
        {"tools": [{"type": "function", "id": "gateway.perplexity_search", "function": {"name": "f"}}]},
        {"tools": [{"type": "provider", "id": "openai.image_generation"}]},
    ],
)
def test_what_the_application_runs_itself(asked: dict[str, Any]) -> None:
    """A function with such a name, and an empty list, are nothing that the provider runs."""
    assert chat.request({"messages": [], **asked}).off_wire == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
NAMES = (
    *("tools", "plugins", "messages", "model", "search_parameters", "data_sources", "google", "web_search"),
    *("vector_store_ids", "tool_ids", "files", "extra_body"),
)


@given(JSON)
def test_anything_may_come(value: Any) -> None:
    """Any JSON value in any place is read without an error."""
    for name in NAMES:
        for given_value in (value, [{"type": value, "id": value}], {"tools": value}):
            asked_for({name: given_value}, chat=True)
    for kind in ("provider", "provider-defined", "mcp"):
        asked_for({"tools": [{"type": kind, "id": value, kind: value}]}, chat=True)
