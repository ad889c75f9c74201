"""Cohere's native API: requests with documents, answers whole and as events, calls with their plan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.record.finish import outcome_of
from proxy.sample import Sample, ToolCall
from proxy.wire import cohere
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native

TIDE = "High water at nine, low water at three."
ASKED: dict[str, Any] = {
    "model": "command-lamp",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When is high water?"}],
    "documents": [{"id": "d1", "data": {"title": "Tides", "text": TIDE}}],
}
USAGE = {"billed_units": {"input_tokens": 9, "output_tokens": 4}, "tokens": {"input_tokens": 90, "output_tokens": 4}}
FIND = {"id": "find_1", "type": "function", "function": {"name": "find", "arguments": '{"what":"lamp"}'}}
CITED = {"text": "nine", "sources": [{"type": "document", "id": "d1", "document": {"id": "d1", "text": TIDE}}]}


def _message(**said: Any) -> dict[str, Any]:
    return {"id": "co-1", "message": {"role": "assistant", **said}, "finish_reason": "COMPLETE", "usage": USAGE}


def _events(*deltas: tuple[str, dict[str, Any]], finish: str = "COMPLETE", **ended: Any) -> bytes:
    docs = [{"type": "message-start", "id": "co-1", "delta": {"message": {"role": "assistant", "content": []}}}]
    docs += [{"type": kind, "index": 0, "delta": {"message": said}} for kind, said in deltas]
    docs.append({"type": "message-end", "delta": {"finish_reason": finish, "usage": USAGE, **ended}})
    return b"".join(f"event: {doc['type']}\ndata: {json.dumps(doc)}\n\n".encode() for doc in docs)


def _seen(answer: bytes, asked: dict[str, Any] | None = None) -> tuple[Tap, Facts, Sample]:
    tap, streamed = Tap(Native.COHERE, 100_000), answer.startswith(b"event:")
    tap.request(json.dumps(asked or ASKED).encode())
    tap.head(b"text/event-stream" if streamed else b"application/json", b"")
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


WHOLE = json.dumps(
    _message(
        content=[{"type": "thinking", "thinking": "Tides."}, {"type": "text", "text": "At nine."}], citations=[CITED]
    )
).encode()
STREAMED = _events(
    ("content-start", {"content": {"type": "thinking", "thinking": ""}}),
    ("content-delta", {"content": {"thinking": "Tides."}}),
    ("content-end", {}),
    ("content-start", {"content": {"type": "text", "text": ""}}),
    ("content-delta", {"content": {"text": "At "}}),
    ("citation-start", {"citations": CITED}),
    ("content-delta", {"content": {"text": "nine."}}),
)


@pytest.mark.parametrize("answer", [WHOLE, STREAMED], ids=["whole", "streamed"])
def test_an_answer_that_rests_on_documents(answer: bytes) -> None:
    """Text, thoughts, what was billed, and the documents; what it cites of them was not found elsewhere."""
    tap, facts, sample = _seen(answer)
    assert (facts.response_id, facts.finish_reason, facts.usage) == ("co-1", FinishReason.STOP, Usage(9, output=4))
    [choice] = sample.choices
    assert (choice.text, choice.reasoning) == ("At nine.", "Tides.")
    assert (sample.contexts, sample.off_wire) == ((f"Tides\n{TIDE}",), ())
    assert [(one.role, one.content) for one in sample.messages] == [
        ("system", "Be brief."),
        ("user", "When is high water?"),
    ]
    assert sample.exchange.outcome is Outcome.OK
    if tap.is_sse:
        assert tap.first_reasoning is not None and tap.first_token is not None
        assert tap.first_reasoning < tap.first_token


def test_calls() -> None:
    """The plan is no text, and the arguments come in pieces."""
    begun = {**FIND, "function": {"name": "find", "arguments": ""}}
    streamed = _events(
        ("tool-plan-delta", {"tool_plan": "I will look."}),
        ("tool-call-start", {"tool_calls": begun}),
        ("tool-call-delta", {"tool_calls": {"function": {"arguments": '{"what":'}}}),
        ("tool-call-delta", {"tool_calls": {"function": {"arguments": '"lamp"}'}}}),
        ("tool-call-end", {}),
        finish="TOOL_CALL",
    )
    whole = {**_message(tool_plan="I will look.", tool_calls=[FIND]), "finish_reason": "TOOL_CALL"}
    for answer in (streamed, json.dumps(whole).encode()):
        _, facts, sample = _seen(answer)
        assert facts.finish_reason is FinishReason.TOOL_CALLS
        [choice] = sample.choices
        assert (choice.text, choice.reasoning) == ("", "I will look.")
        assert choice.tool_calls == (ToolCall("find", '{"what":"lamp"}', "find_1"),)


def test_errors_and_cuts() -> None:
    """An error in the end or alone, and a stream without its end."""
    _, facts, sample = _seen(_events(finish="ERROR", error="the model failed"))
    assert (facts.error, sample.exchange.outcome) == ("error", Outcome.UPSTREAM_ERROR)
    _, facts, sample = _seen(b'{"id": "x", "message": "invalid request", "code": "bad"}')
    assert (facts.error, sample.choices, sample.exchange.outcome) == ("bad", (), Outcome.UPSTREAM_ERROR)
    _, facts, sample = _seen(STREAMED[: STREAMED.index(b"event: message-end")])
    assert (sample.choices[0].text, sample.exchange.outcome) == ("At nine.", Outcome.STREAM_INCOMPLETE)


def test_what_is_asked_for() -> None:
    """Parameters and formats under the names of chat."""
    schema = {"type": "object"}
    told = cohere.told(
        {
            **ASKED,
            "p": 0.5,
            "k": 3,
            "stop_sequences": ["."],
            "tool_choice": "REQUIRED",
            "response_format": {"type": "json_object", "json_schema": schema},
        }
    )
    assert (told["top_p"], told["top_k"], told["stop"], told["tool_choice"]) == (0.5, 3, ["."], "required")
    assert told["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert cohere.told({"response_format": {"type": "json_object"}})["response_format"] == {"type": "json_object"}
    asked = cohere.request({"messages": [{"role": "tool", "tool_call_id": "t", "content": [_document()]}]})
    assert asked.messages[0].documents == (TIDE,)


def _document() -> dict[str, Any]:
    return {"type": "document", "document": {"id": "d1", "data": TIDE}}


@pytest.mark.parametrize("junk", [{}, {"messages": 7}, {"message": []}, {"message": {"content": 7}}, {"delta": []}])
def test_rubbish_raises_nothing(junk: dict[str, Any]) -> None:
    """Whatever a client or a server sends."""
    cohere.request(junk)
    cohere.response(junk)
    cohere.is_visible(junk)
    for kind in ("content-delta", "tool-call-start", "message-end", "message-start"):
        _seen(f"event: {kind}\ndata: {json.dumps({**junk, 'type': kind})}\n\n".encode(), {"messages": [], **junk})
