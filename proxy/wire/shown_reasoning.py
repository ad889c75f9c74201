"""Reasoning that stands apart from the text of a chat answer, as servers and gateways write it.

A member of the message (DeepSeek, vLLM, OpenRouter), which may hold a text, parts or an object; parts of the content
(Mistral, Databricks, LangChain, blocks of Anthropic, Bedrock and Gemini that gateways pass on); details (OpenRouter);
blocks (LiteLLM).

Sources, read in November 2026: docs.mistral.ai "Reasoning"; openrouter.ai "Reasoning Tokens"; docs.databricks.com
"Query reasoning models"; docs.aws.amazon.com ``ReasoningContentBlock``; docs.langchain.com "Standard content blocks".
"""

from __future__ import annotations

from typing import Any

from proxy.wire.content import is_thought, listed
from proxy.wire.facts import items

#: Members of a message, in the order in which they are believed: gateways repeat one as another.
_MEMBERS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
_LISTS = ("reasoning_details", "thinking_blocks")
#: What holds the text of a part, of an object or of a detail; the first that is filled.
_HOLDERS = (
    *("text", "thinking", "summary", "content", "reasoning", "reasoning_text", "reasoning_content"),
    *("reasoningContent", "reasoningText"),
)
#: Parts are nested no deeper than this.
_DEEPEST = 6


def reasoning_of(message: dict[str, Any]) -> str:
    """The reasoning of a message, of a delta, or of a choice of ``/completions``."""
    for key in _MEMBERS:
        if key in message and (said := _text(message[key])):
            return said
    content = message.get("content")
    if content and not isinstance(content, str):
        thoughts = [_text(part) for part in listed(content) if isinstance(part, dict) and is_thought(part)]
        if any(thoughts):
            return "".join(thoughts)
    for key in _LISTS:
        if key in message and (said := "".join(map(_text, items(message, key)))):
            return said
    return ""


def _text(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth >= _DEEPEST:
        return ""
    if isinstance(value, list):
        return "".join(_text(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return next((said for key in _HOLDERS if key in value and (said := _text(value[key], depth + 1))), "")
    return ""
