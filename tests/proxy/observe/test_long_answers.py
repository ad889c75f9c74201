"""Answers with pictures and sound, longer than the capture: what they say is read, whole."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.sample import Sample
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native
from support import replies

_NOISE = random.Random(32)
SAID = "Here is the pier."
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
REQUESTS = {
    Operation.CHAT: {"model": "lamp-1", "messages": [{"role": "user", "content": "Draw the pier."}]},
    Operation.RESPONSES: {"model": "lamp-1", "input": "Draw the pier."},
    Native.GEMINI: {"contents": [{"role": "user", "parts": [{"text": "Draw the pier."}]}]},
}


def _picture(size: int = 400_000) -> str:
    return base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + _NOISE.randbytes(size)).decode()


def _chat(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "model": "lamp-1", "choices": [choice], "usage": USAGE}


def _responses() -> dict[str, Any]:
    drawn = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": _picture()}
    text = {"type": "output_text", "text": SAID, "annotations": []}
    said = {"type": "message", "role": "assistant", "id": "m1", "status": "completed", "content": [text]}
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    told = {"id": "resp_1", "object": "response", "status": "completed", "model": "lamp-1", "usage": usage}
    return {**told, "output": [drawn, said]}


def _gemini(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}], "usageMetadata": usage}


_DRAWN = {"inlineData": {"mimeType": "image/png", "data": _picture()}}
DOCUMENTS: dict[str, tuple[Operation | Native, dict[str, Any]]] = {
    "chat with a picture": (
        Operation.CHAT,
        _chat(
            content=SAID, images=[{"type": "image_url", "image_url": {"url": "data:image/png;base64," + _picture()}}]
        ),
    ),
    "chat with sound": (Operation.CHAT, _chat(content=None, audio={"id": "a", "data": _picture(), "transcript": SAID})),
    "responses": (Operation.RESPONSES, _responses()),
    "gemini": (Native.GEMINI, _gemini(_DRAWN, {"text": SAID}, finishReason="STOP")),
}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return replies.sse({"id": "x", "object": "chat.completion.chunk", "model": "lamp-1", "choices": [choice]})


def _typed(kind: str, **members: Any) -> bytes:
    return replies.sse({"type": kind, **members}, kind)


_DONE = _responses()
_SOUND = [_chunk({"audio": {"data": _picture(8000)}}) for _ in range(60)]
STREAMS: dict[str, tuple[Operation | Native, list[bytes]]] = {
    "chat with sound": (
        Operation.CHAT,
        [
            _chunk({"role": "assistant", "audio": {"id": "a", "transcript": "Here is "}}),
            *_SOUND,
            _chunk({"audio": {"transcript": "the pier."}}),
            *_SOUND,
            _chunk({}, "stop"),
            replies.sse({"id": "x", "object": "chat.completion.chunk", "choices": [], "usage": USAGE}),
            b"data: [DONE]\n\n",
        ],
    ),
    "responses": (
        Operation.RESPONSES,
        [
            _typed("response.created", response={**_DONE, "status": "in_progress", "output": [], "usage": None}),
            *[_typed("response.image_generation_call.partial_image", partial_image_b64=_picture()) for _ in range(3)],
            _typed("response.output_text.delta", delta=SAID, output_index=1, content_index=0, item_id="m1"),
            _typed("response.completed", response=_DONE),
        ],
    ),
    "gemini": (
        Native.GEMINI,
        [
            replies.sse(_gemini({"text": "Here is "}, _DRAWN)),
            replies.sse(_gemini({"text": "the pier."}, finishReason="STOP")),
        ],
    ),
}


def _observed(operation: Operation | Native, body: bytes, kind: bytes, piece: int) -> tuple[Facts, Sample]:
    tap = Tap(operation, 256_000)
    tap.request(json.dumps(REQUESTS[operation]).encode())
    tap.head(kind, b"")
    assert len(body) > 256_000
    for at in range(0, len(body), piece):
        tap.feed(body[at : at + piece], 1.0)
    exchange = Exchange(
        request_id="r1", instance="p1", started_at=0.0, app="a", operation=Operation.CHAT, upstream="u",
        outcome=Outcome.OK, duration=1.0, status=200,
    )  # fmt: skip
    assert tap.content().size < 300_000
    return tap.facts(), build_sample(exchange, tap.content(), 1.0, "uniform")


@pytest.mark.parametrize("piece", [1460, 65_536])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document(name: str, piece: int) -> None:
    """The text and the tokens of an answer with a picture or with sound."""
    operation, document = DOCUMENTS[name]
    facts, sample = _observed(operation, json.dumps(document).encode(), b"application/json", piece)
    assert [choice.text for choice in sample.choices] == [SAID]
    assert (sample.undecodable, sample.response_truncated) == (None, False)
    assert facts.usage is not None
    assert facts.whole


@pytest.mark.parametrize("piece", [1460, 65_536])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream(name: str, piece: int) -> None:
    """What is said before, between and behind the events with a picture or with sound is one text."""
    operation, events = STREAMS[name]
    facts, sample = _observed(operation, b"".join(events), b"text/event-stream", piece)
    assert "".join(choice.text for choice in sample.choices).replace("\n", "") == SAID
    assert (sample.undecodable, sample.response_truncated) == (None, False)
    assert facts.usage is not None
    assert facts.terminated


def test_a_payload_that_is_the_answer() -> None:
    """Where the answer's own text or call loses a payload, the sample says that it is not whole."""
    call = {"id": "c1", "type": "function", "function": {"name": "save", "arguments": json.dumps({"data": _picture()})}}
    for message in ({"content": _picture()}, {"content": None, "tool_calls": [call]}):
        _, sample = _observed(Operation.CHAT, json.dumps(_chat(**message)).encode(), b"application/json", 65_536)
        assert sample.response_truncated
