"""Reader for Anthropic's ``/messages``: JSON, and SSE events from ``message_start`` to ``message_stop``."""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice, Message, ToolCall
from proxy.wire import hosted_tools as hosted
from proxy.wire.calls import call_of
from proxy.wire.content import FILES, Prose, RequestContent, joined, names_files, parts_of, raw
from proxy.wire.facts import Facts, child, items, load_object, load_pieces, place, string, text
from proxy.wire.forced_tools import forced_tools
from proxy.wire.hosted_requests import asked_for
from proxy.wire.sse import Event, type_of

#: Where Bedrock counts tokens, at the end of a stream.
BEDROCK = "amazon-bedrock-invocationMetrics"
#: The input of a tool that takes none.
_NOTHING = "{}"
#: Blocks that are no part of what was said.
_NO_CONTENT = ("tool_use", "tool_addition", "tool_removal")


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request; ``tool_result`` blocks become messages of role tool."""
    content = RequestContent()
    system = joined(parts_of(doc.get("system")))
    if system:
        content.messages.append(Message(role="system", content=system))
    for item in items(doc, "messages"):
        content.messages.extend(of_item(item))
    content.tools = [raw(tool) for tool in items(doc, "tools")]
    content.answer_tools = forced_tools(doc)
    # The beta's name for it was ``output_format``.
    wanted = child(child(doc, "output_config"), "format") or child(doc, "output_format")
    if wanted:
        content.response_format = raw(wanted)
    if "thread" in doc and string(doc["thread"], "previous_message_id"):
        content.off_wire.append("previous_response_id")
    content.off_wire += asked_for(doc, chat=False)
    for item in items(doc, "messages"):
        for block in items(item, "content"):
            content.off_wire += hosted.of_block(block).off_wire
            if string(block, "type") == "compaction":  # earlier turns with their results, summarized
                content.off_wire.append(hosted.REFERENCE)
            if string(block, "type") == "tool_addition" and (added := child(child(block, "tool"), "definition")):
                content.tools.append(raw(added))
        if names_files(item.get("content")):
            content.off_wire.append(FILES)
    return content


def of_item(item: dict[str, Any]) -> list[Message]:
    """The messages in one of a request: its results of tools, each by itself, and what else it holds."""
    found = [_result(part) for part in items(item, "content") if string(part, "type") == "tool_result"]
    for part in items(item, "content"):
        id = string(part, "tool_use_id") or None
        found += [Message(role="tool", content=text, tool_call_id=id) for text in hosted.of_block(part).results]
    content = item.get("content")
    rest = [part for part in content if string(part, "type") != "tool_result"] if isinstance(content, list) else content
    parts = parts_of(rest)
    calls = tuple(call_of(part) for part in items(item, "content") if string(part, "type") == "tool_use")
    others = tuple(kind for kind in parts.others if kind not in _NO_CONTENT)
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


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a complete message."""
    facts.identify(doc)
    facts.take_usage(doc.get("usage"))
    facts.read_error(doc)
    facts.called = any(string(part, "type") == "tool_use" for part in items(doc, "content"))
    _ending(doc, facts)
    facts.choices = 1 if doc.get("content") else 0
    facts.terminated = True


def _ending(doc: dict[str, Any], facts: Facts) -> None:
    """The stop reason, and for a refusal its category. Some servers say ``end_turn`` behind a call.

    A container means that the provider ran code, which is billed by the hour.
    """
    stopped = facts.called and doc.get("stop_reason") == "end_turn"
    facts.take_finish("tool_use" if stopped else doc.get("stop_reason"))
    facts.refusal_category = text(child(doc, "stop_details"), "category") or facts.refusal_category
    if child(doc, "container"):
        facts.calls["code_execution"] = 1


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one event.

    Input tokens come first, output tokens (cumulative) with the last delta, and cache counts with either.
    """
    if event.event in (b"content_block_delta", b"content_block_start", b"content_block_stop", b"ping"):
        facts.choices = facts.choices or int(event.event != b"ping")
        if event.event == b"content_block_start":
            facts.called = b'"tool_use"' in event.data
        return
    doc = load_object(event.data)
    if doc is None:
        return
    kind = type_of(doc, event)
    if kind == "message_start":
        facts.identify(child(doc, "message"))
        facts.take_usage(child(doc, "message").get("usage"))
    elif kind.startswith("content_block"):
        facts.choices = 1
        if kind == "content_block_start":
            facts.called = string(child(doc, "content_block"), "type") == "tool_use"
    elif kind == "message_delta":
        _ending(child(doc, "delta"), facts)
        facts.take_usage(doc.get("usage"))
    elif kind == "message_stop":
        facts.take_usage(doc.get("usage"))
        facts.take_usage(doc.get(BEDROCK) if facts.usage is None else None)
        facts.terminated = True
    else:
        facts.read_error(doc)


def delta_text(doc: dict[str, Any]) -> str:
    """The text that an event adds to the answer."""
    return string(child(doc, "delta"), "text") or string(child(doc, "content_block"), "text")


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something that the user sees: text, or the start of a tool call."""
    if string(doc, "type") == "content_block_start":
        block = child(doc, "content_block")
        return string(block, "type") == "tool_use" or bool(string(block, "text"))
    return string(doc, "type") == "content_block_delta" and bool(string(child(doc, "delta"), "text"))


def thought(doc: dict[str, Any]) -> str | None:
    """The thinking in an event; empty if it is only announced, ``None`` if there is none."""
    if string(doc, "type") == "content_block_start":
        block = child(doc, "content_block")
        return string(block, "thinking") if string(block, "type") in ("thinking", "redacted_thinking") else None
    delta = child(doc, "delta")
    return string(delta, "thinking") if string(delta, "type") in ("thinking_delta", "signature_delta") else None


def response(doc: dict[str, Any]) -> list[Choice]:
    """The answer of a message; nothing if the document is not a message."""
    parts = items(doc, "content")
    if said_only := string(doc, "content"):
        parts = [{"type": "text", "text": said_only}]
    finish = string(doc, "stop_reason") or None
    if not parts and finish is None:
        return []
    said = Prose()
    for part in parts:
        if string(part, "type") == "text":
            said.add(string(part, "text"))
        else:
            said.cut()
    return [
        Choice(
            text=said.whole(),
            reasoning="".join(string(part, "thinking") for part in parts),
            tool_calls=tuple(call_of(part) for part in parts if string(part, "type") == "tool_use"),
            finish_reason=finish,
        )
    ]


def stream(events: list[Event]) -> list[Choice]:
    """The answer of a stream, with tool input joined from its JSON pieces.

    Texts can hold surrogates; see ``load_pieces``.
    """
    said = Prose()
    reasoning: list[str] = []
    calls: list[tuple[ToolCall, list[str]]] = []
    open_calls: dict[int, list[str]] = {}
    pieces: list[str]
    finish: str | None = None
    begun = False
    for event in events:
        doc = load_pieces(event.data)
        kind, delta, block = type_of(doc, event), child(doc, "delta"), child(doc, "content_block")
        begun |= kind.startswith(("content_block", "message_delta"))
        if kind == "content_block_start" and string(block, "type") != "text":
            said.cut()
        if kind == "content_block_start" and string(block, "type") == "tool_use":
            # A block of its own, also where every block has the same index.
            open_calls[place(doc, 0)] = pieces = []
            calls.append((call_of(block), pieces))
        elif kind == "content_block_start":
            open_calls.pop(place(doc, 0), None)
            said.add(string(block, "text"))
            reasoning.append(string(block, "thinking"))
        elif kind == "content_block_delta":
            said.add(string(delta, "text"))
            reasoning.append(string(delta, "thinking"))
            open_calls.get(place(doc, 0), []).append(string(delta, "partial_json"))
        elif kind == "content_block_stop" and not any(pieces := open_calls.get(place(doc, 0), [_NOTHING])):
            pieces.append(_NOTHING)  # an input that came to its end without a piece
        elif kind == "message_delta":
            finish = string(delta, "stop_reason") or finish
    if not begun:
        return []
    tools = tuple(_joined(call, found) for call, found in calls)
    return [Choice(0, said.whole(), "", "".join(reasoning), tools, finish_reason=finish)]


def _joined(call: ToolCall, pieces: list[str]) -> ToolCall:
    """A call with its streamed input. Some servers send the complete input at the start of the block."""
    arguments = "".join(pieces)
    whole = call.arguments if call.arguments not in ("", _NOTHING) else ""
    return ToolCall(call.name, whole if whole and arguments in ("", _NOTHING) else arguments, call.id)
