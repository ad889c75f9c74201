"""Usage of answers that are not read as a whole: Bedrock's frames, long documents, Cohere's older streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import FinishReason, Operation, StreamEnd, Usage
from proxy.observe.tap import Tap
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native
from support.aws import FRAMES, chunk, frame

COUNTED = {"inputTokens": 9, "outputTokens": 12, "totalTokens": 21}
RIGHT = Usage(9, output=12)
LONG = "The ferry leaves at six. " * 2000


def _converse(text: str) -> bytes:
    pieces = [text[at : at + 400] for at in range(0, len(text), 400)]
    deltas = [frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in pieces]
    end = frame("metadata", {"usage": COUNTED, "metrics": {"latencyMs": 7}})
    return b"".join([frame("messageStart", {"role": "assistant"}), *deltas, end])


def _invoke(text: str, *, metrics_alone: bool = False) -> bytes:
    start = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 9, "output_tokens": 1}}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text[at : at + 400]}}
        for at in range(0, len(text), 400)
    ]
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}}
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 12}}
    if metrics_alone:
        return b"".join(map(chunk, [*({"generation": "a"} for _ in deltas), {"generation": "", **metrics}]))
    return b"".join(map(chunk, [start, *deltas, stop, {"type": "message_stop", **metrics}]))


def _usage(body: bytes, kind: str, piece: int = 1000) -> Usage | None:
    tap = Tap(Operation.OTHER, 100_000)
    tap.head(kind.encode(), b"")
    for at in range(0, len(body), piece):
        tap.feed(body[at : at + piece], 1.0)
    return tap.facts().usage


@pytest.mark.parametrize("text", ["Six.", LONG], ids=["short", "long"])
@pytest.mark.parametrize("piece", [1, 700, 10**6])
def test_streams_of_bedrock(text: str, piece: int) -> None:
    """The end of each says what it cost, however it came and however long it is."""
    assert _usage(_converse(text), FRAMES, piece) == RIGHT
    assert _usage(_invoke(text), FRAMES, piece) == RIGHT
    assert _usage(_invoke(text, metrics_alone=True), FRAMES, piece) == RIGHT


def test_documents_of_bedrock_and_cohere() -> None:
    """A long answer, a long vector: usage stands behind them. What a guard used are no tokens."""
    said = {"output": {"message": {"content": [{"text": LONG}]}}, "usage": COUNTED, "metrics": {"latencyMs": 7}}
    assert _usage(json.dumps(said).encode(), "application/json") == RIGHT
    guarded = {**said, "trace": {"guardrail": {"usage": {"topicPolicyUnits": 1}}}}
    assert _usage(json.dumps(guarded).encode(), "application/json") == RIGHT
    vectors = {"id": "e", "embeddings": {"float": [[0.1] * 9000]}, "meta": {"billed_units": {"input_tokens": 9}}}
    assert _usage(json.dumps(vectors).encode(), "application/json") == Usage(9)


def test_cohere_in_lines() -> None:
    """The older stream of Cohere has one document in each line, and its counts in the last."""
    end = {"event_type": "stream-end", "response": {"meta": {"billed_units": {"input_tokens": 9, "output_tokens": 12}}}}
    lines = [{"event_type": "text-generation", "text": LONG}, end]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    assert _usage(body, "application/stream+json") == RIGHT


@pytest.mark.parametrize(
    "body",
    [b"", b'"bytes":"AAAA"', b'"bytes":"AAA"', b'"usage":{"inputTokens":', b'"usage":{}', _invoke("Six.")[:90]],
)
def test_frames_that_tell_nothing(body: bytes) -> None:
    """A stream that was cut, or is none."""
    assert _usage(body, FRAMES) is None


def _read(operation: Operation, doc: dict[str, Any]) -> Facts:
    tap = Tap(operation, 20_000)
    tap.head(b"application/json", b"")
    body = json.dumps(doc).encode()
    for at in range(0, len(body), 1000):
        tap.feed(body[at : at + 1000], 1.0)
    return tap.facts()


PICTURE = "iVBORw0K" * 9000
CHAT = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
TOLD = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_an_answer_with_sound_in_it(finish: str) -> None:
    """It is longer than what is kept, and its end is known all the same: what it is called, and why it ended."""
    message = {"role": "assistant", "content": None, "audio": {"id": "audio_1", "data": PICTURE, "transcript": "Six."}}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    facts = _read(
        Operation.CHAT,
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 7,
            "model": "m",
            "choices": [choice],
            "usage": CHAT,
        },
    )
    assert (facts.response_id, facts.model, facts.usage) == ("chatcmpl-1", "m", RIGHT)
    assert (facts.finish_reason, facts.choices) == (FinishReason(finish), 1)


@pytest.mark.parametrize(
    ("status", "reason", "finish"),
    [
        ("completed", None, FinishReason.STOP),
        ("incomplete", "max_output_tokens", FinishReason.LENGTH),
        ("failed", None, FinishReason.ERROR),
        ("in_progress", None, None),
    ],
)
def test_a_response_with_a_picture_in_it(status: str, reason: str | None, finish: FinishReason | None) -> None:
    """A background response is final by its status, which no item of its output can say for it."""
    item = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PICTURE}
    said = {"incomplete_details": reason and {"reason": reason}, "output": [item], "usage": TOLD}
    facts = _read(
        Operation.RESPONSES, {"object": "response", "id": "resp_1", "status": status, "background": True, **said}
    )
    assert (facts.response_id, facts.finish_reason, facts.usage) == ("resp_1", finish, RIGHT)


def test_what_only_a_text_says_of_its_end() -> None:
    """A text that quotes a finish reason ends nothing, and an id inside the answer is not the answer's."""
    quoted = 'The log has "finish_reason": "length". ' * 3000
    call = {"id": "call_1", "type": "function", "function": {"name": "log", "arguments": json.dumps({"a": quoted})}}
    facts = _read(Operation.CHAT, {"choices": [{"message": {"tool_calls": [call]}}], "id": "c", "note": quoted})
    assert (facts.response_id, facts.finish_reason) == (None, None)


def _streamed(operation: Operation | Native, events: bytes, piece: int) -> tuple[Tap, Facts]:
    tap = Tap(operation, 20_000)
    tap.head(b"text/event-stream", b"")
    for at in range(0, len(events), piece):
        tap.feed(events[at : at + piece], 1.0)
    return tap, tap.facts()


def _event(doc: dict[str, Any]) -> bytes:
    return f"event: {doc.get('type', 'message')}\ndata: {json.dumps(doc)}\n\n".encode()


BASE = {"id": "resp_1", "object": "response", "model": "m"}
DRAWN = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PICTURE}
CALLED = {"id": "fc_1", "type": "function_call", "call_id": "c", "name": "find", "arguments": "{}"}
SAID = {"type": "message", "id": "m_1", "content": [{"type": "output_text", "text": LONG}]}


@pytest.mark.parametrize(
    ("status", "reason", "output", "finish"),
    [
        ("completed", None, [DRAWN], FinishReason.STOP),
        ("completed", None, [SAID], FinishReason.STOP),
        ("completed", None, [DRAWN, CALLED], FinishReason.TOOL_CALLS),
        ("incomplete", "max_output_tokens", [SAID], FinishReason.LENGTH),
        ("failed", None, [SAID], FinishReason.ERROR),
    ],
)
@pytest.mark.parametrize("piece", [7, 1000, 1_000_000])
def test_a_last_event_longer_than_the_end(
    status: str, reason: str | None, output: list[dict[str, Any]], finish: FinishReason, piece: int
) -> None:
    """It repeats the whole answer, and its beginning says how that ended. The stream was no failure."""
    end = {**BASE, "status": status, "incomplete_details": reason and {"reason": reason}, "output": output}
    events = _event({"type": "response.created", "response": {**BASE, "status": "in_progress", "output": []}})
    events += b"".join(_event({"type": "response.output_item.done", "output_index": 0, "item": one}) for one in output)
    last = _event({"type": f"response.{status}", "response": {**end, "usage": TOLD}})
    tap, facts = _streamed(Operation.RESPONSES, events + last, piece)
    assert (facts.response_id, facts.finish_reason, facts.usage) == ("resp_1", finish, RIGHT)
    assert facts.terminated and facts.choices == 1
    tap, facts = _streamed(Operation.RESPONSES, events + last[: len(last) // 2], piece)  # it was cut
    assert (tap.stream_end(facts), facts.finish_reason) == (StreamEnd.NO_TERMINATOR, None)


@pytest.mark.parametrize("piece", [7, 1000, 1_000_000])
def test_a_picture_in_the_last_event(piece: int) -> None:
    """Of Gemini's stream it is the end, with all the counts; chat says why it ended in the same event, too."""
    parts = [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}]
    counts = {"promptTokenCount": 9, "candidatesTokenCount": 12, "totalTokenCount": 21}
    last = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": counts}
    first = {"candidates": [{"content": {"parts": [{"text": "Here."}]}}], "responseId": "g", "modelVersion": "m"}
    tap, facts = _streamed(Native.GEMINI, _event(first) + _event({**last, "responseId": "g"}), piece)
    assert (facts.finish_reason, facts.usage, tap.stream_end(facts)) == (FinishReason.STOP, RIGHT, StreamEnd.COMPLETE)
    drawn = {"index": 0, "delta": {"images": [{"image_url": {"url": PICTURE}}]}, "finish_reason": "length"}
    events = _event({"id": "c", "choices": [drawn], "usage": CHAT}) + b"data: [DONE]\n\n"
    tap, facts = _streamed(Operation.CHAT, events, piece)
    assert (facts.finish_reason, facts.usage, facts.choices) == (FinishReason.LENGTH, RIGHT, 1)
    assert tap.stream_end(facts) is StreamEnd.COMPLETE
