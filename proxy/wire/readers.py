"""The readers by operation: one table with a few functions per family, for facts and for content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from proxy.exchange import Operation
from proxy.sample import Choice
from proxy.wire import chat, cohere, converse, gemini, interactions, messages, ollama, quick_chat, responses
from proxy.wire.content import RequestContent
from proxy.wire.facts import Facts, load
from proxy.wire.native_paths import Native
from proxy.wire.sse import Event


class Reader(NamedTuple):
    """How one family is read. A family may omit fields that have a default.

    ``thought``: the reasoning in an event, empty if it is only announced, ``None`` if there is none. ``delta_text``:
    the text that an event adds. ``found_tools``: tool definitions that came with an answer, from its document or its
    events. ``told``: a request in the format of its wire family. ``array``: a stream
    can be an array.
    """

    facts_of_document: Callable[[dict[str, Any], Facts], None]
    facts_of_event: Callable[[Event, Facts], None]
    is_visible: Callable[[dict[str, Any]], bool]
    request: Callable[[dict[str, Any]], RequestContent]
    response: Callable[[dict[str, Any]], list[Choice]]
    stream: Callable[[list[Event]], list[Choice]]
    facts_of_bytes: Callable[[bytes, Facts], bool] = lambda data, facts: False
    thought: Callable[[dict[str, Any]], str | None] = lambda doc: None
    delta_text: Callable[[dict[str, Any]], str] = lambda doc: ""
    found_tools: Callable[[Iterable[object]], list[msgspec.Raw]] = lambda docs: []
    told: Callable[[dict[str, Any]], dict[str, Any]] = lambda doc: doc
    array: bool = False

    def facts_of_events(self, events: Iterable[Event], facts: Facts) -> None:
        """Facts of some events, in order. ``event: error`` is an error in every family, whatever its data."""
        facts_of_event = self.facts_of_event
        for event in events:
            if event.event == b"error":
                doc = load(event.data)
                facts.take_error((doc.get("error") or doc) if isinstance(doc, dict) else "error")
            facts_of_event(event, facts)


_CHAT = Reader(
    chat.facts_of_document,
    chat.facts_of_event,
    chat.is_visible,
    chat.request,
    chat.response,
    chat.stream,
    quick_chat.facts_of_bytes,
    chat.thought,
    chat.delta_text,
)

_OLLAMA = Reader(
    ollama.facts_of_document,
    ollama.facts_of_event,
    ollama.is_visible,
    ollama.request,
    ollama.response,
    ollama.stream,
    thought=ollama.thought,
    delta_text=ollama.delta_text,
    told=ollama.told,
)

READERS: dict[Operation | Native, Reader] = {
    Operation.CHAT: _CHAT,
    Operation.COMPLETIONS: _CHAT,
    Operation.RESPONSES: Reader(
        responses.facts_of_document,
        responses.facts_of_event,
        responses.is_visible,
        responses.request,
        responses.response,
        responses.stream,
        thought=responses.thought,
        delta_text=responses.delta_text,
        found_tools=responses.found_tools,
    ),
    Operation.MESSAGES: Reader(
        messages.facts_of_document,
        messages.facts_of_event,
        messages.is_visible,
        messages.request,
        messages.response,
        messages.stream,
        thought=messages.thought,
        delta_text=messages.delta_text,
    ),
    Native.GEMINI: Reader(
        gemini.facts_of_document,
        gemini.facts_of_event,
        gemini.is_visible,
        gemini.request,
        gemini.response,
        gemini.stream,
        thought=gemini.thought,
        delta_text=gemini.delta_text,
        told=gemini.told,
        array=True,
    ),
    Native.INTERACTIONS: Reader(
        interactions.facts_of_document,
        interactions.facts_of_event,
        interactions.is_visible,
        interactions.request,
        interactions.response,
        interactions.stream,
        thought=interactions.thought,
        delta_text=interactions.delta_text,
        told=interactions.told,
    ),
    Native.COHERE: Reader(
        cohere.facts_of_document,
        cohere.facts_of_event,
        cohere.is_visible,
        cohere.request,
        cohere.response,
        cohere.stream,
        thought=cohere.thought,
        delta_text=cohere.delta_text,
        told=cohere.told,
    ),
    Native.CONVERSE: Reader(
        converse.facts_of_document,
        converse.facts_of_event,
        converse.is_visible,
        converse.request,
        converse.response,
        converse.stream,
        thought=converse.thought,
        delta_text=converse.delta_text,
        told=converse.told,
    ),
    Native.OLLAMA_CHAT: _OLLAMA,
    Native.OLLAMA_GENERATE: _OLLAMA,
}
