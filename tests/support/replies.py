"""Answers for the scripted upstream, in the shapes that providers send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from support.upstream import Step

MODEL = "gpt-4o-mini"
CREATED = 1_760_000_000
USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 7,
    "total_tokens": 27,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
RESPONSES_USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 27,
}
REASONS = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error"}


def head(status: int, headers: dict[str, str]) -> bytes:
    """The response head."""
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def http(status: int, body: bytes, headers: dict[str, str] | None = None) -> list[Step]:
    """A whole response with its length."""
    base = {"content-type": "application/json", "content-length": str(len(body)), "x-request-id": "req_upstream"}
    return [head(status, base | (headers or {})) + body]


def error(status: int, headers: dict[str, str] | None = None, code: str = "rate_limit_exceeded") -> list[Step]:
    """A provider's own error, to be passed on verbatim."""
    body = {"error": {"message": f"upstream says {status}", "type": "server_error", "param": None, "code": code}}
    return http(status, orjson.dumps(body), headers)


def tool_call(name: str, arguments: str, call_id: str = "call_1") -> dict[str, Any]:
    """A tool call in chat form."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def chat_json(
    text: str | None,
    *,
    model: str = MODEL,
    usage: dict[str, Any] | None = USAGE,
    tool_calls: list[dict[str, Any]] | None = None,
    response_id: str = "chatcmpl-1",
    refusal: str | None = None,
    headers: dict[str, str] | None = None,
) -> list[Step]:
    """A chat completion that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal}
    if tool_calls:
        message["tool_calls"] = tool_calls
    body: dict[str, Any] = {
        "id": response_id,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "system_fingerprint": "fp_scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if tool_calls else "stop"}],
    }
    if usage is not None:
        body["usage"] = usage
    return http(200, orjson.dumps(body), headers)


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def sse(payload: Any, event: str | None = None) -> bytes:
    """One server-sent event."""
    name = f"event: {event}\n".encode() if event else b""
    return name + b"data: " + (payload if isinstance(payload, bytes) else orjson.dumps(payload)) + b"\n\n"


def stream(events: list[bytes], *, gap: float = 0.0, first: float = 0.0, last: Step | None = None) -> Iterator[Step]:
    """An event stream, each event one chunk with ``gap`` seconds between. ``last`` replaces the clean end."""
    yield head(
        200, {"content-type": "text/event-stream", "transfer-encoding": "chunked", "x-request-id": "req_upstream"}
    )
    if first:
        yield first
    for number, event in enumerate(events):
        if gap and number:
            yield gap
        yield chunk(event)
    yield b"0\r\n\r\n" if last is None else last


def pieces(text: str, size: int = 24) -> list[str]:
    """The text cut as a model would stream it."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def chat_events(
    text: str,
    *,
    model: str = MODEL,
    usage: dict[str, Any] | None = USAGE,
    done: bool = True,
    reasoning: str = "",
    tool_calls: list[dict[str, Any]] | None = None,
    response_id: str = "chatcmpl-1",
) -> list[bytes]:
    """The events of a streamed chat completion; tool arguments come in pieces, usage as a last chunk of its own."""
    base = {"id": response_id, "object": "chat.completion.chunk", "created": CREATED, "model": model}

    def delta(part: dict[str, Any], finish: str | None = None) -> bytes:
        return sse({**base, "choices": [{"index": 0, "delta": part, "finish_reason": finish}]})

    events = [delta({"role": "assistant", "content": ""})]
    events += [delta({"reasoning_content": part}) for part in pieces(reasoning)]
    events += [delta({"content": part}) for part in pieces(text)]
    for index, call in enumerate(tool_calls or []):
        function = call["function"]
        events.append(delta({"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]}))
        for part in pieces(function["arguments"], 8):
            events.append(delta({"tool_calls": [{"index": index, "function": {"arguments": part}}]}))
    events.append(delta({}, "tool_calls" if tool_calls else "stop"))
    if usage is not None:
        events.append(sse({**base, "choices": [], "usage": usage}))
    return [*events, sse(b"[DONE]")] if done else events


def responses_object(
    text: str, *, model: str = MODEL, response_id: str = "resp_1", status: str = "completed"
) -> dict[str, Any]:
    """A finished object of the Responses API."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": content}
    return {
        "id": response_id,
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": model,
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": RESPONSES_USAGE,
    }


def responses_json(text: str, **changes: Any) -> list[Step]:
    """The Responses API, not streamed."""
    return http(200, orjson.dumps(responses_object(text, **changes)))


def responses_events(text: str, **changes: Any) -> list[bytes]:
    """The Responses API as typed events, ending with ``response.completed``."""
    final = responses_object(text, **changes)
    started = {**final, "status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    item = {**final["output"][0], "status": "in_progress", "content": []}
    payloads: list[dict[str, Any]] = [
        {"type": "response.created", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []} for piece in pieces(text)),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": final["output"][0]},
        {"type": "response.completed", "response": final},
    ]
    return [sse({**payload, "sequence_number": number}, payload["type"]) for number, payload in enumerate(payloads)]
