"""Reader for ``/chat/completions`` and the older ``/completions``: JSON, and SSE that ends in ``[DONE]``.

Supported variations: Azure's first chunk with ``choices: []`` and chunks without ``delta``; ``delta.reasoning`` (vLLM)
and ``reasoning_content`` (DeepSeek); in-stream errors under status 200 (OpenRouter); usage one chunk early (xAI) or
missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from proxy.exchange import FinishReason
from proxy.sample import Choice, Message, ToolCall
from proxy.wire import messages, responses
from proxy.wire.calls import Pieces, call_of
from proxy.wire.content import FILES, RequestContent, documents_of, joined, names_files, parts_of, raw
from proxy.wire.envelope import opened_event
from proxy.wire.facts import Facts, child, dump, items, load, load_object, load_pieces, place, string, text
from proxy.wire.finish_reasons import finish_of
from proxy.wire.forced_tools import forced_tools
from proxy.wire.hosted_requests import asked_for
from proxy.wire.hosted_tools import files_read
from proxy.wire.shown_reasoning import reasoning_of
from proxy.wire.sse import Event, type_of

#: Members of a request that may hold a schema for the answer, where ``response_format`` does not.
_GUIDED = frozenset(
    (
        *("guided_json", "guided_json_object", "guided_decoding", "structured_outputs", "json_schema"),
        *("extra_body", "nvext"),
    )
)
#: Members of a request that may hold documents for the chat template, as some clients send them.
_HOLDING = frozenset(("extra_body", "chat_template_kwargs"))
#: Members of a message that is a text and nothing else, and of an answer's message.
_SAID = frozenset(("role", "content"))
_ANSWERED = frozenset((*_SAID, "refusal", "annotations"))
_STOP, _CALLS = "stop", "tool_calls"
_BLOCKS = ("tool_use", "tool_result")
#: Words of other APIs and of templates for the roles of chat, which servers pass on.
_ROLES = {"model": "assistant", "ai": "assistant", "bot": "assistant", "chatbot": "assistant", "human": "user"}


def request(doc: dict[str, Any]) -> RequestContent:
    """Messages and tools of a request. Cursor sends what other families have, to the path of chat."""
    if asks_in_items(doc):
        return responses.request(doc)
    content = RequestContent()
    prompt = doc.get("prompt")
    if "messages" not in doc and isinstance(prompt, str | list):
        text = prompt if isinstance(prompt, str) else "\n".join(part for part in prompt if isinstance(part, str))
        content.messages.append(Message(role="user", content=text))
    for item in items(doc, "messages"):
        content.messages += messages.of_item(item) if _has_blocks(item) else [_message(item)]
    if "tools" in doc:
        content.tools = [raw(tool) for tool in items(doc, "tools")]
    if "functions" in doc:  # the older form of tools
        content.tools += [raw({"type": "function", "function": function}) for function in items(doc, "functions")]
    if "tool_choice" in doc:
        content.answer_tools = forced_tools(doc)
    if any(message.other_parts for message in content.messages):
        content.off_wire += [FILES for item in items(doc, "messages") if names_files(item.get("content"))]
    if isinstance(doc.get("response_format"), dict):
        content.response_format = raw(doc["response_format"])
    elif "extra_body" in doc and isinstance(doc["extra_body"], dict) and child(doc["extra_body"], "response_format"):
        content.response_format = raw(doc["extra_body"]["response_format"])
    elif not _GUIDED.isdisjoint(doc) and (wanted := _guided(doc)):
        content.response_format = raw(wanted)
    if "documents" in doc or not _HOLDING.isdisjoint(doc):  # vLLM, and servers of models that were trained on them
        holders = (doc, *(child(doc, name) for name in _HOLDING))
        content.contexts = [text for holder in holders for text in documents_of(holder.get("documents"))]
    annotated = [item for item in items(doc, "messages") if "annotations" in item]
    content.contexts += dict.fromkeys(text for item in annotated for text in files_read(item))
    content.off_wire += asked_for(doc, chat=True)
    return content


def asks_in_items(doc: dict[str, Any]) -> bool:
    """Whether a request to chat is one of Responses (gabrii/Cursor-Azure-GPT-5#69)."""
    return "input" in doc and "messages" not in doc and "prompt" not in doc


def _has_blocks(item: dict[str, Any]) -> bool:
    """Whether a message has the calls, or the results, of Anthropic's messages (router-for-me/CLIProxyAPI#3805)."""
    content = item.get("content")
    return isinstance(content, list) and any(string(part, "type") in _BLOCKS for part in content)


def _guided(doc: dict[str, Any]) -> dict[str, Any]:
    """The format of JSON that vLLM, NIM, TensorRT-LLM or llama.cpp is asked to keep to; empty if it is asked for none.

    The schema is an object or its text.
    """
    for holder in (doc, child(doc, "extra_body"), child(doc, "nvext")):
        structured = child(holder, "structured_outputs") or child(holder, "guided_decoding")
        given = (holder.get("guided_json"), structured.get("json"), holder.get("json_schema"))
        for wanted in (*given, structured.get("json_schema")):
            found = load(wanted.encode("utf-8", "replace")) if isinstance(wanted, str) else wanted
            if isinstance(found, dict) and found:
                return {"type": "json_schema", "json_schema": {"name": "guided", "schema": found}}
        if structured.get("json_object") is True or holder.get("guided_json_object") is True:
            return {"type": "json_object"}
    return {}


def _message(item: dict[str, Any]) -> Message:
    text, role = item.get("content"), string(item, "role") or "user"
    role = _ROLES.get(role.lower(), role.lower())
    if isinstance(text, str) and len(item) <= len(_SAID) and _SAID.issuperset(item):  # a text, and whose it is
        return Message(role, text)
    parts = parts_of(text)
    told = joined(parts)
    if role == "tool" and isinstance(text, dict | list) and not (told or parts.documents or parts.others):
        told = (dump(text) or b"").decode() if text else ""  # a result as it is, which some servers take
    return Message(
        role=role,
        content=told,
        name=string(item, "name") or None,
        tool_calls=tool_calls(item),
        tool_call_id=string(item, "tool_call_id") or None,
        documents=tuple(parts.documents),
        other_parts=tuple(parts.others),
    )


def tool_calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Tool calls of one message, including the older ``function_call``."""
    calls = [call_of(call) for call in _pieces(message)]
    old = child(message, "function_call")
    return (*calls, call_of(old)) if old else tuple(calls)


def _pieces(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of a message, or the pieces in a delta; a single one may stand there without its list."""
    single = child(message, "tool_calls")
    return [single] if single else items(message, "tool_calls")


def facts_of_document(doc: dict[str, Any], facts: Facts) -> None:
    """Facts of a complete answer."""
    facts.identify(doc)
    facts.take_usage(doc.get("usage") or doc.get("meta"))  # the latter is Cohere's
    if "timings" in doc:  # llama.cpp
        facts.take_timings(doc["timings"])
    _take_search(doc, facts)
    for choice in items(doc, "choices"):
        facts.choices += 1
        message, finish = child(choice, "message"), choice.get("finish_reason")
        facts.take_finish(_CALLS if _calls(message) and _is_stop(finish) else finish)
        facts.take_error(choice.get("error"))
        facts.refusal |= bool(string(message, "refusal"))
    facts.read_error(doc)
    # xAI's deferred completions: the answer is fetched by this id.
    facts.deferred = not facts.choices and bool(text(doc, "request_id"))
    facts.terminated = True


def _take_search(doc: dict[str, Any], facts: Facts) -> None:
    """The searches of Zhipu. It bills per search and returns the results, but does not count them in usage."""
    if doc.get("web_search"):
        facts.calls["web_search_results"] = 1


def facts_of_event(event: Event, facts: Facts) -> None:
    """Facts of one chunk."""
    if event.data == b"[DONE]":
        facts.terminated = True
        return
    doc = load_object(event.data)
    if event.event == b"error" and event.data.strip():  # whatever it holds, a text too
        facts.take_error(doc or event.data)
    if doc is None:
        facts.terminated |= event.data.strip() == b"[DONE]"
        return
    if "choices" not in doc:
        doc = opened_event(doc)
    if "choices" in doc or "usage" in doc or facts.response_id is None:  # any other event has an id of its own
        facts.identify(doc)
    facts.take_usage(doc.get("usage"))
    if "timings" in doc:
        facts.take_timings(doc["timings"])
    if messages.BEDROCK in doc:  # it is the end there
        facts.take_usage(doc[messages.BEDROCK] if facts.usage is None else None)
        facts.terminated = True
    if groq := child(doc, "x_groq"):
        facts.take_usage(groq.get("usage"))  # Groq's place for it in a stream, unasked
        facts.take_error(groq.get("error"))  # a text
    if not doc.get("choices") or "error" in doc:
        facts.read_error(doc if "type" in doc or not event.event else {**doc, "type": type_of(doc, event)})
    _take_search(doc, facts)
    for choice in items(doc, "choices"):
        if "error" in choice:
            facts.take_error(choice["error"])
        facts.choices = max(facts.choices, place(choice, 0) + 1)
        delta = _delta(choice)
        if _calls(delta):
            facts.ended_in_calls |= {place(choice, 0)}
        elif facts.ended_in_calls and _said(delta):  # the same answer goes on after its calls
            facts.ended_in_calls -= {place(choice, 0)}
        if choice.get("finish_reason") is not None:
            _take_finish(choice, facts)
        facts.take_usage(choice.get("usage"))  # Moonshot's place for it in a stream
        facts.refusal |= bool(string(delta, "refusal"))


def _take_finish(choice: dict[str, Any], facts: Facts) -> None:
    """Why a choice ended. Some servers send ``stop`` after calls, with or without ``tool_calls`` before it."""
    index, said = place(choice, 0), choice["finish_reason"]
    facts.take_finish(_CALLS if index in facts.ended_in_calls and _is_stop(said) else said)
    if _is_of_calls(said):
        facts.ended_in_calls |= {index}


def _calls(message: dict[str, Any]) -> bool:
    """Whether a message, or a delta, holds calls."""
    return bool(message.get("tool_calls") or message.get("function_call"))


def _is_stop(finish: object) -> bool:
    return isinstance(finish, str) and finish_of(finish) is FinishReason.STOP


def _is_of_calls(finish: object) -> bool:
    return isinstance(finish, str) and finish_of(finish) is FinishReason.TOOL_CALLS


def _choices(doc: object) -> list[dict[str, Any]]:
    """The choices of an event, also in a gateway's envelope."""
    return items(opened_event(doc) if isinstance(doc, dict) and "choices" not in doc else doc, "choices")


def _delta(choice: dict[str, Any]) -> dict[str, Any]:
    """What a chunk adds to a choice. Some servers send a whole message instead, alone or after the deltas."""
    return child(choice, "delta") or child(choice, "message")


def _said(message: dict[str, Any]) -> str:
    """The text of a message or a delta: a string, a list of parts (Mistral's reasoning models), or a transcript."""
    return "".join(parts_of(message.get("content")).text) or string(child(message, "audio"), "transcript")


def delta_text(doc: dict[str, Any]) -> str:
    """The text that a chunk adds to its choices."""
    return "".join(_said(_delta(choice)) or string(choice, "text") for choice in _choices(doc))


def is_visible(doc: dict[str, Any]) -> bool:
    """Whether a chunk carries something that the user sees: text, a refusal or a tool call.

    Reasoning does not count.
    """
    for choice in _choices(doc):
        delta = _delta(choice)
        if _said(delta) or string(delta, "refusal") or string(choice, "text"):
            return True
        if _calls(delta):
            return True
    return False


def thought(doc: dict[str, Any]) -> str | None:
    """The reasoning in a chunk; ``None`` if there is none."""
    return "".join(reasoning_of(_delta(choice) or choice) for choice in _choices(doc)) or None


def response(doc: dict[str, Any]) -> list[Choice]:
    """The choices of a complete answer."""
    choices = items(doc, "choices")
    found = [_choice(item, place(item, position)) for position, item in enumerate(choices)]
    return found if any("index" in item for item in choices) else one_answer(found)


def asks_for_one(request: dict[str, Any]) -> bool:
    """Whether a request that could be read asks for one answer."""
    return bool(request) and request.get("n") in (None, 1)


def one_answer(found: list[Choice]) -> list[Choice]:
    """The text and the calls of one answer that stand in choices of their own, joined; several answers as they are.

    GitHub Copilot's answers of Claude have that form, without an index, and with one behind LiteLLM
    (HKUDS/nanobot#1481, #1555).
    """
    said = [choice for choice in found if not choice.tool_calls]
    calling = [choice for choice in found if choice.tool_calls]
    if len(said) != 1 or not calling or any(choice.text or choice.refusal for choice in calling):
        return found
    calls = tuple(call for choice in calling for call in choice.tool_calls)
    finish = calling[-1].finish_reason or said[0].finish_reason
    return [msgspec.structs.replace(said[0], index=0, tool_calls=calls, finish_reason=finish)]


def _choice(item: dict[str, Any], index: int) -> Choice:
    message = child(item, "message")
    text, refusal, finish = message.get("content"), string(message, "refusal"), string(item, "finish_reason") or None
    if text and isinstance(text, str) and _ANSWERED.issuperset(message):  # no calls, no reasoning, no other form
        return Choice(index, text, refusal, finish_reason=finish)
    return Choice(
        index=index,
        text=_said(message) or string(item, "text"),
        refusal=refusal,
        reasoning=reasoning_of(message or item),
        tool_calls=tool_calls(message),
        finish_reason=finish,
    )


class _Assembly:
    """One choice of a stream, assembled from its deltas."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.pieces = Pieces()
        self.message: dict[str, Any] = {}
        self.finish: str | None = None
        self.ended_in_calls = False

    def take(self, item: dict[str, Any]) -> None:
        delta = child(item, "delta")
        self.message = child(item, "message") or self.message
        self.text.append(_said(delta) or string(item, "text"))
        self.refusal.append(string(delta, "refusal"))
        self.reasoning.append(reasoning_of(delta or item))
        if self.ended_in_calls and self.text[-1]:
            self.ended_in_calls = False
        if (finish := string(item, "finish_reason")) and not (finish == _STOP and self.ended_in_calls):
            self.finish, self.ended_in_calls = finish, _is_of_calls(finish)
        for piece in _pieces(delta):
            self.pieces.take(piece)
        if child(delta, "function_call"):
            self.pieces.take({"function": child(delta, "function_call")})

    def choice(self, index: int) -> Choice:
        text, refusal, reasoning = ("".join(pieces) for pieces in (self.text, self.refusal, self.reasoning))
        calls = self.pieces.calls() or tool_calls(self.message)
        if self.message and not (text or refusal or reasoning or calls):
            return _choice({"message": self.message, "finish_reason": self.finish}, index)
        return Choice(index, text, refusal, reasoning, calls, finish_reason=self.finish)


def stream(events: list[Event]) -> list[Choice]:
    """The choices of a streamed answer, with joined tool arguments. Texts can hold surrogates; see ``load_pieces``."""
    return stream_of(load_pieces(event.data) for event in events)


def stream_of(docs: Iterable[object]) -> list[Choice]:
    """Like ``stream``, of chunks that are parsed."""
    assemblies: dict[int, _Assembly] = {}
    for doc in docs:
        for item in _choices(doc):
            assemblies.setdefault(place(item, 0), _Assembly()).take(item)
    return [assembly.choice(index) for index, assembly in sorted(assemblies.items())]
