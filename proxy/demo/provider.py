"""The built-in provider: chat completions over HTTP, streamed or not, with a model's pace. A bare ASGI application.

Run as ``python -m proxy.demo.provider PORT``. Serves loopback only.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn

from proxy.demo.answers import Answer, answer, declined, dice

MODEL = "demo-small"
FINGERPRINTS = ("fp_demo_1", "fp_demo_2")
#: Answers whose digest is remembered, for whoever wants to compare what came out of the other end.
_REMEMBERED = 10_000

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Provider:
    """GET /v1/models and POST /v1/chat/completions, as a provider has them, and two paths of the demonstration's own.

    ``POST /demo/behaviour {"fingerprint", "refusals"}`` changes what answers; ``GET /demo/sent/ID`` tells the SHA-256
    of the body that was sent for a completion. Everything else is not found.
    """

    def __init__(self, fingerprint: str = FINGERPRINTS[0], refusals: float = 0.05) -> None:
        self._fingerprint = fingerprint
        self._refusals = refusals
        self._asked = 0
        self._sent: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        route = (scope["method"], scope["path"])
        if route == ("GET", "/v1/models"):
            listed = {"id": MODEL, "object": "model", "created": 1_750_000_000, "owned_by": "sightglass-demo"}
            await _json(send, 200, {"object": "list", "data": [listed]})
        elif route == ("POST", "/v1/chat/completions"):
            await self._chat(scope, await _body(receive), send)
        elif route == ("POST", "/demo/behaviour"):
            await self._behave(await _body(receive), send)
        elif (digest := self._sent.get(scope["path"].removeprefix("/demo/sent/"))) is not None:
            await _json(send, 200, {"sha256": digest})
        else:
            await _json(send, 404, _error("no such path", "not_found"))

    async def _behave(self, body: bytes, send: Send) -> None:
        try:
            wanted = json.loads(body)
            fingerprint, refusals = str(wanted["fingerprint"]), float(wanted["refusals"])
        except (ValueError, TypeError, KeyError):
            return await _json(send, 400, _error("the body is no behaviour", "invalid_request_error"))
        self._fingerprint, self._refusals = fingerprint, refusals
        await _json(send, 200, {"fingerprint": fingerprint, "refusals": refusals})

    async def _chat(self, scope: Scope, body: bytes, send: Send) -> None:
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
        turn = self._turn(messages, tools)
        first = 0.04 + chance.expovariate(1 / 0.12)
        identity = "chatcmpl-" + hashlib.sha256(body + str(time.time_ns()).encode()).hexdigest()[:24]
        base = {"id": identity, "created": int(time.time()), "model": MODEL, "system_fingerprint": self._fingerprint}
        usage = _usage(messages, turn)
        send = self._remembering(identity, send)
        await asyncio.sleep(min(first, 1.5))
        if not request.get("stream"):
            return await _json(send, 200, _whole(base, turn, usage))
        asked = (request.get("stream_options") or {}).get("include_usage")
        await _start(send, 200, [(b"content-type", b"text/event-stream")])
        for event in _events(base, turn, usage if asked else None):
            await send({"type": "http.response.body", "body": b"data: " + event + b"\n\n", "more_body": True})
            await asyncio.sleep(0.004 + chance.random() * 0.012)
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    def _turn(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Answer:
        question = bool(messages) and messages[-1].get("role") == "user"
        self._asked += question
        return answer(messages, tools, question and declined(self._asked, self._refusals))

    def _remembering(self, identity: str, send: Send) -> Send:
        """``send`` that remembers the digest of the body once the last of it is on its way."""
        digest = hashlib.sha256()

        async def sending(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                digest.update(message["body"])
                if not message.get("more_body"):
                    self._sent[identity] = digest.hexdigest()
                    while len(self._sent) > _REMEMBERED:
                        self._sent.popitem(last=False)
            await send(message)

        return sending


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
    uvicorn.run(
        Provider(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off"
    )
