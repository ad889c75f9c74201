"""Calls in the items of a response that the application is to carry out, of functions and of tools that OpenAI defines.

A shell, a patch, a computer or a search for tools belongs to the application unless the item says that it ran in a
container of the provider, or the same response has its output. A request to approve the call of an MCP server waits for
the application, too.

Source: openai-python 3.57.0, ``types.responses`` and ``types.beta``.
"""

from __future__ import annotations

from typing import Any

from proxy.sample import ToolCall
from proxy.wire import hosted_tools as hosted
from proxy.wire.calls import call_of
from proxy.wire.facts import child, dump, string

#: What the agent is called that others are begun by, where there are several.
_ROOT = "/root"
_FUNCTIONS = ("function_call", "custom_tool_call")
#: Items of other tools: how the tool is called, and the members of the item that hold its input.
_TOOLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "local_shell_call": ("local_shell", ("action",)),
    "shell_call": ("shell", ("action",)),
    "apply_patch_call": ("apply_patch", ("operation",)),
    "openrouter:apply_patch": ("apply_patch", ("operation",)),
    "computer_call": ("computer", ("action", "actions")),
    "tool_search_call": ("tool_search", ("arguments",)),
}


def is_of_subagent(item: dict[str, Any]) -> bool:
    """Whether an agent made an item that another one had begun (``multi_agent``). The answer is the root's."""
    return string(child(item, "agent"), "agent_name") not in ("", _ROOT)


def is_call(item: dict[str, Any]) -> bool:
    """Whether an item, by itself, is a call for the application."""
    kind = string(item, "type")
    if kind in _FUNCTIONS:
        return not hosted.ran_for(item)
    if kind == "tool_search_call":
        return string(item, "execution") == "client"
    if kind == "shell_call":
        return not string(child(item, "environment"), "type").startswith("container")
    return kind in _TOOLS or kind == "mcp_approval_request"


def calls_in(output: list[dict[str, Any]]) -> list[ToolCall]:
    """The calls for the application in the output of a response."""
    done = {string(item, "call_id") or string(item, "id") for item in output if hosted.is_output(item)} - {""}
    return [_made(item) for item in output if is_call(item) and string(item, "call_id") not in done]


def _made(item: dict[str, Any]) -> ToolCall:
    """A call under the id that its result refers to; ``id`` is that of the item."""
    name, holders = _TOOLS.get(string(item, "type"), ("", ()))
    if not name:
        return call_of({**item, "id": item.get("call_id") or item.get("id")})
    given: Any = next((item[holder] for holder in holders if item.get(holder)), {})
    return ToolCall(name, given if isinstance(given, str) else (dump(given) or b"").decode(), string(item, "call_id"))
