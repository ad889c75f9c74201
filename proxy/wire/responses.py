"""Reader for ``/responses``: JSON, and typed SSE events that end in completed, incomplete, failed or error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from proxy.sample import Choice, Message
from proxy.wire import hosted_tools as hosted
from proxy.wire.calls import call_of
from proxy.wire.client_calls import calls_in, is_call, is_of_subagent
from proxy.wire.content import FILES, Parts, RequestContent, joined, names_files, parts_of, raw
from proxy.wire.facts import Facts, child, dump, items, load_object, load_pieces, string, text
from proxy.wire.forced_tools import forced_tools
from proxy.wire.hosted_requests import asked_for
from proxy.wire.sse import Event, type_of
from proxy.wire.usage import count, number

#: ``response.done`` is the end by some gateways' word.
_FINALS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done")
_ITEMS = ("response.output_item.done", "response.output_item.added")
#: Events that are parsed for facts.
_WITH_FACTS = frozenset({"response.created", "response.refusal.done", *_ITEMS, *_FINALS, "error"})
_CALLS = ("function_call", "custom_tool_call")
#: The phase of a message that tells what the model is about to do; the answer comes in another.
_COMMENTARY = "commentary"
#: Events that tell of a call by their name alone.
_CALLED = frozenset({"response.function_call_arguments.done", "response.custom_tool_call_input.done"})
_TEXT = (
    "response.output_text.delta",
    "response.output_audio_transcript.delta",
    "response.audio.transcript.delta",
    "response.doubao_app_call_output_text.delta",
)
_ARGUMENTS = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
_VISIBLE = (*_TEXT, *_ARGUMENTS, "response.refusal.delta")
_REASONING = (
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.doubao_app_call_reasoning_text.delta",
)
#: The event that repeats a whole part of a message.
_PART = "response.content_part.done"
#: Events that repeat as a whole what deltas brought, and their member that holds it. Some servers send no deltas.
_WHOLE = {
    "response.output_text.done": "text",
    "response.output_audio_transcript.done": "transcript",
    "response.refusal.done": "refusal",
    "response.function_call_arguments.done": "arguments",
    "response.custom_tool_call_input.done": "input",
    "response.reasoning_summary_text.done": "text",
    "response.reasoning_text.done": "text",
}


#: Events of which an output item is assembled, beside its own.
_TOLD = frozenset((*_VISIBLE, *_REASONING, *_WHOLE, _PART))


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request; ``instructions`` is the system message."""
    content = RequestContent()
    if string(doc, "instructions"):
        content.messages.append(Message(role="system", content=string(doc, "instructions")))
    if isinstance(doc.get("input"), str):
        content.messages.append(Message(role="user", content=doc["input"]))
    if not doc.get("input"):  # a stored prompt, whose names are filled in with what a person asks
        filled = [parts_of(value).text for value in child(child(doc, "prompt"), "variables").values()]
        if asked := "\n".join(text for texts in filled for text in texts):
            content.messages.append(Message(role="user", content=asked))
    for item in items(doc, "input"):
        content.messages.extend(_message(item))
        content.off_wire += hosted.of_item(item).off_wire
        if string(item, "type") == "compaction" and not string(item, "content"):
            content.off_wire.append(hosted.REFERENCE)  # earlier turns with their results, encrypted
        if names_files(item.get("content")) or names_files(item.get("output")):
            content.off_wire.append(FILES)
    content.tools = [raw(tool) for tool in items(doc, "tools")]
    content.tools += found_tools(items(doc, "input"))
    content.answer_tools = forced_tools(doc)
    if wanted := _format(doc):
        content.response_format = raw(wanted)
    if doc.get("previous_response_id") or doc.get("conversation"):
        content.off_wire.append("previous_response_id")
    content.off_wire += asked_for(doc, chat=False)
    return content


def _format(doc: dict[str, Any]) -> dict[str, Any]:
    """The format that is asked for: by the request, or by the last item of its input that changes it."""
    if given := child(child(doc, "text"), "format"):
        return given
    changes = (item for item in reversed(items(doc, "input")) if string(item, "type") == "configuration_update")
    return next((given for item in changes if (given := child(child(item, "text"), "format"))), {})


def _message(item: dict[str, Any]) -> list[Message]:
    kind = string(item, "type")
    if hosted.is_output(item):
        parts = parts_of(item.get("output"))
        return [
            Message(
                role="tool",
                content=joined(parts) or hosted.result_text(item.get("output")) or _as_it_is(item.get("output"), parts),
                tool_call_id=string(item, "call_id") or string(item, "id"),
                documents=tuple(parts.documents),
                other_parts=tuple(parts.others),
            )
        ]
    if kind in _CALLS:
        return [Message(role="assistant", tool_calls=(call_of(_named(item)),))]
    if kind not in ("", "message"):
        return [Message(role="tool", content=text) for text in hosted.of_item(item).results]
    parts = parts_of(item.get("content"))
    return [
        Message(
            role=string(item, "role") or "user",
            content=joined(parts),
            documents=tuple(parts.documents),
            other_parts=tuple(parts.others),
        )
    ]


def _as_it_is(output: object, parts: Parts) -> str:
    """A result in no known form, as JSON."""
    if isinstance(output, dict | list) and output and not (parts.documents or parts.others):
        return (dump(output) or b"").decode()
    return ""


def _named(item: dict[str, Any]) -> dict[str, Any]:
    """A call under the id that its result refers to; ``id`` is that of the item."""
    return {**item, "id": item.get("call_id")}


def found_tools(docs: Iterable[object]) -> list[msgspec.Raw]:
    """Tool definitions found by a search, or added later: in items, or in responses and events that hold items."""
    found: dict[bytes, msgspec.Raw] = {}
    for doc in docs:
        inner = items(doc, "output") or items(child(doc, "response"), "output") or [child(doc, "item")]
        for item in (doc, *inner):
            if string(item, "type") in ("tool_search_output", "additional_tools"):
                found.update((bytes(tool), tool) for tool in map(raw, items(item, "tools")))
    return list(found.values())


#: Items of an answer that are paid for by the call, beside their tokens, and how price lists call them.
_PAID_CALLS = {
    "web_search_call": "web_search",
    "file_search_call": "file_search",
    "code_interpreter_call": "code_interpreter",
    "image_generation_call": "image_generation",
    "shell_call": "shell",
}
#: The tools that make them.
_PAID_TOOLS = ("web_search", "file_search", "code_interpreter", "image_generation", "shell")


def _take_calls(doc: dict[str, Any], facts: Facts) -> None:
    """Calls of tools that the provider ran. They are recounted each time, because a response is seen more than once."""
    calls: dict[str, int] = {}
    for item in items(doc, "output"):
        name = _PAID_CALLS.get(string(item, "type"))
        action, place = string(child(item, "action"), "type"), string(child(item, "environment"), "type")
        # Of the web, a search is paid for; opening a page and finding a word in it are not. A shell may be one's own.
        free = (name == "web_search" and action not in ("", "search")) or (name == "shell" and "local" in place)
        if name and not free:
            calls[name] = calls.get(name, 0) + 1
    if searched := count(child(child(doc, "tool_usage"), "web_search"), "num_requests"):
        calls["web_search"] = searched  # those that are billed
    if not doc.get("output"):  # some servers end a stream with an empty one: what was run is not told
        for tool in items(doc, "tools"):
            if string(tool, "type").startswith(_PAID_TOOLS):
                calls["unknown"] = 1
    facts.calls = calls


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a response object."""
    facts.identify(doc)
    facts.speed = text(doc, "completion_window") or facts.speed  # a discount for what may come late
    _take_calls(doc, facts)
    facts.take_usage(doc.get("usage"))
    facts.read_error(doc)
    facts.effort = text(doc.get("reasoning"), "effort") or facts.effort
    status = string(doc, "status")
    facts.deferred = status in ("in_progress", "queued")
    if status and not facts.deferred:
        reason = string(child(doc, "incomplete_details"), "reason")
        facts.take_finish(reason or status)
        facts.terminated = True
    for item in items(doc, "output"):
        _item(item, facts)
    if items(doc, "output") and _only_ran(doc):  # what events told of calls were calls that the provider ran
        facts.called = False
    facts.called |= bool(calls_in(items(doc, "output")))
    if facts.called and status == "completed":
        facts.take_finish("tool_calls")


def _only_ran(doc: dict[str, Any]) -> bool:
    output = items(doc, "output")
    calls = [item for item in output if string(item, "type") in _CALLS or is_call(item)]
    functions = [item for item in calls if string(item, "type") in _CALLS]
    return bool(calls) and all(map(hosted.ran_for, functions)) and not calls_in(output)


def _item(item: dict[str, Any], facts: Facts) -> None:
    facts.choices = 1
    facts.called |= string(item, "type") in _CALLS and not hosted.ran_for(item)
    if not is_of_subagent(item):
        facts.refusal |= any(string(part, "type") == "refusal" for part in items(item, "content"))


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one typed event. Only the few events that carry facts are parsed."""
    name = event.event.decode("latin-1")
    if name and name not in _WITH_FACTS:
        if name in _CALLED:
            facts.called = True
        return
    doc = load_object(event.data)
    if doc is None:
        return
    kind = type_of(doc, event)
    if kind == "response.created":
        facts.identify(child(doc, "response"))
    elif kind == "response.refusal.done":
        facts.refusal |= not is_of_subagent(doc)
    elif kind == "response.output_item.done":
        _item(child(doc, "item"), facts)
        facts.called |= is_call(child(doc, "item"))  # the last event may come without the output
    elif kind == "response.output_item.added":  # some servers say no more of a call than that it began
        facts.called |= is_call(child(doc, "item")) and string(child(doc, "item"), "type") in _CALLS
    elif kind in _CALLED:
        facts.called = True
    elif kind in _FINALS:
        facts_of_document(child(doc, "response"), facts)
        facts.terminated = True
    elif not kind.startswith("response."):
        facts.read_error(doc)
        facts.terminated |= kind == "error"


def delta_text(doc: dict[str, Any]) -> str:
    """The text that an event adds to the answer."""
    kind = string(doc, "type")
    if kind in _TEXT:
        return string(doc, "delta")
    if kind == _PART:
        return _part_text(child(doc, "part"))
    return string(doc, "text") if kind == "response.output_text.done" else ""


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether an event carries something that the user sees."""
    kind = string(doc, "type")
    if kind == "response.output_item.added":
        return is_call(child(doc, "item"))
    if kind in ("response.output_text.done", _PART):
        return bool(delta_text(doc))
    return kind in _VISIBLE and bool(string(doc, "delta"))


def thought(doc: dict[str, Any]) -> str | None:
    """The reasoning in an event; empty if it is only announced, ``None`` if there is none."""
    if string(doc, "type") == "response.output_item.added":
        return "" if string(child(doc, "item"), "type") == "reasoning" else None
    return string(doc, "delta") if string(doc, "type") in _REASONING else None


def response(doc: dict[str, Any]) -> list[Choice]:
    """The answer of a response object: its messages joined, its calls listed; nothing if it is not a response."""
    if not isinstance(doc.get("output"), list):
        return []
    said: list[str] = []
    noted: list[str] = []
    refusal: list[str] = []
    reasoning: list[str] = []
    for item in items(doc, "output"):
        kind = string(item, "type")
        if kind == "message" or (not kind and "content" in item):
            text = string(item, "content") or "".join(_part_text(part) for part in items(item, "content"))
            apart = is_of_subagent(item)
            (noted if apart or string(item, "phase") == _COMMENTARY else said).append(text)
            refusal += [string(part, "refusal") for part in items(item, "content") if not apart]
        elif kind == "reasoning":
            reasoning += [string(part, "text") for part in items(item, "summary") or items(item, "content")]
        elif kind == hosted.DOUBAO:
            said.append("".join(_part_text(block) for block in items(item, "blocks")))
            reasoning += [string(block, "reasoning_text") for block in items(item, "blocks")]
    finish = string(child(doc, "incomplete_details"), "reason") or string(doc, "status") or None
    calls = tuple(calls_in(items(doc, "output")))
    if not any(said) and not calls and not any(refusal):
        said, noted = noted, said  # all that there is
    whole = "\n".join(one for one in said if one)  # a message is no part of a sentence of the one before it
    thoughts = "\n".join(one for one in ("".join(reasoning), *noted) if one)
    return [Choice(0, whole, "".join(refusal), thoughts, calls, finish_reason=finish)]


def _part_text(part: dict[str, Any]) -> str:
    if string(part, "type") in ("output_text", "text"):
        return string(part, "text")
    return string(part, "transcript")


class _Output:
    """One output item, assembled from its events."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.arguments: list[str] = []
        self.parts: list[dict[str, Any]] = []
        #: The kinds of events that came as deltas.
        self.in_pieces: set[str] = set()

    def take(self, kind: str, doc: dict[str, Any]) -> None:
        if kind.startswith("response.output_item."):
            self.item = child(doc, "item") or self.item
            return
        if kind == _PART:
            self.parts.append(child(doc, "part"))
            return
        began, _, event = kind.rpartition(".")
        pieces = self._pieces(f"{began}.delta")
        if event == "delta":
            pieces.append(string(doc, "delta"))
            self.in_pieces.add(began)
        elif began not in self.in_pieces:
            pieces.append(string(doc, _WHOLE[kind]))

    def _pieces(self, kind: str) -> list[str]:
        if kind in _TEXT:
            return self.text
        if kind in _ARGUMENTS:
            return self.arguments
        return self.reasoning if kind in _REASONING else self.refusal

    def whole(self) -> dict[str, Any]:
        """The item from its last event; if that has no content yet, the content of its deltas."""
        item = self.item
        if string(item, "type") in _CALLS:
            given = item.get("arguments") or item.get("input") or "".join(self.arguments)
            return {**item, "arguments": given, "input": given}
        if string(item, "type") == "reasoning" or (self.reasoning and not self.text):
            shown = items(item, "summary") or [{"text": "".join(self.reasoning)}]
            return {**item, "type": "reasoning", "summary": shown}
        shown = items(item, "content") or ([] if self.text or self.refusal else self.parts)
        parts = [part for part in shown if _part_text(part) or string(part, "refusal")]
        said = {"type": "output_text", "text": "".join(self.text), "refusal": "".join(self.refusal)}
        return {**item, "type": string(item, "type") or "message", "content": parts or [said]}


def stream(events: list[Event]) -> list[Choice]:
    """The answer of a stream: from the final event, or from items and deltas if the final event lacks it.

    Texts can hold surrogates; see ``load_pieces``.
    """
    outputs: dict[int | str, _Output] = {}
    calls: dict[str, str] = {}
    final: dict[str, Any] = {}
    for event in events:
        doc = load_pieces(event.data)
        kind = type_of(doc, event)
        if kind in _FINALS:
            final = child(doc, "response")
            if items(final, "output"):
                return response(final)
        elif kind.startswith("response.output_item.") or kind in _TOLD:
            _output_of(doc, outputs, calls).take(kind, doc)
    named = [output for name, output in outputs.items() if name != ""]
    if any(_part_text(part) for output in named for part in (*items(output.item, "content"), *output.parts)):
        outputs.pop("", None)  # deltas that do not say of what: the items hold them
    if not outputs and not isinstance(final.get("output"), list):
        return []
    return response({**final, "output": [output.whole() for output in outputs.values()]})


def _output_of(doc: dict[str, Any], outputs: dict[int | str, _Output], calls: dict[str, str]) -> _Output:
    """The item that an event belongs to: by its output index, or by its id, which some servers change.

    ``calls``: under which id each call came first.
    """
    item = child(doc, "item")
    index = number(doc.get("output_index"))
    id = string(doc, "item_id") or string(item, "id") or string(item, "call_id")
    if index is None:
        if string(item, "call_id") and string(item, "type") in _CALLS:
            id = calls.setdefault(string(item, "call_id"), id)
        return outputs.setdefault(id or ("item" if item else ""), _Output())
    if index not in outputs and id and id in outputs:
        outputs[index] = outputs.pop(id)
    return outputs.setdefault(index, _Output())
