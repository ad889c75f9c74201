"""What providers send, frame by frame, in our own words: one form each, with the source that describes it.

A form holds the request, the pieces of the answer, and what is right. It is not a recording of anybody's traffic: the
shapes are the source's, all names and values are made up here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from proxy.exchange import FinishReason, Operation, Outcome, StreamEnd
from proxy.sample import ToolCall
from support.exchanges import Recording, events
from support.replies import sse

PATHS = {
    Operation.CHAT: "/v1/chat/completions",
    Operation.COMPLETIONS: "/v1/completions",
    Operation.RESPONSES: "/v1/responses",
    Operation.MESSAGES: "/v1/messages",
}
SSE, JSON = "text/event-stream", "application/json"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an answer and what is right of it. ``text`` is ``None`` where there is no choice at all."""

    name: str
    source: str
    operation: Operation
    pieces: tuple[bytes, ...]
    text: str | None = ""
    outcome: Outcome = Outcome.OK
    end: StreamEnd | None = StreamEnd.COMPLETE
    finish: FinishReason | None = FinishReason.STOP
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    content_type: str = SSE
    request: dict[str, Any] = field(default_factory=dict)
    #: Whether there is a first token, and a first sign of reasoning.
    visible: bool = True
    thinks: bool = False

    def recording(self) -> Recording:
        """As it goes over the wire."""
        asked = {"model": "keeper-1", "stream": self.content_type == SSE, **self.request}
        key = "input" if self.operation is Operation.RESPONSES else "messages"
        asked.setdefault(key, [{"role": "user", "content": "Which ferry leaves first?"}])
        return Recording(PATHS[self.operation], json.dumps(asked).encode(), self.pieces, self.content_type)


def chunks(*deltas: dict[str, Any], finish: str | None = "stop", done: bool = True, **more: Any) -> tuple[bytes, ...]:
    """Chat chunks of these deltas, the end with its reason, and ``[DONE]``."""
    base = {"id": "chatcmpl-ferry", "object": "chat.completion.chunk", "created": 7, "model": "keeper-1", **more}
    docs = [{**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if finish is not None:
        docs.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return (*events(docs), *((DONE,) if done else ()))


def piece(**call: Any) -> dict[str, Any]:
    """A delta that brings a piece of a tool call."""
    return {"tool_calls": [call]}


def named(*docs: dict[str, Any]) -> tuple[bytes, ...]:
    """Events with their ``event:`` lines."""
    return tuple(events(list(docs), named=True))


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of one content block of Anthropic's."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def message(*blocks: list[dict[str, Any]], stop: str = "end_turn", **delta: Any) -> tuple[bytes, ...]:
    """A whole stream of Anthropic's."""
    start = {"id": "msg_ferry", "type": "message", "role": "assistant", "model": "keeper-1", "content": []}
    usage = {"input_tokens": 9, "output_tokens": 1}
    return named(
        {"type": "message_start", "message": {**start, "usage": usage}},
        {"type": "ping"},
        *(event for found in blocks for event in found),
        {"type": "message_delta", "delta": {"stop_reason": stop, **delta}, "usage": {"output_tokens": 12}},
        {"type": "message_stop"},
    )


def text_block(index: int, *pieces: str) -> list[dict[str, Any]]:
    """A text block in pieces."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": part} for part in pieces))


def item_events(index: int, item: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of one output item of the Responses API."""
    begun = {**item, "content": []} if "content" in item else {**item, "arguments": "", "input": ""}
    return [
        {"type": "response.output_item.added", "output_index": index, "item": begun},
        *({**delta, "output_index": index, "item_id": item.get("id")} for delta in deltas),
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]


def responses(
    *groups: list[dict[str, Any]], output: Iterable[dict[str, Any]] | None = None, end: str | None = "completed"
) -> tuple[bytes, ...]:
    """A stream of the Responses API; ``output``: what its final event holds, by default every item that was done."""
    docs = [event for group in groups for event in group]
    done = [event["item"] for event in docs if event["type"] == "response.output_item.done"]
    base = {"id": "resp_ferry", "object": "response", "model": "keeper-1"}
    usage = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}
    first = {"type": "response.created", "response": {**base, "status": "in_progress", "output": []}}
    if end is None:
        return named(first, *docs)
    last = {**base, "status": end, "output": done if output is None else list(output), "usage": usage}
    if end == "incomplete":
        last["incomplete_details"] = {"reason": "max_output_tokens"}
    return named(first, *docs, {"type": f"response.{end}", "response": last})


def said(index: int, *pieces: str) -> list[dict[str, Any]]:
    """An output message in pieces."""
    content = [{"type": "output_text", "text": "".join(pieces), "annotations": []}]
    item = {"type": "message", "id": f"msg_{index}", "role": "assistant", "status": "completed", "content": content}
    return item_events(index, item, *({"type": "response.output_text.delta", "delta": part} for part in pieces))


def raw(*lines: str) -> tuple[bytes, ...]:
    """Pieces that are no event of ours."""
    return tuple(line.encode() for line in lines)


def whole(doc: Any) -> tuple[bytes, ...]:
    """One JSON document."""
    return (json.dumps(doc).encode(),)


def completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A chat completion that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    return {
        "id": "chatcmpl-ferry",
        "object": "chat.completion",
        "model": "keeper-1",
        "choices": [choice],
        "usage": usage,
    }


def error_event(doc: Any, event: str | None = None) -> bytes:
    """An event that is an error."""
    return sse(doc if isinstance(doc, bytes) else json.dumps(doc).encode(), event)
