"""Reader for Gemini's Interactions API: ``POST /v1beta/interactions``, JSON or SSE events.

A request holds ``input`` (a text, contents, or steps) and flat tools. An answer is a list of steps: thoughts, calls,
results of Google's own tools, and outputs of the model. Events name their kind in ``event_type``: a step starts, grows
by deltas of many types, and stops; the last event has the usage, and not always the steps. Requests are translated to
the chat format, so that the chat reader can process them.

Source: ai.google.dev, "Interactions API" and "Streaming interactions"; google-genai 3.6.1,
``google/genai/_gaos/types/interactions``.
"""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice, ToolCall
from proxy.wire import chat
from proxy.wire import hosted_tools as hosted
from proxy.wire.content import FILES, Prose, RequestContent, raw
from proxy.wire.facts import Facts, child, dump, items, load_object, load_pieces, string
from proxy.wire.sse import Event
from proxy.wire.usage import count, number

_PARAMETERS = {"temperature": "temperature", "top_p": "top_p", "max_output_tokens": "max_tokens", "seed": "seed"}
#: The kinds of content; what else stands in a list of input is a step.
_CONTENTS = ("text", "image", "audio", "video", "document")
_ROLES = {"user_input": "user", "model_output": "assistant", "model": "assistant", "user": "user"}
#: How an interaction that is over ended, as a finish reason; a status that is not here is its own word.
_ENDS = {"completed": "stop", "requires_action": "tool_calls", "budget_exceeded": "length", "idle": "stop"}
_OPEN = ("in_progress", "queued", "requires_continuation")
_CREATED = ("interaction.created", "interaction.start")
_COMPLETED = ("interaction.completed", "interaction.complete")
_JSON = "application/json"


def told(doc: dict[str, Any]) -> dict[str, Any]:
    """A request in the chat format. A request that is in it already is kept."""
    if "messages" in doc:
        return doc
    config = child(doc, "generation_config")
    found = {ours: config[theirs] for theirs, ours in _PARAMETERS.items() if config.get(theirs) is not None}
    if string(config, "thinking_level"):
        found["reasoning_effort"] = config["thinking_level"]
    messages = [{"role": "system", "content": said}] if (said := string(doc, "system_instruction")) else []
    messages += _messages(doc.get("input"))
    tools = [tool for tool in items(doc, "tools") if string(tool, "type") in ("", "function")]
    if tools:
        found["tools"] = tools
    if (choice := _tool_choice(config.get("tool_choice"))) is not None:
        found["tool_choice"] = choice
    if form := _format(doc):
        found["response_format"] = form
    if string(doc, "previous_interaction_id"):
        found["previous_response_id"] = doc["previous_interaction_id"]
    named = {"model": doc.get("model") or doc.get("agent"), "stream": doc.get("stream") is True}
    kept = {key: doc[key] for key in ("service_tier",) if key in doc}
    return {**named, **kept, **found, "messages": messages}


def _messages(given: object) -> list[dict[str, Any]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    steps = [given] if isinstance(given, dict) else given if isinstance(given, list) else []
    found: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    for step in steps:
        if not isinstance(step, dict):
            continue
        if string(step, "type") in _CONTENTS:
            contents.append(step)
        else:
            found += _message(step)
    return [*found, {"role": "user", "content": _parts(contents)}] if contents else found


def _message(step: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of one step. Thoughts, and calls of Google's own tools, say nothing."""
    kind = string(step, "type") or string(step, "role")
    if kind in _ROLES:
        content = step.get("content")
        return [
            {"role": _ROLES[kind], "content": content if isinstance(content, str) else _parts(items(step, "content"))}
        ]
    if kind == "function_call":
        call = {"id": string(step, "id"), "function": {"name": string(step, "name"), "arguments": _arguments(step)}}
        return [{"role": "assistant", "content": None, "tool_calls": [call]}]
    if kind == "function_result":
        result = step.get("result")
        said = hosted.result_text(result) or (dump(result) or b"").decode()
        return [{"role": "tool", "content": said, "tool_call_id": string(step, "call_id")}]
    return [{"role": "tool", "content": said} for said in hosted.of_step(step).results]


def _parts(contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Contents as the parts of a chat message. Of documents, text alone is read."""
    return [_part(one) for one in contents]


def _part(content: dict[str, Any]) -> dict[str, Any]:
    kind = string(content, "type")
    if kind == "document" and string(content, "data"):
        return {key: content[key] for key in ("type", "mime_type", "data") if key in content}
    return content if kind == "text" else {"type": kind or "file"}


def _arguments(step: dict[str, Any]) -> str:
    given = step.get("arguments")
    return given if isinstance(given, str) else (dump(given or {}) or b"").decode()


def _tool_choice(choice: object) -> object:
    if isinstance(choice, str):
        return "required" if choice == "any" else choice
    allowed = child(choice, "allowed_tools")
    names = allowed.get("tools")
    if string(allowed, "mode") != "any" or not isinstance(names, list):
        return None
    return {"type": "function", "function": {"name": names[0]}} if len(names) == 1 else "required"


def _format(doc: dict[str, Any]) -> dict[str, Any]:
    """The format of the answer: a schema by itself, or one of the formats that an answer may have."""
    given = doc.get("response_format")
    forms = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
    for form in forms:
        if string(form, "type") == "text" and "properties" not in form:
            if isinstance(form.get("schema"), dict):
                return _schema(form["schema"])
            if string(form, "mime_type") == _JSON:
                return {"type": "json_object"}
        elif string(form, "type") not in ("audio", "image", "video"):
            return _schema(form)
    return {"type": "json_object"} if doc.get("response_mime_type") == _JSON else {}


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request."""
    content = chat.request(told(doc))
    content.tools += [raw(tool) for tool in items(doc, "tools") if string(tool, "type") not in ("", "function")]
    if string(doc, "previous_interaction_id"):
        content.off_wire.append("previous_response_id")
    if string(doc, "cached_content"):
        content.off_wire.append(hosted.CACHED)
    given = items(doc, "input") or [child(doc, "input")]
    for step in given:
        content.off_wire += hosted.of_step(step).off_wire
        if any(string(one, "uri") for one in (step, *items(step, "content")) if string(one, "type") == "document"):
            content.off_wire.append(FILES)
    return content


# --- answers ------------------------------------------------------------------------------------------------------


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    """Usage in the words of chat. Tokens of Google's tools are a part of the input.

    The total tells whether thoughts stand beside the output; without one they do.
    """
    taken, tools = count(usage, "total_input_tokens"), count(usage, "total_tool_use_tokens") or 0
    given, thoughts = count(usage, "total_output_tokens"), count(usage, "total_thought_tokens") or 0
    found: dict[str, Any] = {
        "prompt_tokens": None if taken is None else taken + tools,
        "completion_tokens": given,
        "total_tokens": count(usage, "total_tokens") or (taken or 0) + tools + (given or 0) + thoughts,
        "prompt_tokens_details": {"cached_tokens": count(usage, "total_cached_tokens")},
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }
    names = {"promptTokensDetails": "input", "candidatesTokensDetails": "output", "cacheTokensDetails": "cached"}
    for ours, theirs in names.items():
        each = items(usage, f"{theirs}_tokens_by_modality")
        found[ours] = [{"modality": one.get("modality"), "tokenCount": one.get("tokens")} for one in each]
    return found


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of an interaction."""
    facts.identify({**doc, "model": doc.get("model") or doc.get("agent")})
    steps = items(doc, "steps") or items(doc, "outputs")
    for step in steps:
        _take_step(step, facts)
    if searches := sum(string(step, "type") == "google_search_call" for step in steps):
        facts.calls["google_search"] = searches
    _take_usage(child(doc, "usage"), facts)  # its own number of searches is right
    _take_status(string(doc, "status"), facts)
    for error in items(doc, "errors") or [child(doc, "error")]:
        facts.take_error(error)


def _take_usage(usage: dict[str, Any], facts: Facts) -> None:
    if not usage:
        return
    facts.take_usage(_usage(usage))
    for one in items(usage, "grounding_tool_count"):
        if (times := count(one, "count")) and (name := string(one, "type")):
            facts.take_calls(name, times)


def _take_step(step: dict[str, Any], facts: Facts) -> None:
    facts.choices = 1
    facts.called |= string(step, "type") == "function_call"
    if string(step, "type") == "google_search_call":  # events may be seen more than once
        facts.calls.setdefault("google_search", 1)


def _take_status(status: str, facts: Facts) -> None:
    facts.deferred = status in _OPEN
    if status and not facts.deferred:
        facts.take_finish("tool_calls" if facts.called and status == "completed" else _ENDS.get(status, status))
        facts.terminated = True


def _kind(doc: object, event: Event) -> str:
    return string(doc, "event_type") or string(doc, "type") or event.event.decode("latin-1")


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one event."""
    if event.data == b"[DONE]":
        facts.terminated = True
        return
    doc = load_object(event.data)
    if doc is None:
        return
    kind = _kind(doc, event)
    if kind in _CREATED:
        facts.identify(child(doc, "interaction"))
    elif kind in _COMPLETED:
        facts_of_document(child(doc, "interaction"), facts)
        facts.terminated = True
    elif kind == "interaction.status_update":
        _take_usage(child(doc, "usage"), facts)
        if string(doc, "status") not in _OPEN:
            _take_status(string(doc, "status"), facts)
            facts.terminated = False  # the interaction itself follows
    elif kind == "step.start":
        _take_step(child(doc, "step"), facts)
    elif kind.startswith(("step.", "content.")):
        facts.choices = 1
    else:
        facts.read_error(doc)


def delta_text(doc: dict[str, Any]) -> str:
    """The text that an event adds to the answer."""
    delta = child(doc, "delta")
    if delta:
        return string(delta, "text") if string(delta, "type") == "text" else ""
    return _said(child(doc, "step"))


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something that the user sees: text, or the start of a call."""
    return bool(delta_text(doc)) or string(child(doc, "step"), "type") == "function_call"


def thought(doc: dict[str, Any]) -> str | None:
    """The summary of a thought in an event; empty if it is only announced, ``None`` if there is none."""
    delta = child(doc, "delta")
    if string(delta, "type") == "thought_summary":
        return string(child(delta, "content"), "text")
    return _thought(child(doc, "step")) if string(child(doc, "step"), "type") == "thought" else None


def _said(step: dict[str, Any]) -> str:
    if string(step, "type") == "text":  # before steps, outputs were contents
        return string(step, "text")
    return (
        "".join(string(one, "text") for one in items(step, "content")) if string(step, "type") == "model_output" else ""
    )


def _thought(step: dict[str, Any]) -> str:
    return "".join(string(one, "text") for one in items(step, "summary"))


def response(doc: dict[str, Any]) -> list[Choice]:
    """The answer of an interaction; nothing if the document is none."""
    steps = items(doc, "steps") or items(doc, "outputs")
    return [_choice(steps, string(doc, "status"))] if steps else []


def _choice(steps: list[dict[str, Any]], status: str) -> Choice:
    calls = [
        ToolCall(string(step, "name"), _arguments(step), string(step, "id") or None)
        for step in steps
        if string(step, "type") == "function_call"
    ]
    thoughts = [_thought(step) for step in steps if string(step, "type") == "thought"]
    end = "tool_calls" if calls and status == "completed" else _ENDS.get(status, status)
    said = Prose()
    for step in steps:
        if string(step, "type") != "text":  # a step is no part of a sentence of the one before it
            said.cut()
        said.add(_said(step))
    return Choice(0, said.whole(), "", "".join(thoughts), tuple(calls), finish_reason=end or None)


class _Step:
    """One step while its deltas come."""

    def __init__(self) -> None:
        self.step: dict[str, Any] = {}
        self.text: list[str] = []
        self.summary: list[str] = []
        self.arguments: list[str] = []

    def take(self, doc: dict[str, Any]) -> None:
        self.step = child(doc, "step") or self.step
        delta = child(doc, "delta")
        kind = string(delta, "type")
        if kind == "text":
            self.text.append(string(delta, "text"))
        elif kind == "thought_summary":
            self.summary.append(string(child(delta, "content"), "text"))
        elif kind == "arguments_delta":
            self.arguments.append(string(delta, "arguments"))

    def whole(self) -> dict[str, Any]:
        """The step as it would stand in an interaction."""
        kind = string(self.step, "type") or ("thought" if self.summary else "model_output")
        if kind == "function_call":
            return {**self.step, "arguments": "".join(self.arguments) or self.step.get("arguments")}
        content = [*items(self.step, "content"), {"type": "text", "text": "".join(self.text)}]
        summary = [*items(self.step, "summary"), {"type": "text", "text": "".join(self.summary)}]
        return {**self.step, "type": kind, "content": content, "summary": summary}


def stream(events: list[Event]) -> list[Choice]:
    """The answer of a stream: its steps in order. Texts can hold surrogates; see ``load_pieces``."""
    steps: dict[int, _Step] = {}
    status = ""
    for event in events:
        doc = load_pieces(event.data)
        kind = _kind(doc, event)
        if kind in _COMPLETED:
            whole = child(doc, "interaction")
            status = string(whole, "status") or status
            if found := response(whole):
                return found
        elif kind.startswith(("step.", "content.")) and isinstance(doc, dict):
            steps.setdefault(number(doc.get("index")) or 0, _Step()).take(doc)
        elif kind == "interaction.status_update":
            status = string(doc, "status") or status
    return [_choice([step.whole() for _, step in sorted(steps.items())], status)] if steps else []
