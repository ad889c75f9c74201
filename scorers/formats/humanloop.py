"""``humanloop``: datapoints of a dataset, one a line, and ``.prompt`` files (0.8.38 and 0.8.40b6).

A datapoint has text ``inputs``, ``messages`` and a ``target``; no id, no tags, no metadata. Its service has closed, so
that nothing of it is asked: ``{{name}}`` in its messages is filled from ``inputs`` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import orjson

from scorers.formats.chat import messages, spoken
from scorers.formats.files import Placed, listed, peeked, whole, yaml_document
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import Json, Losses, Row, Wrong, as_text, identity, left_behind, mapping, wrong

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_BLOCK = re.compile(r"^<(system|user|assistant|tool|developer)>[ \t]*\n(.*?)\n?^</\1>[ \t]*$", re.DOTALL | re.MULTILINE)
_ITS_OWN = ("created_at", "updated_at", "version_id", "environment")
_PROMPT = "prompt file"


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    if _PROMPT in doc:
        return _prompt_row(doc, losses)
    inputs = mapping(doc, "inputs")
    for name, value in inputs.items():
        if not isinstance(value, str):
            raise wrong(f"inputs.{name[:60]}", "text", value)
    unread(doc, ("id", "inputs", "messages", "target", *_ITS_OWN), losses)
    target = doc.get("target")
    if isinstance(target, dict):
        expected = target["response"] if set(target) == {"response"} else target or None
        if "response" in target and len(target) > 1:
            expected = target["response"]
            losses.lost("target: what stands beside response", "has no place in a case")
    else:
        expected = target
    return Row(id=identity(doc), input=_input(doc, inputs), expected=expected)


def _input(doc: Mapping[str, Json], inputs: Mapping[str, str]) -> str | tuple[Json, ...]:
    if doc.get("messages"):
        return tuple(_filled(message, inputs) for message in messages(doc["messages"], "messages"))
    if not inputs:
        raise Wrong("messages", "expected messages or inputs, found neither")
    return next(iter(inputs.values())) if len(inputs) == 1 else as_text(dict(inputs))


def _filled(message: Json, inputs: Mapping[str, str]) -> Json:
    content = message.get("content")
    if not inputs or not isinstance(content, str):
        return message
    return {**message, "content": _VARIABLE.sub(lambda found: inputs.get(found[1], found[0]), content)}


# --- .prompt files -----------------------------------------------------------------------------------------------


def _prompt_row(doc: Mapping[str, Json], losses: Losses) -> Row:
    head, blocks = doc["head"], doc["blocks"]
    if not isinstance(head, dict):
        raise wrong("the part between ---", "an object", head)
    tools = head.get("tools") or []
    if not isinstance(tools, list):
        raise wrong("tools", "a list", tools)
    if any(_VARIABLE.search(spoken(message["content"])) for message in blocks):
        losses.lost("values for {{variables}}", "stand in the calls of a prompt, not in its file: the names stay")
    return Row(
        input=tuple(blocks),
        tools=tuple(tools),
        metadata={"prompt": {key: value for key, value in head.items() if key != "tools" and value is not None}},
    )


def _values(stream: BinaryIO) -> Iterator[Placed]:
    head = peeked(stream)[:3]
    if head != b"---":
        yield from listed()(stream)
        return
    body = whole(stream, 4_000_000).decode("utf-8", "replace").replace("\r\n", "\n")
    _, _, rest = body.partition("\n")
    front, found, blocks = rest.partition("\n---") if not rest.startswith("---") else ("", "---", rest[3:])
    if not found:
        yield 1, Wrong("", "expected a line of --- after the settings of the prompt, found none")
        return
    try:
        settings, _ = yaml_document(front.encode())
    except Wrong as error:
        yield error.line + 1, Wrong(error.field, error.expected)
        return
    made = [{"role": match[1], "content": match[2]} for match in _BLOCK.finditer(blocks)]
    if not made:
        yield body.count("\n") + 1, Wrong("", "expected <system>, <user> or <assistant> with its end, found none")
        return
    yield 1, {_PROMPT: True, "head": settings or {}, "blocks": made}


# --- writing -----------------------------------------------------------------------------------------------------


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        left_behind(row, ("id", "assert", "metadata", "tags", "tools", "conversation", "weight"), losses)
        doc: dict[str, Json] = {"inputs": {}, "messages": row.messages}
        if row.expected is not None:
            doc["target"] = {"response": row.expected}
        yield orjson.dumps(doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    return ("inputs" in doc or "messages" in doc) and isinstance(doc.get("target"), dict) and "input" not in doc


FORMAT = Format(
    name="humanloop",
    title="datapoints of a Humanloop dataset, or a .prompt file",
    rows=each(_values, _row),
    known=_known,
    head=lambda head: head.startswith(b"---") and bool(re.search(rb"(?m)^<(system|user)>", head)),
    suffixes=(".prompt",),
    write=_write,
)
