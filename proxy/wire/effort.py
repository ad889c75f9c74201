"""The reasoning effort that a request asks for, in the format of any family."""

from __future__ import annotations

from typing import Any

from proxy.wire.facts import child

#: Words that are kept; any other is ``other``.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max", "other")
#: Objects of a request that may hold ``effort``: OpenAI's Responses and OpenRouter, Anthropic.
_HOLDERS = ("reasoning", "output_config")
#: Members of a request that say anything of it.
_TELLING = frozenset(("reasoning_effort", "thinking", "enable_thinking", "chat_template_kwargs", *_HOLDERS))


def effort_word(value: object) -> str | None:
    """A value of the closed set, or ``other`` for any other word; ``None`` if the input is not a word."""
    if not isinstance(value, str) or not value:
        return None
    word = value.lower()
    return word if word in EFFORTS else "other"


def effort_of(document: dict[str, Any]) -> str | None:
    """The requested effort: ``none`` if the request turns reasoning off, ``None`` if it does not say."""
    if _TELLING.isdisjoint(document):
        return None
    value = effort_word(document.get("reasoning_effort"))
    if value is not None:
        return value
    for key in _HOLDERS:
        if key in document and (value := effort_word(child(document, key).get("effort"))) is not None:
            return value
    if "thinking" in document and child(document, "thinking").get("type") == "disabled":
        return "none"
    if "reasoning" in document and child(document, "reasoning").get("enabled") is False:
        return "none"
    if document.get("enable_thinking") is False or (
        "chat_template_kwargs" in document and child(document, "chat_template_kwargs").get("enable_thinking") is False
    ):
        return "none"
    return None
