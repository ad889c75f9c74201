"""Messages that cases may have and that not every tool has a form for."""

from __future__ import annotations

from typing import Any

from scorers.cases import case as cases
from scorers.cases.case import Case

USER = {"role": "user", "content": "When is high tide?"}
TOLD = {"role": "tool", "tool_call_id": "t1", "content": "12:04"}


def _called(arguments: str, content: Any = "", **more: Any) -> list[dict[str, Any]]:
    call = {"id": "t1", "type": "function", "function": {"name": "tide_table", "arguments": arguments}}
    return [USER, {"role": "assistant", "content": content, "tool_calls": [call], **more}, TOLD]


_CUSTOM = {"id": "t1", "type": "custom", "custom": {"name": "tide_table", "input": "Cuxhaven, today"}}
_AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
_FILE = {"type": "file", "file": {"file_id": "file-1"}}

#: Name -> messages.
ODD: dict[str, list[dict[str, Any]]] = {
    "null content": _called("{}", None),
    "no content": [USER, {"role": "assistant", "tool_calls": _called("{}")[1]["tool_calls"]}, TOLD],
    "developer": [{"role": "developer", "content": "Be brief."}, USER],
    "function": [USER, {"role": "function", "name": "tide_table", "content": "12:04"}],
    "a name": [{**USER, "name": "ann"}],
    "a tool's name": [*_called("{}")[:2], {**TOLD, "name": "tide_table"}],
    "a custom call": [USER, {"role": "assistant", "content": None, "tool_calls": [_CUSTOM]}, TOLD],
    "arguments that are cut": _called('{"port": "Cux'),
    "arguments that are a list": _called("[1]"),
    "arguments with spaces": _called('{ "port" :  "Cuxhaven" }'),
    "large numbers": _called('{"a": 12345678901234567890123, "b": 1.0}'),
    "no arguments": _called(""),
    "a refusal": _called("{}", None, refusal="I cannot."),
    "nothing called": [USER, {"role": "assistant", "content": "At noon.", "tool_calls": None, "annotations": []}, USER],
    "an empty list of calls": [USER, {"role": "assistant", "content": "At noon.", "tool_calls": []}, USER],
    "reasoning": [USER, {"role": "assistant", "content": "At noon.", "reasoning_content": "Hm."}, USER],
    "an image": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://t.example/a.png"}}]}],
    "audio": [{"role": "user", "content": [{"type": "text", "text": "What is said?"}, _AUDIO]}],
    "a file alone": [{"role": "user", "content": [_FILE]}],
    "a cached text": [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "x"}}]}],
    "no parts": [{"role": "user", "content": []}],
    "no words": [{"role": "user", "content": ""}],
}


def odd_cases() -> list[Case]:
    """A case for each, with what our own field needs beside it."""
    return [
        cases.read({"id": name, "messages": messages, "expected": "12:04", "tags": ["odd"], "metadata": {"n": number}})
        for number, (name, messages) in enumerate(ODD.items())
    ]
