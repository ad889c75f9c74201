"""A streamed chat completion: when its first token came, and the whole answer as if it had not been streamed."""

from __future__ import annotations

import time
from typing import Any

from proxy.sample import Choice
from proxy.wire import chat, sse
from proxy.wire.envelope import opened, opened_event
from proxy.wire.facts import items, load
from proxy.wire.finish_reasons import error_of


class Streamed:
    """Takes the bytes of one response as they come. ``began``: when the request was sent (monotonic s)."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._decoder = sse.Decoder()
        self._events: list[sse.Event] = []
        #: Seconds to the first visible text, refusal or tool call; ``None`` before it.
        self.first_token: float | None = None

    def feed(self, piece: bytes) -> None:
        """More bytes."""
        self._take(self._decoder.feed(piece))

    def _take(self, events: list[sse.Event]) -> None:
        self._events += events
        if self.first_token is None and any(_visible(event) for event in events):
            self.first_token = time.monotonic() - self._began

    @property
    def ended(self) -> bool:
        """Whether the answer has its end: a reason to finish, or the stream's last event."""
        return any(event.data == b"[DONE]" for event in self._events) or any(
            choice.finish_reason is not None for choice in chat.stream(self._events)
        )

    def document(self) -> dict[str, Any] | None:
        """The chat completion; ``None`` where the bytes were no such stream, or an error."""
        self._take(self._decoder.flush())
        documents = [opened_event(doc) for event in self._events if isinstance(doc := load(event.data), dict)]
        choices = chat.one_answer(chat.stream(self._events))
        if not choices or any(map(_is_error, documents)):
            return None
        usage = [doc["usage"] for doc in documents if isinstance(doc.get("usage"), dict)]
        models = [doc["model"] for doc in documents if isinstance(doc.get("model"), str)]
        return {
            "choices": [_told(choices[0])],
            "usage": usage[-1] if usage else None,
            "model": models[0] if models else None,
        }


def in_one_choice(document: dict[str, Any]) -> dict[str, Any]:
    """A chat completion whose text and calls stand in choices of their own, with both in one; any other as it is.

    Out of the envelope of a gateway, if it came in one.
    """
    document = opened(document)
    choices = document.get("choices")
    if not isinstance(choices, list) or len(choices) < 2:
        return document
    found = chat.one_answer(chat.response(document))
    return {**document, "choices": [_told(found[0])]} if len(found) == 1 else document


def _told(choice: Choice) -> dict[str, Any]:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in choice.tool_calls
    ]
    message = {"content": choice.text, "refusal": choice.refusal or None, "tool_calls": calls or None}
    return {"message": message, "finish_reason": choice.finish_reason}


def _is_error(doc: dict[str, Any]) -> bool:
    """Whether an event tells of an error; some gateways send one that is null, or says nothing, with every event."""
    return error_of(doc) is not None or any(choice.get("error") for choice in items(doc, "choices"))


def _visible(event: sse.Event) -> bool:
    document = load(event.data)
    return isinstance(document, dict) and chat.is_visible(document)
