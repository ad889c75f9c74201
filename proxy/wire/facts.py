"""What every reader shares: careful access into untrusted JSON, token usage made disjoint, finish reasons mapped.

A provider may send anything; nothing here raises on a wrong type. ``Facts`` gathers what the events of one answer say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from proxy.exchange import FinishReason, Usage
from proxy.wire.usage import merged, usage_of

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
    #: Which price list the answer is under: OpenAI's and Anthropic's ``service_tier``, Anthropic's ``speed`` and
    #: ``inference_geo``; each as the provider says it.
    service_tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    #: Calls of tools that the provider ran, where the answer shows them and usage does not count them.
    calls: dict[str, int] = field(default_factory=dict)
    #: Of a list of models: when each is shut down, Unix seconds; ``None`` while that is not announced.
    shutdowns: dict[str, float | None] | None = None
    _counted: dict[str, Any] | None = None

    def identify(self, doc: dict[str, Any]) -> None:
        """Take id, model, fingerprint and provider where the document has them."""
        self.response_id = text(doc, "id") or self.response_id
        self.model = text(doc, "model") or self.model
        self.fingerprint = text(doc, "system_fingerprint") or self.fingerprint
        self.provider = text(doc, "provider") or self.provider
        self.service_tier = text(doc, "service_tier") or self.service_tier

    def take_usage(self, value: object) -> None:
        """Take a usage object of any provider, beside what others said before it; anything else leaves the answer as
        it was: unmetered, if there was none."""
        if not isinstance(value, dict):
            return
        self._counted = merged(self._counted, value) if self._counted is not None else value
        self.usage = usage_of(self._counted)
        self.service_tier = text(value, "service_tier") or text(value, "serviceTier") or self.service_tier
        self.speed = text(value, "speed") or self.speed
        self.geo = text(value, "inference_geo") or self.geo

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
