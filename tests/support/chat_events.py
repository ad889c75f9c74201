"""Chunks of chat as events, for the tests of its reader."""

from __future__ import annotations

import json
from typing import Any

from proxy.wire import chat
from proxy.wire.facts import Facts
from proxy.wire.sse import Event, decode


def chat_events(*chunks: Any, done: bool = True) -> list[Event]:
    """The events of these chunks, as decoded from the wire; ``done``: with the terminator."""
    lines = [b"data: " + (chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()) for chunk in chunks]
    return decode(b"\n\n".join([*lines, b"data: [DONE]" if done else b"", b""]))


def chat_delta(delta: Any, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of chat with this delta."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-7", "model": "lamp-1", "choices": [choice], **more}


def chat_facts(events: list[Event]) -> Facts:
    """What the reader of chat makes of events."""
    facts = Facts()
    for event in events:
        chat.facts_of_event(event, facts)
    return facts
