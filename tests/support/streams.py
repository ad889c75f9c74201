"""A small event stream in the chat form: its head, its deltas, its chunk with usage, its end."""

from __future__ import annotations

import json

from support import replies
from support.proxying import CHAT

STREAM = {**CHAT, "stream": True}
SSE_HEAD = replies.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})


def delta(text: str, finish: str | None = None) -> str:
    """The data of one event that carries ``text``."""
    return json.dumps(
        {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]},
        ensure_ascii=False,
    )


def usage_chunk(choices: str = "[]", usage: str = json.dumps(replies.USAGE)) -> bytes:
    """The event with token usage that comes behind the text when it was asked for."""
    return replies.sse(b'{"id":"c1","model":"m","choices":%b,"usage":%b}' % (choices.encode(), usage.encode()))


TEXT = [replies.sse(delta("Hi ").encode()), replies.sse(delta("there.", "stop").encode())]
DONE = replies.sse(b"[DONE]")
