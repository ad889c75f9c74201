"""Recorded samples: one JSON object a line, as people write and keep them, to a ``Sample`` and back.

``{"id", "model", "app", "messages" or "prompt", "tools", "tool_choice", "context" or "contexts", "response",
"tool_calls", "finish_reason", "usage", "labels"}``; also ``refusal``, ``off_wire``, ``system_documents`` (whether
system and developer messages may hold documents), ``request_truncated``, ``response_truncated`` and ``ended`` (how the
exchange ended, where it did not end well), so that nothing that a score rests on is lost on the way out and in. Keys
that are not known are ignored. Without ``response``, a last message that is the assistant's is the response.
"""

from __future__ import annotations

import json
from typing import Any, TypeGuard

import msgspec
import orjson

from proxy.exchange import Exchange, Operation, Outcome, StreamEnd, Usage
from proxy.sample import Choice, Message, Sample, ToolCall
from proxy.wire.chat import request, tool_calls
from proxy.wire.usage import usage_of
from scorers.formats.chat import spoken
from scorers.formats.files import parse
from scorers.score import known_output

#: The instance that recorded samples come from.
INSTANCE = "recorded"


class _Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an exchange ended, as far as scores rest on it."""

    outcome: Outcome = Outcome.OK
    status: int | None = None
    stream_end: StreamEnd | None = None
    error: str | None = None
    wire_refusal: bool = False

    @classmethod
    def of(cls, exchange: Exchange) -> _Ended:
        """What there is to say; nothing of an exchange that ended well."""
        found = cls(exchange.outcome, exchange.status, exchange.stream_end, exchange.error, exchange.wire_refusal)
        good = cls(status=exchange.status, stream_end=exchange.stream_end)
        if found != good or exchange.stream_end not in (None, StreamEnd.COMPLETE) or (exchange.status or 200) >= 300:
            return found
        return cls()


def decode(line: bytes | str, number: int | str = 1) -> Sample:
    """The sample on one line; ``number`` (from 1, or any other name) becomes its id when it has none.

    Raises ``ValueError`` with one clear phrase: not JSON, not an object, a key that is missing or of the wrong type.
    """
    try:
        doc = parse(line)
        if not isinstance(doc, dict):
            raise ValueError("not a JSON object")
        return _sample(doc, number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _answered(doc: dict[str, Any]) -> dict[str, Any]:
    """The line with its answer in ``response``, where that was the last message instead."""
    found = doc.get("messages")
    if any(doc.get(key) is not None for key in ("response", "tool_calls", "refusal")) or not isinstance(found, list):
        return doc
    last = found[-1] if found else None
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return doc
    said = {key: last.get(key) for key in ("tool_calls", "refusal") if last.get(key)}
    return {**doc, "messages": found[:-1], "response": spoken(last.get("content")), **said}


def _sample(doc: dict[str, Any], number: int | str) -> Sample:
    doc = _answered(doc)
    identity = _identity(doc, number)
    if doc.get("tools") is not None and not _objects(doc["tools"]):
        raise ValueError("tools: not a list of objects")
    ended = _ended(doc)
    content = request({**doc, "messages": _messages(doc)} if "messages" in doc else {**doc, "prompt": _prompt(doc)})
    choice = _choice(doc)
    return Sample(
        id=identity,
        exchange=Exchange(
            request_id=identity,
            instance=INSTANCE,
            started_at=0.0,
            app=_text(doc, "app") or "other",
            operation=Operation.CHAT,
            upstream=INSTANCE,
            outcome=ended.outcome,
            duration=0.0,
            model_asked=_text(doc, "model") or None,
            status=ended.status,
            streamed=ended.stream_end is not None,
            stream_end=ended.stream_end,
            wire_refusal=ended.wire_refusal,
            error=ended.error,
            usage=usage_of(doc.get("usage")),
            choices=1,
        ),
        messages=tuple(content.messages),
        tools=tuple(content.tools),
        response_format=content.response_format,
        contexts=tuple(dict.fromkeys([*content.contexts, *_contexts(doc)])),
        choices=(choice,),
        answer_tools=tuple(content.answer_tools),
        off_wire=tuple(dict.fromkeys([*content.off_wire, *_texts(doc, "off_wire")])),
        system_documents=_flag(doc, "system_documents"),
        request_truncated=_flag(doc, "request_truncated"),
        response_truncated=_flag(doc, "response_truncated"),
        labels=_labels(doc),
    )


def _identity(doc: dict[str, Any], number: int | str) -> str:
    value = doc.get("id")
    if value is None or value == "":
        return str(number)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("id: not a string")
    return str(value)


def _objects(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _messages(doc: dict[str, Any]) -> list[dict[str, Any]]:
    value = doc["messages"]
    if not _objects(value):
        raise ValueError("messages: not a list of objects")
    for position, item in enumerate(value):
        if not isinstance(item.get("role"), str):
            raise ValueError(f"messages[{position}].role: missing, or not a string")
    return value


def _prompt(doc: dict[str, Any]) -> str:
    if "prompt" not in doc:
        raise ValueError("neither messages nor prompt")
    return _text(doc, "prompt")


def _choice(doc: dict[str, Any]) -> Choice:
    calls = doc.get("tool_calls")
    if calls is not None and not _objects(calls):
        raise ValueError("tool_calls: not a list of objects")
    if "response" not in doc and not calls and not doc.get("refusal"):
        raise ValueError("response: missing")
    return Choice(
        text=_text(doc, "response"),
        refusal=_text(doc, "refusal"),
        tool_calls=tool_calls(doc),
        finish_reason=_text(doc, "finish_reason") or None,
    )


def _text(doc: dict[str, Any], key: str) -> str:
    value = doc.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key}: not a string")
    return value


def _flag(doc: dict[str, Any], key: str) -> bool:
    value = doc.get(key)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{key}: neither true nor false")
    return bool(value)


def _ended(doc: dict[str, Any]) -> _Ended:
    try:
        return msgspec.convert(doc.get("ended") or {}, _Ended)
    except msgspec.ValidationError as error:
        raise ValueError(f"ended: {error}") from None


def _texts(doc: dict[str, Any], key: str) -> tuple[str, ...]:
    value = doc.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key}: not a list of strings")
    return tuple(value)


def _contexts(doc: dict[str, Any]) -> tuple[str, ...]:
    one = _text(doc, "context")
    return (*_texts(doc, "contexts"), *((one,) if one else ()))


def _labels(doc: dict[str, Any]) -> dict[str, str]:
    value = doc.get("labels")
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(label in ("yes", "no") for label in value.values()):
        raise ValueError('labels: not an object of "yes" and "no"')
    for name in value:
        scorer, _, output = name.partition(".")
        try:
            known_output(scorer, output)
        except ValueError as error:
            raise ValueError(f"labels: {name[:64]!r} is no scorer.output: {error}") from None
    return value


def encode(sample: Sample, choice: int = 0) -> bytes:
    """One line without its end: the sample with its choice at position ``choice``; empty keys are left out."""
    answer = sample.choices[choice] if sample.choices else Choice()
    usage = sample.exchange.usage
    doc: dict[str, object] = {
        "id": sample.id,
        "model": sample.exchange.model,
        "app": sample.exchange.app,
        "messages": [_message(message) for message in sample.messages],
        "tools": [_plain(tool) for tool in sample.tools],
        "tool_choice": _forced(sample.answer_tools),
        "response_format": _plain(sample.response_format) if sample.response_format is not None else None,
        "contexts": list(sample.contexts),
        "response": answer.text,
        "refusal": answer.refusal,
        "tool_calls": [_call(call) for call in answer.tool_calls],
        "finish_reason": answer.finish_reason,
        "usage": _usage(usage) if usage is not None else None,
        "off_wire": list(sample.off_wire),
        "system_documents": sample.system_documents,
        "request_truncated": sample.request_truncated,
        "response_truncated": sample.response_truncated,
        "ended": msgspec.to_builtins(_Ended.of(sample.exchange)),
        "labels": sample.labels,
    }
    kept = {key: value for key, value in doc.items() if value or key in ("messages", "response")}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")


def _forced(names: tuple[str, ...]) -> object:
    return {"type": "function", "function": {"name": names[0]}} if names else None


def _plain(value: msgspec.Raw) -> object:
    plain: object = orjson.loads(bytes(value))
    return plain


def _call(call: ToolCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _message(message: Message) -> dict[str, object]:
    content: object = message.content
    if message.documents or message.other_parts:
        content = [
            {"type": "text", "text": message.content},
            *({"type": "document", "source": {"type": "text", "data": text}} for text in message.documents),
            *({"type": kind} for kind in message.other_parts),
        ]
    doc: dict[str, object] = {"role": message.role, "content": content}
    if message.name:
        doc["name"] = message.name
    if message.tool_calls:
        doc["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.tool_call_id:
        doc["tool_call_id"] = message.tool_call_id
    return doc


def _usage(usage: Usage) -> dict[str, object]:
    """In OpenAI's words, where the parts are inside the totals."""
    inside = {"cached_tokens": usage.cached_input}
    if usage.cache_write:
        inside["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": usage.input + usage.cached_input + usage.cache_write,
        "completion_tokens": usage.output + usage.reasoning_output,
        "prompt_tokens_details": inside,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_output},
    }
