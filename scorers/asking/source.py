"""From a stored sample to a request that may be asked again, in the form of chat completions.

Parameters go by an allow-list. Never sent: ``user``, ``metadata``, cache keys, ``background``, ``conversation``,
``previous_response_id``; always sent: ``store: false``. Whether a sample can be asked again was read from the request
when it was sampled (``Sample.replayable``); what an older program wrote says nothing and is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from proxy.config.offpath import PARAMETERS
from proxy.exchange import Usage
from proxy.sample import Choice, Message, Sample, ToolCall
from proxy.wire.replay import CUT, NO_CONTENT, REASONS, REDACTED
from scorers.asking.answer import called
from scorers.judge.selection import CHARACTERS_A_TOKEN

#: An answer may have so many times the tokens of the one that was served, and at least as many as the second number.
_LONGER, _LEAST = 4, 1_024
_SYSTEM = ("system", "developer")


def replayable(sample: Sample | None) -> frozenset[str]:
    """Why a sample is not what production sent, or cannot be asked again; empty: it is whole.

    ``None`` is a sample whose text was not kept.
    """
    if sample is None or not sample.messages:
        return frozenset({NO_CONTENT})
    if sample.replayable is None:
        return frozenset({CUT})
    return frozenset(sample.replayable)


def reasons_of(sample: Sample | None) -> list[str] | None:
    """The reasons in their order, for people; ``None`` where nothing is known."""
    if sample is not None and sample.messages and sample.replayable is None:
        return None
    return [reason for reason in REASONS if reason in replayable(sample)]


def may_be_asked(reasons: frozenset[str]) -> bool:
    """Whether paired work takes it: whole ones, and those that were only redacted."""
    return reasons <= {REDACTED}


def cap_of(sample: Sample) -> int:
    """The most tokens that an answer may have: as many as the request allowed, and at most
    max(4 x the served answer's tokens, 1,024)."""
    most = max(_LONGER * _served_tokens(sample), _LEAST)
    asked = sample.parameters.get("max_tokens")
    return min(most, asked) if isinstance(asked, int) and asked > 0 else most


def _served_tokens(sample: Sample) -> int:
    usage = sample.exchange.usage or Usage()
    told = usage.output + usage.reasoning_output
    return told or round(sum(len(choice.text) for choice in sample.choices) / CHARACTERS_A_TOKEN)


def body_of(sample: Sample, parameters: Mapping[str, Any] | None = None, system: str | None = None) -> dict[str, Any]:
    """What is sent, without its model. ``parameters`` and ``system`` replace those of the request.

    Raises ``ValueError`` for a sample that may not be asked.
    """
    if not may_be_asked(replayable(sample)):
        raise ValueError("the sample cannot be asked again")
    messages = [_message(message) for message in sample.messages]
    if system is not None:
        messages = [{"role": "system", "content": system}, *(m for m in messages if m["role"] not in _SYSTEM)]
    own = {name: value for name, value in sample.parameters.items() if name in PARAMETERS}
    body: dict[str, Any] = {"messages": messages, **own}
    if tools := tools_of(sample):
        body["tools"] = tools
    if (wanted := format_of(sample)) is not None:
        body["response_format"] = wanted
    body |= {name: value for name, value in (parameters or {}).items() if name in PARAMETERS}
    limit = body.pop("max_completion_tokens", None) if "max_completion_tokens" in (parameters or {}) else None
    body["max_tokens"] = min(limit or body.get("max_tokens") or cap_of(sample), cap_of(sample))
    body.pop("max_completion_tokens", None)
    if not body.get("tools"):
        body.pop("tool_choice", None)
    return {**body, "store": False}


def tools_of(sample: Sample) -> list[dict[str, Any]]:
    """The tools of a request of any family as chat completions have them; what has no such form is left out."""
    return [made for tool in sample.tools if (made := _tool(orjson.loads(bytes(tool)))) is not None]


def format_of(sample: Sample) -> Any:  # noqa: ANN401 - JSON
    """The response format of a request of any family as chat completions have it; ``None`` where it asks for none."""
    return _format(orjson.loads(bytes(sample.response_format))) if sample.response_format is not None else None


def _message(message: Message) -> dict[str, Any]:
    """A message as chat completions have it."""
    content: Any = message.content
    if message.documents:
        texts = [*message.documents, message.content] if message.content else message.documents
        content = [{"type": "text", "text": text} for text in texts]
    made: dict[str, Any] = {"role": message.role, "content": content}
    if message.name:
        made["name"] = message.name
    if message.tool_calls:
        made["tool_calls"] = [_call(call, number) for number, call in enumerate(message.tool_calls)]
        made["content"] = content or None
    if message.tool_call_id:
        made["tool_call_id"] = message.tool_call_id
    return made


def _call(call: ToolCall, number: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.id or f"call_{number}", "type": "function", "function": function}


def _tool(tool: Any) -> dict[str, Any] | None:  # noqa: ANN401 - JSON
    """A tool of any family as chat completions have it."""
    if not isinstance(tool, dict):
        return None
    if isinstance(tool.get("function"), dict) or isinstance(tool.get("custom"), dict):
        return tool
    if tool.get("type") == "custom" and "input_schema" not in tool:
        inner = {name: tool[name] for name in ("name", "description", "format") if name in tool}
        return {"type": "custom", "custom": inner}
    inner = {name: tool[name] for name in ("name", "description", "parameters", "strict") if tool.get(name) is not None}
    if "input_schema" in tool:  # Anthropic's
        inner["parameters"] = tool["input_schema"]
    return {"type": "function", "function": inner} if "name" in inner else None


def _format(wanted: Any) -> Any:  # noqa: ANN401 - JSON
    """A response format of chat or of Responses as chat completions have it."""
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema" and "schema" in wanted:
        inner = {name: wanted[name] for name in ("name", "schema", "strict", "description") if name in wanted}
        return {"type": "json_schema", "json_schema": inner}
    return wanted


def answered(sample: Sample, answer: Mapping[str, Any]) -> Sample:
    """The sample with another answer in place of the served one (an ``Answer`` as JSON): what scorers read."""
    calls = [call for call in answer.get("tool_calls") or [] if isinstance(call, dict)]
    choice = Choice(
        text=str(answer.get("text") or ""),
        refusal=str(answer.get("refusal") or ""),
        tool_calls=tuple(_read_call(call) for call in calls),
        finish_reason=answer.get("finish_reason"),
    )
    return msgspec.structs.replace(sample, choices=(choice,), response_truncated=False)


def _read_call(call: Mapping[str, Any]) -> ToolCall:
    name, arguments = called(call)
    return ToolCall(
        name=name,
        arguments=arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode(),
        id=call["id"] if isinstance(call.get("id"), str) else None,
    )
