"""The built-in provider: chat completions over HTTP, streamed or not, with a model's pace. A bare ASGI application.

Run as ``python -m proxy.demo.provider PORT``. Serves loopback only.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn

from proxy.demo.answers import Answer, answer, dice

MODEL = "demo-small"
FINGERPRINT = "fp_demo_1"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """GET /v1/models and POST /v1/chat/completions; everything else is not found."""
    if scope["type"] != "http":
        return
    route = (scope["method"], scope["path"])
    if route == ("GET", "/v1/models"):
        listed = {"id": MODEL, "object": "model", "created": 1_750_000_000, "owned_by": "sightglass-demo"}
        await _json(send, 200, {"object": "list", "data": [listed]})
    elif route == ("POST", "/v1/chat/completions"):
        await _chat(scope, await _body(receive), send)
    else:
        await _json(send, 404, _error("no such path", "not_found"))


async def _chat(scope: Scope, body: bytes, send: Send) -> None:
    try:
        request = json.loads(body)
        messages, tools = list(request["messages"]), list(request.get("tools") or ())
    except (ValueError, TypeError, KeyError):
        return await _json(send, 400, _error("the body is no chat completion request", "invalid_request_error"))
    chance = dice(messages)
    retried = any(name == b"x-stainless-retry-count" and value != b"0" for name, value in scope["headers"])
    if chance.random() < 0.03 and not retried:
        limited = _error("the demonstration's model is busy", "rate_limit_exceeded")
        return await _json(send, 429, limited, [(b"retry-after-ms", b"50")])
    turn = answer(messages, tools)
    first = 0.04 + chance.expovariate(1 / 0.12)
    digest = hashlib.sha256(body + str(time.time_ns()).encode()).hexdigest()
    base = {"id": f"chatcmpl-{digest[:24]}", "created": int(time.time()), "model": MODEL}
    base["system_fingerprint"] = FINGERPRINT
    usage = _usage(messages, turn)
    await asyncio.sleep(min(first, 1.5))
    if not request.get("stream"):
        return await _json(send, 200, _whole(base, turn, usage))
    asked = (request.get("stream_options") or {}).get("include_usage")
    await _start(send, 200, [(b"content-type", b"text/event-stream")])
    for event in _events(base, turn, usage if asked else None):
        await send({"type": "http.response.body", "body": b"data: " + event + b"\n\n", "more_body": True})
        await asyncio.sleep(0.004 + chance.random() * 0.012)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _call(turn: Answer) -> dict[str, Any]:
    function = {"name": turn.tool, "arguments": turn.arguments}
    return {"id": "call_demo", "type": "function", "function": function}


def _whole(base: dict[str, Any], turn: Answer, usage: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.tool:
        message["tool_calls"] = [_call(turn)]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if turn.tool else "stop"}
    return {**base, "object": "chat.completion", "choices": [choice], "usage": usage}


def _events(base: dict[str, Any], turn: Answer, usage: dict[str, Any] | None) -> Iterator[bytes]:
    """The events of one stream without its end mark: word by word."""

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return json.dumps({**base, "object": "chat.completion.chunk", "choices": [choice]}).encode()

    yield event({"role": "assistant", "content": ""})
    if turn.tool:
        yield event({"tool_calls": [{"index": 0, **_call(turn)}]})
    for number, word in enumerate(turn.text.split()):
        yield event({"content": f" {word}" if number else word})
    yield event({}, "tool_calls" if turn.tool else "stop")
    if usage is not None:
        yield json.dumps({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage}).encode()


def _usage(messages: list[dict[str, Any]], turn: Answer) -> dict[str, Any]:
    """About four tokens for three words, as a tokenizer would count."""
    asked = sum(len(str(message.get("content", "")).split()) for message in messages)
    said = len(turn.text.split()) + len(turn.arguments.split())
    prompt, completion = asked * 4 // 3 + 4, said * 4 // 3 + 1
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _json(
    send: Send, status: int, body: dict[str, Any], headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    data = json.dumps(body).encode()
    base = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
    await _start(send, status, base + (headers or []))
    await send({"type": "http.response.body", "body": data})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
