"""Reader of Anthropic's ``/messages``: JSON, and SSE events between ``message_start`` and ``message_stop``."""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice, Message, ToolCall
from proxy.wire.content import RequestContent, joined, parts_of, raw
from proxy.wire.facts import Facts, child, dump, items, load, place, string
from proxy.wire.sse import Event


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request; ``tool_result`` blocks become messages of role tool."""
    content = RequestContent()
    system = joined(parts_of(doc.get("system")))
    if system:
        content.messages.append(Message(role="system", content=system))
    for item in items(doc, "messages"):
        content.messages.extend(_messages(item))
    content.tools = [raw(tool) for tool in items(doc, "tools")]
    if any(string(tool, "type").startswith(("web_search", "web_fetch")) for tool in items(doc, "tools")):
        content.off_wire.append("hosted_search")
    return content


def _messages(item: dict[str, Any]) -> list[Message]:
    found = [_result(part) for part in items(item, "content") if string(part, "type") == "tool_result"]
    content = item.get("content")
    rest = [part for part in content if string(part, "type") != "tool_result"] if isinstance(content, list) else content
    parts = parts_of(rest)
    calls = tuple(_call(part) for part in items(item, "content") if string(part, "type") == "tool_use")
    others = tuple(kind for kind in parts.others if kind not in ("tool_use", "thinking", "redacted_thinking"))
    if parts.text or parts.documents or others or calls:
        found.append(
            Message(
                role=string(item, "role") or "user",
                content=joined(parts),
                tool_calls=calls,
                documents=tuple(parts.documents),
                other_parts=others,
            )
        )
    return found


def _result(part: dict[str, Any]) -> Message:
    parts = parts_of(part.get("content"))
    return Message(
        role="tool",
        content=joined(parts),
        tool_call_id=string(part, "tool_use_id"),
        documents=tuple(parts.documents),
        other_parts=tuple(parts.others),
    )


def _call(part: dict[str, Any]) -> ToolCall:
    return ToolCall(string(part, "name"), (dump(part.get("input")) or b"").decode(), string(part, "id") or None)


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a whole message."""
    facts.identify(doc)
    facts.take_usage(doc.get("usage"))
    facts.take_error(doc.get("error"))
    facts.take_finish(doc.get("stop_reason"))
    _take_container(doc, facts)
    facts.choices = 1 if doc.get("content") else 0
    facts.terminated = True


def _take_container(doc: dict[str, Any], facts: Facts) -> None:
    """A container is paid for by the hour: the provider ran code in it."""
    if child(doc, "container"):
        facts.calls["code_execution"] = 1


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one event: input tokens come first, output tokens (cumulative) with the last delta, and the counts of
    a cache with either."""
    if event.event in (b"content_block_delta", b"content_block_start", b"content_block_stop", b"ping"):
        facts.choices = 1
        return
    doc = load(event.data)
    kind = string(doc, "type")
    if kind == "message_start":
        facts.identify(child(doc, "message"))
        facts.take_usage(child(doc, "message").get("usage"))
    elif kind.startswith("content_block"):
        facts.choices = 1
    elif kind == "message_delta":
        facts.take_finish(child(doc, "delta").get("stop_reason"))
        facts.take_usage(doc.get("usage"))
        _take_container(child(doc, "delta"), facts)
    elif kind == "message_stop":
        facts.terminated = True
    elif kind == "error":
        facts.take_error(child(doc, "error"))


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something a user sees: text, or the start of a tool call."""
    if string(doc, "type") == "content_block_start":
        block = child(doc, "content_block")
        return string(block, "type") == "tool_use" or bool(string(block, "text"))
    return string(doc, "type") == "content_block_delta" and bool(string(child(doc, "delta"), "text"))


def response(doc: dict[str, Any]) -> list[Choice]:
    """The one answer of a message."""
    parts = items(doc, "content")
    return [
        Choice(
            text="".join(string(part, "text") for part in parts if string(part, "type") == "text"),
            reasoning="".join(string(part, "thinking") for part in parts),
            tool_calls=tuple(_call(part) for part in parts if string(part, "type") == "tool_use"),
            finish_reason=string(doc, "stop_reason") or None,
        )
    ]


def stream(events: list[Event]) -> list[Choice]:
    """The answer of a stream; a tool's input is joined from its JSON pieces."""
    text: list[str] = []
    reasoning: list[str] = []
    calls: dict[int, list[str]] = {}
    finish: str | None = None
    for event in events:
        doc = load(event.data)
        kind, delta, block = string(doc, "type"), child(doc, "delta"), child(doc, "content_block")
        if kind == "content_block_start" and string(block, "type") == "tool_use":
            calls[place(doc, 0)] = [string(block, "name"), "", string(block, "id")]
        elif kind == "content_block_start":
            text.append(string(block, "text"))
        elif kind == "content_block_delta":
            text.append(string(delta, "text"))
            reasoning.append(string(delta, "thinking"))
            if place(doc, 0) in calls:
                calls[place(doc, 0)][1] += string(delta, "partial_json")
        elif kind == "message_delta":
            finish = string(delta, "stop_reason") or finish
    if not events:
        return []
    tools = tuple(ToolCall(name, arguments, id or None) for name, arguments, id in calls.values())
    return [Choice(0, "".join(text), "", "".join(reasoning), tools, finish_reason=finish)]
