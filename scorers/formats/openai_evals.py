"""``openai-evals``: rows of OpenAI's hosted evals, what came out of their runs, and lines of its open evals.

``item`` holds what its owner liked, so the question is looked for under the names that guides use; where a result says
what was sent, or a run what its template is, that is the question. The service leaves on 30 November 2026, and gives
each eval away as a promptfoo configuration: that is read here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec
import orjson

from scorers.formats import promptfoo
from scorers.formats.chat import answer, beside, given, is_answer, messages, wanted
from scorers.formats.files import Placed, listed, peeked
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import (
    OURS,
    Answer,
    Json,
    Losses,
    Message,
    Row,
    Wrong,
    identity,
    mapping,
    one_of,
    packed,
    texts,
    unpacked,
)
from scorers.formats.templates import Variables, filled

_INPUT = ("messages", "input", "question", "prompt", "query", "text", "ticket_text")
_EXPECTED = (
    "expected", "expected_output", "ideal", "answer", "reference", "reference_answer", "correct_label", "label",
    "target", "ground_truth",
)  # fmt: skip
#: Of these, what may be a list of several right answers.
_SEVERAL = ("ideal", "target")
#: What of a sample tells of an answer, or of why there is none.
_SAID = {"output", "output_text", "error"}
_RESULT = ("id", "created_at", "object", "run_id", "eval_id", "datasource_item_id", "results", "status", "type")


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    if "ideal" in doc and ("input" in doc or "messages" in doc):  # a line of the open evals, or of Phoenix for them
        unread(doc, ("input", "messages", "ideal", "id", "metadata"), losses)
        return _case(doc, {}, doc, "", losses)
    key = "datasource_item" if "datasource_item" in doc else "item"
    item = doc.get(key)
    if not isinstance(item, dict):
        raise Wrong(key, "expected an object, found none" if item is None else "expected an object")
    unread(doc, (key, "sample", *(_RESULT if key == "datasource_item" else ())), losses)
    return _case(item, mapping(doc, "sample"), doc, f"{key}.", losses)


def _case(item: dict[str, Json], sample: Json, doc: Mapping[str, Json], prefix: str, losses: Losses) -> Row:
    field = next((name for name in _INPUT if item.get(name)), None)
    sent = _sent(sample)
    if field is None and not sent:
        named = ", ".join(_INPUT[:-1])
        raise Wrong(f"{prefix}{_INPUT[0]}", f"expected one of {named}, found none of them")
    target = next((name for name in _EXPECTED if name in item and name != field), None)
    expected = item.get(target) if target else None
    any_of: tuple[Json, ...] = ()
    if target in _SEVERAL:
        expected, any_of = one_of(expected, f"{prefix}{target}", losses)
    expected, checks = wanted(expected)
    metadata = item.get("metadata")
    if sent and field is not None and not isinstance(item[field], list):
        field = None  # it is a word of the template that was sent
    rest = {key: value for key, value in item.items() if key not in (field, target, "id", "tags", "metadata")}
    return unpacked(
        Row(
            id=identity(item),
            input=given(item[field], prefix + field) if field is not None else sent,
            expected=expected,
            checks=(*checks, *any_of),
            tools=beside(item.get(field), f"{prefix}{field}", losses) if field is not None else (),
            metadata={**(metadata if isinstance(metadata, dict) else {}), **rest},
            tags=texts(item, "tags", prefix) if isinstance(item.get("tags"), list) else (),
            answer=msgspec.structs.replace(_answer(sample), asked=sent) if _SAID & set(sample) else None,
        )
    )


def _sent(sample: Mapping[str, Json]) -> tuple[Message, ...]:
    """The messages that a run has sent, its template filled in; empty where a row has none."""
    found = sample.get("input")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        return ()
    return messages(found, "sample.input")


def _answer(sample: Mapping[str, Json]) -> Answer:
    model = sample.get("model")
    model = model if isinstance(model, str) else ""
    error = sample.get("error")
    if isinstance(error, dict) and (error.get("message") or error.get("code")):
        return Answer(model=model, error=str(error.get("message") or error.get("code"))[:500])
    if "output_text" in sample:
        return answer(sample["output_text"], "sample.output_text", model=model)
    output = sample.get("output")
    said = output[-1] if isinstance(output, list) and output else None
    return answer({**said, "role": "assistant"} if isinstance(said, dict) else said, "sample.output", model=model)


def _rows(stream: BinaryIO, losses: Losses) -> Iterator[Row | Wrong]:
    head = peeked(stream)
    if _configuration(head):
        yield from promptfoo.FORMAT.rows(stream, losses)
        return
    yield from each(_values, _row)(stream, losses)


def _values(stream: BinaryIO) -> Iterator[Placed]:
    """The rows of a file, also those that stand inside of a run, each with the template of the run filled in."""
    for line, value in listed("data")(stream):
        source = _inside(value, "data_source")
        rows = _inside(source, "source").get("content")
        if not isinstance(value, dict) or not isinstance(rows, list):
            yield line, value
            continue
        template = _inside(source, "input_messages").get("template")
        for row in rows:
            try:
                yield line, _filled(row, template)
            except Wrong as error:
                yield line, error


def _inside(holder: Json, name: str) -> dict[str, Json]:
    held = holder.get(name) if isinstance(holder, dict) else None
    return held if isinstance(held, dict) else {}


def _filled(row: Json, template: Json) -> Json:
    """A row of a run with the messages that its template makes of it; as it is where the run has none."""
    if not isinstance(row, dict) or not isinstance(template, list) or _inside(row, "sample").get("input"):
        return row
    variables = Variables(row)
    asked = []
    for message in template:
        content = message.get("content") if isinstance(message, dict) else None
        said = filled(content.get("text") if isinstance(content, dict) else content, variables)
        if not isinstance(message, dict) or not isinstance(said, str):
            raise Wrong("data_source.input_messages.template", "expected messages of text with names of an item in it")
        asked.append({"role": message.get("role"), "content": said})
    return {**row, "sample": {**_inside(row, "sample"), "input": asked}}


def _configuration(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        first = start.partition(b"\n")[0]
        return b'"item"' not in first and b'"datasource_item"' not in first and promptfoo.FORMAT.head(head)
    return bool(start)


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        own = ["expected"] if is_answer(row.expected) else []
        held = packed(row, ("assert", "weight", "conversation", "tools", *own), losses)
        item: dict[str, Json] = {
            "id": row.id,
            "messages" if not isinstance(row.input, str) else "input": row.input,
            "expected": row.expected,
            "tags": list(row.tags),
            "metadata": {key: value for key, value in held.items() if key != OURS},
            OURS: held.get(OURS),
        }
        said = {key: value for key, value in item.items() if value not in (None, "", [], {})}
        if row.expected is not None:  # nothing at all may be what is expected
            said["expected"] = row.expected
        yield orjson.dumps({"item": said}) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if isinstance(doc.get("item"), dict) or isinstance(doc.get("datasource_item"), dict):
        return True
    if "data_source" in doc and "eval_id" in doc:
        return True
    return "ideal" in doc and isinstance(doc.get("input", doc.get("messages")), str | list)


FORMAT = Format(
    name="openai-evals",
    envelopes=("data", "content"),
    title="rows or results of OpenAI's evals",
    rows=_rows,
    known=_known,
    write=_write,
)
