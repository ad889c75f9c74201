"""Ollama's own wire, told in the words of chat."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from proxy.exchange import FinishReason, Usage
from proxy.sample import ToolCall
from proxy.wire import ollama
from proxy.wire.facts import Facts
from proxy.wire.sse import Event

FIND = {"function": {"name": "find", "arguments": {"what": "lamp"}}}


def _events(*docs: dict[str, Any]) -> list[Event]:
    return [Event(b"", orjson.dumps(doc)) for doc in docs]


def _facts(*docs: dict[str, Any]) -> Facts:
    facts = Facts()
    for event in _events(*docs):
        ollama.facts_of_event(event, facts)
    return facts


def test_a_chat() -> None:
    """Turns, calls whose arguments are objects, results by the tool's name, pictures, a schema, options."""
    form = {"type": "object", "properties": {"place": {"type": "string"}}}
    doc = {
        "model": "lamp:8b",
        "messages": [
            {"role": "system", "content": "Keep the stock list."},
            {"role": "user", "content": "Where is it?", "images": ["AAAA"]},
            {"role": "assistant", "content": "", "tool_calls": [FIND]},
            {"role": "tool", "tool_name": "find", "content": "shelf 9"},
        ],
        "tools": [{"type": "function", "function": {"name": "find"}}],
        "format": form,
        "options": {"temperature": 0.2, "num_predict": 80},
        "think": "high",
    }
    content = ollama.request(doc)
    assert [message.role for message in content.messages] == ["system", "user", "assistant", "tool"]
    assert (content.messages[1].content, content.messages[1].other_parts) == ("Where is it?", ("image",))
    assert content.messages[2].tool_calls == (ToolCall("find", '{"what":"lamp"}'),)
    assert content.messages[3].tool_call_id == "find"
    assert len(content.tools) == 1
    assert content.response_format is not None
    assert orjson.loads(bytes(content.response_format))["json_schema"]["schema"] == form
    told = ollama.told(doc)
    assert (told["model"], told["temperature"], told["max_tokens"], told["reasoning_effort"]) == (
        "lamp:8b",
        0.2,
        80,
        "high",
    )
    assert told["stream"] is True
    assert ollama.told({**doc, "stream": False})["stream"] is False


def test_a_prompt() -> None:
    """``/api/generate``: system text and prompt; what was said before as numbers is off the wire."""
    content = ollama.request({"system": "Be short.", "prompt": "Where is it?", "context": [1, 2], "format": "json"})
    assert [(message.role, message.content) for message in content.messages] == [
        ("system", "Be short."),
        ("user", "Where is it?"),
    ]
    assert content.off_wire == ["context"]
    assert content.response_format is not None


@pytest.mark.parametrize("generate", [False, True])
def test_lines(generate: bool) -> None:
    """Text and thinking are joined, each for itself; the last line has counts and the reason."""

    def line(text: str, thinking: str = "", **more: Any) -> dict[str, Any]:
        said = {"content": text, "thinking": thinking}
        held = {"response": text, "thinking": thinking} if generate else {"message": {"role": "assistant", **said}}
        return {"model": "lamp:8b", "done": False, **held, **more}

    last = {"done": True, "done_reason": "length", "prompt_eval_count": 12, "eval_count": 5}
    lines = [line("", "Hm. "), line("On "), line("shelf 9."), line("", **last)]
    facts = _facts(*lines)
    assert (facts.model, facts.usage, facts.terminated) == ("lamp:8b", Usage(input=12, output=5), True)
    assert facts.finish_reason is FinishReason.LENGTH
    [choice] = ollama.stream(_events(*lines))
    assert (choice.text, choice.reasoning, choice.finish_reason) == ("On shelf 9.", "Hm. ", "length")
    assert [ollama.is_visible(one) for one in lines] == [False, True, True, False]
    assert ollama.thought(lines[0]) == "Hm. "
    assert not _facts(*lines[:3]).terminated


def test_calls() -> None:
    """A line of calls before the last one: the answer ended for them."""
    lines = [
        {"model": "m", "message": {"content": "", "tool_calls": [FIND]}, "done": False},
        {
            "model": "m",
            "message": {"content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 3,
            "eval_count": 5,
        },
    ]
    [choice] = ollama.stream(_events(*lines))
    assert choice.tool_calls == (ToolCall("find", '{"what":"lamp"}'),)
    facts = _facts(*lines)
    assert facts.finish_reason is FinishReason.TOOL_CALLS
    assert facts.usage == Usage(3, output=5)
    assert ollama.is_visible(lines[0])


@pytest.mark.parametrize("counted", [{}, {"prompt_eval_count": 0}])
def test_a_prompt_that_was_cached(counted: dict[str, int]) -> None:
    """Ollama does not count it. Its tokens are unknown, and not 0."""
    facts = _facts({"model": "m", "message": {"content": "On."}, "done": True, "eval_count": 5, **counted})
    assert facts.terminated
    assert facts.usage is None


def test_errors() -> None:
    """A line that is an error ends the answer as one."""
    said = {"model": "m", "message": {"content": "On"}, "done": False}
    facts = _facts(said, {"error": "model runner has unexpectedly stopped"})
    assert facts.error == "error"
    assert not facts.terminated
    gateway = _facts({"message": "busy", "code": "full"})
    assert (gateway.error, gateway.choices) == ("full", 0)


@pytest.mark.parametrize(
    "junk", [{}, {"messages": 7}, {"message": []}, {"done": True, "eval_count": "x"}, {"options": []}]
)
def test_rubbish_raises_nothing(junk: dict[str, Any]) -> None:
    """Whatever a client or a server sends."""
    ollama.request(junk)
    ollama.response(junk)
    ollama.is_visible(junk)
    _facts(junk)
