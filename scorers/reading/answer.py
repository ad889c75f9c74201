"""What an answer says to people: its text without reasoning, and where a tool was made to hold the answer, its fields.

Libraries for structured answers (instructor, pydantic-ai, LangChain) offer the model one tool and force it: the call is
the answer. Which tools those are the request says (``Sample.answer_tools``); pydantic-ai's and smolagents' are known by
their names too.
"""

from __future__ import annotations

from collections.abc import Iterator

from proxy.sample import Choice, Sample, ToolCall
from proxy.wire.facts import load
from scorers.reading.text import answer_text

#: pydantic-ai's output tools: this name, or this name with a suffix for each type. smolagents' tool for the answer.
_KNOWN, _FINAL = "final_result", "final_answer"
#: Texts of one call, and how deep they may lie.
_MOST, _DEEPEST = 10_000, 30


def answer(sample: Sample, choice: Choice) -> str:
    """The text that a scorer of texts reads; empty when there is none."""
    said = answer_text(choice.text)
    calls = answer_calls(sample, choice)
    return "\n".join([*([said] if said.strip() else []), *map(_fields, calls)]) if calls else said


def answer_calls(sample: Sample, choice: Choice) -> list[ToolCall]:
    """The calls that are the answer, and hold a text."""
    return [call for call in choice.tool_calls if _is_answer(sample, call) and _fields(call).strip()]


def told(sample: Sample, choice: Choice) -> str:
    """Where the text was read, for an explanation; empty when it is the answer's own text."""
    return "; ".join(f"read in the tool call {call.name[:40]}" for call in answer_calls(sample, choice))


def _is_answer(sample: Sample, call: ToolCall) -> bool:
    return call.name in sample.answer_tools or call.name in (_KNOWN, _FINAL) or call.name.startswith(f"{_KNOWN}_")


def _fields(call: ToolCall) -> str:
    """The texts in a call's arguments, in order, one a line."""
    texts: list[str] = []
    given = load(call.arguments.encode("utf-8", "replace"))
    for text in _texts(call.arguments if given is None else given, 0):  # the former for a tool that takes any text
        texts.append(text)
        if len(texts) >= _MOST:
            break
    return "\n".join(texts)


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, depth + 1)
