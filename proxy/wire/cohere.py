"""Reader for Cohere's native API: ``/v2/chat``, as one document or as server-sent events.

Its requests are almost chat requests, with documents beside the messages. Answers and events are translated to those of
chat. Supported variations: the plan of a call (``tool_plan``) is separate from the content, like reasoning; text and
thoughts come in parts; usage and the finish reason come with the last event.

Source: docs.cohere.com, "Chat" and "Streaming", read in November 2026; cohere-python 7.3.1, ``v2/types``.
"""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice
from proxy.wire import chat
from proxy.wire.content import RequestContent
from proxy.wire.facts import Facts, child, items, load_object, load_pieces, place, string
from proxy.wire.sse import Event, type_of

_PARAMETERS = {
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "max_tokens": "max_tokens",
    "stop_sequences": "stop",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
#: Members that chat has in the same form.
_SAME = ("model", "messages", "documents", "tools", "stream")


def told(doc: dict[str, Any]) -> dict[str, Any]:
    """A request in the chat format."""
    known = {ours: doc[theirs] for theirs, ours in _PARAMETERS.items() if doc.get(theirs) is not None}
    if choice := string(doc, "tool_choice"):
        known["tool_choice"] = choice.lower()
    form = child(doc, "response_format")
    schema = child(form, "json_schema") or child(form, "schema")
    if schema:
        known["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    elif form:
        known["response_format"] = form
    return {**{key: doc[key] for key in _SAME if key in doc}, **known}


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages, documents and tools of a request."""
    return chat.request(told(doc))


def _answer(doc: dict[str, Any]) -> dict[str, Any]:
    """An answer in the chat format; without a choice if it is none."""
    said = child(doc, "message")
    choice = {"index": 0, "message": _message(said), "finish_reason": doc.get("finish_reason")}
    return {"choices": [choice] if said else []}


def _message(said: dict[str, Any]) -> dict[str, Any]:
    plan = string(said, "tool_plan")
    return {**said, "reasoning": plan} if plan else said


def _piece(doc: dict[str, Any], kind: str) -> dict[str, Any]:
    """An event in the chat format."""
    ended, said = child(doc, "delta"), child(child(doc, "delta"), "message")
    content = child(said, "content")
    delta: dict[str, Any] = {}
    if content:
        delta = {"content": string(content, "text"), "reasoning": string(content, "thinking")}
    elif plan := string(said, "tool_plan"):
        delta = {"reasoning": plan}
    elif call := child(said, "tool_calls"):
        delta = {"tool_calls": [{**call, "index": place(doc, 0)}]}
    finish = ended.get("finish_reason") if kind == "message-end" else None
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a complete answer."""
    facts.identify(doc)
    facts.take_usage(doc.get("usage"))
    facts.read_error(doc)
    said = child(doc, "message")
    if said:
        facts.choices = 1
        facts.called = bool(items(said, "tool_calls"))
        facts.take_finish(doc.get("finish_reason"))
        facts.terminated = True


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one event."""
    doc = load_object(event.data)
    if doc is None:
        facts.terminated |= event.data.strip() == b"[DONE]"
        return
    kind = type_of(doc, event)
    if kind == "message-start":
        facts.identify(doc)
    elif kind.startswith(("content-", "tool-", "citation-")):
        facts.choices = 1
        facts.called |= kind == "tool-call-start"
    elif kind == "message-end":
        ended = child(doc, "delta")
        facts.take_usage(ended.get("usage"))
        facts.take_finish(ended.get("finish_reason"))
        facts.take_error(ended.get("error"))
        facts.choices, facts.terminated = 1, True
    else:
        facts.read_error(doc)


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something that the user sees: text or a call. Plans and thoughts do not count."""
    return chat.is_visible(_piece(doc, ""))


def delta_text(doc: dict[str, Any]) -> str:
    """The text that an event adds."""
    return chat.delta_text(_piece(doc, ""))


def thought(doc: dict[str, Any]) -> str | None:
    """The plan or the thought in an event."""
    return chat.thought(_piece(doc, ""))


def response(doc: dict[str, Any]) -> list[Choice]:
    """The one answer."""
    return chat.response(_answer(doc))


def stream(events: list[Event]) -> list[Choice]:
    """The one answer, its events joined. Texts can hold surrogates; see ``load_pieces``."""
    found = [(doc, type_of(doc, event)) for event in events if isinstance(doc := load_pieces(event.data), dict)]
    pieces = [_piece(doc, kind) for doc, kind in found if kind.startswith(("content-", "tool-", "message-end"))]
    return chat.stream_of(pieces)
