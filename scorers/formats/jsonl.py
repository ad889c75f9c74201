"""``jsonl``: our own cases, one JSON object a line; recorded samples as well, whose response is an answer to a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from scorers.cases import fields
from scorers.cases.case import KEYS
from scorers.formats.chat import given, messages, said
from scorers.formats.files import listed
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import (
    REST,
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

#: What a recorded sample has beside a case; the answer and its model are read, the rest is counted.
_RECORDED = ("prompt", "response", "tool_calls", "model", "refusal", "finish_reason", "usage", "app", "context",
             "contexts", "labels", "off_wire", "system_documents", "request_truncated", "response_truncated",
             "ended")  # fmt: skip
_ANSWER = ("prompt", "response", "tool_calls", "model")


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    fields.only(doc, (*KEYS, *_RECORDED), "")
    if doc.get("messages") is not None:
        asked: str | tuple[Json, ...] = messages(doc["messages"], "messages")
    elif doc.get("input") is not None or doc.get("prompt") is not None:
        field = "input" if doc.get("input") is not None else "prompt"
        asked = given(doc[field], field)
    else:
        raise Wrong("messages", "expected messages or input, found neither")
    answer = _answer(doc)
    if answer is None and isinstance(asked, tuple) and len(asked) > 1 and asked[-1]["role"] == "assistant":
        answer, asked = said(asked[-1], f"messages[{len(asked) - 1}]", model=text(doc, "model")), asked[:-1]
    unread(doc, (*KEYS, *_ANSWER), losses)
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
        rest={key: doc[key] for key in REST if doc.get(key)},
        answer=answer,
    )


def _answer(doc: Mapping[str, Json]) -> Answer | None:
    if doc.get("response") is None and not doc.get("tool_calls"):
        return None
    message = {"content": text(doc, "response"), "tool_calls": doc.get("tool_calls")}
    return said(message, "response", model=text(doc, "model"))


def document(row: Row) -> dict[str, Json]:
    """A row as a line of this format holds it; empty keys are left out."""
    asked = {"input": row.input} if isinstance(row.input, str) else {"messages": list(row.input)}
    held: dict[str, Json] = {
        "assert": list(row.checks),
        "metadata": row.metadata,
        "tags": list(row.tags),
        "weight": row.weight if row.weight != 1.0 else None,
        "conversation": row.conversation,
        "tools": list(row.tools),
    }
    kept = {key: value for key, value in held.items() if value} | row.rest
    expected = {"expected": row.expected} if row.expected is not None else {}
    return {**({"id": row.id} if row.id else {}), **asked, **expected, **kept}


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(document(row), option=orjson.OPT_SORT_KEYS) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    ours = any(key in doc for key in ("assert", "expected", "weight", "conversation"))
    return ("messages" in doc or "input" in doc) and ours and "output" not in doc


FORMAT = Format(
    name="jsonl",
    title="cases of a suite",
    rows=each(listed("cases"), _row),
    known=_known,
    write=_write,
)
