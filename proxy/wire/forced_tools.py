"""Tools that a request forces the model to call. Such a call is the answer, not an intermediate step."""

from __future__ import annotations

from typing import Any

from proxy.wire.facts import child, items, string


def forced_tools(doc: dict[str, Any]) -> list[str]:
    """Names of the tools that ``tool_choice`` forces, in the format of any family.

    With ``required`` or ``any`` (Mistral says it as a word), this is known only if exactly one tool is offered.
    """
    choice = doc.get("tool_choice")
    if choice in ("required", "any"):
        return _only(items(doc, "tools"))
    kind = string(choice, "type")
    if kind == "allowed_tools":
        inner = child(choice, "allowed_tools") or choice
        return _only(items(inner, "tools")) if string(inner, "mode") == "required" else []
    if kind == "any":
        return _only(items(doc, "tools"))
    if kind in ("function", "tool", "custom"):
        name = string(child(choice, kind), "name") or string(choice, "name")
        return [name] if name else []
    return []


def _only(tools: list[dict[str, Any]]) -> list[str]:
    names = [
        string(child(tool, "function"), "name") or string(child(tool, "custom"), "name") or string(tool, "name")
        for tool in tools
    ]
    return names if len(names) == 1 and names[0] else []
