"""One answer in the words of each wire. Every maker takes an ``Answer`` and gives a body or the pieces of a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from proxy.exchange import Usage
from support.replies import sse

CREATED = 1_790_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says, in no wire's words. ``calls``: (id, name, arguments)."""

    number: int
    model: str
    text: str
    usage: Usage
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    thought: str = ""

    @property
    def taken(self) -> int:
        """All tokens that went in."""
        return self.usage.input + self.usage.cached_input + self.usage.cache_write

    @property
    def given(self) -> int:
        """All tokens that came out."""
        return self.usage.output + self.usage.reasoning_output

    def pieces(self) -> list[str]:
        """The text as a model streams it."""
        return [self.text[at : at + 7] for at in range(0, len(self.text), 7)]


# --- chat completions ---------------------------------------------------------------------------------------------


def chat_usage(answer: Answer) -> dict[str, Any]:
    """OpenAI: details are inside of the totals."""
    return {
        "prompt_tokens": answer.taken,
        "completion_tokens": answer.given,
        "total_tokens": answer.taken + answer.given,
        "prompt_tokens_details": {"cached_tokens": answer.usage.cached_input, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.usage.reasoning_output, "audio_tokens": 0},
    }


def _chat_calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for id, name, arguments in answer.calls
    ]


def chat(answer: Answer) -> dict[str, Any]:
    """A chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = _chat_calls(answer)
    finish = "tool_calls" if answer.calls else "stop"
    return {
        "id": f"chatcmpl-{answer.number}",
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": chat_usage(answer),
    }


def chat_stream(answer: Answer, usage: bool, inside: str = "") -> list[bytes]:
    """Its chunks; ``usage`` in a last one of its own where it was asked for, or ``inside`` the one that ends the
    answer: ``usage`` beside its choices, ``x_groq`` in Groq's object."""
    base = {"id": f"chatcmpl-{answer.number}", "object": "chat.completion.chunk", "created": CREATED}
    base["model"] = answer.model
    more = {"usage": None} if usage else {}

    def delta(part: dict[str, Any], finish: str | None = None) -> bytes:
        return sse({**base, "choices": [{"index": 0, "delta": part, "finish_reason": finish}], **more})

    events = [delta({"role": "assistant", "content": ""})] + [delta({"content": piece}) for piece in answer.pieces()]
    for index, call in enumerate(_chat_calls(answer)):
        arguments = call["function"]["arguments"]
        events.append(
            delta({"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]})
        )
        for at in range(0, len(arguments), 6):
            part = {"index": index, "function": {"arguments": arguments[at : at + 6]}}
            events.append(delta({"tool_calls": [part]}))
    if inside:
        counted = {"usage": chat_usage(answer)}
        more = counted if inside == "usage" else {"x_groq": {"id": f"req_{answer.number}", **counted}}
    events.append(delta({}, "tool_calls" if answer.calls else "stop"))
    if usage:
        events.append(sse({**base, "choices": [], "usage": chat_usage(answer)}))
    return [*events, sse(b"[DONE]")]


# --- responses ----------------------------------------------------------------------------------------------------


def response(answer: Answer, status: str = "completed") -> dict[str, Any]:
    """A response object."""
    output: list[dict[str, Any]] = []
    if answer.text:
        content = [{"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}]
        output.append({"type": "message", "id": f"msg_{answer.number}", "status": status, "role": "assistant"})
        output[-1]["content"] = content
    for id, name, arguments in answer.calls:
        output.append(
            {"type": "function_call", "id": f"fc_{answer.number}", "call_id": id, "name": name, "status": status}
            | {"arguments": json.dumps(arguments)}
        )
    usage = {
        "input_tokens": answer.taken,
        "input_tokens_details": {"cached_tokens": answer.usage.cached_input},
        "output_tokens": answer.given,
        "output_tokens_details": {"reasoning_tokens": answer.usage.reasoning_output},
        "total_tokens": answer.taken + answer.given,
    }
    return {
        "id": f"resp_{answer.number}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": answer.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "metadata": {},
    }


def response_events(answer: Answer) -> list[dict[str, Any]]:
    """The typed events of a streamed response, as SSE and WebSocket carry them."""
    final = response(answer)
    started = {**final, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": started},
        {"type": "response.in_progress", "response": started},
    ]
    for index, item in enumerate(final["output"]):
        place = {"item_id": item["id"], "output_index": index}
        empty = {"content": []} if item["type"] == "message" else {"arguments": ""}
        added = {**item, "status": "in_progress", **empty}
        events.append({"type": "response.output_item.added", "output_index": index, "item": added})
        if item["type"] == "message":
            part = {**item["content"][0], "text": ""}
            inside = {**place, "content_index": 0}
            events.append({"type": "response.content_part.added", **inside, "part": part})
            for piece in answer.pieces():
                events.append({"type": "response.output_text.delta", **inside, "delta": piece, "logprobs": []})
            events.append({"type": "response.output_text.done", **inside, "text": answer.text, "logprobs": []})
            events.append({"type": "response.content_part.done", **inside, "part": item["content"][0]})
        else:
            kind = "response.function_call_arguments"
            events.append({"type": f"{kind}.delta", **place, "delta": item["arguments"]})
            done = {"arguments": item["arguments"], "name": item["name"]}
            events.append({"type": f"{kind}.done", **place, **done})
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    events.append({"type": "response.completed", "response": final})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def response_stream(answer: Answer) -> list[bytes]:
    """The same as SSE."""
    return [sse(event, event["type"]) for event in response_events(answer)]


# --- messages -----------------------------------------------------------------------------------------------------


def message_usage(answer: Answer) -> dict[str, Any]:
    """Anthropic: cache reads and writes stand beside the input."""
    return {
        "input_tokens": answer.usage.input,
        "cache_creation_input_tokens": answer.usage.cache_write,
        "cache_read_input_tokens": answer.usage.cached_input,
        "output_tokens": answer.given,
        "service_tier": "standard",
    }


def message(answer: Answer) -> dict[str, Any]:
    """A message."""
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    for id, name, arguments in answer.calls:
        content.append({"type": "tool_use", "id": id, "name": name, "input": arguments})
    return {
        "id": f"msg_{answer.number}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": "tool_use" if answer.calls else "end_turn",
        "stop_sequence": None,
        "usage": message_usage(answer),
    }


def message_stream(answer: Answer) -> list[bytes]:
    """Its events."""
    whole = message(answer)
    begun = {**whole["usage"], "output_tokens": 1}
    started = {**whole, "content": [], "stop_reason": None, "usage": begun}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": started}, {"type": "ping"}]
    for index, block in enumerate(whole["content"]):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        if block["type"] == "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in answer.pieces()]
        else:
            arguments = json.dumps(block["input"])
            cuts = range(0, len(arguments), 6)
            deltas = [{"type": "input_json_delta", "partial_json": arguments[at : at + 6]} for at in cuts]
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ended, "usage": {"output_tokens": answer.given}})
    return [sse(event, event["type"]) for event in [*events, {"type": "message_stop"}]]


# --- native Gemini, Ollama, Cohere --------------------------------------------------------------------------------


def gemini(answer: Answer, text: str | None = None, last: bool = True) -> dict[str, Any]:
    """A GenerateContentResponse: thoughts stand beside the candidates in the usage, cached tokens inside the prompt."""
    parts: list[dict[str, Any]] = [{"text": answer.text if text is None else text}]
    if answer.calls:
        parts = [{"functionCall": {"name": name, "args": arguments}} for _, name, arguments in answer.calls]
    elif answer.thought and text is None:
        parts.insert(0, {"text": answer.thought, "thought": True})
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    whole: dict[str, Any] = {"candidates": [candidate]}
    if last:
        candidate["finishReason"] = "STOP"
        whole["usageMetadata"] = {
            "promptTokenCount": answer.taken,
            "cachedContentTokenCount": answer.usage.cached_input,
            "candidatesTokenCount": answer.usage.output,
            "thoughtsTokenCount": answer.usage.reasoning_output,
            "totalTokenCount": answer.taken + answer.given,
        }
    return {**whole, "modelVersion": answer.model, "responseId": f"gem-{answer.number}"}


def gemini_parts(answer: Answer) -> list[dict[str, Any]]:
    """The same in pieces."""
    if answer.calls:
        return [gemini(answer)]
    pieces = answer.pieces()
    return [gemini(answer, piece, number == len(pieces) - 1) for number, piece in enumerate(pieces)]


def interaction(answer: Answer) -> dict[str, Any]:
    """An interaction: its steps, and thoughts beside the output in the usage."""
    steps: list[dict[str, Any]] = [
        {"type": "function_call", "id": id, "name": name, "arguments": given} for id, name, given in answer.calls
    ]
    if not answer.calls:
        steps = [{"type": "model_output", "content": [{"type": "text", "text": answer.text}]}]
        if answer.thought:
            summary = [{"type": "text", "text": answer.thought}]
            steps.insert(0, {"type": "thought", "signature": "c2ln", "summary": summary})
    return {
        "id": f"v1_{answer.number}",
        "object": "interaction",
        "model": answer.model,
        "status": "requires_action" if answer.calls else "completed",
        "steps": steps,
        "usage": {
            "total_input_tokens": answer.taken,
            "total_cached_tokens": answer.usage.cached_input,
            "total_output_tokens": answer.usage.output,
            "total_thought_tokens": answer.usage.reasoning_output,
            "total_tool_use_tokens": 0,
            "total_tokens": answer.taken + answer.given,
        },
    }


def interaction_stream(answer: Answer) -> list[bytes]:
    """Its events. The last one has the usage, and no steps."""
    whole = interaction(answer)
    told = {name: whole[name] for name in ("id", "object", "model")}
    events: list[dict[str, Any]] = [
        {"event_type": "interaction.created", "interaction": {**told, "status": "in_progress"}},
        {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
    ]
    for piece in answer.pieces():
        events.append({"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": piece}})
    events.append({"event_type": "step.stop", "index": 0})
    ended = {**told, "status": whole["status"], "usage": whole["usage"]}
    events.append({"event_type": "interaction.completed", "interaction": ended})
    return [*(sse(event, event["event_type"]) for event in events), b"event: done\ndata: [DONE]\n\n"]


def ollama(answer: Answer, chat: bool, text: str | None = None, last: bool = True) -> dict[str, Any]:
    """An answer of ``/api/chat`` or ``/api/generate``, or one line of its stream."""
    said = answer.text if text is None else text
    document: dict[str, Any] = {"model": answer.model, "created_at": "2026-11-28T10:00:00.000000Z", "done": last}
    if chat:
        document["message"] = {"role": "assistant", "content": said}
        if answer.calls and text is None:
            calls = [{"function": {"name": name, "arguments": given}} for _, name, given in answer.calls]
            document["message"]["tool_calls"] = calls
    else:
        document["response"] = said
    if last:
        document |= {"done_reason": "stop", "total_duration": 5_000_000, "load_duration": 1_000_000}
        document |= {"prompt_eval_count": answer.taken, "prompt_eval_duration": 1_000_000}
        document |= {"eval_count": answer.given, "eval_duration": 2_000_000}
    return document


def ollama_lines(answer: Answer, chat: bool) -> list[bytes]:
    """Newline-delimited JSON: the last line has no text and all figures."""
    lines = [ollama(answer, chat, piece, False) for piece in answer.pieces()]
    if answer.calls:
        lines = [{**ollama(answer, chat, None, True), "done": False}]
        for name in ("done_reason", "prompt_eval_count", "eval_count"):
            lines[0].pop(name)
    return [json.dumps(line).encode() + b"\n" for line in [*lines, ollama(answer, chat, "", True)]]


def cohere(answer: Answer) -> dict[str, Any]:
    """An answer of ``/v2/chat``."""
    said: dict[str, Any] = {"role": "assistant"}
    if answer.calls:
        said |= {"tool_plan": "I will look.", "tool_calls": _chat_calls(answer)}
    else:
        said["content"] = [{"type": "text", "text": answer.text}]
    counts = {"input_tokens": answer.taken, "output_tokens": answer.given}
    finish = "TOOL_CALL" if answer.calls else "COMPLETE"
    usage = {"billed_units": counts, "tokens": counts}
    return {"id": f"co-{answer.number}", "message": said, "finish_reason": finish, "usage": usage}


def cohere_stream(answer: Answer) -> list[bytes]:
    """Its events."""
    events: list[dict[str, Any]] = [
        {"type": "message-start", "id": f"co-{answer.number}", "delta": {"message": {"role": "assistant"}}},
    ]
    if answer.calls:
        events.append({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will look."}}})
        for index, call in enumerate(_chat_calls(answer)):
            begun = {**call, "function": {**call["function"], "arguments": ""}}
            events.append({"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": begun}}})
            rest = {"function": {"arguments": call["function"]["arguments"]}}
            events.append({"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": rest}}})
            events.append({"type": "tool-call-end", "index": index})
    else:
        content = {"type": "text", "text": ""}
        events.append({"type": "content-start", "index": 0, "delta": {"message": {"content": content}}})
        for piece in answer.pieces():
            delta = {"message": {"content": {"text": piece}}}
            events.append({"type": "content-delta", "index": 0, "delta": delta})
        events.append({"type": "content-end", "index": 0})
    whole = cohere(answer)
    ended = {"finish_reason": whole["finish_reason"], "usage": whole["usage"]}
    events.append({"type": "message-end", "delta": ended})
    return [sse(event, event["type"]) for event in events]
