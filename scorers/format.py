"""Format: does the answer match the schema in the request (``invalid``)?

The schema is a requested JSON format (any object, or a JSON schema) and the tool definitions. A value is 1 or 0. It is
1 for JSON that does not parse or does not match, for a call of a tool that was not offered, for a call whose arguments
do not parse or do not match, and for a call written into the text. The scorer judges what the application received, so
JSON that the token limit cut off is invalid.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from proxy.config.settings import ScorerSettings
from proxy.sample import Sample, ToolCall
from scorers.reading.evidence import lacking, prefilled
from scorers.reading.json_schema import Undecided, mismatch
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.text import answer_text
from scorers.reading.verdicts import Event, judged
from scorers.reading.written_call import sent_to_tool, written_call
from scorers.score import Reason, Score

INVALID = Event("format", "invalid", "format-5", 0.5)
#: Longest answer, or arguments of a call, in characters. Longer ones are unscored as ``too_long``.
MAX_CHARACTERS = 2_000_000
_WRITTEN = "a tool call written as text"
#: Types of a requested JSON format, and the one that means it only with a schema (TGI, TensorRT-LLM).
_BARE = "json"
_KINDS = ("json_object", "json_schema", _BARE)
#: Members of which a schema has at least one.
_SCHEMA = frozenset(("type", "properties", "required", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "items"))
#: Kinds of tools that provide further tools, whose names the request does not list.
_OPEN = ("mcp", "mcp_toolset", "tool_search")
#: Anthropic's sets of tools, which name none (``browser_toolset_20260801``).
_TOOLSET = re.compile(r"_toolset_\d{8}\Z")
#: Tools that OpenAI defines: the kind in a request, and the name of a call (``proxy.wire.client_calls``).
_DEFINED = {
    **{kind: kind for kind in ("shell", "local_shell", "apply_patch", "computer")},
    "computer_use_preview": "computer",
    "openrouter:apply_patch": "apply_patch",
}
#: Deepest nesting of namespaces.
_DEEPEST = 4


def format_validity(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: one ``invalid`` per choice, weight 1/n. ``settings.threshold`` has no effect: values are 0 and 1."""
    event = INVALID.at(settings)

    def score(reading: Reading) -> list[Score]:
        sample = reading.sample
        wanted, offered = _wanted(sample), _offered(sample)
        return [
            judged(sample, answer.choice, event, *_found(sample, answer, wanted, offered)) for answer in reading.answers
        ]

    return ReadingScorer(score)


def _found(
    sample: Sample, answer: Answer, wanted: dict[str, Any] | None, offered: _Offered | None
) -> tuple[float | Reason, str]:
    reason, choice = answer.unscorable, answer.choice
    if reason is Reason.NO_TEXT and offered and sent_to_tool(choice.text[:MAX_CHARACTERS], offered.schemas):
        return 1.0, _WRITTEN
    if reason is not None and reason is not Reason.TOOL_CALL_ONLY:
        return reason, ""
    if sample.response_truncated:
        return Reason.INCOMPLETE, ""
    if wanted is None and offered is None:
        # Without a definition only the syntax of a call can be checked, and valid syntax proves nothing.
        broken = next((told for call in choice.tool_calls if (told := _call(call, None))), "")
        return (1.0, broken) if broken else (lacking(sample, Reason.NO_EVIDENCE), "")
    text = answer_text(choice.text)
    if len(text) + sum(len(call.arguments) for call in choice.tool_calls) > MAX_CHARACTERS:
        return Reason.TOO_LONG, ""
    told = next((wrong for call in choice.tool_calls if (wrong := _call(call, offered))), "")
    if not told and wanted is not None and text.strip():
        told = _text(text, wanted)
        if told and (begun := prefilled(sample)) and not _text(begun + text, wanted):
            told = ""  # the request has the beginning of the answer
    if not told and offered and not choice.tool_calls and wanted is None and written_call(text, offered.schemas):
        told = _WRITTEN
    return (1.0, told) if told else (0.0, "")


def _wanted(sample: Sample) -> dict[str, Any] | None:
    """The requested format as ``{"schema": ...}``; empty for any JSON object; ``None`` when plain text is
    acceptable."""
    doc = _loaded(sample.response_format)
    kind = doc.get("type")
    if kind not in _KINDS:
        return None
    # Together, Fireworks and llama.cpp take a schema with ``json_object``, too; Cohere has it without a name around it.
    inner = doc.get("json_schema")
    holder = inner if isinstance(inner, dict) else doc
    schema = holder["schema"] if isinstance(holder.get("schema"), dict) else _value(doc)
    if not isinstance(schema, dict):
        given = (holder.get("schema"), doc.get("response_schema"), inner)
        schema = next((found for one in given if (found := _schema(one)) is not None), None)
    if isinstance(schema, dict):
        return {"schema": schema}
    return None if kind == _BARE else {}


def _schema(value: object) -> dict[str, Any] | None:
    """A schema, or its text; ``None`` for anything else, such as an object that only holds one."""
    if isinstance(value, str):
        value = _loaded(value.encode("utf-8", "replace"))
    return value if isinstance(value, dict) and not _SCHEMA.isdisjoint(value) else None


def _value(doc: dict[str, Any]) -> object:
    """The schema that TGI holds in ``value``: an object, its text, or with ``json_schema`` an object that has it."""
    value = doc.get("value")
    if isinstance(value, str):
        return _loaded(value.encode("utf-8", "replace")) or None
    named = value.get("schema") if isinstance(value, dict) and doc.get("type") == "json_schema" else None
    return named if isinstance(named, dict) else value


def _offered(sample: Sample) -> _Offered | None:
    """The tools that may be called; ``None`` when no function was offered."""
    found = _Offered()
    for raw in sample.tools:
        found.take(_loaded(raw))
    return found if found.schemas else None


class _Offered:
    """Tools by name, each with the schemas of its arguments (``None``: free text). Two namespaces may hold tools of
    the same name. ``open``: tools that the request does not list may be called (MCP servers, tools found by a
    search). ``defined``: tools that the provider defines and the application runs, by the names of their calls."""

    def __init__(self) -> None:
        self.schemas: dict[str, list[Any]] = {}
        self.open = False
        self.defined: set[str] = set()

    def take(self, tool: dict[str, Any], depth: int = 0) -> None:
        """Add one definition, in the form of any API family. A namespace contains further definitions."""
        kind = tool.get("type")
        inner = tool.get("tools")
        if kind == "namespace" and isinstance(inner, list) and depth < _DEEPEST:
            for each in inner:
                if isinstance(each, dict):
                    self.take(each, depth + 1)
            return
        holder = next((part for key in ("function", "custom") if isinstance(part := tool.get(key), dict)), tool)
        name = holder.get("name")
        if kind in _OPEN or _TOOLSET.search(str(kind)):
            self.open = True
        elif kind in _DEFINED:
            self.defined.add(_DEFINED[kind])
        elif isinstance(name, str):
            # Anthropic writes ``custom`` on a usual tool, OpenAI on one that takes any text.
            free = kind == "custom" and "input_schema" not in holder
            given = (holder.get(key) for key in ("parameters", "input_schema"))
            schema: Any = None if free else next((one for one in given if one is not None), {})
            self.schemas.setdefault(name, []).append(schema)


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


def _call(call: ToolCall, offered: _Offered | None) -> str:
    if offered is not None and call.name not in offered.schemas and not (offered.open or call.name in offered.defined):
        return f"{call.name[:60]}: no such tool"
    schemas = offered.schemas.get(call.name, [{}]) if offered is not None else [{}]
    if None in schemas:
        return ""
    try:
        # A tool without parameters is called with nothing, or with an empty object.
        value = orjson.loads(call.arguments or "{}")
    except orjson.JSONDecodeError as error:
        return f"{call.name[:60]}: arguments are not JSON: {error.msg}"
    if not isinstance(value, dict):
        return f"{call.name[:60]}: arguments are not an object"
    wrong = [_mismatch(value, schema) for schema in schemas]
    return "" if not all(wrong) else f"{call.name[:60]}{wrong[0][1:]}"


def _mismatch(value: object, schema: object) -> str:
    try:
        return mismatch(value, schema)
    except Undecided:
        return ""  # a schema that cannot be resolved is not the answer's fault
