"""Passes each text of a sample and each string of a JSON document to the redaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from proxy.redact.engine import Seen, placeholder
from proxy.redact.secret_values import Form, Named, is_secret, kind_of
from proxy.sample import Choice, Message, Sample, ToolCall

Clean = Callable[[str], str]

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_DEEPEST = 64
#: Keys whose value is the name of the secret that stands beside it, and the keys of that secret.
_NAMES, _VALUES = ("name", "key", "Name", "Key"), ("value", "Value", "content")
#: A number that is as long as a card's or a phone's.
_LONG = 10**7
#: Values of parameters that are no text and no number of anything, and parameters that count.
_WEIGHTS = (float, bool)
_COUNTS = frozenset({"temperature", "top_p", "max_tokens"})
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class _Walker:
    """Redacts JSON, text by text. The whole value of a name that indicates a secret is replaced."""

    def __init__(self, clean: Clean, seen: Seen) -> None:
        self.clean = clean
        self._seen = seen

    def arguments(self, text: str) -> str:
        """JSON arguments stay valid JSON. If nothing is redacted, they are unchanged."""
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.clean(text)
        cleaned = self.walk(value, 0)
        return text if cleaned == value else orjson.dumps(cleaned).decode()

    def raw(self, value: msgspec.Raw) -> msgspec.Raw:
        """A JSON value with its strings and long numbers redacted one by one, so that it stays valid JSON."""
        return msgspec.Raw(orjson.dumps(self.walk(orjson.loads(bytes(value)), 0)))

    def mapping(self, node: dict[str, Any]) -> dict[str, Any]:
        """A JSON object with its strings redacted."""
        return self._object(node, 0)

    def walk(self, node: object, depth: int) -> object:
        """``node`` redacted. Parts that are nested too deeply are left out."""
        if isinstance(node, str):
            return self.clean(node)
        if isinstance(node, int) and node >= _LONG:  # a card or a phone may be written as a number
            text = str(node)
            return node if (cleaned := self.clean(text)) == text else cleaned
        if depth > _DEEPEST:
            return None
        if isinstance(node, list):
            return [self.walk(item, depth + 1) for item in node]
        if isinstance(node, dict):
            return self._object(node, depth)
        return node

    def _object(self, node: dict[str, object], depth: int) -> dict[str, object]:
        named = next((node[key] for key in _NAMES if isinstance(node.get(key), str)), None)
        cleaned: dict[str, object] = {}
        for key, value in node.items():
            beside = named if key in _VALUES and isinstance(named, str) else key
            told = self._told(beside, value)
            cleaned[self.clean(key)] = self.walk(value, depth + 1) if told is None else told
        return cleaned

    def _told(self, name: str, value: object) -> str | None:
        """The placeholder of a value whose name says that it is a secret."""
        if isinstance(value, bool) or not isinstance(value, str | int) or len(name) > 120:
            return None
        kind = Named.SECRET if name.lower() in _HEADERS else kind_of(name)
        text = str(value)
        if kind is None or (isinstance(value, int) and kind is not Named.PASSWORD):
            return None
        if name.lower() in _HEADERS or not is_secret(kind, text, Form.QUOTED):
            return self._header(name, text) if name.lower() in _HEADERS else None
        if (cleaned := self.clean(text)) != text and cleaned.startswith("[") and cleaned.endswith("]"):
            return cleaned  # a key of the table has its own kind
        return placeholder("PASSWORD" if kind is Named.PASSWORD else "SECRET", text, self._seen)

    def _header(self, name: str, text: str) -> str | None:
        """A header's value, cleaned as its line would be."""
        cleaned = self.clean(f"{name}: {text}")
        return cleaned[len(name) + 2 :] if cleaned.startswith(f"{name}: ") else None


def texts_of(sample: Sample) -> list[str] | None:
    """All that ``clean_sample`` would pass to its ``clean``; ``None`` for a sample with anything else to redact, such
    as JSON, or with documents, which may be long."""
    if sample.tools or sample.response_format is not None:
        return None
    texts = [*sample.contexts, *sample.answer_tools]
    for name, value in sample.parameters.items():
        if not (type(value) in _WEIGHTS or (type(value) is int and name in _COUNTS and value < _LONG)):
            return None
        texts.append(name)
    for message in sample.messages:
        if message.tool_calls or message.documents or message.other_parts or message.name or message.tool_call_id:
            return None
        texts.append(message.content)
        if message.role not in _ROLES:
            texts.append(message.role)
    for choice in sample.choices:
        if choice.tool_calls:
            return None
        texts += (choice.text, choice.refusal, choice.reasoning, choice.finish_reason or "")
    return texts


def clean_sample(sample: Sample, clean: Clean, seen: Seen) -> Sample:
    """The sample with all its texts redacted."""
    walker = _Walker(clean, seen)
    return msgspec.structs.replace(
        sample,
        messages=tuple([_message(message, walker) for message in sample.messages]),
        contexts=tuple([clean(text) for text in sample.contexts]),
        choices=tuple([_choice(choice, walker) for choice in sample.choices]),
        answer_tools=tuple([clean(name) for name in sample.answer_tools]),
        tools=tuple([walker.raw(tool) for tool in sample.tools]),
        parameters=walker.mapping(sample.parameters) if sample.parameters else {},
        response_format=walker.raw(sample.response_format) if sample.response_format is not None else None,
    )


def _calls(calls: tuple[ToolCall, ...], walker: _Walker) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(walker.clean(call.name), walker.arguments(call.arguments), walker.clean(call.id) if call.id else None)
        for call in calls
    )


def _message(message: Message, walker: _Walker) -> Message:
    clean = walker.clean
    content, role = clean(message.content), message.role if message.role in _ROLES else clean(message.role)
    if not (message.name or message.tool_calls or message.tool_call_id or message.documents or message.other_parts):
        same = content is message.content and role is message.role
        return message if same else Message(role, content)
    return msgspec.structs.replace(
        message,
        content=content,
        role=role,
        name=clean(message.name) if message.name else None,
        tool_call_id=clean(message.tool_call_id) if message.tool_call_id else None,
        other_parts=tuple(clean(part) for part in message.other_parts),
        tool_calls=_calls(message.tool_calls, walker),
        documents=tuple(clean(document) for document in message.documents),
    )


def _choice(choice: Choice, walker: _Walker) -> Choice:
    clean = walker.clean
    text, finish = clean(choice.text), clean(choice.finish_reason) if choice.finish_reason else None
    if (
        text is choice.text
        and finish == choice.finish_reason
        and not (choice.refusal or choice.reasoning or choice.tool_calls)
    ):
        return choice
    return msgspec.structs.replace(
        choice,
        text=text,
        refusal=clean(choice.refusal),
        reasoning=clean(choice.reasoning),
        finish_reason=finish,
        tool_calls=_calls(choice.tool_calls, walker),
    )
