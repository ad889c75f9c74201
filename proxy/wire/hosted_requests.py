"""What a request asks the provider to run or to look up, where an answer does not show that it was done.

A tool that was offered and not called changes nothing if calls are visible. Chat does not show them, so in chat a
search counts if a field of the request enables it.

Sources, read in November 2026: the API references of OpenAI, Azure, OpenRouter, xAI, Perplexity, Groq, Mistral, Qwen,
Zhipu, Moonshot, Gemini, Venice, Vercel, LiteLLM and Open WebUI; the SDKs of Tencent and Baidu for the words of theirs.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from proxy.wire.content import FILES
from proxy.wire.facts import child, items, string
from proxy.wire.hosted_tools import CACHED, SEARCH, TOOL

#: Members of a request that switch a search on when they are true, or hold something.
_SWITCHES = (
    *("enable_search", "enable_web_search", "data_sources", "dataSources"),
    *("enable_enhancement", "force_search_enhancement", "with_search_enhance"),  # Hunyuan, Baichuan
    "vector_store_ids",  # LiteLLM
)
_PLUGINS = ("web", "web-search", "web_search")
_GEMINI_TOOLS = (
    *("google_search", "googleSearch", "google_search_retrieval", "googleSearchRetrieval"),
    *("url_context", "urlContext", "enterprise_web_search", "enterpriseWebSearch", "google_maps", "googleMaps"),
)
#: Members of a request, and of a message, without which nothing switches a search on.
_ASKING = frozenset(
    (
        *(*_SWITCHES, "web_search_options", "search_parameters", "plugins", "venice_parameters"),
        *("web_search", "features", "google"),
    )
)
_CALLING = frozenset(("tool_calls", "name"))
#: Characters of a model's name that is remembered.
_LONGEST_MODEL = 200
#: Models that search with every answer; Venice takes its parameters behind the name, too.
_MODELS = (
    *("*:online", "*-online", "*-search-preview*", "*-search-api*", "*sonar*", "*groq/compound*", "compound-*"),
    *("*[:&]enable_web_search=on*", "*[:&]enable_web_search=auto*", "*deep-research*"),
)
#: Tools of chat, by their type, that the provider runs and whose runs an answer does not show.
_CHAT_TOOLS = re.compile(
    r"(?:^|[:_.])(?:web|x|live|browser|google|file|enterprise)?_?"
    r"(?:search|fetch|browse|retrieval|extractor|document_library|url_context|grounding)"
)
#: Those that run code or call other programs.
_CHAT_PROGRAMS = re.compile(r"(?:^|[:_.])(?:mcp|code_interpreter|code_execution|browser_automation|wolfram_alpha)")
#: Tools that say in their ``id`` what they are (Vercel).
_BY_ID = ("provider", "provider-defined")
#: Moonshot's search is called like a tool of the application and runs at the provider.
_BUILT_IN = "$web_search"
#: Where Open WebUI names tools of its own.
_KEPT_TOOLS = ("tool_ids", "tool_servers")
#: Kinds of ``files`` that Open WebUI keeps, and how a system message of Qwen-Long's begins that names files.
_KEPT, _FILE_ID = ("file", "collection"), "fileid://"


def asked_for(doc: dict[str, Any], chat: bool) -> list[str]:
    """Searches that a request enables, and files that it names beside its messages' parts.

    ``chat``: it is a chat request, where tool runs are not visible.
    """
    model = string(doc, "model")
    always = _searching(model) if len(model) <= _LONGEST_MODEL else _searches(model)
    on = always and doc.get("disable_search") is not True
    # Some clients send ``extra_body`` as it stands, in place of its members.
    on = on or _switched_on(doc) or ("extra_body" in doc and _switched_on(child(doc, "extra_body")))
    if chat and not on:
        on = "tools" in doc and any(_chat_search(tool) for tool in items(doc, "tools"))
        calling = [message for message in items(doc, "messages") if not _CALLING.isdisjoint(message)]
        on = on or any(map(_built_in, calling))
    kept = chat and any(child(holder, "google").get("cached_content") for holder in (doc, child(doc, "extra_body")))
    ran = chat and any(doc.get(name) for name in _KEPT_TOOLS)
    ran = ran or (chat and "tools" in doc and any(map(_chat_program, items(doc, "tools"))))
    files = chat and _keeps_files(doc)
    named = ((SEARCH, on), (TOOL, ran), (FILES, files), (CACHED, kept))
    return [name for name, found in named if found]


def _keeps_files(doc: dict[str, Any]) -> bool:
    """Whether a chat request names files that the server keeps, in ``files`` or as a system message."""
    if "files" in doc and any(string(file, "type") in _KEPT and string(file, "id") for file in items(doc, "files")):
        return True
    systems = (message for message in items(doc, "messages") if message.get("role") == "system")
    return any(string(message, "content").startswith(_FILE_ID) for message in systems)


def _searches(model: str) -> bool:
    """Whether a model searches for every answer."""
    return any(fnmatchcase(model.lower(), pattern) for pattern in _MODELS)


_searching = lru_cache(maxsize=256)(_searches)


def _switched_on(doc: dict[str, Any]) -> bool:
    if _ASKING.isdisjoint(doc):
        return False
    on = any(doc.get(name) not in (None, False, [], {}, "") for name in _SWITCHES)
    on |= isinstance(doc.get("web_search_options"), dict)
    on |= isinstance(doc.get("search_parameters"), dict) and string(doc["search_parameters"], "mode") != "off"
    on |= child(doc, "web_search").get("enable") is True  # Qianfan
    on |= child(doc, "features").get("web_search") is True  # Open WebUI
    on |= any(_chat_search(tool) for tool in items(child(doc, "google"), "tools"))  # Gemini, in its OpenAI form
    on |= child(doc, "venice_parameters").get("enable_web_search") not in (None, False, "", "off")
    return on or any(
        string(plugin, "id") in _PLUGINS and plugin.get("enabled") is not False for plugin in items(doc, "plugins")
    )


def _chat_search(tool: dict[str, Any]) -> bool:
    kind = _kind(tool)
    own = tool.get(kind)
    if not kind:  # Gemini's form names the tool by its key
        return any(isinstance(tool.get(name), dict) for name in _GEMINI_TOOLS)
    switched_off = isinstance(own, dict) and own.get("enable") in (False, "False", "false")
    return kind not in ("function", "custom") and bool(_CHAT_TOOLS.search(kind)) and not switched_off


def _chat_program(tool: dict[str, Any]) -> bool:
    kind = _kind(tool)
    return kind not in ("function", "custom") and bool(_CHAT_PROGRAMS.search(kind))


def _kind(tool: dict[str, Any]) -> str:
    kind = string(tool, "type")
    return string(tool, "id")[:80] if kind in _BY_ID else kind[:80]


def _built_in(message: dict[str, Any]) -> bool:
    called = any(string(call.get("function"), "name") == _BUILT_IN for call in items(message, "tool_calls"))
    return called or string(message, "name") == _BUILT_IN
