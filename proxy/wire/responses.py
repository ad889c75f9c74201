"""Reader of ``/responses``: JSON, and typed SSE events that end in completed, incomplete, failed or error."""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice, Message, ToolCall
from proxy.wire.content import RequestContent, joined, parts_of, raw
from proxy.wire.facts import Facts, child, items, load, string
from proxy.wire.sse import Event

_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled", "error")
_HOSTED = {"web_search", "web_search_preview", "file_search", "code_interpreter", "mcp", "computer_use_preview"}
_CALLS = ("function_call", "custom_tool_call")
_VISIBLE = (
    "response.output_text.delta",
    "response.refusal.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
)


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request; ``instructions`` is the system message."""
    content = RequestContent()
    if string(doc, "instructions"):
        content.messages.append(Message(role="system", content=string(doc, "instructions")))
    if isinstance(doc.get("input"), str):
        content.messages.append(Message(role="user", content=doc["input"]))
    for item in items(doc, "input"):
        content.messages.extend(_message(item))
        if string(item, "type") == "item_reference":
            content.off_wire.append("item_reference")
    content.tools = [raw(tool) for tool in items(doc, "tools")]
    if child(child(doc, "text"), "format"):
        content.response_format = raw(doc["text"]["format"])
    if doc.get("previous_response_id") or doc.get("conversation"):
        content.off_wire.append("previous_response_id")
    if any(string(tool, "type") in _HOSTED for tool in items(doc, "tools")):
        content.off_wire.append("hosted_tool")
    return content


def _message(item: dict[str, Any]) -> list[Message]:
    kind = string(item, "type")
    if kind in ("function_call_output", "custom_tool_call_output"):
        return [
            Message(role="tool", content=joined(parts_of(item.get("output"))), tool_call_id=string(item, "call_id"))
        ]
    if kind in _CALLS:
        return [Message(role="assistant", tool_calls=(_call(item),))]
    if kind not in ("", "message"):
        return []
    parts = parts_of(item.get("content"))
    return [
        Message(
            role=string(item, "role") or "user",
            content=joined(parts),
            documents=tuple(parts.documents),
            other_parts=tuple(parts.others),
        )
    ]


def _call(item: dict[str, Any]) -> ToolCall:
    return ToolCall(
        string(item, "name"), string(item, "arguments") or string(item, "input"), string(item, "call_id") or None
    )


#: Items of an answer that are paid for by the call, beside their tokens, and how price lists call them.
_PAID_CALLS = {
    "web_search_call": "web_search",
    "file_search_call": "file_search",
    "code_interpreter_call": "code_interpreter",
    "image_generation_call": "image_generation",
    "shell_call": "shell",
}
#: The tools that make them.
_PAID_TOOLS = ("web_search", "file_search", "code_interpreter", "image_generation", "shell")


def _take_calls(doc: dict[str, Any], facts: Facts) -> None:
    """Calls of tools that the provider ran. Each time they are counted anew: a response is seen more than once."""
    calls: dict[str, int] = {}
    for item in items(doc, "output"):
        name = _PAID_CALLS.get(string(item, "type"))
        action, place = string(child(item, "action"), "type"), string(child(item, "environment"), "type")
        # Of the web, a search is paid for; opening a page and finding a word in it are not. A shell may be one's own.
        free = (name == "web_search" and action not in ("", "search")) or (name == "shell" and "local" in place)
        if name and not free:
            calls[name] = calls.get(name, 0) + 1
    if not doc.get("output"):  # some servers end a stream with an empty one: what was run is not told
        for tool in items(doc, "tools"):
            if string(tool, "type").startswith(_PAID_TOOLS):
                calls["unknown"] = 1
    facts.calls = calls


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a response object."""
    facts.identify(doc)
    _take_calls(doc, facts)
    facts.take_usage(doc.get("usage"))
    facts.take_error(doc.get("error"))
    status = string(doc, "status")
    if status not in ("", "in_progress", "queued"):
        reason = string(child(doc, "incomplete_details"), "reason")
        facts.take_finish(reason or status)
        facts.terminated = True
    for item in items(doc, "output"):
        facts.choices = 1
        if string(item, "type") in _CALLS and status == "completed":
            facts.take_finish("tool_calls")
        facts.refusal |= any(string(part, "type") == "refusal" for part in items(item, "content"))


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one typed event; only the few that carry facts are parsed."""
    if event.event and event.event.decode("latin-1") not in ("response.created", "response.refusal.done", *_ENDS):
        return
    doc = load(event.data)
    kind = string(doc, "type")
    if kind == "error":
        facts.take_error(child(doc, "error") or doc)
        facts.terminated = True
    elif kind == "response.created":
        facts.identify(child(doc, "response"))
    elif kind == "response.refusal.done":
        facts.refusal = True
    elif kind in _ENDS:
        facts_of_document(child(doc, "response"), facts)
        facts.terminated = True


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something a user sees."""
    if string(doc, "type") == "response.output_item.added":
        return string(child(doc, "item"), "type") in _CALLS
    return string(doc, "type") in _VISIBLE and bool(string(doc, "delta"))


def response(doc: dict[str, Any]) -> list[Choice]:
    """The one answer of a response object: its messages joined, its calls listed."""
    text: list[str] = []
    refusal: list[str] = []
    reasoning: list[str] = []
    calls: list[ToolCall] = []
    for item in items(doc, "output"):
        kind = string(item, "type")
        if kind == "message":
            text += [string(p, "text") for p in items(item, "content") if string(p, "type") == "output_text"]
            refusal += [string(p, "refusal") for p in items(item, "content") if string(p, "type") == "refusal"]
        elif kind in _CALLS:
            calls.append(_call(item))
        elif kind == "reasoning":
            reasoning += [string(part, "text") for part in items(item, "summary")]
    finish = string(child(doc, "incomplete_details"), "reason") or string(doc, "status") or None
    return [Choice(0, "".join(text), "".join(refusal), "".join(reasoning), tuple(calls), finish_reason=finish)]


def stream(events: list[Event]) -> list[Choice]:
    """The answer of a stream: the final event holds it whole; without one, the deltas are joined."""
    text: list[str] = []
    refusal: list[str] = []
    calls: list[ToolCall] = []
    for event in events:
        doc = load(event.data)
        kind = string(doc, "type")
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            return response(child(doc, "response"))
        if kind == "response.output_text.delta":
            text.append(string(doc, "delta"))
        elif kind == "response.refusal.delta":
            refusal.append(string(doc, "delta"))
        elif kind == "response.output_item.done" and string(child(doc, "item"), "type") in _CALLS:
            calls.append(_call(child(doc, "item")))
    return [Choice(0, "".join(text), "".join(refusal), "", tuple(calls))] if text or refusal or calls else []
