"""``jsonl``: our own cases, one JSON object a line; recorded samples as well, whose response is an answer to a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from scorers.formats.chat import answer, given, messages
from scorers.formats.files import json_lines
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import (
    Answer,
    Json,
    Losses,
    Row,
    Wrong,
    identity,
    items,
    mapping,
    number,
    text,
    texts,
)

_KEYS = ("id", "messages", "input", "prompt", "expected", "assert", "metadata", "tags", "weight", "conversation")
_RECORDED = ("tools", "response", "tool_calls", "model", "refusal", "finish_reason", "usage")


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    if "messages" in doc:
        asked: str | tuple[Json, ...] = messages(doc["messages"], "messages")
    elif "input" in doc or "prompt" in doc:
        field = "input" if "input" in doc else "prompt"
        asked = given(doc[field], field)
    else:
        raise Wrong("messages", "expected messages or input, found neither")
    unread(doc, (*_KEYS, *_RECORDED), losses)
    return Row(
        id=identity(doc),
        input=asked,
        expected=doc.get("expected"),
        checks=tuple(items(doc, "assert")),
        metadata=mapping(doc, "metadata"),
        tags=texts(doc, "tags"),
        weight=number(doc, "weight", 1.0),
        conversation=text(doc, "conversation"),
        tools=tuple(items(doc, "tools")),
        answer=_answer(doc),
    )


def _answer(doc: Mapping[str, Json]) -> Answer | None:
    if "response" not in doc and not doc.get("tool_calls"):
        return None
    said = {"role": "assistant", "content": text(doc, "response"), "tool_calls": doc.get("tool_calls")}
    return answer(said, "response", model=text(doc, "model"))


def document(row: Row) -> dict[str, Json]:
    """A row as a line of this format holds it; empty keys are left out."""
    asked = {"input": row.input} if isinstance(row.input, str) else {"messages": list(row.input)}
    rest: dict[str, Json] = {
        "expected": row.expected,
        "assert": list(row.checks),
        "metadata": row.metadata,
        "tags": list(row.tags),
        "weight": row.weight if row.weight != 1.0 else None,
        "conversation": row.conversation,
        "tools": list(row.tools),
    }
    kept = {key: value for key, value in rest.items() if value is not None and value not in ("", [], {})}
    if row.expected is not None:
        kept["expected"] = row.expected
    return {**({"id": row.id} if row.id else {}), **asked, **kept}


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(document(row)) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    ours = any(key in doc for key in ("assert", "expected", "weight", "conversation"))
    return ("messages" in doc or "input" in doc) and ours and "output" not in doc


FORMAT = Format(
    name="jsonl",
    title="cases of a suite, one JSON object a line",
    rows=each(json_lines, _row),
    known=_known,
    write=_write,
)
