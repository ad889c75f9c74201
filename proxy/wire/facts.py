"""What every reader shares: careful access into untrusted JSON, token usage made disjoint, finish reasons mapped.

A provider may send anything; nothing here raises on a wrong type. ``Facts`` gathers what the events of one answer say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from proxy.exchange import FinishReason, Usage

_FINISH: dict[str, FinishReason] = {
    "stop": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "completed": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "max_output_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "tool_use": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
    "refusal": FinishReason.REFUSAL,
    "incomplete": FinishReason.INCOMPLETE,
    "cancelled": FinishReason.INCOMPLETE,
    "error": FinishReason.ERROR,
    "failed": FinishReason.ERROR,
}

_GIVEN = ("completion_tokens", "output_tokens")


@dataclass(slots=True)
class Facts:
    """What one answer says of itself, gathered from a document or from events. ``terminated``: its own end was seen."""

    response_id: str | None = None
    model: str | None = None
    fingerprint: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None
    refusal: bool = False
    choices: int = 0
    error: str | None = None
    terminated: bool = False

    def identify(self, doc: dict[str, Any]) -> None:
        """Take id, model, fingerprint and provider where the document has them."""
        self.response_id = text(doc, "id") or self.response_id
        self.model = text(doc, "model") or self.model
        self.fingerprint = text(doc, "system_fingerprint") or self.fingerprint
        self.provider = text(doc, "provider") or self.provider

    def take_usage(self, value: object) -> None:
        """Take a usage object of any provider; anything else leaves the answer unmetered."""
        usage = usage_of(value)
        if usage is not None:
            self.usage = usage

    def take_finish(self, value: object) -> None:
        """Take a provider's finish reason."""
        if isinstance(value, str):
            self.finish_reason = _FINISH.get(value) or _FINISH.get(value.lower(), FinishReason.OTHER)
            if self.finish_reason in (FinishReason.CONTENT_FILTER, FinishReason.REFUSAL):
                self.refusal = True

    def take_error(self, value: object) -> None:
        """Take an error object: its code or type only, for a message may quote the request."""
        if value:
            self.error = (text(value, "code") or text(value, "type") or "error")[:80]


def load(data: bytes | memoryview) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The JSON value in ``data``, or ``None`` when there is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def text(doc: object, key: str) -> str | None:
    """``doc[key]`` when it is a non-empty string of storable length."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value[:256] if isinstance(value, str) and value else None


def string(doc: object, key: str) -> str:
    """``doc[key]`` when it is a string, of any length; else the empty string."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value if isinstance(value, str) else ""


def items(doc: object, key: str) -> list[dict[str, Any]]:
    """The objects in the list ``doc[key]``."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def child(doc: object, key: str) -> dict[str, Any]:
    """The object ``doc[key]``, or an empty one."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value if isinstance(value, dict) else {}


def place(doc: dict[str, Any], default: int) -> int:
    """``doc["index"]`` when it can be the place of a choice, a call or a block; else ``default``."""
    value = doc.get("index")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 128 else default


def dump(value: object) -> bytes | None:
    """JSON of a value that came from outside; ``None`` when it is nested too deeply to be written again."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return None


def count(doc: dict[str, Any], *keys: str) -> int | None:
    """The first of these keys that holds a number of tokens."""
    for key in keys:
        value = doc.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
            return value
    return None


def output_beside(taken: int, given: int, reasoning: int, total: int | None) -> int:
    """Output tokens without the reasoning ones. xAI counts those beside the completion, everybody else inside it; the
    total tells."""
    return given if reasoning > given or total == taken + given + reasoning else given - reasoning


def usage_of(value: object) -> Usage | None:
    """Usage in the words of OpenAI (chat and responses), Anthropic or DeepSeek, with the types made disjoint.

    ``None`` when it counts neither what went in nor what came out: a total alone says nothing of either.
    """
    if not isinstance(value, dict):
        return None
    counted_in, counted_out = count(value, "prompt_tokens", "input_tokens"), count(value, *_GIVEN)
    if counted_in is None and counted_out is None:
        return None
    taken, given = counted_in or 0, counted_out or 0
    details = child(value, "completion_tokens_details") or child(value, "output_tokens_details")
    reasoning = count(details, "reasoning_tokens") or 0
    output = output_beside(taken, given, reasoning, count(value, "total_tokens"))
    if "cache_read_input_tokens" in value or "cache_creation_input_tokens" in value:
        # Anthropic counts cache reads and writes beside input_tokens, not inside.
        read, write = count(value, "cache_read_input_tokens") or 0, count(value, "cache_creation_input_tokens") or 0
        return Usage(taken, read, write, output, reasoning)
    details = child(value, "prompt_tokens_details") or child(value, "input_tokens_details")
    cached = count(details, "cached_tokens") or count(value, "prompt_cache_hit_tokens") or 0
    return Usage(max(0, taken - cached), cached, 0, output, reasoning)
