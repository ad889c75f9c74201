"""The readers by operation: one literal, three functions each for facts and three for content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from proxy.exchange import Operation
from proxy.sample import Choice
from proxy.wire import chat, messages, responses
from proxy.wire.content import RequestContent
from proxy.wire.facts import Facts
from proxy.wire.sse import Event


class Reader(NamedTuple):
    """How one family is read."""

    facts_of_document: Callable[[dict[str, Any], Facts], None]
    facts_of_event: Callable[[Event, Facts], None]
    is_visible: Callable[[dict[str, Any]], bool]
    request: Callable[[dict[str, Any]], RequestContent]
    response: Callable[[dict[str, Any]], list[Choice]]
    stream: Callable[[list[Event]], list[Choice]]
    facts_of_bytes: Callable[[bytes, Facts], bool] = lambda data, facts: False


_CHAT = Reader(
    chat.facts_of_document,
    chat.facts_of_event,
    chat.is_visible,
    chat.request,
    chat.response,
    chat.stream,
    chat.facts_of_bytes,
)

READERS: dict[Operation, Reader] = {
    Operation.CHAT: _CHAT,
    Operation.COMPLETIONS: _CHAT,
    Operation.RESPONSES: Reader(
        responses.facts_of_document,
        responses.facts_of_event,
        responses.is_visible,
        responses.request,
        responses.response,
        responses.stream,
    ),
    Operation.MESSAGES: Reader(
        messages.facts_of_document,
        messages.facts_of_event,
        messages.is_visible,
        messages.request,
        messages.response,
        messages.stream,
    ),
}
