"""Reader for Bedrock's Converse: ``/model/ID/converse`` as one document, ``/model/ID/converse-stream`` as frames.

Requests, answers and events are translated to those of chat. Supported variations: blocks have no type, but a member
that says what they are; arguments are objects; a stream tells its usage behind its end. ``aws_frames`` makes lines of
the frames, each with the type that its head says.

Source: docs.aws.amazon.com, "Converse", "ConverseStream" and "ContentBlock", read in November 2026.
"""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice
from proxy.wire import chat
from proxy.wire.content import RequestContent
from proxy.wire.facts import Facts, child, dump, items, load_object, load_pieces, string, text
from proxy.wire.sse import Event
from proxy.wire.usage import number

_PARAMETERS = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
#: Blocks whose bytes are no text.
_BYTES = ("image", "video", "audio")


def told(doc: dict[str, Any]) -> dict[str, Any]:
    """A request in the chat format."""
    config = child(doc, "inferenceConfig")
    known = {ours: config[theirs] for theirs, ours in _PARAMETERS.items() if config.get(theirs) is not None}
    messages: list[dict[str, Any]] = []
    if system := _parts(items(doc, "system")):
        messages.append({"role": "system", "content": system})
    for item in items(doc, "messages"):
        messages += _messages(item)
    return {**known, "messages": messages, **_tools(child(doc, "toolConfig"))}


def _messages(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of one: the results of its tools, each by itself, and what else it holds."""
    blocks = items(item, "content")
    found = [_result(result) for block in blocks if (result := child(block, "toolResult"))]
    said, calls = _parts(blocks), _calls(blocks)
    if said or calls:
        message = {"role": string(item, "role") or "user", "content": said}
        found.append({**message, "tool_calls": calls} if calls else message)
    return found


def _parts(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as parts of chat, without calls and their results."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        cited = child(block, "citationsContent")
        guarded = child(child(block, "guardContent"), "text")
        if "text" in block or "document" in block or "reasoningContent" in block:
            found.append(block)
        elif cited or guarded:
            found += items(cited, "content") or [guarded]
        else:
            found += [{"type": name} for name in _BYTES if name in block]
    return found


def _calls(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_call(call) for block in blocks if (call := child(block, "toolUse"))]


def _call(call: dict[str, Any]) -> dict[str, Any]:
    arguments = (dump(call.get("input") or {}) or b"").decode()
    return {"id": string(call, "toolUseId"), "function": {"name": string(call, "name"), "arguments": arguments}}


def _result(result: dict[str, Any]) -> dict[str, Any]:
    blocks = items(result, "content")
    parts = _parts(blocks)
    parts += [{"type": "text", "text": (dump(block["json"]) or b"").decode()} for block in blocks if "json" in block]
    return {"role": "tool", "tool_call_id": string(result, "toolUseId"), "content": parts}


def _tools(config: dict[str, Any]) -> dict[str, Any]:
    tools = [_tool(spec) for tool in items(config, "tools") if (spec := child(tool, "toolSpec"))]
    choice, found = child(config, "toolChoice"), {"tools": tools} if tools else {}
    if name := string(child(choice, "tool"), "name"):
        return {**found, "tool_choice": {"type": "function", "function": {"name": name}}}
    return {**found, "tool_choice": "required"} if "any" in choice else found


def _tool(spec: dict[str, Any]) -> dict[str, Any]:
    known = {key: spec[key] for key in ("name", "description") if key in spec}
    return {"type": "function", "function": {**known, "parameters": child(spec, "inputSchema").get("json")}}


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request."""
    return chat.request(told(doc))


# --- answers ------------------------------------------------------------------------------------------------------


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a complete answer."""
    facts.take_usage(doc.get("usage"))
    facts.service_tier = text(doc.get("serviceTier"), "type") or facts.service_tier
    facts.read_error(doc)
    said = child(child(doc, "output"), "message")
    if said:
        facts.called = bool(_calls(items(said, "content")))
        facts.choices, facts.terminated = 1, True
        facts.take_finish(doc.get("stopReason"))


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one event."""
    doc = load_object(event.data)
    kind = string(doc, "type")
    if doc is None:
        return
    if kind.startswith("contentBlock"):
        facts.choices = 1
        facts.called |= bool(child(child(doc, "start"), "toolUse"))
    elif kind == "messageStop":
        facts.take_finish(doc.get("stopReason"))
        facts.choices, facts.terminated = 1, True
    elif kind == "metadata":
        facts.take_usage(doc.get("usage"))
        facts.service_tier = text(doc.get("serviceTier"), "type") or facts.service_tier
    elif kind != "messageStart":
        facts.read_error(doc)


def _piece(doc: dict[str, Any]) -> dict[str, Any]:
    """An event in the chat format."""
    delta, begun = child(doc, "delta"), child(child(doc, "start"), "toolUse")
    index = number(doc.get("contentBlockIndex")) or 0
    said: dict[str, Any] = {}
    if begun:
        function = {"name": string(begun, "name"), "arguments": ""}
        said = {"tool_calls": [{"index": index, "id": string(begun, "toolUseId"), "function": function}]}
    elif call := child(delta, "toolUse"):
        said = {"tool_calls": [{"index": index, "function": {"arguments": string(call, "input")}}]}
    elif thoughts := child(delta, "reasoningContent"):
        said = {"reasoning": string(thoughts, "text")}
    elif "text" in delta:
        said = {"content": string(delta, "text")}
    return {"choices": [{"index": 0, "delta": said, "finish_reason": string(doc, "stopReason") or None}]}


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something that the user sees: text or the start of a call."""
    return chat.is_visible(_piece(doc))


def delta_text(doc: dict[str, Any]) -> str:
    """The text that an event adds."""
    return chat.delta_text(_piece(doc))


def thought(doc: dict[str, Any]) -> str | None:
    """The reasoning in an event."""
    return chat.thought(_piece(doc))


def response(doc: dict[str, Any]) -> list[Choice]:
    """The one answer; nothing if the document is none."""
    said = child(child(doc, "output"), "message")
    blocks = items(said, "content")
    message = {"content": _parts(blocks), "tool_calls": _calls(blocks)}
    return chat.response({"choices": [{"message": message, "finish_reason": doc.get("stopReason")}]} if said else {})


def stream(events: list[Event]) -> list[Choice]:
    """The one answer, its events joined."""
    docs = [doc for event in events if isinstance(doc := load_pieces(event.data), dict)]
    return chat.stream_of(
        [_piece(doc) for doc in docs if string(doc, "type").startswith(("contentBlock", "messageStop"))]
    )
