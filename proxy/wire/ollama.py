"""Reader for Ollama's native API: ``/api/chat`` and ``/api/generate``, as one document or as lines of JSON.

Its requests are almost chat requests; ``/api/generate`` has a prompt and a system text. Supported variations: streaming
is the default; ``thinking`` is separate from the content; call arguments are objects; the last line has the counts; an
error is a separate line.

Source: docs.ollama.com, "Generate a chat message", "Generate a response"; ollama-python 0.6.3, ``_types.py``.
"""

from __future__ import annotations

from typing import Any

from proxy.sample import Choice
from proxy.wire import chat
from proxy.wire.content import RequestContent
from proxy.wire.facts import Facts, child, items, load_object, load_pieces, string
from proxy.wire.sse import Event

_OPTIONS = ("temperature", "top_p", "top_k", "min_p", "seed", "presence_penalty", "frequency_penalty")


def told(doc: dict[str, Any]) -> dict[str, Any]:
    """A request in the chat format. Fields that already have that format are kept."""
    options = child(doc, "options")
    known = {name: options[name] for name in _OPTIONS if name in options}
    for theirs, ours in (("num_predict", "max_tokens"), ("repeat_penalty", "repetition_penalty")):
        if theirs in options:
            known[ours] = options[theirs]
    if isinstance(doc.get("think"), str):
        known["reasoning_effort"] = doc["think"]
    form = doc.get("format")
    if form == "json":
        known["response_format"] = {"type": "json_object"}
    elif isinstance(form, dict):
        known["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": form}}
    if "messages" in doc:
        messages = [_message(item) for item in items(doc, "messages")]
    else:
        said = [("system", string(doc, "system")), ("user", string(doc, "prompt"))]
        messages = [{"role": role, "content": text} for role, text in said if text]
        known["prompt"] = doc.get("prompt")
    # Where nothing is said of it, the answer comes as a stream.
    known |= {"messages": messages, "stream": doc.get("stream") is not False}
    return {**{key: doc[key] for key in ("model", "tools") if key in doc}, **known}


def _message(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("images"):
        item = {**item, "content": [{"type": "text", "text": string(item, "content")}, {"type": "image"}]}
    return {**item, "tool_call_id": string(item, "tool_name")} if "tool_name" in item else item


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request."""
    content = chat.request(told(doc))
    if isinstance(doc.get("context"), list) and doc["context"]:  # what was said before, as numbers
        content.off_wire.append("context")
    return content


def _message_of(doc: dict[str, Any]) -> dict[str, Any]:
    return child(doc, "message") or {"content": string(doc, "response"), "thinking": string(doc, "thinking")}


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of an answer or of one line of an answer."""
    facts.model = string(doc, "model")[:256] or facts.model
    answered = bool(child(doc, "message")) or "response" in doc
    if doc.get("error") or not answered:
        facts.read_error(doc)
    if doc.get("error"):
        return
    message = _message_of(doc)
    facts.called |= bool(items(message, "tool_calls"))
    if answered:
        facts.choices = 1
    if doc.get("done") is True:
        facts.take_usage({"prompt_tokens": doc.get("prompt_eval_count"), "completion_tokens": doc.get("eval_count")})
        reason = string(doc, "done_reason") or "stop"
        facts.take_finish("tool_calls" if facts.called and reason == "stop" else reason)
        facts.terminated = True


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one line."""
    doc = load_object(event.data)
    if doc is not None:
        facts_of_document(doc, facts)


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether a line carries something that the user sees: text or a call. Thinking does not count."""
    return bool(delta_text(doc) or items(_message_of(doc), "tool_calls"))


def delta_text(doc: dict[str, Any]) -> str:
    """The text that a line adds."""
    return string(_message_of(doc), "content")


def thought(doc: dict[str, Any]) -> str | None:
    """The thinking in a line."""
    return string(_message_of(doc), "thinking") or None


def response(doc: dict[str, Any]) -> list[Choice]:
    """The one answer."""
    return _joined([doc]) if "message" in doc or "response" in doc else []


def stream(events: list[Event]) -> list[Choice]:
    """The one answer, its lines joined."""
    docs = [doc for event in events if isinstance(doc := load_pieces(event.data), dict)]
    return _joined([doc for doc in docs if "message" in doc or "response" in doc])


def _joined(docs: list[dict[str, Any]]) -> list[Choice]:
    if not docs:
        return []
    messages = [_message_of(doc) for doc in docs]
    calls = [call for message in messages for call in chat.tool_calls(message)]
    reason = next((string(doc, "done_reason") for doc in reversed(docs) if doc.get("done") is True), "")
    return [
        Choice(
            0,
            "".join(string(message, "content") for message in messages),
            "",
            "".join(string(message, "thinking") for message in messages),
            tuple(calls),
            finish_reason=reason or None,
        )
    ]
