"""Format: is the answer what the request's own schema allows (``invalid``)?

Evidence is a requested JSON format (any object, or a schema) and the definitions of tools. A value is 1 or 0: JSON that
does not parse or does not match; a call of a tool that was not offered, or whose arguments do not parse or match; a
call written into the text instead. What the application got counts, so JSON that the token limit cut is invalid.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from proxy.sample import Choice, Sample, ToolCall
from proxy.settings import ScorerSettings
from scorers.evidence import lacking, unscorable
from scorers.judged import Event, judged
from scorers.schema import Undecided, mismatch
from scorers.score import Reason, Score, Scorer
from scorers.text import answer_text

INVALID = Event("format", "invalid", "format-1", 0.5)
#: Characters of an answer or of a call's arguments; beyond, it is ``too_long``.
MAX_CHARACTERS = 2_000_000
#: A call that was written out instead of made.
_WRITTEN = re.compile(r"<tool_call>|<\|python_tag\|>|<function=|\[TOOL_CALLS\]|<function_calls?>|<\|tool_call")
_HEAD = 2_000


def format_validity(settings: ScorerSettings) -> Scorer:
    """The scorer: one ``invalid`` a choice, weight 1/n. ``settings.threshold`` changes nothing: values are 0 and 1."""
    event = INVALID.at(settings)

    async def score(sample: Sample) -> list[Score]:
        wanted, offered = _wanted(sample), _offered(sample)
        return [
            judged(sample, choice, event, *_found(sample, choice, wanted, offered))
            for choice in sample.choices or (Choice(),)
        ]

    return score


def _found(
    sample: Sample, choice: Choice, wanted: dict[str, Any] | None, offered: dict[str, Any] | None
) -> tuple[float | Reason, str]:
    reason = unscorable(sample, choice)
    if reason is not None and reason is not Reason.TOOL_CALL_ONLY:
        return reason, ""
    if sample.response_truncated:
        return Reason.INCOMPLETE, ""
    if wanted is None and offered is None:
        # Without a definition only the syntax of a call can be judged, and a sound one proves nothing.
        broken = next((told for call in choice.tool_calls if (told := _call(call, {}, known=False))), "")
        return (1.0, broken) if broken else (lacking(sample, Reason.NO_EVIDENCE), "")
    text = answer_text(choice.text)
    if len(text) + sum(len(call.arguments) for call in choice.tool_calls) > MAX_CHARACTERS:
        return Reason.TOO_LONG, ""
    told = next((wrong for call in choice.tool_calls if (wrong := _call(call, offered or {}, known=bool(offered)))), "")
    if not told and wanted is not None and text.strip():
        told = _text(text, wanted)
    if not told and offered and not choice.tool_calls and wanted is None and _writes_call(text, offered):
        told = "a tool call written as text"
    return (1.0, told) if told else (0.0, "")


def _wanted(sample: Sample) -> dict[str, Any] | None:
    """The requested format as ``{"schema": ...}``, empty for any JSON object; ``None`` when plain text will do."""
    doc = _loaded(sample.response_format)
    kind = doc.get("type")
    if kind == "json_object":
        return {}
    if kind != "json_schema":
        return None
    inner = doc.get("json_schema")
    holder = inner if isinstance(inner, dict) else doc
    return {"schema": holder["schema"]} if isinstance(holder.get("schema"), dict) else {}


def _offered(sample: Sample) -> dict[str, Any] | None:
    """Tool name -> schema of its arguments (``None``: free text); ``None`` when no function was offered."""
    found: dict[str, Any] = {}
    for raw in sample.tools:
        doc = _loaded(raw)
        inner = doc.get("function")
        holder = inner if isinstance(inner, dict) else doc
        name = holder.get("name")
        if isinstance(name, str):
            free = doc.get("type") == "custom"
            found[name] = None if free else holder.get("parameters", holder.get("input_schema", {}))
    return found or None


def _loaded(raw: object) -> dict[str, Any]:
    if raw is None:
        return {}
    try:
        doc = orjson.loads(bytes(raw))  # type: ignore[call-overload]
    except orjson.JSONDecodeError:
        return {}
    return doc if isinstance(doc, dict) else {}


def _text(text: str, wanted: dict[str, Any]) -> str:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error.msg}"
    if not wanted:
        return "" if isinstance(value, dict) else "not a JSON object"
    return _mismatch(value, wanted["schema"])


def _call(call: ToolCall, offered: dict[str, Any], *, known: bool) -> str:
    if known and call.name not in offered:
        return f"{call.name[:60]}: no such tool"
    schema = offered.get(call.name, {})
    if schema is None:
        return ""
    try:
        # A tool without parameters is called with nothing, or with an empty object.
        value = orjson.loads(call.arguments or "{}")
    except orjson.JSONDecodeError as error:
        return f"{call.name[:60]}: arguments are not JSON: {error.msg}"
    if not isinstance(value, dict):
        return f"{call.name[:60]}: arguments are not an object"
    wrong = _mismatch(value, schema)
    return f"{call.name[:60]}{wrong[1:]}" if wrong else ""


def _mismatch(value: object, schema: object) -> str:
    try:
        return mismatch(value, schema)
    except Undecided:
        return ""  # a schema that can not be followed is no fault of the answer


def _writes_call(text: str, offered: dict[str, Any]) -> bool:
    head = text.strip()[:_HEAD]
    if _WRITTEN.search(head):
        return True
    if not head.startswith(("{", "[", "```")):
        return False
    return any(f'"name": "{name}"' in head or f'"name":"{name}"' in head for name in offered)
