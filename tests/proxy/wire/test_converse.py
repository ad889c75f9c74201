"""Bedrock's Converse: requests of blocks, answers whole and in frames, calls and their results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.record.finish import outcome_of
from proxy.sample import Sample, ToolCall
from proxy.wire import converse
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native
from support.aws import FRAMES, frame

TIDE = "High water at nine, low water at three."
USAGE = {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}
ASKED: dict[str, Any] = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "When is high water?"},
                {"document": {"format": "txt", "name": "tides", "source": {"text": TIDE}}},
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Look."}}},
                {"toolUse": {"toolUseId": "t1", "name": "find", "input": {"what": "tide"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"json": {"high": 9}}, {"text": "From the list."}]}},
                {"guardContent": {"text": {"text": "And low?"}}},
            ],
        },
    ],
    "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["."]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}, {"cachePoint": {}}],
        "toolChoice": {"tool": {"name": "find"}},
    },
}
CALL = ToolCall("find", '{"what":"lamp"}', "t2")
WHOLE: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Tides.", "signature": "s"}}},
                {"citationsContent": {"content": [{"text": "At nine."}], "citations": []}},
                {"toolUse": {"toolUseId": "t2", "name": "find", "input": {"what": "lamp"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": USAGE,
    "metrics": {"latencyMs": 7},
}
STREAMED = [
    frame("messageStart", {"role": "assistant"}),
    frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Tides."}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "At "}}),
    frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "nine."}}),
    frame("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t2", "name": "find"}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"what":'}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '"lamp"}'}}}),
    frame("contentBlockStop", {"contentBlockIndex": 2}),
    frame("messageStop", {"stopReason": "tool_use"}),
    frame("metadata", {"usage": USAGE, "metrics": {"latencyMs": 7}}),
]


def _seen(answer: bytes, kind: str, asked: dict[str, Any] = ASKED) -> tuple[Tap, Facts, Sample]:
    tap = Tap(Native.CONVERSE, 100_000)
    tap.request(json.dumps(asked).encode())
    tap.head(kind.encode(), b"")
    for at in range(0, len(answer), 11):
        tap.feed(answer[at : at + 11], float(at))
    facts = tap.facts()
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0.0,
        app="bot",
        operation=Operation.CHAT,
        upstream="up",
        outcome=outcome_of(200, facts, tap.is_sse),
        duration=1.0,
        status=200,
    )
    return tap, facts, build_sample(exchange, tap.content(), 1.0, "uniform")


@pytest.mark.parametrize(
    ("answer", "kind"), [(json.dumps(WHOLE).encode(), "application/json"), (b"".join(STREAMED), FRAMES)]
)
def test_an_answer(answer: bytes, kind: str) -> None:
    """What was said, thought and called, whole and in frames."""
    tap, facts, sample = _seen(answer, kind)
    assert (facts.finish_reason, facts.usage) == (FinishReason.TOOL_CALLS, Usage(9, output=4))
    [choice] = sample.choices
    assert (choice.text, choice.reasoning, choice.tool_calls) == ("At nine.", "Tides.", (CALL,))
    assert sample.exchange.outcome is Outcome.OK
    if tap.is_sse:
        assert tap.first_reasoning is not None and tap.first_token is not None
        assert tap.first_reasoning < tap.first_token


def test_a_request() -> None:
    """Turns, results, documents and tools, in the words of chat."""
    asked = converse.request(ASKED)
    assert [(one.role, one.content, one.documents, one.other_parts) for one in asked.messages] == [
        ("system", "Be brief.", (), ()),
        ("user", "When is high water?", (TIDE,), ("image",)),
        ("assistant", "", (), ()),
        ("tool", 'From the list.\n{"high":9}', (), ()),
        ("user", "And low?", (), ()),
    ]
    assert asked.messages[2].tool_calls == (ToolCall("find", '{"what":"tide"}', "t1"),)
    assert (len(asked.tools), asked.answer_tools) == (1, ["find"])
    told = converse.told(ASKED)
    assert (told["max_tokens"], told["temperature"], told["top_p"], told["stop"]) == (50, 0.5, 0.9, ["."])


def test_errors_and_cuts() -> None:
    """An exception in the stream, and a stream without its end."""
    thrown = frame("throttlingException", {"message": "busy"}, exception=True)
    _, facts, sample = _seen(b"".join([*STREAMED[:5], thrown]), FRAMES)
    assert (facts.error, sample.choices[0].text) == ("throttlingException", "At nine.")
    assert sample.exchange.outcome is Outcome.UPSTREAM_ERROR
    _, facts, sample = _seen(b"".join(STREAMED[:5]), FRAMES)
    assert sample.exchange.outcome is Outcome.STREAM_INCOMPLETE
    _, facts, sample = _seen(b'{"message": "no such model", "code": "bad"}', "application/json")
    assert (facts.error, sample.choices) == ("bad", ())


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"messages": 7, "system": "x"},
        {"messages": [{"content": "x"}, {"content": [{"toolResult": {"content": 7}}, {"toolUse": {"input": []}}]}]},
        {"output": []},
        {"output": {"message": {"content": 7}}},
        {"delta": {"toolUse": {"input": 7}}, "contentBlockIndex": "x"},
    ],
)
def test_rubbish_raises_nothing(junk: dict[str, Any]) -> None:
    """Whatever a client or a server sends."""
    converse.request(junk)
    converse.response(junk)
    for kind in ("contentBlockDelta", "contentBlockStart", "messageStop", "metadata", "other"):
        _seen(frame(kind, junk), FRAMES, junk)


def test_settings_have_the_names_of_chat():
    """Those of ``inferenceConfig`` that a rate or a price depends on; what is not said is not there."""
    config = {"maxTokens": 40, "temperature": 0, "topP": 0.9, "stopSequences": ["END"]}
    asked = {"messages": [{"role": "user", "content": [{"text": "When does it sail?"}]}], "inferenceConfig": config}
    told = converse.told(asked)
    assert {key: told[key] for key in told if key != "messages"} == {
        "max_tokens": 40,
        "temperature": 0,
        "top_p": 0.9,
        "stop": ["END"],
    }
    assert set(converse.told({"messages": asked["messages"]})) == {"messages"}
