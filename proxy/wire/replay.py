"""Whether a request may be asked again, and with which parameters: read from the request, for all families.

Only what was said in text, with tools that the application runs itself, can be asked again without side effects. What
the provider runs or remembers cannot.
"""

from __future__ import annotations

from typing import Any

from proxy.wire import hosted_tools as hosted
from proxy.wire.content import RequestContent
from proxy.wire.facts import child, dump, items, string
from proxy.wire.hosted_requests import asked_for

CUT, NOT_TEXT, TOOLS_HOSTED, STATE_OFF_WIRE = "cut", "not_text", "tools_hosted", "state_off_wire"
REDACTED, NO_CONTENT = "redacted", "no_content"
#: Why a sample is not what production sent, or cannot be asked again. An empty set: it is whole.
REASONS = (REDACTED, CUT, NOT_TEXT, TOOLS_HOSTED, STATE_OFF_WIRE, NO_CONTENT)

#: Names of a limit on the answer's tokens, by family.
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_PLAIN = ("temperature", "top_p", "stop", "seed", "tool_choice", "reasoning_effort")
_SENT_AGAIN = frozenset((*_LIMITS, *_PLAIN, "stop_sequences", "reasoning"))
#: Parameters are a few words; longer ones are texts, and left out as cut.
_LONGEST = 16_000
_OWN_TOOLS = ("function", "custom")
#: Members of a request that name what the provider keeps or runs.
_STATE = (
    "previous_response_id",
    "conversation",
    "cachedContent",
    "cached_content",
    "thread_id",
    "assistant_id",
    "agent_id",
)
_RUNS = ("mcp_servers", "plugins", "container", "agents", "multi_agent")
_GEMINI_OWN = ("functionDeclarations", "function_declarations")
#: Parameters without which an answer is shaped like any other.
_SHAPING = ("stop", "stop_sequences", "tool_choice")
#: Members of a request without which nothing in it but its messages and its model can be an obstacle.
_TELLING = frozenset((*_STATE, *_RUNS, *_SHAPING, "thread", "modalities", "tools", "prompt", "input"))


def parameters_of(doc: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request that may be sent again, under the names of chat completions."""
    if _SENT_AGAIN.isdisjoint(doc):
        return {}
    found = {name: doc[name] for name in _PLAIN if doc.get(name) is not None}
    limit = next((doc[name] for name in _LIMITS if isinstance(doc.get(name), int)), None)
    if limit is not None and limit > 0:
        found["max_tokens"] = limit
    if "stop" not in found and isinstance(doc.get("stop_sequences"), list):
        found["stop"] = doc["stop_sequences"]
    if "tool_choice" in found:
        found["tool_choice"] = _choice(found["tool_choice"])
    if "reasoning" in doc and "reasoning_effort" not in found and (effort := string(doc["reasoning"], "effort")):
        found["reasoning_effort"] = effort
    return found if len(dump(found) or b"") <= _LONGEST else {}


def _choice(choice: object) -> object:
    """A tool choice of any family as chat completions have it."""
    kind, name = string(choice, "type"), string(choice, "name")
    if kind in ("tool", "function") and name:
        return {"type": "function", "function": {"name": name}}
    return {"auto": "auto", "any": "required", "none": "none"}.get(kind, choice)


def obstacles(doc: dict[str, Any], content: RequestContent, chat: bool) -> list[str]:
    """Why the request cannot be asked again as it was, in the order of ``REASONS``; empty where it can.

    ``chat``: a chat request, where what the provider runs is not visible.
    """
    # What chat was asked for stands in its content already.
    off_wire = content.off_wire if chat else [*content.off_wire, *asked_for(doc, chat)]
    found = set[str]() if _TELLING.isdisjoint(doc) else _told(doc)
    if any(message.other_parts for message in content.messages) or "files" in off_wire:
        found.add(NOT_TEXT)
    if hosted.SEARCH in off_wire or hosted.TOOL in off_wire or ":online" in string(doc, "model"):
        found.add(TOOLS_HOSTED)
    if hosted.CACHED in off_wire or hosted.REFERENCE in off_wire:
        found.add(STATE_OFF_WIRE)
    if content.contexts:
        found.add(CUT)
    return [reason for reason in REASONS if reason in found] if found else []


def _told(doc: dict[str, Any]) -> set[str]:
    """The obstacles that members of the request show by themselves."""
    found = set()
    if doc.get("modalities") not in (None, ["text"]):
        found.add(NOT_TEXT)
    added = [tool for item in items(doc, "input") if "tools" in item for tool in items(item, "tools")]
    if any(not _own(tool) for tool in (*items(doc, "tools"), *added)) or any(doc.get(name) for name in _RUNS):
        found.add(TOOLS_HOSTED)
    held = string(child(doc, "prompt"), "id") or string(child(doc, "thread"), "previous_message_id")
    if held or any(doc.get(name) for name in _STATE):
        found.add(STATE_OFF_WIRE)
    if any(string(item, "type") in ("item_reference", "compaction") for item in items(doc, "input")):
        found.add(STATE_OFF_WIRE)
    if any(doc.get(name) for name in _SHAPING) and not parameters_of(doc):
        found.add(CUT)
    return found


def _own(tool: dict[str, Any]) -> bool:
    """Whether the application runs this tool itself."""
    kind = string(tool, "type")
    if kind:
        return kind in _OWN_TOOLS
    return bool("input_schema" in tool or string(tool, "name") or any(tool.get(name) for name in _GEMINI_OWN))
