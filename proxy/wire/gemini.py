"""Reader for Gemini's native API: ``generateContent`` and ``streamGenerateContent`` (SSE or a JSON array).

Requests and answers are translated to the chat format, so that the chat reader can process them. Supported variations:
thoughts are mixed with other parts (``thought``) and counted beside the candidates in the usage; calls have no id and
their arguments are objects; a stream has no end marker; a blocked prompt has no candidate. A request may write each
name in camel or in snake case (``fileData``, ``file_data``), as JSON of protocol buffers may.

Source: ai.google.dev, "Generating content" and "Function calling"; google-genai 3.6.1, ``types.py``; protobuf.dev,
"ProtoJSON Format".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from proxy.sample import Choice
from proxy.wire import chat
from proxy.wire import hosted_tools as hosted
from proxy.wire.content import Prose, RequestContent, decoded
from proxy.wire.facts import Facts, child, dump, items, load_object, load_pieces, place, string, text
from proxy.wire.gemini_calls import calls_in
from proxy.wire.sse import Event

_PARAMETERS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxOutputTokens": "max_tokens",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "candidateCount": "n",
    "seed": "seed",
}
#: Schemas are nested no deeper than this.
_DEEPEST = 32
#: Keywords of a schema that a request may write in snake case.
_KEYWORDS = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "additional_properties": "additionalProperties",
}
#: Parts of an answer that are no text.
_APART = frozenset(("executableCode", "codeExecutionResult", "functionCall", "toolCall", "toolResponse", "inlineData"))
#: The model that writes, a person, and who ran a function, in chat's words.
_ROLES = {"model": "assistant", "user": "user", "function": "tool", "tool": "tool"}


def told(doc: dict[str, Any]) -> dict[str, Any]:
    """A request in the chat format. Fields that already have that format are kept."""
    if "contents" not in doc and "systemInstruction" not in doc and "system_instruction" not in doc:
        return doc
    config = _child(doc, "generationConfig")
    known = {ours: value for theirs, ours in _PARAMETERS.items() if (value := _member(config, theirs)) is not None}
    if isinstance(level := _member(_child(config, "thinkingConfig"), "thinkingLevel"), str):
        known["reasoning_effort"] = level.lower()
    system = _child(doc, "systemInstruction")
    messages = [{"role": "system", "content": _parts(system)}] if system else []
    contents = doc.get("contents")
    if isinstance(contents, str):
        messages.append({"role": "user", "content": contents})
    single = [child(doc, "contents")] if isinstance(contents, dict) else []
    for content in single or items(doc, "contents"):
        messages += _messages(content)
    known |= {"messages": messages, **_tools(doc), **_format(config)}
    return {**{key: doc[key] for key in ("model", "stream", "service_tier") if key in doc}, **known}


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request."""
    content = chat.request(told(doc))
    # Answers show what Google's tools did, so that to offer one tells nothing.
    content.off_wire = [name for name in content.off_wire if name not in (hosted.SEARCH, hosted.TOOL)]
    if string(doc, "cachedContent") or string(doc, "cached_content"):
        content.off_wire.append(hosted.CACHED)
    parts = [part for item in items(doc, "contents") for part in _listed(item) if "text" not in part]
    if any(_child(part, "fileData") for part in parts):
        content.off_wire.append("files")
    if any(hosted.is_gemini_search(_child(part, "toolResponse")) for part in parts):
        content.off_wire.append(hosted.SEARCH)
    return content


@lru_cache(maxsize=128)
def _snake(name: str) -> str:
    """A name of ours, which is in camel case, in snake case."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _member(doc: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The member of a request that is called ``name``, in either case; ``None`` if it has none."""
    value = doc.get(name)
    return doc.get(_snake(name)) if value is None else value


def _child(doc: dict[str, Any], name: str) -> dict[str, Any]:
    """``_member`` if it is an object, or an empty one."""
    return child(doc, name) or child(doc, _snake(name))


def _listed(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a content in a request. Google takes a single one without its list."""
    return items(content, "parts") or ([single] if (single := child(content, "parts")) else [])


def _messages(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of one content: function results and text."""
    parts = [part for part in _listed(content) if len(part) > 1 or "text" not in part]
    found = [_result(result) for part in parts if (result := _child(part, "functionResponse"))]
    for part in parts:
        if ran := _child(part, "codeExecutionResult"):
            found.append({"role": "tool", "content": string(ran, "output")})
    calls = [_call(call) for part in parts if (call := _child(part, "functionCall"))]
    said = _parts(content)
    if said or calls:
        role = string(content, "role")
        message: dict[str, Any] = {"role": _ROLES.get(role, "user"), "content": said}
        found.append({**message, "tool_calls": calls} if calls else message)
    return found


def _parts(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The text of a content as chat parts, without thoughts."""
    found: list[dict[str, Any]] = []
    for part in _listed(content):
        if part.get("thought") is True:
            continue
        if string(part, "text"):
            found.append({"type": "text", "text": part["text"]})
        elif data := _child(part, "inlineData"):
            found.append(_data(data))
        elif _child(part, "fileData"):
            found.append({"type": "file"})
    return found


def _data(data: dict[str, Any]) -> dict[str, Any]:
    kind = string(data, "mimeType") or string(data, "mime_type")
    if not kind.startswith("text/"):
        return {"type": kind.partition("/")[0] or "file"}
    written = decoded(string(data, "data"))
    return {"type": "document", "source": {"type": "text", "data": written}} if written else {"type": "file"}


def _call(call: dict[str, Any]) -> dict[str, Any]:
    arguments = (dump(call.get("args") or {}) or b"").decode()
    return {"id": string(call, "id"), "function": {"name": string(call, "name"), "arguments": arguments}}


def _result(result: dict[str, Any]) -> dict[str, Any]:
    response = result.get("response")
    for key in ("result", "output"):
        if isinstance(response, dict) and isinstance(response.get(key), str) and len(response) == 1:
            response = response[key]
    content = response if isinstance(response, str) else (dump(response) or b"").decode()
    return {"role": "tool", "content": content, "tool_call_id": string(result, "id") or string(result, "name")}


def _tools(doc: dict[str, Any]) -> dict[str, Any]:
    tools: list[dict[str, Any]] = []
    for tool in items(doc, "tools"):
        declared = items(tool, "functionDeclarations") or items(tool, "function_declarations")
        tools += [{"type": "function", "function": _declaration(one)} for one in declared]
        tools += [{"type": name} for name, value in tool.items() if isinstance(value, dict)]
    calling = _child(_child(doc, "toolConfig"), "functionCallingConfig")
    allowed = _member(calling, "allowedFunctionNames")
    found: dict[str, Any] = {"tools": tools} if tools else {}
    if string(calling, "mode") == "ANY":
        single = isinstance(allowed, list) and len(allowed) == 1
        name = allowed[0] if isinstance(allowed, list) and single else None
        found["tool_choice"] = {"type": "function", "function": {"name": name}} if single else "required"
    return found


def _declaration(declared: dict[str, Any]) -> dict[str, Any]:
    schema = _member(declared, "parametersJsonSchema") or _schema(declared.get("parameters"))
    return {key: declared[key] for key in ("name", "description") if key in declared} | {"parameters": schema}


def _schema(schema: object, depth: int = 0, named: bool = False) -> object:
    """A schema in chat format. Gemini writes its types in capitals. ``named``: its keys are names of properties."""
    if isinstance(schema, list):
        return [_schema(item, depth + 1) for item in schema] if depth < _DEEPEST else []
    if not isinstance(schema, dict):
        return schema
    if depth >= _DEEPEST:
        return {}
    return {
        key if named else _KEYWORDS.get(key, key): value.lower()
        if key == "type" and isinstance(value, str)
        else _schema(value, depth + 1, key == "properties" and not named)
        for key, value in schema.items()
    }


def _format(config: dict[str, Any]) -> dict[str, Any]:
    text = _child(_child(config, "responseFormat"), "text")  # Vertex
    kind = _member(config, "responseMimeType") or _member(text, "mimeType")
    if kind == "text/x.enum":
        return {}  # one word of a list is no JSON
    given = _member(config, "responseJsonSchema") or text.get("schema")
    schema = given or _schema(_member(config, "responseSchema"))
    if isinstance(schema, dict) and schema:
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}
    if kind in ("application/json", "APPLICATION_JSON"):
        return {"response_format": {"type": "json_object"}}
    return {}


# --- answers ------------------------------------------------------------------------------------------------------


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of an answer or of one piece of an answer."""
    facts.response_id = text(doc, "responseId") or facts.response_id
    facts.model = text(doc, "modelVersion") or facts.model
    facts.take_usage(doc.get("usageMetadata"))
    for position, candidate in enumerate(items(doc, "candidates")):
        facts.choices = max(facts.choices, place(candidate, position) + 1)
        facts.called |= any(child(part, "functionCall") for part in items(child(candidate, "content"), "parts"))
        if string(candidate, "finishReason"):
            stopped = candidate["finishReason"] == "STOP"
            facts.take_finish("tool_calls" if facts.called and stopped else candidate["finishReason"])
            facts.terminated = True
        if hosted.has_searched(child(candidate, "groundingMetadata")):
            facts.calls["google_search"] = 1
    if string(child(doc, "promptFeedback"), "blockReason"):
        facts.take_finish("safety")
        facts.choices, facts.terminated = max(1, facts.choices), True
    error = child(doc, "error")
    if error:
        facts.take_error({"code": string(error, "status") or "error"})
    else:
        facts.read_error(doc)  # a gateway's own


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one piece of a stream."""
    doc = load_object(event.data)
    if doc is not None:
        facts_of_document(doc, facts)


def _said(doc: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for item in items(doc, "candidates") for part in items(child(item, "content"), "parts")]


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether a piece carries something that the user sees: text or a call. A thought does not count."""
    return bool(delta_text(doc)) or any(child(part, "functionCall") for part in _said(doc))


def delta_text(doc: dict[str, Any]) -> str:
    """The text that a piece adds."""
    return "".join(string(part, "text") for part in _said(doc) if part.get("thought") is not True)


def thought(doc: dict[str, Any]) -> str | None:
    """The thought in a piece."""
    found = [string(part, "text") for part in _said(doc) if part.get("thought") is True]
    return "".join(found) if found else None


def response(doc: dict[str, Any]) -> list[Choice]:
    """The candidates of an answer."""
    return stream([Event(b"", dump(doc) or b"{}")])


def stream(events: list[Event]) -> list[Choice]:
    """The candidates of a stream: the parts of its pieces, concatenated."""
    parts: dict[int, list[dict[str, Any]]] = {}
    ends: dict[int, str] = {}
    blocked = False
    for event in events:
        doc = load_pieces(event.data)
        blocked |= bool(string(child(doc, "promptFeedback"), "blockReason"))
        for position, candidate in enumerate(items(doc, "candidates")):
            index = place(candidate, position)
            parts.setdefault(index, []).extend(items(child(candidate, "content"), "parts"))
            ends[index] = string(candidate, "finishReason") or ends.get(index, "")
    if not parts and blocked:  # a prompt that was declined has no candidate
        parts[0], ends[0] = [], "SAFETY"
    return [_choice(index, found, ends[index]) for index, found in sorted(parts.items())]


def _choice(index: int, parts: list[dict[str, Any]], end: str) -> Choice:
    thoughts = [string(part, "text") for part in parts if part.get("thought") is True]
    said = Prose()
    for part in parts:
        if part.get("thought") is True:
            continue
        if not _APART.isdisjoint(part):
            said.cut()
        said.add(string(part, "text"))
    return Choice(
        index,
        said.whole(),
        "",
        "".join(thoughts),
        tuple(calls_in(parts)),
        finish_reason=end or None,
    )
