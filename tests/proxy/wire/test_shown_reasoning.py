"""Reasoning apart from the text of a chat answer: where servers and gateways put it, whole and in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Operation
from proxy.observe.tap import Tap
from proxy.wire import chat
from proxy.wire.shown_reasoning import reasoning_of
from proxy.wire.sse import decode
from support.frames import chunks

SAID = "Tides, then."
TEXT = {"type": "text", "text": "Six."}
#: Each place, as a message whose text is ``Six.``.
PLACES: dict[str, dict[str, Any]] = {
    "a text": {"reasoning_content": SAID, "content": "Six."},
    "parts under reasoning": {"reasoning": [{"type": "text", "text": SAID}], "content": "Six."},
    "parts under reasoning_content": {"reasoning_content": [{"type": "text", "text": SAID}], "content": "Six."},
    "parts under thinking": {"thinking": [{"type": "thinking", "thinking": SAID}], "content": "Six."},
    "texts in a list": {"reasoning": ["Tides, ", "then."], "content": "Six."},
    "an object": {"reasoning": {"content": SAID}, "content": "Six."},
    "an item with a summary": {
        "reasoning": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": SAID}]}],
        "content": "Six.",
    },
    "details": {"reasoning_details": [{"type": "reasoning.text", "text": SAID}], "content": "Six."},
    "details behind an empty text": {
        "reasoning": "",
        "reasoning_details": [{"type": "reasoning.summary", "summary": SAID}, {"type": "reasoning.encrypted"}],
        "content": "Six.",
    },
    "blocks": {"thinking_blocks": [{"type": "thinking", "thinking": SAID, "signature": "s"}], "content": "Six."},
    "parts of the content": {
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": SAID}]}, TEXT],
    },
    "a part with its text under its own name": {"content": [{"type": "reasoning", "reasoning": SAID}, TEXT]},
    "a part of reasoning text": {"content": [{"type": "reasoning_text", "text": SAID}, TEXT]},
    "a block of Bedrock": {
        "content": [{"reasoningContent": {"reasoningText": {"text": SAID, "signature": "s"}}}, {"text": "Six."}],
    },
    "a part that is marked": {"content": [{"type": "text", "text": SAID, "thought": True}, TEXT]},
    "one part": {"content": {"type": "reasoning", "text": SAID}, "refusal": "Six."},
}
EACH = pytest.mark.parametrize("message", PLACES.values(), ids=PLACES.keys())


@EACH
def test_reasoning_of_a_document(message: dict[str, Any]) -> None:
    """What was thought is reasoning and no text, wherever it stands."""
    (choice,) = chat.response({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    assert (choice.reasoning, choice.text or choice.refusal) == (SAID, "Six.")


@EACH
def test_reasoning_of_a_stream(message: dict[str, Any]) -> None:
    """The same in a stream, whose first reasoning comes before its first token."""
    thoughts = {**message, "refusal": ""}
    if isinstance(content := message["content"], list):
        thoughts["content"] = content[:-1]
    elif isinstance(content, str):
        thoughts["content"] = ""
    pieces = chunks(thoughts, {"content": "Six."})
    (choice,) = chat.stream(decode(b"".join(pieces)))
    assert (choice.reasoning, choice.text) == (SAID, "Six.")
    tap = Tap(Operation.CHAT, 100_000)
    tap.head(b"text/event-stream", b"")
    for at, piece in enumerate(pieces):
        tap.feed(piece, float(at))
    assert (tap.first_reasoning, tap.first_token, tap.reasoning_streamed) == (0.0, 1.0, True)


def test_reasoning_of_a_completion() -> None:
    """A choice of the older completions holds it itself."""
    choice = {"index": 0, "text": "Six.", "reasoning": SAID, "finish_reason": "stop"}
    assert chat.response({"choices": [choice]})[0].reasoning == SAID
    streamed = decode(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")
    assert chat.stream(streamed)[0].reasoning == SAID


def test_sealed_reasoning_has_no_text() -> None:
    """What is encrypted cannot be read; neither can what is nested without end."""
    assert reasoning_of({"reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VhbGVk"}]}) == ""
    deep: Any = SAID
    for _ in range(1000):
        deep = [deep]
    assert reasoning_of({"reasoning": deep, "content": [{"type": ["thinking"]}, 5, None]}) == ""


def test_reasoning_that_is_sent_back_is_no_content() -> None:
    """A client repeats the answer with its parts: what was thought is not said in the conversation either."""
    asked = chat.request({"messages": [{"role": "assistant", **PLACES["a block of Bedrock"]}]})
    assert [(message.content, message.other_parts) for message in asked.messages] == [("Six.", ())]
