"""The text of a redacted sample in the JSON format of OpenTelemetry's conventions, if content capture is on."""

from __future__ import annotations

import orjson

from proxy.sample import Message, Sample
from proxy.telemetry.genai import Attributes


def messages(sample: Sample) -> Attributes:
    """Messages in the JSON format of the conventions: role and parts."""
    system = [message for message in sample.messages if message.role in ("system", "developer")]
    others = [_message(message) for message in sample.messages if message.role not in ("system", "developer")]
    answers = [
        {
            "role": "assistant",
            "parts": [
                *([{"type": "text", "content": choice.text}] if choice.text else []),
                *(
                    {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
                    for call in choice.tool_calls
                ),
            ],
            "finish_reason": choice.finish_reason or "",
        }
        for choice in sample.choices
    ]
    found: Attributes = {
        "gen_ai.input.messages": orjson.dumps(others).decode(),
        "gen_ai.output.messages": orjson.dumps(answers).decode(),
    }
    if system:
        parts = [{"type": "text", "content": message.content} for message in system]
        found["gen_ai.system_instructions"] = orjson.dumps(parts).decode()
    return found


def _message(message: Message) -> dict[str, object]:
    if message.role == "tool":
        part: dict[str, object] = {
            "type": "tool_call_response",
            "id": message.tool_call_id,
            "response": message.content,
        }
        return {"role": "tool", "parts": [part]}
    parts: list[dict[str, object]] = [{"type": "text", "content": message.content}] if message.content else []
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    return {"role": message.role, "parts": parts}
