"""Captured messages in the conventions' JSON: roles, parts, tool calls, and the system prompt apart."""

from __future__ import annotations

import json

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample, ToolCall
from proxy.telemetry.content_capture import messages

CALL = ToolCall("find", '{"what":"lamp"}', "call_1")


def sample(given: tuple[Message, ...], choices: tuple[Choice, ...]) -> Sample:
    """A sample with this content."""
    exchange = Exchange(
        request_id="s1",
        instance="i",
        started_at=1.0,
        app="lamps",
        operation=Operation.CHAT,
        upstream="near",
        outcome=Outcome.OK,
        duration=0.1,
    )
    return Sample(id="s1", exchange=exchange, messages=given, choices=choices)


def test_every_role_has_its_place() -> None:
    """System and developer texts are instructions; users, assistants and tools are input, in their order."""
    given = (
        Message("system", "Look after lamps."),
        Message("developer", "Be short."),
        Message("user", "Where is it?"),
        Message("assistant", tool_calls=(CALL,)),
        Message("tool", "on the table", tool_call_id="call_1"),
    )
    found = messages(sample(given, (Choice(text="On the table.", finish_reason="stop"),)))
    assert json.loads(str(found["gen_ai.system_instructions"])) == [
        {"type": "text", "content": "Look after lamps."},
        {"type": "text", "content": "Be short."},
    ]
    assert json.loads(str(found["gen_ai.input.messages"])) == [
        {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "call_1", "name": "find", "arguments": '{"what":"lamp"}'}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "on the table"}]},
    ]
    assert json.loads(str(found["gen_ai.output.messages"])) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "On the table."}], "finish_reason": "stop"}
    ]


def test_every_choice_is_an_output() -> None:
    """Text and tool calls of each; reasoning is nobody's answer and stays here."""
    choices = (Choice(text="One.", reasoning="hidden"), Choice(index=1, tool_calls=(CALL,), finish_reason="tool_calls"))
    found = messages(sample((), choices))
    first, second = json.loads(str(found["gen_ai.output.messages"]))
    assert first == {"role": "assistant", "parts": [{"type": "text", "content": "One."}], "finish_reason": ""}
    assert second["parts"][0]["name"] == "find"
    assert "hidden" not in str(found)
    assert "gen_ai.system_instructions" not in found
