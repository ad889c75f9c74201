"""``openai-finetune``: conversations to train on, and pairs of preferred and other answers.

The last assistant's message is what is expected: it is split off on the way in and put back on the way out. A case
without it cannot be a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from scorers.formats.chat import call, messages, wanted
from scorers.formats.files import json_lines
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import Json, Losses, Message, Row, Wrong, as_text, items, left_behind, mapping

#: Said once on export: it is for its reader to decide.
TERMS = (
    "some providers forbid training on what their models answer: read the terms of the provider behind these answers "
    "before you train on them"
)


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    tools = tuple({"type": "function", "function": one} for one in items(doc, "functions"))
    if "preferred_output" in doc:
        inner = mapping(doc, "input")
        asked, prefix = messages(inner.get("messages"), "input.messages"), "input."
        tools += tuple(items(inner, "tools"))
        said = messages(doc["preferred_output"], "preferred_output")[-1]
        losses.lost("non_preferred_output", "has no place in a case")
        unread(doc, ("input", "preferred_output", "non_preferred_output"), losses)
    else:
        prefix, tools = "", (*tools, *items(doc, "tools"))
        *before, said = _called(messages(doc.get("messages"), "messages"))
        asked = tuple(before)
        unread(doc, ("messages", "tools", "functions", "parallel_tool_calls"), losses)
    if said["role"] != "assistant":
        raise Wrong(f"{prefix}messages", "expected an assistant's message at the end, found none")
    if not asked:
        raise Wrong(f"{prefix}messages", "expected a message before the answer, found none")
    return _split(asked, said, tools, losses)


def _called(found: tuple[Message, ...]) -> tuple[Message, ...]:
    """Messages whose calls stand in ``function_call``, as before tools were there, in the form of today."""
    made: list[Message] = []
    last = ""
    for place, message in enumerate(found):
        called = message.get("function_call")
        kept = {key: value for key, value in message.items() if key != "function_call"}
        if isinstance(called, dict) and not message.get("tool_calls"):
            last = f"call_{place}"
            kept["tool_calls"] = [call({"id": last, "function": called}, f"messages[{place}].function_call")]
        elif message["role"] == "function" and last:
            kept |= {"role": "tool", "tool_call_id": last}
        made.append(kept)
    return tuple(made)


def _split(asked: tuple[Json, ...], said: Json, tools: tuple[Json, ...], losses: Losses) -> Row:
    if any("weight" in message for message in (*asked, said)):
        losses.lost("weight of a message", "has no place in a case")
        asked = tuple({key: value for key, value in one.items() if key != "weight"} for one in asked)
    expected, checks = wanted(said)
    return Row(input=asked, expected=expected, checks=checks, tools=tools)


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        answer = _answer(row)
        if answer is None:
            losses.lost("the whole case", "has no expected answer, without which it is no line to train on")
            continue
        fields = ["id", "metadata", "tags", "conversation", "weight"]
        left_behind(row, fields if "tool_calls" in answer else [*fields, "assert"], losses)
        if not isinstance(row.expected, str | None):
            losses.noted("expected", "leaves as its JSON text, and comes back as text")
        doc: dict[str, Json] = {"messages": [*row.messages, answer]}
        if row.tools:
            doc["tools"] = list(row.tools)
        yield orjson.dumps(doc) + b"\n"


def _answer(row: Row) -> Json:
    called = [check["tool_called"] for check in row.checks if isinstance(check, dict) and "tool_called" in check]
    calls = [
        {
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": one["name"], "arguments": as_text(one.get("arguments") or {})},
        }
        for place, one in enumerate(called, 1)
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    ]
    if calls and len(calls) == len(row.checks):
        content = None if row.expected is None else as_text(row.expected)
        return {"role": "assistant", "content": content, "tool_calls": calls}
    return None if row.expected in (None, "") else {"role": "assistant", "content": as_text(row.expected)}


def _known(doc: Mapping[str, Json]) -> bool:
    if "preferred_output" in doc:
        return True
    found = doc.get("messages")
    if not isinstance(found, list) or not found or not isinstance(found[-1], dict) or "response" in doc:
        return False
    return found[-1].get("role") == "assistant" and set(doc) <= {
        "messages",
        "tools",
        "functions",
        "parallel_tool_calls",
    }


FORMAT = Format(
    name="openai-finetune",
    title="lines to fine-tune on, as OpenAI takes them",
    rows=each(json_lines, _row),
    known=_known,
    write=_write,
    advice=(TERMS,),
)
